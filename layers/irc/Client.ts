/** One connection of an IRC client, from its first byte to its last. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type { Guest } from "../../services/Guests.ts"
import type { Accepted } from "../../services/Transport.ts"
import { within } from "../../src/domain/Limit.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Room } from "../../src/domain/Post.ts"
import { TokenBucket } from "../../src/domain/TokenBucket.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import { type Line, makeLines } from "../../src/protocol/irc/Lines.ts"
import { type Message, type Outgoing, parse } from "../../src/protocol/irc/Message.ts"
import * as Multiline from "../../src/protocol/irc/Multiline.ts"
import * as Registration from "../../src/protocol/irc/Registration.ts"
import { harmless, realName } from "../../src/protocol/irc/Speech.ts"
import { describe, perform, welcome } from "./Commands.ts"
import type { Crowd } from "./Crowd.ts"
import * as GuestTalk from "./GuestTalk.ts"
import { type House, idIn, type Lobby, type Outlet } from "./House.ts"
import { withTag, withTime } from "./Messages.ts"
import { makeSender } from "./Sender.ts"
import * as Talk from "./Talk.ts"

/** A client must introduce itself within this time. */
const registrationLimit = Duration.seconds(30)

/** A client that is silent for so long gets a PING, and must say something within the same time. */
const pingEvery = Duration.seconds(60)

/** How many lines a client may send in the long run, and at once. More wait in its connection. */
const linesPerSecond = 20
const linesAtOnce = 400

/** How many lines may wait to be said. More wait in the client's connection. */
const mostWaiting = 256

/** What is left to say or to send when a connection ends gets this much time. */
const lastWords = Duration.seconds(1)

/** Whoever says a wrong password waits so long until the connection ends, so that guessing takes time. */
const refusalPause = Duration.seconds(1)

/** What a client is told that does not take what it is sent. */
const unread = "You do not read what you are sent"

/** What a client is told when its node ends. */
const nodeEnded = "The node has ended"

/** Makes the answers to a command one: names the command that they belong to, if the client asks for that. */
const labelled = (label: string, server: string, reference: string, answers: ReadonlyArray<Outgoing>) => {
  const [only] = answers
  if (only === undefined) return [withTag({ source: server, command: "ACK", params: [] }, "label", label)]
  if (answers.length === 1) return [withTag(only, "label", label)]
  const [mark = ""] = only.params
  // Answers that are a batch already have the label at its beginning.
  if (only.command === "BATCH" && answers.at(-1)?.params[0] === mark.replace("+", "-")) {
    return [withTag(only, "label", label), ...answers.slice(1)]
  }
  const opening: Outgoing = { source: server, command: "BATCH", params: [`+${reference}`, "labeled-response"] }
  return [
    withTag(opening, "label", label),
    ...answers.map((message) => (message.tags?.has("batch") ? message : withTag(message, "batch", reference))),
    { source: server, command: "BATCH", params: [`-${reference}`] }
  ]
}

/** The longest user name of a guest. */
const mostOfUser = 16

/** Lets a client in as a guest. Nothing speaks against its nick: it was looked at in the same step. */
const enter = (
  { guests, people }: Lobby,
  { name = "", nick = "", user = "" }: Registration.State
): Guest | undefined => {
  const id = idIn(nick)
  const guest = id === undefined ? undefined : Option.getOrUndefined(Either.getRight(guests.enter(id)))
  // The user name stands before everything that the guest says: no mark of a mask is in it, and it leaves space.
  const short = user.replace(/[^\w.~-]/g, "").slice(0, mostOfUser)
  if (guest !== undefined) people.set(guest.id, { user: short || guest.id, name: realName(name), modes: new Set() })
  return guest
}

/** Serves a client until it leaves, breaks a limit, or the node ends. `crowd`: where each client is a guest. */
export const serve = (house: House, crowd: Crowd | undefined, connection: Accepted): Effect.Effect<void> =>
  Effect.gen(function* () {
    const fork = yield* FiberSet.makeRuntime<never, void, never>()
    const run = (effect: Effect.Effect<void>): void => void fork(effect)
    const clock = yield* Effect.clock
    const over = yield* Deferred.make<string>()
    const { policy } = house
    const { server } = policy

    // Mutable: this connection is the only user, in synchronous steps.
    let state = Registration.initial
    /** Whose connection it is, and what it has said when it left, where each client is a person of its own. */
    let guest: Guest | undefined
    let lastWord = "Connection closed"
    let parting = "Closing link"
    let running: Talk.Running | undefined
    let draft: Multiline.Draft | undefined
    let isGone = false
    let isLeaving = false
    let isPaused = false
    let isPumping = false
    /** The lines that are not taken yet, from `next` on. */
    let backlog: Array<Line> = []
    let next = 0
    let batches = 0
    const split = makeLines()
    const bucket = new TokenBucket(linesPerSecond, linesAtOnce, Monotonic.millis(clock))
    const has = (capability: Capability): boolean => state.capabilities.has(capability)
    /** Names the account of whom a message is from, if the client asks for that. */
    const withAccount = (message: Outgoing): Outgoing => {
      if (!house.accounts || !has("account-tag")) return message
      const [nick = "", rest] = message.source?.split("!") ?? []
      const id = rest === undefined ? undefined : running?.talk.members.idOf(nick)
      const account = id === undefined ? undefined : running?.talk.accountOf(id)
      return account === undefined ? message : withTag(message, "account", account)
    }
    const end = (why: string): void => Deferred.unsafeDone(over, Effect.succeed(why))
    const complete = (message: Outgoing) => withTime(has, house.now, withAccount(message))
    const sender = makeSender(connection, complete, () => end(unread))

    const endAfter = (pause: Duration.Duration, why: string): void => {
      run(
        Effect.zipRight(
          Effect.sleep(pause),
          Effect.sync(() => end(why))
        )
      )
    }
    /** Nothing more is read. What was said so far is still said. */
    const leave = (why: string, words = why): void => {
      isLeaving = true
      lastWord = words
      parting = why
      if (running === undefined) return end(why)
      running.end()
      endAfter(lastWords, why)
    }

    const refuse = (why: string): void => {
      isLeaving = true
      endAfter(refusalPause, why)
    }

    const newReference = (): string => {
      batches += 1
      return `b${batches}`
    }
    const answerTo =
      ({ tags }: Message): Talk.Answer =>
      (answers) => {
        const label = tags.get("label")
        if (label === undefined || label === "" || !has("labeled-response")) return sender.send(answers)
        sender.send(labelled(label.slice(0, 64), server, newReference(), answers))
      }

    /** Whether a registered client is in its channels, so that its commands can be answered. */
    let isIn = false
    const outlet: Outlet = {
      send: (messages) => {
        if (isIn) sender.send(messages)
      },
      has,
      shows: (room) => running?.talk.shown().includes(room) === true,
      heardAway: (id) => running?.heardAway?.(id),
      end: (why) => leave(why)
    }

    const register = (message: Message): void => {
      const before = state
      const step = Registration.step(policy, state, message)
      state = step.state
      if (before.isRegistered) answerTo(message)(step.answers)
      else sender.send(step.answers)
      if (step.end !== undefined) return refuse(step.end)
      if (!state.isRegistered || before.isRegistered) return
      house.lobby?.unknown.delete(connection)
      if (house.lobby !== undefined) guest = enter(house.lobby, state)
      if (guest !== undefined) house.lobby?.connections.set(guest, outlet)
      letIn()
    }
    /** Another nick for a guest. Everybody is told by `NICK`, the guest too. */
    const rename = ({ guests, people }: Lobby, guest: Guest, message: Message): void => {
      const [nick = ""] = message.params
      const id = idIn(nick)
      if (nick === "" || id === undefined) return register(message)
      const before = guest.id
      const objection = id === before ? undefined : guests.objectionTo(id, guest)
      if (objection !== undefined) {
        return answerTo(message)([Registration.reply(policy, state, "ERR_NICKNAMEINUSE", nick, objection.message)])
      }
      const person = people.get(before)
      if (person !== undefined) people.set(id, person)
      guests.rename(guest, id)
      if (id !== before) people.delete(before)
      state = { ...state, nick: id }
      answerTo(message)([])
    }
    /** Takes a part of a message of several lines, which is said when it is whole. */
    const takePart = (talk: Talk.Talk, message: Message): void => {
      const { draft: next, fault, whole } = Multiline.take(draft, message)
      const opening = next?.opening ?? draft?.opening ?? message
      draft = next
      if (whole !== undefined) perform(talk, whole, answerTo(whole))
      if (fault === undefined) return
      const params = ["BATCH", fault.code, ...fault.context, fault.words]
      answerTo(opening)([{ source: server, command: "FAIL", params }])
    }
    const take = (message: Message): void => {
      const { command } = message
      if (command === "QUIT") return leave("Quit", harmless(message.params[0] || "Quit"))
      if (command === "NICK" && guest !== undefined && house.lobby !== undefined) {
        return rename(house.lobby, guest, message)
      }
      if (Registration.registers(command)) return register(message)
      if (running !== undefined && has("draft/multiline") && has("batch") && Multiline.isPart(message)) {
        return takePart(running.talk, message)
      }
      if (running !== undefined) return perform(running.talk, message, answerTo(message))
      if (command === "PING")
        return sender.send([{ source: server, command: "PONG", params: [server, message.params[0] ?? ""] }])
      if (command === "PONG" || command === "NOTICE" || command === "ERROR") return
      sender.send([Registration.reply(policy, state, "ERR_NOTREGISTERED", "You have not registered")])
    }
    const takeLine = (line: Line): void => {
      if ("text" in line) {
        const message = parse(line.text)
        if (message !== undefined) take(message)
      } else if (line.fault === "too long") {
        sender.send([Registration.reply(policy, state, "ERR_INPUTTOOLONG", "Input line was too long")])
      } else {
        sender.send([
          { source: server, command: "FAIL", params: ["*", "INVALID_UTF8", "A line that is not UTF-8 was dropped"] }
        ])
      }
    }

    // ---- As fast as the client may

    const isReady = () => !state.isRegistered || isIn
    const isFull = () =>
      !isReady() || sender.isBehind() || running?.isBusy() === true || (running?.waiting() ?? 0) >= mostWaiting
    /** Another nick has to wait: what was said before it is said under the nick before. */
    const mustWait = (line: Line | undefined): boolean =>
      running?.isSaying() === true && line !== undefined && "text" in line && parse(line.text)?.command === "NICK"
    const pump = (): void => {
      if (isPumping) return
      isPumping = true
      while (next < backlog.length && !isPaused && !isFull() && !isLeaving && !mustWait(backlog[next])) {
        takeLine(backlog[next++] as Line)
        const wait = bucket.take(1, Monotonic.millis(clock))
        if (wait > 0) pauseFor(wait)
      }
      isPumping = false
      if (next === backlog.length) {
        backlog = []
        next = 0
      }
      if (sender.isBehind() && backlog.length > 0) sender.whenTaken(later)
      connection.hold(!isLeaving && (isPaused || backlog.length > 0))
    }
    /** Goes on in a step of its own: whoever tells that there is room may be in the middle of a step. */
    const later = (): void => {
      run(Effect.sync(pump))
    }
    const pauseFor = (millis: number): void => {
      isPaused = true
      run(
        Effect.zipRight(
          Effect.sleep(Duration.millis(millis)),
          Effect.sync(() => {
            isPaused = false
            pump()
          })
        )
      )
    }
    connection.receive({
      take: (pieces) => {
        if (isLeaving) return
        for (const piece of pieces) for (const line of split(piece)) backlog.push(line)
        pump()
      },
      end: () => {
        isGone = true
        leave("Connection closed")
      }
    })

    // ---- From registration to the end

    /** Only now is it known how many are there. */
    const begin = ({ talk }: Talk.Running): void => {
      sender.send(welcome(talk, state.nick ?? talk.nick()))
      state = { ...state, nick: talk.nick() }
      talk.begin()
      isIn = true
      later()
    }
    const common = { sender, has, onRead: later, isGone: () => isGone, newReference, describe }
    const session = Effect.gen(function* () {
      const made = yield* Talk.make({ ...common, house, name: state.user ?? "", asked: state.nick ?? "" })
      running = made
      const { marking } = made.talk
      // The mark of a channel is told as the client joins it.
      const whenMarked =
        marking !== undefined && has("draft/read-marker") ? marking.whenKnown : (then: () => void) => then()
      whenMarked(() => made.talk.whenListed(() => begin(made)))
      const ended = yield* house.sessions.attach(made.console)
      end(ended === "node ended" ? nodeEnded : parting)
    })
    /** The client is registered: it is a guest in the crowd, or has a session of the node. */
    const letIn = (): void => {
      connection.introduced()
      const { lobby } = house
      if (guest === undefined || crowd === undefined || lobby === undefined) return run(session)
      const made = GuestTalk.make({ ...common, house, lobby, crowd, guest, run, onSaid: () => end(parting) })
      running = made
      crowd.whenReady(() => begin(made))
    }

    /** Ends when the client takes too long to register, or then neither says nor takes anything. */
    const watch = Effect.gen(function* () {
      yield* Effect.sleep(registrationLimit)
      if (!state.isRegistered) return end("Registration took too long")
      let heard = -1
      let turns = -1
      let isAsked = false
      let pause = Duration.subtract(pingEvery, registrationLimit)
      while (true) {
        yield* Effect.sleep(pause)
        pause = pingEvery
        if (sender.isBehind() && sender.turns() === turns) return end(unread)
        turns = sender.turns()
        if (connection.received() !== heard) {
          heard = connection.received()
          isAsked = false
        } else if (isAsked) return end("Ping timeout")
        else {
          isAsked = true
          sender.send([{ source: server, command: "PING", params: [server] }])
        }
      }
    })

    /** What is heard of others here, until the result is called. */
    const listen = (): (() => void) => {
      const { lobby, markers } = house
      const hear = (place: Room): void => running?.talk.marking?.look(place)
      markers.listeners.add(hear)
      lobby?.unknown.add(connection)
      // A node may come with the id of a guest, through somebody who did not know of the guest.
      const stop = lobby?.guests.onChange(() => {
        if (guest !== undefined && lobby.guests.here.get(guest.id) !== guest) end("A node has your nick")
      })
      return () => {
        markers.listeners.delete(hear)
        lobby?.unknown.delete(connection)
        stop?.()
      }
    }
    /** The others are told before the client is: it may take its time to go. */
    const depart = Effect.sync(() => {
      if (guest === undefined) return
      crowd?.leave(guest)
      house.lobby?.guests.leave(guest, lastWord)
      house.lobby?.people.delete(guest.id)
      house.lobby?.connections.delete(guest)
      guest = undefined
    })
    const goodbye = (why: string) =>
      Effect.suspend(() => {
        if (isGone) return Effect.void
        sender.send([{ command: "ERROR", params: [`Closing link: ${why}`] }])
        return within(lastWords)(connection.finish)
      })
    const stop = listen()
    yield* Effect.addFinalizer(() => Effect.zipRight(Effect.sync(stop), depart))
    run(watch)
    yield* Deferred.await(over).pipe(
      Effect.tap(() => depart),
      Effect.flatMap(goodbye),
      Effect.onInterrupt(() => goodbye(nodeEnded))
    )
  }).pipe(Effect.scoped, Effect.ensuring(Effect.sync(() => connection.release())))

/**
 * A guest at its IRC client: what it says, joins and sees. It is no session of the node. It speaks through `Guests`, and
 * hears with all other guests in the crowd. Only the commands of the node run in a session, which it has from the first
 * of them on.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Console, type Typed } from "../../services/Console.ts"
import type { Guest } from "../../services/Guests.ts"
import { actionOf } from "../../src/domain/Action.ts"
import { addresseesIn, isOf, isPrivate, placeOf } from "../../src/domain/Conversation.ts"
import { isTooLong } from "../../src/domain/Errors.ts"
import { type Named, type PeerId, roleOf } from "../../src/domain/Peer.ts"
import { mainRoom, Room, roomIn } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { topicIn, topicOf } from "../../src/domain/Topic.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import { isSame } from "../../src/protocol/irc/CaseMapping.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { type Numeric, numeric } from "../../src/protocol/irc/Numeric.ts"
import type { Channel, Crowd, Seat } from "./Crowd.ts"
import { makeEchoes } from "./Echoes.ts"
import { farewellOf, type House, type Lobby } from "./House.ts"
import * as Messages from "./Messages.ts"
import { channelOf } from "./Messages.ts"
import { type Monitor, makeMonitor } from "./Monitor.ts"
import { makePast } from "./Past.ts"
import { bytesOf, type Sender } from "./Sender.ts"
import type { Answer, Running, Talk } from "./Talk.ts"

interface Needs {
  readonly house: House
  readonly lobby: Lobby
  readonly crowd: Crowd
  readonly guest: Guest
  readonly sender: Sender
  readonly has: (capability: Capability) => boolean
  /** Called when there may be room for more commands. */
  readonly onRead: () => void
  readonly isGone: () => boolean
  readonly newReference: () => string
  /** What is said of a channel when it is joined: topic and names. */
  readonly describe: (talk: Talk, room: Room) => ReadonlyArray<Outgoing>
  /** Runs something as long as the connection lasts. */
  readonly run: (effect: Effect.Effect<void>) => void
  /** Called when everything is said, once nothing more will be. */
  readonly onSaid: () => void
}

const isRoom = Schema.is(Room)

/** The node as one of its guests sees it. */
const houseOf = (house: House, guest: Guest): House => ({
  ...house,
  self: {
    get id() {
      return guest.id
    },
    role: "client"
  },
  posts: () =>
    house.posts().filter(({ stream }) => {
      const room = roomIn(stream)
      return !isPrivate(room) || isOf(room, guest.visitor)
    })
})

/** Mutable: the connection and the crowd are the only users, in synchronous steps. */
export const make = ({
  crowd,
  describe,
  guest,
  has,
  house: nodeHouse,
  isGone,
  lobby,
  newReference,
  onRead,
  onSaid,
  run,
  sender
}: Needs): Running => {
  const house = houseOf(nodeHouse, guest)
  const { self } = house
  const { server } = house.policy
  const { channelIn, members, personOf, reader } = crowd
  const { guests } = lobby
  const nick = () => members.nickOf(guest.id)
  const view: Messages.View = {
    self,
    server,
    has,
    nickOf: members.nickOf,
    personOf,
    accountOf: () => undefined,
    isNotice: lobby.notices.has,
    newReference
  }
  const prefixOf = (id: PeerId): string => Messages.prefixOf(view, id)
  const answerWith = (name: Numeric, ...rest: ReadonlyArray<string>): Outgoing => ({
    source: server,
    command: numeric[name],
    params: [nick(), ...rest]
  })
  const notice = (words: string): Outgoing => ({ source: server, command: "NOTICE", params: [nick(), words] })
  const past = makePast(house)
  const muted = MutableRef.make<ReadonlySet<PeerId>>(new Set())
  let monitor: Monitor | undefined
  const isIn = (room: Room): boolean => guest.rooms.has(room) && channelIn(room)?.inside.has(guest.id) === true

  /** What waits for an answer. */
  const joining = new Map<Room, Answer>()
  const parting = new Map<Room, Answer>()
  let lists = 0
  let topics = 0
  let sayings = 0
  let isOver = false
  const end = (): void => {
    if (isOver && sayings === 0 && commands === undefined) onSaid()
  }

  // ---- What it says

  const echoes = makeEchoes(onRead)
  const refusalFor = (room: Room, words: string): Outgoing => {
    const [other] = addresseesIn(room) ?? []
    return other === undefined
      ? answerWith("ERR_CANNOTSENDTOCHAN", channelOf(room), words)
      : answerWith("ERR_CANTSENDTOUSER", members.nickOf(other), words)
  }
  /** Says something. The answer comes when its post does. */
  const speak = (room: Room, text: string, answer: Answer, { isNotice = false, isOutside = false } = {}): void => {
    const line: Typed = { text, room, verbatim: true }
    const [other] = addresseesIn(room) ?? []
    const giveUp = (words?: string): void => {
      if (words !== undefined) sender.send([notice(words)])
      if (isNotice) lobby.notices.forget(guest.id, room, text)
      echoes.givenUp(line)?.([refusalFor(room, "The line was not sent")])
    }
    const said =
      other === undefined
        ? guests.say(guest, room, [text], reader, isOutside)
        : guests.confide(guest, other, [text], reader)
    if (isNotice) lobby.notices.expect(guest.id, room, text)
    echoes.expect(line, answer)
    sayings += 1
    run(
      Effect.match(said, {
        onFailure: ({ message }) => giveUp(message),
        onSuccess: ([result]) => {
          if (result === undefined) giveUp()
          else if (isTooLong(result)) giveUp(result.message)
        }
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            sayings -= 1
            onRead()
            end()
          })
        )
      )
    )
  }
  const show: Seat["show"] = (post, isOwn) => {
    const awaited = isOwn
      ? echoes.found((line) => line.text === post.text && line.room === placeOf(guest.id, post))
      : undefined
    if (awaited === undefined) {
      const room = roomIn(post.stream)
      if (isPrivate(room) || isIn(room)) sender.put(bytesOf(Messages.messagesOn(view, post)))
      return
    }
    const isEchoed = has("echo-message") || (!isPrivate(roomIn(post.stream)) && topicIn(post.text) !== undefined)
    awaited.answer(isEchoed ? Messages.messagesOn(view, post) : [])
  }

  // ---- The commands of the node

  let commands: Mailbox.Mailbox<Typed> | undefined
  /** The room in which they run: the last one that was joined. */
  let here = mainRoom
  const inform = (lines: ReadonlyArray<ScreenLine>): void =>
    sender.send(lines.map(({ text }) => notice(text.replace(/^\* /, ""))))
  const consoleOf = (typed: Mailbox.Mailbox<Typed>) =>
    Console.of({
      lines: Mailbox.toStream(typed),
      offer: Option.none(),
      put: (lines, taken) => {
        inform(lines)
        sender.whenTaken(taken)
      },
      show: (lines) => Effect.sync(() => inform(lines)),
      isGone,
      // Of what happens it hears in the crowd.
      tell: Option.some((_, taken) => taken()),
      pending: Option.none(),
      isPerson: false,
      prompt: Option.none()
    })
  const attend = Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    commands = typed
    yield* Effect.ensuring(
      house.sessions.attach(consoleOf(typed), { as: guest, muted }),
      Effect.sync(() => {
        commands = undefined
        end()
      })
    )
  })
  const perform = (command: string): void => {
    if (commands === undefined) run(attend)
    commands?.unsafeOffer({ text: `/${command}`, room: here })
  }

  // ---- Where it is

  /** Nothing is taken from the client while a channel is being joined or left. */
  const settle = (waiting: Map<Room, Answer>, room: Room, messages: ReadonlyArray<Outgoing>): void => {
    const answer = waiting.get(room) ?? sender.send
    answer(messages)
    if (waiting.delete(room)) onRead()
  }
  const entered = (room: Room): void => {
    here = room
    settle(joining, room, [Messages.joined(view, room, guest.id), ...describe(talk, room)])
  }
  const left: Seat["left"] = (room, gone) => {
    if (here === room) here = mainRoom
    settle(parting, room, [gone])
  }
  const known = (): ReadonlyArray<Channel> => crowd.channels()

  const talk: Talk = {
    house,
    nick,
    members,
    has,
    statuses: () => {
      const all = new Map(crowd.statuses())
      all.delete(guest.id)
      return all
    },
    prefixOf,
    personOf,
    send: sender.send,
    now: house.now,
    accountOf: () => undefined,
    get monitor() {
      monitor ??= makeMonitor({ members, prefixOf, numeric: answerWith })
      return monitor
    },
    numeric: answerWith,
    roomOf: (channel) => {
      if (!channel.startsWith("#")) return undefined
      const wanted = channel.slice(1)
      if (!isRoom(wanted)) return undefined
      if (channelIn(wanted) !== undefined) return wanted
      return known().find(({ room }) => isSame(room, wanted))?.room ?? wanted
    },
    rooms: () =>
      known().map(({ inside, room }) => ({
        room,
        joined: isIn(room),
        peers: [...inside].filter((id) => id !== guest.id)
      })),
    shown: () => crowd.shownTo(guest),
    inside: (room) =>
      Array.from(channelIn(room)?.inside ?? [], (id): Named => members.get(id) ?? { id, role: roleOf(id) }),
    topicOf: (room) => {
      const latest = house.topicOf(room)
      return latest === undefined || topicIn(latest.text) === "" ? undefined : latest
    },
    join: (room, answer) => {
      if (isIn(room)) return answer([])
      joining.set(room, answer)
      lobby.farewells.delete(farewellOf(guest.id, room))
      const refuse = (words: string) => {
        if (joining.has(room)) settle(joining, room, [answerWith("ERR_NOSUCHCHANNEL", channelOf(room), words)])
      }
      // The channel is shown as soon as the guest is in the room.
      run(
        Effect.match(guests.join(guest, room), {
          onFailure: ({ message }) => refuse(message),
          onSuccess: () => {
            if (!guest.rooms.has(room)) refuse("The room was not joined")
          }
        })
      )
    },
    part: (room, answer, reason) => {
      parting.set(room, answer)
      lobby.farewells.set(farewellOf(guest.id, room), { words: reason })
      guests.part(guest, room)
    },
    say: ({ isAction, isNotice, isOutside = false, room, text }, answer) =>
      speak(room, isAction ? actionOf(text) : text, answer, { isNotice: isNotice && !isAction, isOutside }),
    setTopic: (room, text, answer) => {
      topics += 1
      speak(room, topicOf(text), (messages) => {
        answer(messages)
        topics -= 1
        onRead()
      })
    },
    said: past.said,
    confidants: past.confidants,
    saidWith: past.saidWith,
    messagesOn: (post, other) => Messages.messagesOn(view, post, other),
    newReference,
    begin: () => crowd.enter(seat),
    run: perform,
    whenListed: (then) => {
      lists += 1
      crowd.list(() => {
        lists -= 1
        then()
        onRead()
      })
    }
  }
  const seat: Seat = {
    guest,
    has,
    isGone,
    muted: () => MutableRef.get(muted),
    put: sender.put,
    send: sender.send,
    show,
    entered,
    left,
    monitored: (nicks) => {
      if (monitor !== undefined) sender.send(monitor.onChange(nicks))
    }
  }
  return {
    talk,
    heardAway: (id) => {
      const isMet = crowd.shownTo(guest).some((room) => channelIn(room)?.inside.has(id))
      if (!isMet || id === guest.id || !has("away-notify")) return
      sender.send([Messages.awayOf(view, id)])
    },
    isBusy: () => joining.size + parting.size + lists + topics + sayings > 0,
    isSaying: echoes.isWaiting,
    waiting: () => 0,
    end: () => {
      isOver = true
      commands?.unsafeDone(Exit.void)
      end()
    }
  }
}

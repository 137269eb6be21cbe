/** A registered IRC client: what its session tells it, and what it says. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Console, type Put, type Typed, whenTaken } from "../../services/Console.ts"
import { actionIn, actionOf } from "../../src/domain/Action.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { Fact } from "../../src/domain/Fact.ts"
import { isPresenceEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { authorOf, mainRoom, type Post, roomIn } from "../../src/domain/Post.ts"
import { escape, linesOf, type ScreenLine, screenLineOf } from "../../src/domain/ScreenLine.ts"
import { topicIn } from "../../src/domain/Topic.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import { msgidOf } from "../../src/protocol/irc/History.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { type Numeric, numeric } from "../../src/protocol/irc/Numeric.ts"
import { messagesOf } from "../../src/protocol/irc/Speech.ts"
import type { House } from "./House.ts"
import { type Change, type Members, makeMembers } from "./Members.ts"
import type { Seen } from "./Seen.ts"
import type { Sender } from "./Sender.ts"

/** The channel of the room in which everybody is. */
export const mainChannel = `#${mainRoom}`

/** The host of everybody, as IRC shows it. Where a node really listens, WHOIS tells. */
export const host = "outlive"

/** What a netsplit looks like to an IRC client: the names of two servers. */
const split = "peer.lost outlive.net"

/** A time as IRC writes it (IRCv3, server-time). */
export const timeOf = (millis: number): string => new Date(millis).toISOString()

/** Gives a client the answers to its command. */
export type Answer = (messages: ReadonlyArray<Outgoing>) => void

export interface Talk {
  readonly house: House
  readonly nick: string
  readonly members: Members
  readonly has: (capability: Capability) => boolean
  /** The peers as the node last listed them. */
  readonly statuses: () => ReadonlyMap<PeerId, PeerStatus>
  readonly prefixOf: (id: PeerId) => string
  readonly numeric: (name: Numeric, ...rest: ReadonlyArray<string>) => Outgoing
  /** Whether it shows the main channel. */
  readonly isIn: () => boolean
  /** Shows the main channel: what there is to say first, and then what this client missed. */
  readonly join: (answer: Answer) => void
  readonly part: (answer: Answer, reason: string) => void
  /** Says a line. The answer is its echo. */
  readonly say: (text: string, isAction: boolean, answer: Answer) => void
  /** Runs a command of the node. Its answer comes as notices. */
  readonly run: (line: string) => void
  /** Calls a function when the node has listed its peers. */
  readonly whenListed: (then: () => void) => void
  /** What was said, as far as the log keeps it, oldest first. */
  readonly said: () => ReadonlyArray<Post>
  /** A name for a batch that no other batch of this client has. */
  readonly newReference: () => string
  /** What was said, as messages. */
  readonly messagesOn: (post: Post) => ReadonlyArray<Outgoing>
}

export interface Running {
  readonly talk: Talk
  readonly console: Console["Type"]
  /** How many lines wait to be said. */
  readonly waiting: () => number
  /** Nothing more will be typed. What was typed is said. */
  readonly end: () => void
}

interface Needs {
  readonly house: House
  readonly sender: Sender
  readonly has: (capability: Capability) => boolean
  /** The name by which the client is known when it comes again, and what it has asked to be called. */
  readonly name: string
  readonly asked: string
  /** Called when lines were taken from those that wait to be said. */
  readonly onRead: () => void
  readonly isGone: () => boolean
  readonly newReference: () => string
  /** What is said of the channel when it is joined: topic and names. */
  readonly describe: (talk: Talk) => ReadonlyArray<Outgoing>
}

const listPeers = "/who"

export const make = ({
  asked,
  describe,
  has,
  house,
  isGone,
  name,
  newReference,
  onRead,
  sender
}: Needs): Effect.Effect<Running> =>
  Effect.gen(function* () {
    const { self } = house
    const { server } = house.policy
    const typed = yield* Mailbox.make<Typed>()
    const members = makeMembers(self, asked)
    const nick = members.nickOf(self.id)

    // Mutable: the connection is the only user, in synchronous steps.
    let statuses: ReadonlyMap<PeerId, PeerStatus> = new Map()
    let seen: Seen | undefined
    let isIn = false
    /** Whether the first list of peers is there, without which nobody is. */
    let isListed = false
    let held: Array<() => void> = []
    let listeners: Array<() => void> = []
    let awaited: ReadonlyArray<{ readonly line: Typed; readonly answer: Answer }> = []
    let marked: ReadonlySet<Typed> = new Set()
    /** Whether the next lines of the program answer a command of this client. */
    let isAnswering = false

    const prefixOf = (id: PeerId): string => `${members.nickOf(id)}!${id}@${host}`
    const answerWith = (name: Numeric, ...rest: ReadonlyArray<string>): Outgoing => ({
      source: server,
      command: numeric[name],
      params: [nick, ...rest]
    })
    const noticeTo = (target: string, text: string): Outgoing => ({
      source: server,
      command: "NOTICE",
      params: [target, text]
    })
    const put = (command: string) => typed.unsafeOffer({ text: command })

    // ---- What the session tells

    const tagsOf = (post: Post, isFirst: boolean): ReadonlyMap<string, string> => {
      const tags = new Map<string, string>()
      if (has("server-time")) tags.set("time", timeOf(post.at))
      if (isFirst && has("message-tags")) tags.set("msgid", msgidOf(post))
      return tags
    }
    const messagesOn = (post: Post): ReadonlyArray<Outgoing> => {
      const topic = topicIn(post.text)
      if (topic !== undefined) return [{ ...topicSet(post, topic), tags: tagsOf(post, true) }]
      const action = actionIn(post.text)
      const speech = {
        source: prefixOf(authorOf(post.stream)),
        target: `#${roomIn(post.stream)}`,
        text: action ?? post.text,
        isAction: action !== undefined,
        clean: escape
      }
      return messagesOf(speech).map((message, at) => ({ ...message, tags: tagsOf(post, at === 0) }))
    }
    const topicSet = ({ stream }: Post, topic: string): Outgoing => ({
      source: prefixOf(authorOf(stream)),
      command: "TOPIC",
      params: [`#${roomIn(stream)}`, escape(topic)]
    })
    /** The answer that waits for this post, if it was said here. */
    const awaitedFor = (post: Post): Answer | undefined => {
      const found = awaited.find(({ line }) => line.text === post.text)
      awaited = awaited.filter((each) => each !== found)
      return found?.answer
    }
    const showPost = (post: Post, here: boolean): void => {
      if (roomIn(post.stream) !== mainRoom) return
      const answer = here ? awaitedFor(post) : undefined
      // What comes when the client is gone waits until it is here again.
      if (!isIn || isGone() || seen === undefined || seen.has(post)) return answer?.([])
      seen.add(post)
      if (answer === undefined) sender.send(messagesOn(post))
      else answer(has("echo-message") ? messagesOn(post) : [])
    }
    const messagesOnChange = (change: Change): ReadonlyArray<Outgoing> => {
      if (!isIn) return []
      const source = prefixOf(change.id)
      if (change._tag === "Came") return [joined(source, change.id)]
      if (change._tag === "Expelled") {
        const words = change.barred ? "banned by the server" : "kicked by the server"
        return [{ source: server, command: "KICK", params: [mainChannel, members.nickOf(change.id), words] }]
      }
      const why = { lost: split, left: "left", ended: "terminated" }[change.how]
      return [{ source, command: "QUIT", params: [why] }]
    }
    const joined = (source: string, id: PeerId): Outgoing => ({
      source,
      command: "JOIN",
      params: has("extended-join") ? [mainChannel, "*", `outlive node ${id}`] : [mainChannel]
    })
    /** What the program says of an entry. Who comes and goes is seen by JOIN and QUIT, but for the server. */
    const wordsOn = (entry: Entry): string | undefined => {
      const line = screenLineOf(self, entry)
      if (line?._tag !== "Notice") return undefined
      const isOfClient =
        entry._tag === "Happened" &&
        isPresenceEvent(entry.event) &&
        !("peer" in entry.event && entry.event.peer.role === "server")
      return isOfClient ? undefined : line.text.slice(2)
    }
    const witness = (entry: Entry, here: boolean): void => {
      if (entry._tag === "Said" || entry._tag === "Earlier") return showPost(entry.post, here)
      const change = entry._tag === "Happened" ? members.see(entry.event) : undefined
      const words = isIn ? wordsOn(entry) : undefined
      sender.send([
        ...(change === undefined ? [] : messagesOnChange(change)),
        ...(words === undefined ? [] : [noticeTo(mainChannel, words)])
      ])
    }
    /** Takes a list of the peers, which the session has asked for. */
    const takeList = (present: ReadonlyArray<PeerStatus>): void => {
      isAnswering = false
      statuses = new Map(present.map((each) => [each.peer.id, each]))
      sender.send(members.settle(present).flatMap(messagesOnChange))
      isListed = true
      const ready = listeners
      listeners = []
      for (const then of ready) then()
      const later = held
      held = []
      for (const taken of later) taken()
    }
    const tell: Put<Fact> = (facts, taken) => {
      const present: Array<PeerStatus> = []
      let isList = false
      const witnessed: Array<() => void> = []
      for (const fact of facts) {
        if (fact._tag === "Self") isList = true
        else if (fact._tag === "Present") present.push(fact.peerStatus)
        else if (fact._tag === "Witnessed") witnessed.push(() => witness(fact.entry, fact.here === true))
      }
      const go = () => {
        for (const each of witnessed) each()
        sender.whenTaken(taken)
      }
      if (isList) takeList(present)
      if (isListed) go()
      // Until it is known who is there, nothing more is taken from the log.
      else held.push(go)
    }
    const putLines: Put<ScreenLine> = (lines, taken) => {
      const target = isAnswering || !isIn ? nick : mainChannel
      isAnswering = false
      sender.send(lines.map(({ text }) => noticeTo(target, text.replace(/^\* /, ""))))
      sender.whenTaken(taken)
    }

    // ---- What becomes of lines that were typed here

    const giveUp = (lines: ReadonlyArray<Typed>, words: string): void => {
      for (const line of lines) {
        const found = awaited.find((each) => each.line === line)
        awaited = awaited.filter((each) => each !== found)
        found?.answer([answerWith("ERR_CANNOTSENDTOCHAN", mainChannel, words)])
      }
    }
    const mark: Put<Typed> = (lines, taken) => {
      const fresh = lines.filter((line) => !marked.has(line))
      marked = new Set([...marked, ...fresh])
      if (fresh.length > 0) {
        const last = fresh.length === 1 ? "last line" : `last ${linesOf(fresh.length)}`
        sender.send([noticeTo(mainChannel, `No other node has your ${last} yet`)])
      }
      sender.whenTaken(taken)
    }
    const settle: Put<Typed> = (lines, taken) => {
      isAnswering = lines.some(({ verbatim }) => verbatim !== true)
      const delivered = lines.filter((line) => marked.has(line))
      marked = new Set([...marked].filter((line) => !delivered.includes(line)))
      if (delivered.length > 0 && marked.size === 0) {
        sender.send([noticeTo(mainChannel, "Another node has all of your lines now")])
      }
      sender.whenTaken(taken)
    }

    const console = Console.of({
      lines: Stream.mapChunks(Mailbox.toStream(typed), (chunk) => {
        onRead()
        return chunk
      }),
      offer: Option.none(),
      put: putLines,
      show: whenTaken(putLines),
      isGone,
      tell: Option.some(tell),
      pending: Option.some({
        add: () => {},
        place: () => {},
        mark,
        settle,
        reword: () => Effect.void,
        giveBack: (lines) => Effect.sync(() => giveUp(lines, "The line was not sent")),
        drop: (lines) => Effect.sync(() => giveUp(lines, "Too late, not sent: the node is leaving"))
      }),
      isPerson: false,
      prompt: Option.none()
    })

    // ---- What the client asks for

    /** Sends what this client missed, unless it asks for what it wants of that. Without the times at which they were said, old lines would look new. */
    const catchUp = (): Seen => {
      const hasSeen = house.seen.of(name)
      const posts = house.posts()
      if (hasSeen !== undefined && has("server-time") && !has("draft/chathistory")) {
        const missed = posts.filter((post) => roomIn(post.stream) === mainRoom && !hasSeen(post))
        sender.send(missed.flatMap(messagesOn))
      }
      return house.seen.begin(name, posts)
    }
    const talk: Talk = {
      house,
      nick,
      members,
      has,
      statuses: () => statuses,
      prefixOf,
      numeric: answerWith,
      isIn: () => isIn,
      join: (answer) => {
        if (isIn) return answer([])
        isIn = true
        answer([joined(prefixOf(self.id), self.id), ...describe(talk)])
        seen = catchUp()
      },
      part: (answer, reason) => {
        isIn = false
        answer([
          { source: prefixOf(self.id), command: "PART", params: [mainChannel, ...(reason === "" ? [] : [reason])] }
        ])
      },
      say: (text, isAction, answer) => {
        const line = { text: isAction ? actionOf(text) : text, room: mainRoom, verbatim: true }
        if (!has("echo-message")) answer([])
        awaited = [...awaited, { line, answer: has("echo-message") ? answer : (failed) => sender.send(failed) }]
        typed.unsafeOffer(line)
      },
      said: () =>
        house.posts().filter(({ stream, text }) => roomIn(stream) === mainRoom && topicIn(text) === undefined),
      messagesOn,
      newReference,
      run: (line) => {
        put(`/${line}`)
      },
      whenListed: (then) => {
        listeners.push(then)
        put(listPeers)
      }
    }
    return {
      talk,
      console,
      waiting: () => Option.getOrElse(typed.unsafeSize(), () => 0),
      end: () => {
        typed.unsafeDone(Exit.void)
      }
    }
  })

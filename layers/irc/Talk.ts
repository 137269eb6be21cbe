/** A registered IRC client: what its session tells it, and what it says. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Console, type Put, type Typed, whenTaken } from "../../services/Console.ts"
import { actionOf } from "../../src/domain/Action.ts"
import {
  addresseesIn,
  isClosed,
  isPrivate,
  isPrivateStream,
  placeOf,
  privatelyTo,
  sealedRoom
} from "../../src/domain/Conversation.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { Fact } from "../../src/domain/Fact.ts"
import { type Named, type PeerId, roleOf, serverId } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { mainRoom, type Post, Room, roomIn } from "../../src/domain/Post.ts"
import { Request } from "../../src/domain/Request.ts"
import { linesOf, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import { topicIn, topicOf } from "../../src/domain/Topic.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import { isSame } from "../../src/protocol/irc/CaseMapping.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { type Numeric, numeric } from "../../src/protocol/irc/Numeric.ts"
import { makeEchoes, type Outcome } from "./Echoes.ts"
import { type House, nodePerson, type Person } from "./House.ts"
import { type Marking, makeMarking } from "./Markers.ts"
import { type Change, type Members, makeMembers } from "./Members.ts"
import * as Messages from "./Messages.ts"
import { banMaskOf, channelOf } from "./Messages.ts"
import { type Monitor, makeMonitor, nicksIn } from "./Monitor.ts"
import { makePast } from "./Past.ts"
import type { Seen } from "./Seen.ts"
import type { Sender } from "./Sender.ts"

/** Gives a client the answers to its command. */
export type Answer = (messages: ReadonlyArray<Outgoing>) => void

/** What a client says. `isNotice`: with NOTICE. `isOutside`: in a room that it need not be in. */
export interface Speech {
  readonly room: Room
  readonly text: string
  readonly isAction: boolean
  readonly isNotice: boolean
  readonly isOutside?: boolean
}

export interface Talk {
  readonly house: House
  /** Its nick at present. */
  readonly nick: () => string
  readonly members: Members
  readonly has: (capability: Capability) => boolean
  /** The time of day, in ms since 1970. */
  readonly now: () => number
  /** The peers as the node last listed them. */
  readonly statuses: () => ReadonlyMap<PeerId, PeerStatus>
  readonly prefixOf: (id: PeerId) => string
  /** What somebody has said of itself, or else what is true of all nodes. */
  readonly personOf: (id: PeerId) => Person
  /** The account of somebody; undefined in a plain chat, where nobody has proven whose id it is. */
  readonly accountOf: (id: PeerId) => PeerId | undefined
  readonly monitor: Monitor
  /** Up to when everything is read; undefined where nobody counts that. */
  readonly marking?: Marking | undefined
  readonly numeric: (name: Numeric, ...rest: ReadonlyArray<string>) => Outgoing
  /** The room of a channel, whether there is such a room or not; undefined if that can be the name of none. */
  readonly roomOf: (channel: string) => Room | undefined
  /** The rooms that are known, and the channels that this client shows. */
  readonly rooms: () => ReadonlyArray<KnownRoom>
  readonly shown: () => ReadonlyArray<Room>
  /** Who is in a channel that is shown, this node first. */
  readonly inside: (room: Room) => ReadonlyArray<Named>
  /** The post that set the topic of a room; undefined if it has none. */
  readonly topicOf: (room: Room) => Post | undefined
  /** Shows a channel: what there is to say of it first, and then what this client missed. The node joins the room. */
  readonly join: (room: Room, answer: Answer) => void
  /** Shows a channel no more. The node leaves the room, unless everybody is in it. */
  readonly part: (room: Room, answer: Answer, reason: string) => void
  /** Says a line in a channel that is shown, or to somebody alone (`privatelyTo`). The answer is its echo. */
  readonly say: (what: Speech, answer: Answer) => void
  readonly setTopic: (room: Room, text: string, answer: Answer) => void
  /** Sends something besides the answers to commands. */
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  /** Runs a command of the node. Its answer comes as notices. */
  readonly run: (line: string) => void
  /** Calls a function when the node has listed its peers. */
  readonly whenListed: (then: () => void) => void
  /** Shows the channels of all rooms that the node has joined. */
  readonly begin: () => void
  /** What was said in a room, as far as the log keeps it, oldest first. */
  readonly said: (room: Room) => ReadonlyArray<Post>
  /** With whom something was said in private, and what that is. */
  readonly confidants: () => ReadonlyArray<PeerId>
  readonly saidWith: (id: PeerId) => ReadonlyArray<Post>
  /** A name for a batch that no other batch of this client has. */
  readonly newReference: () => string
  /** What was said, as messages. `other`: with whom, if it is one of several to whom it was said in private. */
  readonly messagesOn: (post: Post, other?: PeerId) => ReadonlyArray<Outgoing>
}

export interface Running {
  readonly talk: Talk
  /** How many lines wait to be said. */
  readonly waiting: () => number
  /** A guest has gone away, or is back. Undefined where there are no guests. */
  readonly heardAway?: (id: PeerId) => void
  /** Whether a command is not answered yet, on which the next one may depend: JOIN, PART, WHOIS. */
  readonly isBusy: () => boolean
  /** Whether something is not said yet. It is said under the nick of now. */
  readonly isSaying: () => boolean
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
  /** What is said of a channel when it is joined: topic and names. */
  readonly describe: (talk: Talk, room: Room) => ReadonlyArray<Outgoing>
}

/** Takes the answer to a command: its words, none if it has facts in their place. */
type Done = (words: ReadonlyArray<string>) => void

type KnownRoom = Extract<Fact, { readonly _tag: "RoomsAre" }>["rooms"][number]

/** A channel that a client shows. */
interface Channel {
  readonly seen: Seen
  /** The other members. Who is in the main channel is known by other means. */
  members: ReadonlySet<PeerId>
}

const listPeers = "/who"

const isRoom = Schema.is(Room)

/** Of a channel that is just being joined. */
const nothingSeen: Seen = { has: () => false, add: () => {} }

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
}: Needs): Effect.Effect<Running & { readonly console: Console["Type"] }> =>
  Effect.gen(function* () {
    const { self } = house
    const { server } = house.policy
    const typed = yield* Mailbox.make<Typed>()
    const members = makeMembers(self, asked)
    const nick = () => members.nickOf(self.id)

    // Mutable: the connection is the only user, in synchronous steps.
    let statuses: ReadonlyMap<PeerId, PeerStatus> = new Map()
    let rooms: ReadonlyArray<KnownRoom> = []
    const channels = new Map<Room, Channel>()
    /** Which private messages it has seen; undefined before the first list of peers. */
    let letters: Seen | undefined
    /** The rooms of the node that this client does not want to see. */
    const hidden = new Set<Room>()
    /** Those who wait until a channel is shown, or no more. */
    const joining = new Map<Room, Answer>()
    /** How many topics are being set. */
    let topics = 0
    const parting = new Map<Room, { readonly answer: Answer; readonly reason: string }>()
    /** Whether the first list of peers is there, without which nobody is. */
    let isListed = false
    let held: Array<() => void> = []
    let listeners: Array<() => void> = []
    /** Who is expected back. */
    const away = new Set<PeerId>()
    const echoes = makeEchoes(onRead)
    let marked: ReadonlySet<Typed> = new Set()
    /** What to do when a command was answered, with words or without. */
    const commands = new Map<Typed, Done>()
    /** Takes the answer to the command that the session is at. */
    let take: Done | undefined

    const accountOf = (id: PeerId): PeerId | undefined => (house.accounts ? id : undefined)
    const view: Messages.View = {
      self,
      server,
      has,
      nickOf: members.nickOf,
      personOf: nodePerson,
      accountOf,
      isNotice: () => false,
      newReference
    }
    const prefixOf = (id: PeerId): string => Messages.prefixOf(view, id)
    const answerWith = (name: Numeric, ...rest: ReadonlyArray<string>): Outgoing => ({
      source: server,
      command: numeric[name],
      params: [nick(), ...rest]
    })
    const past = makePast(house)
    const marking = makeMarking({
      self: self.id,
      server,
      markers: house.markers,
      isWanted: (place) => has("draft/read-marker") && (isPrivate(place) || channels.has(place)),
      nameOf: (place) => {
        const [reader] = addresseesIn(place) ?? []
        return reader === undefined ? channelOf(place) : members.nickOf(reader)
      },
      posts: past.in,
      send: sender.send,
      watch: () => typed.unsafeOffer({ text: "", request: Request.Watch({ what: ["rooms"] }) }),
      read: (place) => typed.unsafeOffer({ text: "", request: Request.Read({ place }) })
    })
    const monitor = makeMonitor({ members, prefixOf, numeric: answerWith })
    const noticeTo = (target: string, text: string): Outgoing => ({
      source: server,
      command: "NOTICE",
      params: [target, text]
    })
    /** Runs a command of the node. `done` takes the answer. */
    const run = (command: string, done: Done): void => {
      const line = { text: command }
      commands.set(line, done)
      typed.unsafeOffer(line)
    }
    /** Where to say something that is about a room: in its channel, or else to the client itself. */
    const placeFor = (room: Room): string => (channels.has(room) ? channelOf(room) : nick())

    // ---- What the session tells

    const messagesOn = (post: Post, other?: PeerId): ReadonlyArray<Outgoing> => Messages.messagesOn(view, post, other)
    const seenIn = (post: Post): Seen | undefined =>
      isPrivateStream(post.stream) ? letters : channels.get(roomIn(post.stream))?.seen
    /** Whether a line is what became this post. */
    const isLineOf = (post: Post) => (line: Typed) => line.text === post.text && line.room === placeOf(self.id, post)
    const showPost = (entry: Extract<Entry, { readonly post: Post }>, here: boolean): void => {
      const { post } = entry
      if (isClosed(post)) return
      const awaited = here ? echoes.found(isLineOf(post)) : undefined
      const isTopic = topicIn(post.text) !== undefined
      const show = (outcome: Outcome): void => {
        const seen = seenIn(post)
        // What comes when the client is gone waits until it is here again.
        if (seen === undefined || isGone() || seen.has(post)) return awaited?.answer([])
        seen.add(post)
        // Without the time at which it was said, an old line would look new.
        if (entry._tag === "Earlier" && !has("server-time")) return
        if (awaited === undefined) return sender.send(messagesOn(post))
        const echo = has("echo-message") || isTopic ? messagesOn(post) : []
        awaited.answer(outcome === "undelivered" ? Messages.undelivered(view, echo) : echo)
      }
      if (entry._tag === "Earlier" || !entry.own) return show("delivered")
      echoes.hold(post, isTopic && awaited !== undefined ? { ...awaited, outcome: "delivered" } : awaited, show)
    }
    const messagesOnChange = (change: Change): ReadonlyArray<Outgoing> => [
      ...inChannels(change),
      ...monitor.onChange(nicksIn(change, members.nickOf))
    ]
    const inChannels = (change: Change): ReadonlyArray<Outgoing> => {
      const { id } = change
      if (change._tag === "Came") {
        const isBack = away.delete(id) && has("away-notify")
        if (!channels.has(mainRoom)) return []
        return [joined(mainRoom, id), ...(isBack ? [Messages.awayOf(view, id)] : [])]
      }
      if (change._tag === "Renamed") return renamed(change)
      const shown = [...channels].filter(([room, { members }]) => room === mainRoom || members.has(id))
      for (const [, channel] of channels) channel.members = new Set([...channel.members].filter((each) => each !== id))
      if (change._tag === "Expelled") {
        const words = change.barred ? "banned by the server" : "kicked by the server"
        const by = prefixOf(serverId)
        return shown.flatMap(([room]) => [
          ...(change.barred ? [{ source: by, command: "MODE", params: [channelOf(room), "+b", banMaskOf(id)] }] : []),
          { source: by, command: "KICK", params: [channelOf(room), members.nickOf(id), words] }
        ])
      }
      if (Messages.isExpectedBack(change.how)) away.add(id)
      return shown.length === 0 ? [] : Messages.quit(view, change)
    }
    const renamed = (change: Extract<Change, { _tag: "Renamed" }>): ReadonlyArray<Outgoing> => {
      const { before, id } = change
      let isSeen = channels.has(mainRoom)
      for (const channel of channels.values()) {
        if (!channel.members.has(before)) continue
        isSeen = true
        channel.members = new Set([...channel.members].map((each) => (each === before ? id : each)))
      }
      return isSeen ? [Messages.renamed(view, change)] : []
    }
    const joined = (room: Room, id: PeerId): Outgoing => Messages.joined(view, room, id)
    const parted = (room: Room, id: PeerId, reason = ""): Outgoing => Messages.parted(view, room, id, reason)
    const witness = (entry: Entry, here: boolean): void => {
      if (entry._tag === "Said" || entry._tag === "Earlier") return showPost(entry, here)
      const changes = entry._tag === "Happened" ? members.see(entry.event) : []
      const words = Messages.wordsOn(self, entry)
      const room = entry._tag === "Missed" ? roomIn(entry.stream) : mainRoom
      sender.send([
        ...changes.flatMap(messagesOnChange),
        ...(words === undefined ? [] : [noticeTo(placeFor(room), words)])
      ])
    }

    // ---- Channels

    /** Sends what this client missed of these posts, if it can ask for it in no other way. */
    const catchUp = (room: Room, allPosts: () => ReadonlyArray<Post>, isAskedFor: boolean): Seen => {
      const posts = allPosts()
      const hasSeen = house.seen.of(name, room)
      if (hasSeen !== undefined && has("server-time") && !isAskedFor) {
        sender.send(posts.filter((post) => !hasSeen(post)).flatMap((post) => messagesOn(post)))
      }
      return house.seen.begin(name, room, posts)
    }
    /** Nothing is taken from the client while a channel is being joined or left. */
    const settled = (waiting: Map<Room, unknown>, room: Room): void => {
      if (waiting.delete(room)) onRead()
    }
    const show = (room: Room): void => {
      hidden.delete(room)
      const answer = joining.get(room) ?? sender.send
      const peers = rooms.find((each) => each.room === room)?.peers ?? []
      channels.set(room, { seen: nothingSeen, members: new Set(peers) })
      answer([joined(room, self.id), ...marking.onJoin(room), ...describe(talk, room)])
      channels.set(room, {
        seen: catchUp(room, () => past.in(room), has("draft/chathistory")),
        members: new Set(peers)
      })
      settled(joining, room)
    }
    const hide = (room: Room): void => {
      channels.delete(room)
      const { answer = sender.send, reason = "" } = parting.get(room) ?? {}
      answer([parted(room, self.id, reason)])
      settled(parting, room)
    }
    /** Who joined a room, and who left one. Who is no longer in the chat at all is told of by QUIT. */
    const compare = (room: Room, channel: Channel, peers: ReadonlyArray<PeerId>): ReadonlyArray<Outgoing> => {
      const before = channel.members
      const after = new Set(peers)
      const inMain = new Set(rooms.find((each) => each.room === mainRoom)?.peers ?? [])
      const isHere = (id: PeerId): boolean => inMain.has(id)
      const gone = [...before].filter((id) => !after.has(id))
      channel.members = new Set([...peers, ...gone.filter((id) => !isHere(id))])
      return [
        ...peers.filter((id) => !before.has(id)).map((id) => joined(room, id)),
        ...gone.filter(isHere).map((id) => parted(room, id))
      ]
    }
    const isJoined = (room: Room): boolean => rooms.some((each) => each.room === room && each.joined)
    const takeRooms = (present: ReadonlyArray<KnownRoom>): void => {
      rooms = present.filter(({ room }) => !isPrivate(room))
      if (!isListed) return
      for (const room of [...channels.keys()]) if (!isJoined(room)) hide(room)
      for (const { joined, peers, room } of rooms) {
        const channel = channels.get(room)
        if (channel === undefined) {
          if (joined && !hidden.has(room)) show(room)
        } else if (room !== mainRoom) sender.send(compare(room, channel, peers))
      }
    }

    /** Takes a list of the peers, which the session has asked for. */
    const takeList = (present: ReadonlyArray<PeerStatus>): void => {
      statuses = new Map(present.map((each) => [each.peer.id, each]))
      sender.send(members.settle(present).flatMap(messagesOnChange))
      // Those who are away have nicks too, so that they can be written to.
      for (const { peer } of present) members.nickOf(peer.id)
      const ready = listeners
      listeners = []
      for (const then of ready) then()
      onRead()
      const later = held
      held = []
      for (const taken of later) taken()
      onRead()
    }
    const tell: Put<Fact> = (facts, taken) => {
      const present: Array<PeerStatus> = []
      let isList = false
      const witnessed: Array<() => void> = []
      for (const fact of facts) {
        if (fact._tag === "Self") isList = true
        else if (fact._tag === "Present") present.push(fact.peerStatus)
        else if (fact._tag === "RoomsAre") takeRooms(fact.rooms)
        else if (fact._tag === "PlacesAre") {
          const talks = fact.conversations.map((each) => [privatelyTo(each.with), each.lines] as const)
          marking.take(new Map([...fact.rooms.map(({ lines, room }) => [room, lines] as const), ...talks]))
        } else if (fact._tag === "Witnessed") witnessed.push(() => witness(fact.entry, fact.here === true))
      }
      const go = () => {
        for (const each of witnessed) each()
        sender.whenTaken(taken)
      }
      if (facts.some(({ _tag }) => _tag === "Self" || _tag === "InRoom")) {
        take?.([])
        take = undefined
      }
      if (isList) takeList(present)
      // The client is in its channels as soon as it is known who is there.
      if (isListed) go()
      // Until it is known who is there, nothing more is taken from the log.
      else held.push(go)
    }
    const putLines: Put<ScreenLine> = (lines, taken) => {
      const words = lines.map(({ text }) => text.replace(/^\* /, ""))
      if (take === undefined) sender.send(words.map((each) => noticeTo(placeFor(mainRoom), each)))
      else take(words)
      take = undefined
      sender.whenTaken(taken)
    }

    // ---- What becomes of lines that were typed here

    const refusalFor = (room: Room, words: string): Outgoing => {
      const [reader] = addresseesIn(room) ?? []
      return reader === undefined
        ? answerWith("ERR_CANNOTSENDTOCHAN", channelOf(room), words)
        : answerWith("ERR_CANTSENDTOUSER", members.nickOf(reader), words)
    }
    const giveUp = (lines: ReadonlyArray<Typed>, words: string): void => {
      for (const line of lines) echoes.givenUp(line)?.([refusalFor(line.room ?? mainRoom, words)])
    }
    /** These lines by the places in which they were said. */
    const byPlace = (lines: Iterable<Typed>): ReadonlyMap<Room, ReadonlyArray<Typed>> => {
      const places = new Map<Room, ReadonlyArray<Typed>>()
      for (const line of lines) {
        const { room = mainRoom } = line
        places.set(room, [...(places.get(room) ?? []), line])
      }
      return places
    }
    /** Who is to have a line that is said there: the readers, or any other node. */
    const receiversIn = (room: Room): string | undefined => addresseesIn(room)?.map(members.nickOf).join(", ")
    const mark: Put<Typed> = (lines, taken) => {
      const fresh = lines.filter((line) => !marked.has(line))
      marked = new Set([...marked, ...fresh])
      echoes.release(fresh, "undelivered")
      const notices = Array.from(byPlace(fresh), ([room, some]) => {
        const last = some.length === 1 ? "last line" : `last ${linesOf(some.length)}`
        const readers = receiversIn(room)
        const words =
          readers === undefined ? `No other node has your ${last} yet` : `Your ${last} did not reach ${readers} yet`
        return noticeTo(placeFor(room), words)
      })
      sender.send(notices)
      sender.whenTaken(taken)
    }
    const settle: Put<Typed> = (lines, taken) => {
      for (const line of lines) {
        take = commands.get(line) ?? take
        commands.delete(line)
      }
      echoes.release(lines, "delivered")
      const delivered = lines.filter((line) => marked.has(line))
      marked = new Set([...marked].filter((line) => !delivered.includes(line)))
      const left = byPlace(marked)
      const notices = [...byPlace(delivered).keys()].flatMap((room) => {
        const readers = receiversIn(room)
        const words = readers === undefined ? "Another node has all of your lines now" : `Your lines reached ${readers}`
        return left.has(room) ? [] : [noticeTo(placeFor(room), words)]
      })
      sender.send(notices)
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
        // A command that says something has no other answer.
        reword: (line) => Effect.sync(() => commands.delete(line)),
        giveBack: (lines) => Effect.sync(() => giveUp(lines, "The line was not sent")),
        drop: (lines) => Effect.sync(() => giveUp(lines, "Too late, not sent: the node is leaving"))
      }),
      isPerson: false,
      prompt: Option.none()
    })

    // ---- What the client asks for

    /** Says something. The answer comes when something has become of the post. */
    const speak = (room: Room, text: string, answer: Answer): void => {
      const line = { text, room, verbatim: true }
      echoes.expect(line, answer)
      typed.unsafeOffer(line)
    }
    const talk: Talk = {
      house,
      nick,
      members,
      has,
      statuses: () => statuses,
      prefixOf,
      personOf: nodePerson,
      send: sender.send,
      now: house.now,
      accountOf,
      monitor,
      marking,
      numeric: answerWith,
      roomOf: (channel) => {
        const wanted = channel.slice(1)
        const known = rooms.map(({ room }) => room)
        const found = known.find((room) => room === wanted) ?? known.find((room) => isSame(room, wanted))
        return channel.startsWith("#") ? (found ?? (isRoom(wanted) ? wanted : undefined)) : undefined
      },
      rooms: () => rooms,
      shown: () => [...channels.keys()],
      inside: (room) => {
        if (room === mainRoom) return members.all()
        const others = [...(channels.get(room)?.members ?? [])]
        return [self, ...others.map((id) => members.get(id) ?? { id, role: roleOf(id) })]
      },
      topicOf: (room) => {
        const latest = house.topicOf(room)
        return latest === undefined || topicIn(latest.text) === "" ? undefined : latest
      },
      join: (room, answer) => {
        if (channels.has(room)) return answer([])
        joining.set(room, answer)
        if (isJoined(room)) return show(room)
        run(`/join ${room}`, (words) => {
          // The channel is shown as soon as the node has joined the room, and then nobody waits any more.
          const refusal = words.join(" ") || "The room was not joined"
          joining.get(room)?.([answerWith("ERR_NOSUCHCHANNEL", channelOf(room), refusal)])
          settled(joining, room)
        })
      },
      part: (room, answer, reason) => {
        parting.set(room, { answer, reason })
        if (room === mainRoom) {
          hidden.add(room)
          return hide(room)
        }
        run(`/leave ${room}`, (words) => {
          // The channel is gone as soon as the node has left the room. Otherwise the words say why it has not.
          parting.get(room)?.answer(words.map((each) => noticeTo(placeFor(room), each)))
          settled(parting, room)
        })
      },
      say: ({ isAction, room, text }, answer) => speak(room, isAction ? actionOf(text) : text, answer),
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
      messagesOn,
      newReference,
      begin: () => {
        for (const id of talk.confidants()) members.nickOf(id)
        isListed = true
        takeRooms(rooms)
        letters = catchUp(sealedRoom, past.letters, has("draft/chathistory"))
      },
      run: (line) => run(`/${line}`, (words) => sender.send(words.map((each) => noticeTo(nick(), each)))),
      whenListed: (then) => {
        listeners.push(then)
        run(listPeers, () => {})
      }
    }
    return {
      talk,
      console,
      isBusy: () => joining.size + parting.size + listeners.length + topics > 0,
      isSaying: echoes.isWaiting,
      waiting: () => Option.getOrElse(typed.unsafeSize(), () => 0),
      end: () => {
        typed.unsafeDone(Exit.void)
      }
    }
  })

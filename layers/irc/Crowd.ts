/**
 * What all guests of a node are told together: one reader of the log and one view of who is there, for all of them. What
 * many get is made and encoded once. Whom it is for is decided for each.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Console, type Put, type Typed } from "../../services/Console.ts"
import type { Guest } from "../../services/Guests.ts"
import { type Cursor, MessageLog, type Reader } from "../../services/MessageLog.ts"
import { isOf, isPrivate, isPrivateStream } from "../../src/domain/Conversation.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import type { Fact } from "../../src/domain/Fact.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { authorOf, mainRoom, type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { whileOpen } from "../../src/domain/Signal.ts"
import type { Capability } from "../../src/protocol/irc/Capabilities.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { farewellOf, type House, type Lobby, nodePerson, type Person } from "./House.ts"
import { type Change, type Members, makeMembers } from "./Members.ts"
import * as Messages from "./Messages.ts"
import { channelOf } from "./Messages.ts"
import { nicksIn } from "./Monitor.ts"
import { bytesOf } from "./Sender.ts"

/** One guest, as the crowd knows it. */
export interface Seat {
  readonly guest: Guest
  readonly has: (capability: Capability) => boolean
  /** Whether it hears nothing more, as its connection is gone. */
  readonly isGone: () => boolean
  readonly muted: () => ReadonlySet<PeerId>
  /** Sends what others get too. */
  readonly put: (lines: Uint8Array) => void
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  /** Shows what it has said itself, or what was said to it alone. */
  readonly show: (post: Post, isOwn: boolean) => void
  /** It is in that channel now, or no more. `gone`: what the others in the channel are told of it. */
  readonly entered: (room: Room) => void
  readonly left: (room: Room, gone: Outgoing) => void
  /** Those with these nicks have come, gone, or changed them. */
  readonly monitored: (nicks: ReadonlyArray<string>) => void
}

/** A room that is known, and who is in it: nodes, and those guests that have joined it. */
export interface Channel {
  readonly room: Room
  readonly inside: ReadonlySet<PeerId>
}

export interface Crowd {
  readonly members: Members
  readonly personOf: (id: PeerId) => Person
  /** The reader by which guests speak. */
  readonly reader: Reader
  readonly channels: () => ReadonlyArray<Channel>
  /** A channel; undefined if there is no such room. */
  readonly channelIn: (room: Room) => Channel | undefined
  /** The rooms whose channels that guest sees. */
  readonly shownTo: (guest: Guest) => ReadonlyArray<Room>
  /** The peers as the node last listed them, this node among them. */
  readonly statuses: () => ReadonlyMap<PeerId, PeerStatus>
  /** Calls a function when the node has listed its peers again. */
  readonly list: (then: () => void) => void
  /** Calls a function as soon as it is known who is there. */
  readonly whenReady: (then: () => void) => void
  readonly enter: (seat: Seat) => void
  readonly leave: (guest: Guest) => void
  /** The node ends: nobody is told of anything more. */
  readonly end: () => void
}

/** How many entries of the log are looked at in one go. */
const atATime = 1_024

/** What guests may have asked for that changes what they get of the same. */
const shapes: ReadonlyArray<Capability> = [
  "server-time",
  "message-tags",
  "draft/multiline",
  "batch",
  "extended-join",
  "away-notify"
]
type Uses = ReadonlyArray<Capability>
const ofPosts: Uses = ["message-tags", "draft/multiline", "batch"]

const shapeOf = (has: Seat["has"], uses: Uses): number => {
  let shape = 0
  for (const capability of uses) if (has(capability)) shape |= 1 << shapes.indexOf(capability)
  return shape
}

/** Whether what is private there is said with that guest, now or under the id that it had before. */
const isWith = ({ visitor, visitorBefore }: Guest, conversation: Room): boolean =>
  isOf(conversation, visitor) || (visitorBefore !== undefined && isOf(conversation, visitorBefore))

/** Who is in the channels, as the guests were told. Mutable, in synchronous steps. */
const makeChannels = () => {
  const channels = new Map<Room, Set<PeerId>>()
  const none: ReadonlySet<PeerId> = new Set()
  const of = (room: Room): ReadonlySet<PeerId> => channels.get(room) ?? none
  return {
    all: (): ReadonlyArray<Channel> => Array.from(channels, ([room, inside]) => ({ room, inside })),
    find: (room: Room): Channel | undefined => {
      const inside = channels.get(room)
      return inside === undefined ? undefined : { room, inside }
    },
    of,
    roomsOf: (id: PeerId): ReadonlyArray<Room> =>
      [...channels].flatMap(([room, inside]) => (inside.has(id) ? [room] : [])),
    set: (room: Room, inside: Set<PeerId>): void => void channels.set(room, inside),
    /** Only these rooms are known. */
    keep: (rooms: ReadonlySet<Room>): void => {
      for (const room of channels.keys()) if (!rooms.has(room)) channels.delete(room)
    },
    remove: (id: PeerId): void => {
      for (const inside of channels.values()) inside.delete(id)
    },
    rename: (before: PeerId, id: PeerId): void => {
      for (const [room, inside] of channels) {
        if (inside.has(before)) channels.set(room, new Set([...inside].map((each) => (each === before ? id : each))))
      }
    }
  }
}

type KnownRoom = Extract<Fact, { readonly _tag: "RoomsAre" }>["rooms"][number]

/** Begins to follow the log and the rooms of the node, until the scope closes. */
export const make = (
  { now, policy: { server }, self, sessions }: Pick<House, "now" | "policy" | "self" | "sessions">,
  lobby: Lobby
): Effect.Effect<Crowd, never, MessageLog | Scope.Scope> =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    const reader = yield* log.openReader(0)
    const { guests } = lobby
    // Mutable, in synchronous steps.
    const seats = new Map<Guest, Seat>()
    const members = makeMembers(self, "", true)
    const channels = makeChannels()
    let batches = 0

    const personOf = (id: PeerId): Person => lobby.people.get(id) ?? nodePerson(id)
    const views = new Map<number, Messages.View>()
    /** A view of a shape, for all who have asked for the same. */
    const viewOf = (shape: number): Messages.View => {
      const known = views.get(shape)
      if (known !== undefined) return known
      const asked = new Set(shapes.filter((_, at) => (shape & (1 << at)) !== 0))
      const view: Messages.View = {
        self,
        server,
        has: (capability) => asked.has(capability),
        nickOf: members.nickOf,
        personOf,
        accountOf: () => undefined,
        isNotice: lobby.notices.has,
        newReference: () => {
          batches += 1
          return `all${batches}`
        }
      }
      views.set(shape, view)
      return view
    }
    /** Tells some guests the same. It is made once for all who have asked for the same. */
    const tell = (
      some: Iterable<Seat>,
      uses: Uses,
      messages: (view: Messages.View) => ReadonlyArray<Outgoing>
    ): void => {
      const made = new Map<number, Uint8Array>()
      const all: Uses = ["server-time", ...uses]
      for (const seat of some) {
        const shape = shapeOf(seat.has, all)
        let bytes = made.get(shape)
        if (bytes === undefined) {
          const view = viewOf(shape)
          bytes = bytesOf(messages(view).map((message) => Messages.withTime(view.has, now, message)))
          made.set(shape, bytes)
        }
        if (bytes.length > 0) seat.put(bytes)
      }
    }
    const seatOf = (id: PeerId): Seat | undefined => {
      const guest = guests.here.get(id)
      return guest === undefined ? undefined : seats.get(guest)
    }
    /** The guests that see the channel of a room. */
    const seatsIn = (inside: ReadonlySet<PeerId>): ReadonlyArray<Seat> =>
      [...seats.values()].filter(({ guest }) => inside.has(guest.id))

    // ---- What is said

    const showPost = (post: Post, isEarlier: boolean): void => {
      const { stream } = post
      const [author, room] = [authorOf(stream), roomIn(stream)]
      const hears = ({ has, isGone, muted }: Seat): boolean =>
        !isGone() && !muted().has(author) && (!isEarlier || has("server-time"))
      if (isPrivateStream(stream)) {
        for (const seat of seats.values()) {
          if (isWith(seat.guest, room) && hears(seat)) seat.show(post, seat.guest.id === author)
        }
        return
      }
      const own = isEarlier ? undefined : seatOf(author)
      const others = seatsIn(channels.of(room)).filter((seat) => seat !== own && hears(seat))
      tell(others, ofPosts, (view) => Messages.messagesOn(view, post))
      // It waits for what has become of its line also where it is not in the room.
      if (own !== undefined && hears(own)) own.show(post, true)
    }

    // ---- Who comes and goes

    const tellOf = (change: Change): void => {
      const { id } = change
      if (change._tag === "Renamed") {
        const { before } = change
        const rooms = channels.roomsOf(before)
        channels.rename(before, id)
        const meets = new Set(rooms.flatMap((room) => [...channels.of(room)])).add(id)
        tell(seatsIn(meets), [], (view) => [Messages.renamed(view, change)])
      }
      if (change._tag === "Went") {
        const meets = new Set(channels.roomsOf(id).flatMap((room) => [...channels.of(room)]))
        channels.remove(id)
        const uses: Uses = Messages.isExpectedBack(change.how) ? ["away-notify"] : []
        tell(seatsIn(meets), uses, (view) => Messages.quit(view, change))
      }
      const nicks = nicksIn(change, members.nickOf)
      for (const seat of seats.values()) seat.monitored(nicks)
    }
    const sayOf = (entry: Entry): void => {
      const words = Messages.wordsOn(self, entry)
      if (words === undefined) return
      const room = entry._tag === "Missed" ? roomIn(entry.stream) : mainRoom
      const noticeTo = (place: string): Outgoing => ({ source: server, command: "NOTICE", params: [place, words] })
      const inMain = seatsIn(channels.of(mainRoom))
      if (isPrivate(room)) {
        for (const { guest, send } of inMain) if (isWith(guest, room)) send([noticeTo(members.nickOf(guest.id))])
        return
      }
      const inside = channels.of(room)
      const seats = inMain.filter(({ guest }) => inside.has(guest.id))
      tell(seats, [], () => [noticeTo(channelOf(room))])
    }
    const witness = (entry: Entry): void => {
      if (isPost(entry)) return showPost(entry.post, entry._tag === "Earlier")
      if (entry._tag === "Happened") for (const change of members.see(entry.event)) tellOf(change)
      sayOf(entry)
    }

    // ---- The log

    let cursor: Cursor | undefined
    /** When the log has ended for this run, it may go on in another one. */
    const look = (): void => {
      cursor ??= reader.open()
      for (let entries = cursor.pull(atATime); entries.length > 0; entries = cursor.pull(atATime)) {
        for (const entry of entries) witness(entry)
        const last = entries.at(-1)
        if (last !== undefined) reader.shown(last)
      }
      if (cursor.isAtEnd()) cursor = undefined
    }
    yield* whileOpen(() => log.onGrowth(look))

    // ---- The rooms

    /** A guest leaves a channel, or is made to leave it. */
    const departed = (room: Room, id: PeerId): Outgoing => {
      const view = viewOf(0)
      const { by, words = "" } = lobby.farewells.get(farewellOf(id, room)) ?? {}
      lobby.farewells.delete(farewellOf(id, room))
      if (by === undefined) return Messages.parted(view, room, id, words)
      const params = [channelOf(room), members.nickOf(id), words]
      return { source: Messages.prefixOf(view, by), command: "KICK", params }
    }
    /** Who joined a room, and who left one. Who is no longer in the chat at all is told of by QUIT. */
    const compare = (room: Room, now: ReadonlyArray<PeerId>, isHere: (id: PeerId) => boolean): void => {
      const before = channels.of(room)
      const after = new Set(now)
      const came = now.filter((id) => !before.has(id))
      const gone = [...before].filter((id) => !after.has(id))
      if (came.length === 0 && gone.length === 0 && channels.find(room) !== undefined) return
      channels.set(room, new Set([...now, ...gone.filter((id) => !isHere(id))]))
      const stay = seatsIn(before).filter(({ guest }) => after.has(guest.id))
      for (const id of gone.filter(isHere)) {
        const words = departed(room, id)
        tell(stay, [], () => [words])
        seatOf(id)?.left(room, words)
      }
      for (const id of came) {
        const { away } = personOf(id)
        tell(stay, ["extended-join", "away-notify"], (view) => [
          Messages.joined(view, room, id),
          ...(away === undefined || !view.has("away-notify") ? [] : [Messages.awayOf(view, id)])
        ])
        seatOf(id)?.entered(room)
      }
    }
    const takeRooms = (all: ReadonlyArray<KnownRoom>): void => {
      const open = all.filter(({ room }) => !isPrivate(room))
      const inMain = new Set(open.find(({ room }) => room === mainRoom)?.peers ?? [])
      const isHere = (id: PeerId): boolean => inMain.has(id) || guests.here.has(id)
      /** Everybody is in `main`, but guests see each other there only if they have joined it, as in any channel. */
      const isSeen = (id: PeerId): boolean => guests.here.get(id)?.rooms.has(mainRoom) ?? true
      channels.keep(new Set(open.map(({ room }) => room)))
      for (const { joined, peers, room } of open) {
        const others = room === mainRoom ? peers.filter(isSeen) : peers
        compare(room, joined ? [self.id, ...others] : others, isHere)
      }
    }

    // ---- The node's own view

    let statuses: ReadonlyMap<PeerId, PeerStatus> = new Map()
    /** Those who wait for a list, and for the first one. */
    let listening: Array<() => void> = []
    let isReady = false
    const typed = yield* Mailbox.make<Typed>()

    const list = (then: () => void): void => {
      listening.push(then)
      if (listening.length === 1) typed.unsafeOffer({ text: "/who" })
    }
    const takeList = (node: Peer, since: number, others: ReadonlyArray<PeerStatus>): void => {
      const link = { since, roundTrip: Duration.zero, behind: 0 }
      const all: ReadonlyArray<PeerStatus> = [{ peer: node, link, through: undefined, givenUp: false }, ...others]
      statuses = new Map(all.map((each) => [each.peer.id, each]))
      for (const change of members.settle(others)) tellOf(change)
      // Those who are away have nicks too.
      for (const { peer } of others) members.know(peer.id)
      const then = listening
      listening = []
      isReady = true
      for (const each of then) each()
    }
    const hear: Put<Fact> = (facts, taken) => {
      const present: Array<PeerStatus> = []
      let node: Extract<Fact, { readonly _tag: "Self" }> | undefined
      for (const fact of facts) {
        if (fact._tag === "Self") node = fact
        else if (fact._tag === "Present") present.push(fact.peerStatus)
        else if (fact._tag === "RoomsAre") takeRooms(fact.rooms)
      }
      if (node !== undefined) takeList(node.peer, node.since, present)
      taken()
    }
    /** A session of the node: what it knows of rooms and peers. What is said is read in the log. */
    const console = Console.of({
      lines: Mailbox.toStream(typed),
      offer: Option.none(),
      put: (_, taken) => taken(),
      show: () => Effect.void,
      isGone: () => false,
      tell: Option.some(hear),
      pending: Option.none(),
      isPerson: false,
      prompt: Option.none()
    })
    list(() => {})
    yield* Effect.forkScoped(sessions.attach(console))

    return {
      members,
      personOf,
      reader,
      channels: channels.all,
      channelIn: channels.find,
      shownTo: ({ id, rooms }) => [...rooms].filter((room) => channels.of(room).has(id)),
      statuses: () => statuses,
      list,
      whenReady: (then) => {
        if (isReady) then()
        else listening.push(then)
      },
      enter: (seat) => void seats.set(seat.guest, seat),
      leave: (guest) => void seats.delete(guest),
      end: () => seats.clear()
    }
  })

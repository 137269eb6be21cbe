/**
 * The JSON lines that a program reads and writes with `--json`, one object each. docs/JSON.md describes them for users.
 */

import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { absurd } from "../domain/Absurd.ts"
import { deedIn } from "../domain/Announcement.ts"
import { addresseesIn, isClosed, isPrivateStream, privatelyTo, readersOf } from "../domain/Conversation.ts"
import { type Entry, isPost } from "../domain/Entry.ts"
import type { Fact, KeptLine } from "../domain/Fact.ts"
import type { Bound } from "../domain/KeptPosts.ts"
import { Letter } from "../domain/Letter.ts"
import type { MeshEvent } from "../domain/MeshEvent.ts"
import { type Digest, isDigest, type Offer, offerIn } from "../domain/Offer.ts"
import { Address, Peer, PeerId, Port } from "../domain/Peer.ts"
import type { PeerStatus } from "../domain/PeerStatus.ts"
import type { RoomState } from "../domain/Place.ts"
import { authorOf, type Post, PostNumber, Room, RoomFromString, roomIn, StreamId } from "../domain/Post.ts"
import { Request } from "../domain/Request.ts"
import { Site } from "../domain/Site.ts"
import { topicIn } from "../domain/Topic.ts"
import type { Transfer } from "../domain/Transfer.ts"
import { maxFrameBytes } from "./Frame.ts"

/**
 * Increases with each change that readers of the previous version would not understand. New types and fields are no
 * such change.
 */
export const version = 1

const Count = Schema.NonNegativeInt

/** Files that are offered. */
const offered = {
  name: Schema.String,
  /** In bytes. */
  size: Count,
  /** The media type; `inode/directory` is a folder. */
  media: Schema.String,
  /** How many files are in the folder, if it is one. */
  files: Schema.optionalWith(Count, { exact: true }),
  /** Names the offer everywhere. */
  digest: Schema.String
}

const said = {
  from: PeerId,
  text: Schema.String,
  /** Whether `text` is an action of the author, as with `/me`. */
  action: Schema.Boolean,
  /** The author's clock, in ms since 1970. */
  at: Schema.NonNegativeInt,
  /** The room in which it was said, unless it is private. */
  room: Schema.optionalWith(Room, { exact: true }),
  /** Of a private line: its readers besides its author. */
  to: Schema.optionalWith(Schema.Array(PeerId), { exact: true }),
  /** `stream` and `n` together identify the line on every node. */
  stream: StreamId,
  n: PostNumber,
  /** Whether it mentions the person at this node. */
  mention: Schema.optionalWith(Schema.Literal(true), { exact: true }),
  /** What the line offers. Its text says so in words, as an action. */
  offer: Schema.optionalWith(Schema.Struct(offered), { exact: true })
}

/** The room in which the line of a command was said, or its readers if it is private; neither if it was not said. */
const saidIn = {
  room: Schema.optionalWith(Room, { exact: true }),
  to: Schema.optionalWith(Schema.Array(PeerId), { exact: true })
}

/** A place as events name it. */
export const whereIn = (place: Room | undefined): { readonly room?: Room; readonly to?: ReadonlyArray<PeerId> } => {
  if (place === undefined) return {}
  const to = addresseesIn(place)
  return to === undefined ? { room: place } : { to }
}

/** A line as it is kept. */
const Line = Schema.Struct({
  ...said,
  own: Schema.Boolean,
  /** Whether it sets the topic of its room. */
  topic: Schema.optionalWith(Schema.Literal(true), { exact: true })
})

const transferSeen = {
  /** `none`: it is fetched or shared no more. */
  state: Schema.Literal("done", "fetching", "waiting", "failed", "none"),
  /** The bytes that are here and verified, and how many came in a second, of late. */
  bytes: Count,
  rate: Count,
  /** The peers from which pieces come, and how many peers fetch it from here. */
  from: Schema.Array(PeerId),
  readers: Count,
  /** Where the files are. */
  paths: Schema.Array(Schema.String),
  /** Why it can't go on by itself, in a sentence. */
  why: Schema.optionalWith(Schema.String, { exact: true })
}

const roomSeen = {
  room: Room,
  /** Whether this node has joined it. */
  joined: Schema.Boolean,
  /** The peers with a link that take part in it. */
  peers: Schema.Array(PeerId),
  topic: Schema.NullOr(Schema.String),
  /** How many lines came that nobody has read at this node, and how many of them mention its person. */
  unread: Count,
  mentions: Count
}

const peerSeen = {
  ...Peer.fields,
  link: Schema.NullOr(
    Schema.Struct({ since: Schema.NonNegativeInt, roundTrip: Schema.NullOr(Schema.Number), behind: Count })
  ),
  through: Schema.NullOr(PeerId),
  givenUp: Schema.Boolean,
  /** Whether it is a guest of the node `through`. */
  guest: Schema.optionalWith(Schema.Boolean, { exact: true }),
  /** The other site at which it takes part, through the server `through`. */
  site: Schema.optionalWith(Site, { exact: true })
}

/** A room, or those with whom one talks in private. */
const somewhere = {
  room: Schema.optionalWith(Room, { exact: true }),
  with: Schema.optionalWith(Schema.Array(PeerId), { exact: true })
}

/** What a session gets at once and after each change if it watches it. */
const Watched = [
  Schema.Struct({
    type: Schema.Literal("chat"),
    self: Schema.Struct({ id: PeerId, role: Peer.fields.role }),
    /** The server as this node sees it; `since` when it is down, in ms since 1970. */
    server: Schema.Struct({
      state: Schema.Literal("self", "sought", "up", "down", "returning"),
      since: Schema.optionalWith(Schema.NonNegativeInt, { exact: true })
    }),
    /** The peers with a link, and all that are known. */
    connected: Count,
    known: Count,
    secure: Schema.Boolean,
    /** A text of more bytes is not sent. */
    limits: Schema.Struct({ text: Count })
  }),
  Schema.Struct({
    type: Schema.Literal("rooms"),
    rooms: Schema.Array(Schema.Struct(roomSeen)),
    conversations: Schema.Array(Schema.Struct({ with: Schema.Array(PeerId), unread: Count }))
  }),
  Schema.Struct({ type: Schema.Literal("peers"), peers: Schema.Array(Schema.Struct(peerSeen)) }),
  Schema.Struct({
    type: Schema.Literal("delivery"),
    streams: Schema.Array(
      Schema.Struct({
        stream: StreamId,
        /** The room in which its lines are said, unless they are private. */
        room: Schema.optionalWith(Room, { exact: true }),
        /** The number of the last line that some peer has. */
        upTo: Count,
        /** How far each peer with a link has it. */
        readers: Schema.Record({ key: PeerId, value: Count })
      })
    )
  })
] as const

/** What is answered to `history`, `search`, and to a line with a `ref`. */
const Answered = [
  Schema.Struct({
    type: Schema.Literal("history"),
    ref: Schema.String,
    ...somewhere,
    /** In the order of the log. */
    lines: Schema.Array(Line),
    /** Whether lines of that place are kept before the first of these, and behind the last. */
    older: Schema.Boolean,
    newer: Schema.Boolean,
    /** Whether the line that was named is kept. */
    found: Schema.Boolean
  }),
  Schema.Struct({
    type: Schema.Literal("found"),
    ref: Schema.String,
    lines: Schema.Array(Line),
    /** Whether there are more, further back. */
    more: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("accepted"), ref: Schema.String, stream: StreamId, n: PostNumber })
] as const

/** A text of more bytes does not fit into a frame, with what stands around it. */
const longestText = maxFrameBytes - 136

/** The events that are reported, one line each. */
export const Event = Schema.Union(
  Schema.Struct({ type: Schema.Literal("outlive"), version: Schema.Literal(version) }),
  Schema.Struct({ type: Schema.Literal("said"), ...said, own: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("earlier"), ...said }),
  /** Somebody set the topic of a room, before this run of the node if `earlier`. Empty: it has none any more. */
  Schema.Struct({
    type: Schema.Literal("topic"),
    ...Struct.omit(said, "action"),
    own: Schema.Boolean,
    earlier: Schema.Boolean
  }),
  Schema.Struct({
    type: Schema.Literal("missed"),
    from: Schema.optionalWith(PeerId, { exact: true }),
    room: Schema.optionalWith(Room, { exact: true }),
    count: Count
  }),
  Schema.Struct({ type: Schema.Literal("skipped"), count: Count }),
  Schema.Struct({ type: Schema.Literal("admitted"), by: PeerId }),
  Schema.Struct({
    type: Schema.Literal("linked"),
    ...Peer.fields,
    newcomer: Schema.Boolean,
    known: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("catching-up"), from: PeerId, count: Count }),
  Schema.Struct({ type: Schema.Literal("unkept"), detail: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("lost"),
    id: PeerId,
    reason: Schema.Literal(
      "closed",
      "silent",
      "malformed",
      "overrun",
      "excessive",
      "dropped",
      "expelled",
      "forged",
      "disbelieved",
      "replaced"
    )
  }),
  Schema.Struct({ type: Schema.Literal("left"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("given-up"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("through"), id: PeerId, by: PeerId }),
  Schema.Struct({
    type: Schema.Literal("port-occupied"),
    port: Port,
    detail: Schema.String,
    abandoned: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("foreign"), id: PeerId, found: PeerId, address: Address }),
  Schema.Struct({ type: Schema.Literal("foreigner"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("claimed"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("key-changed"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("expelled"), id: PeerId, barred: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("forged"), id: PeerId, by: PeerId }),
  Schema.Struct({ type: Schema.Literal("contradicted"), id: PeerId }),
  Schema.Struct({ type: Schema.Literal("unremembered"), detail: Schema.String }),
  Schema.Struct({ type: Schema.Literal("guest"), id: PeerId, through: PeerId, known: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("guest-left"), id: PeerId, through: PeerId }),
  Schema.Struct({ type: Schema.Literal("guest-renamed"), id: PeerId, before: PeerId, through: PeerId }),
  Schema.Struct({
    type: Schema.Literal("guests-gone"),
    ids: Schema.Array(PeerId),
    through: PeerId,
    lost: Schema.Boolean
  }),
  Schema.Struct({ type: Schema.Literal("far"), site: Site, ids: Schema.Array(PeerId), known: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("far-left"), site: Site, ids: Schema.Array(PeerId), lost: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("self"), ...Peer.fields, since: Schema.NonNegativeInt }),
  Schema.Struct({ type: Schema.Literal("present"), ...peerSeen }),
  Schema.Struct({
    type: Schema.Literal("room"),
    ...roomSeen,
    /** Whether the session speaks there. */
    here: Schema.Boolean
  }),
  ...Watched,
  ...Answered,
  /** Files that are offered, in the answer to `/files`. */
  Schema.Struct({
    type: Schema.Literal("file"),
    number: Schema.Int,
    by: PeerId,
    holders: Schema.Array(PeerId),
    ...offered,
    transfer: Schema.optionalWith(Schema.Struct(transferSeen), { exact: true })
  }),
  /** How far files are that are here or being fetched. */
  Schema.Struct({ type: Schema.Literal("transfer"), ...offered, ...transferSeen }),
  /** Something has happened to a transfer. */
  Schema.Struct({
    type: Schema.Literal("transfer-event"),
    event: Schema.Literal("fetched", "failed", "waiting", "lied", "withdrawn"),
    ...offered,
    paths: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
    took: Schema.optionalWith(Schema.Number, { exact: true }),
    why: Schema.optionalWith(Schema.String, { exact: true }),
    peer: Schema.optionalWith(PeerId, { exact: true })
  }),
  /** Where the page of this node is. The link lets one browser in, once and within a minute. */
  Schema.Struct({ type: Schema.Literal("page"), url: Schema.String }),
  Schema.Struct({ type: Schema.Literal("notice"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("waiting"), ref: Schema.String, ...saidIn }),
  Schema.Struct({ type: Schema.Literal("settled"), ref: Schema.String, ...saidIn }),
  Schema.Struct({ type: Schema.Literal("error"), text: Schema.String })
)
export type Event = typeof Event.Type
/** An event as its line has it, for a reader that takes it as it is. */
export type EventLine = typeof Event.Encoded

const saidOf = (post: Post, isMention = false) => {
  const { at, n, stream, text } = post
  const deed = deedIn(text)
  const offer = deed === undefined ? undefined : offerIn(text)
  return {
    from: authorOf(stream),
    text: deed ?? text,
    action: deed !== undefined,
    at,
    ...(isPrivateStream(stream) ? { to: readersOf(post) } : { room: roomIn(stream) }),
    stream,
    n,
    ...(isMention ? { mention: true as const } : {}),
    ...(offer === undefined ? {} : { offer: offeredIn(offer) })
  }
}

const lineOf = ({ isMention, own, post }: KeptLine): typeof Line.Type => {
  const topic = isPrivateStream(post.stream) ? undefined : topicIn(post.text)
  const line = { ...saidOf(post, isMention), own }
  return topic === undefined ? line : { ...line, text: topic, topic: true }
}

const somewhereOf = (place: Room): { readonly room: Room } | { readonly with: ReadonlyArray<PeerId> } => {
  const ids = addresseesIn(place)
  return ids === undefined ? { room: place } : { with: ids }
}

const topicSet = (post: Post, own: boolean, earlier: boolean): Event | undefined => {
  const topic = isPrivateStream(post.stream) ? undefined : topicIn(post.text)
  const { action: _, ...rest } = saidOf(post)
  return topic === undefined ? undefined : { type: "topic", ...rest, text: topic, own, earlier }
}

const happened = (event: MeshEvent): Event | undefined => {
  switch (event._tag) {
    case "Admitted":
      return { type: "admitted", by: event.by.id }
    case "Linked":
      return {
        type: "linked",
        ...event.peer,
        newcomer: event.newcomer,
        known: event.known
      }
    case "Passing":
    case "Moved":
      return undefined
    case "CatchingUp":
      return { type: "catching-up", from: event.peer.id, count: event.count }
    case "Unkept":
      return { type: "unkept", detail: event.detail }
    case "Lost":
      return { type: "lost", id: event.peer.id, reason: event.reason }
    case "Left":
      return event.unseen === true ? undefined : { type: "left", id: event.peer.id }
    case "GivenUp":
      return event.ghost ? undefined : { type: "given-up", id: event.peer.id }
    case "PortOccupied":
      return { type: "port-occupied", port: event.port, detail: event.detail, abandoned: event.abandoned }
    case "Through":
      return { type: "through", id: event.id, by: event.by.id }
    case "Foreign":
      return { type: "foreign", id: event.sought.id, found: event.found.id, address: event.found.address }
    case "Foreigner":
      return { type: "foreigner", id: event.peer.id }
    case "Claimed":
      return { type: "claimed", id: event.peer.id }
    case "KeyChanged":
      return { type: "key-changed", id: event.id }
    case "Expelled":
      return { type: "expelled", id: event.id, barred: event.barred }
    case "Forged":
      return { type: "forged", id: event.id, by: event.by.id }
    case "Contradicted":
      return { type: "contradicted", id: event.id }
    case "Unremembered":
      return { type: "unremembered", detail: event.detail }
    case "GuestCame":
      return { type: "guest", id: event.id, through: event.through, known: event.known }
    case "GuestLeft":
      return { type: "guest-left", id: event.id, through: event.through }
    case "GuestRenamed":
      return { type: "guest-renamed", id: event.id, before: event.before, through: event.through }
    case "GuestsGone":
      return { type: "guests-gone", ids: event.ids, through: event.through, lost: event.lost }
    case "FarCame":
      return { type: "far", site: event.site, ids: event.ids, known: event.known }
    case "FarLeft":
      return { type: "far-left", site: event.site, ids: event.ids, lost: event.lost }
    default:
      return absurd(event)
  }
}

const witnessed = (entry: Entry, isMention: boolean): Event | undefined => {
  if (isPost(entry) && isClosed(entry.post)) return undefined
  switch (entry._tag) {
    case "Said":
      return (
        topicSet(entry.post, entry.own, false) ?? { type: "said", ...saidOf(entry.post, isMention), own: entry.own }
      )
    case "Earlier":
      return topicSet(entry.post, false, true) ?? { type: "earlier", ...saidOf(entry.post, isMention) }
    case "Missed":
      return {
        type: "missed",
        from: authorOf(entry.stream),
        ...(isPrivateStream(entry.stream) ? {} : { room: roomIn(entry.stream) }),
        count: entry.count
      }
    case "Outlived":
      return { type: "missed", count: entry.count }
    case "Skipped":
      return { type: "skipped", count: entry.count }
    case "Happened":
      return happened(entry.event)
    default:
      return absurd(entry)
  }
}

/** The event that reports a fact; undefined if it is not reported. */
export const eventOf = (fact: Fact): Event | undefined => {
  switch (fact._tag) {
    case "Witnessed":
      return witnessed(fact.entry, fact.isMention === true)
    case "Self":
      return { type: "self", ...fact.peer, since: fact.since }
    case "Present":
      return { type: "present", ...peerSeenIn(fact.peerStatus) }
    case "InRoom":
      return { type: "room", here: fact.here, ...roomSeenIn(fact) }
    case "ChatIs": {
      const { connected, known, secure, self, server } = fact
      return {
        type: "chat",
        self: { id: self.id, role: self.role },
        server: { state: stateOf[server._tag], ...("since" in server ? { since: server.since } : {}) },
        connected,
        known,
        secure,
        limits: { text: longestText }
      }
    }
    case "PlacesAre":
      return {
        type: "rooms",
        rooms: fact.rooms.map(roomSeenIn),
        conversations: fact.conversations.map(({ lines, with: others }) => ({ with: others, unread: lines }))
      }
    case "PeersAre":
      return { type: "peers", peers: fact.peers.map(peerSeenIn) }
    case "DeliveryIs":
      return {
        type: "delivery",
        streams: fact.streams.map(({ readers, room, stream, upTo }) => ({
          stream,
          ...(room === undefined ? {} : { room }),
          upTo,
          readers: Object.fromEntries(readers.map(({ id, n }) => [id, n]))
        }))
      }
    case "Recalled": {
      const { _tag, lines, place, ...rest } = fact
      return { type: "history", ...rest, ...somewhereOf(place), lines: lines.map(lineOf) }
    }
    case "Found":
      return { type: "found", ref: fact.ref, lines: fact.lines.map(lineOf), more: fact.more }
    case "Offered": {
      const { by, holders, number, offer, transfer } = fact
      return {
        type: "file",
        number,
        by,
        holders,
        ...offeredIn(offer),
        ...(transfer === undefined ? {} : { transfer: transferSeenIn(transfer) })
      }
    }
    case "TransferIs":
      return { type: "transfer", ...offeredIn(fact.transfer.offer), ...transferSeenIn(fact.transfer) }
    case "TransferGone":
      return { type: "transfer", ...offeredIn(fact.offer), ...noTransfer }
    case "TransferTold": {
      const { _tag, offer, ...rest } = fact.event
      return { type: "transfer-event", event: transferEvents[_tag], ...offeredIn(offer), ...rest }
    }
    case "PageAt":
      return { type: "page", url: fact.url }
    case "RoomsAre":
      // A program asks for them with the command `rooms`.
      return undefined
    default:
      return absurd(fact)
  }
}

const offeredIn = ({ digest, files, name, size, type }: Offer) => ({
  name,
  size,
  media: type,
  ...(files === undefined ? {} : { files }),
  digest
})

const transferSeenIn = ({ bytes, from, paths, rate, readers, state, why }: Transfer) => ({
  state: transferStates[state],
  bytes,
  rate,
  from,
  readers,
  paths,
  ...(why === undefined ? {} : { why })
})

const noTransfer = { state: "none", bytes: 0, rate: 0, from: [], readers: 0, paths: [] } as const

const transferStates = { Done: "done", Fetching: "fetching", Waiting: "waiting", Failed: "failed" } as const

const transferEvents = {
  Fetched: "fetched",
  Failed: "failed",
  Waiting: "waiting",
  Lied: "lied",
  Withdrawn: "withdrawn"
} as const

const stateOf = { Self: "self", Sought: "sought", Up: "up", Down: "down", Returning: "returning" } as const

const peerSeenIn = ({ givenUp, guestSince, link, peer, site, through }: PeerStatus) => ({
  ...peer,
  link:
    link === undefined
      ? null
      : { ...link, roundTrip: link.roundTrip === undefined ? null : Duration.toMillis(link.roundTrip) },
  through: through ?? null,
  givenUp,
  ...(guestSince === undefined || site !== undefined ? {} : { guest: true as const }),
  ...(site === undefined ? {} : { site })
})

const roomSeenIn = ({ joined, lines, mentions, peers, room, topic }: Omit<RoomState, "here">) => ({
  room,
  joined,
  peers,
  unread: lines,
  mentions,
  topic: topic ?? null
})

/**
 * An event as a line. Control characters and invisible ones are escaped like `\u009b`, so that none of them acts on a
 * terminal.
 */
export const encodeEvent = (event: Event): string =>
  `${JSON.stringify(event).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`
    ).join("")
  )}\n`

/** A line by its name. */
const LineName = Schema.Struct({ stream: StreamId, n: PostNumber })

/** Where to look or what to count as read: one of both. */
const place = { room: Schema.optional(RoomFromString), with: Schema.optional(Schema.NonEmptyArray(PeerId)) }

/** The greatest number of lines that are answered at once, and how many there are if nobody says. */
export const mostLines = 500
export const usualLines = 50

/** An offer by its digest, and how many of them may be sought at once. */
const OfferName = Schema.String.pipe(Schema.filter((text): text is Digest => isDigest(text)))
export const mostSought = 20

const limit = { limit: Schema.optional(Schema.Int.pipe(Schema.between(1, mostLines))) }

const request = {
  room: Schema.optional(RoomFromString),
  to: Schema.optional(Letter.fields.to),
  ref: Schema.optional(Schema.String)
}

/** A request is for a room or for readers, not for both. */
const isInOnePlace = ({ room, to }: { readonly room?: unknown; readonly to?: unknown }): boolean =>
  room === undefined || to === undefined

/**
 * The requests, one line each. `ref` is repeated in `waiting` and `settled`. `room`: where to say it, or from where to
 * run it; without it, where the session speaks. `to`: those who alone are to have it, in place of `room`.
 */
export const Input = Schema.Union(
  Schema.Struct({
    type: Schema.Literal("say"),
    text: Schema.String,
    ...request
  }).pipe(Schema.filter(isInOnePlace)),
  Schema.Struct({
    type: Schema.Literal("run"),
    command: Schema.String,
    arguments: Schema.optional(Schema.String),
    ...request
  }).pipe(Schema.filter(isInOnePlace)),
  Schema.Struct({ type: Schema.Literal("exit") }),
  /** What a session can ask about what its node keeps and knows. */
  Schema.Struct({
    type: Schema.Literal("watch"),
    what: Schema.Array(Schema.Literal("chat", "rooms", "peers", "delivery"))
  }),
  Schema.Struct({
    type: Schema.Literal("history"),
    ref: Schema.String,
    ...place,
    before: Schema.optional(LineName),
    after: Schema.optional(LineName),
    around: Schema.optional(LineName),
    ...limit
  }),
  Schema.Struct({
    type: Schema.Literal("search"),
    ref: Schema.String,
    text: Schema.NonEmptyString,
    ...place,
    before: Schema.optional(LineName),
    ...limit
  }),
  Schema.Struct({ type: Schema.Literal("read"), ...place }),
  /** What a session can ask about files that are offered. */
  Schema.Struct({
    type: Schema.Literal("seek"),
    digests: Schema.Array(OfferName).pipe(Schema.maxItems(mostSought))
  }),
  Schema.Struct({ type: Schema.Literal("get"), digest: OfferName }),
  Schema.Struct({ type: Schema.Literal("cancel"), digest: OfferName })
)
export type Input = typeof Input.Type
/** A command as its line has it. */
export type InputLine = typeof Input.Encoded

type Asking = Extract<Input, { readonly type: "watch" | "history" | "search" | "read" | "seek" | "get" | "cancel" }>
type Bounded = Pick<Extract<Input, { readonly type: "history" }>, Bound["side"]>

const placeIn = ({
  room,
  with: others
}: Pick<Asking & { readonly type: "read" }, "room" | "with">): Room | undefined =>
  others === undefined ? room : privatelyTo(others)

const boundIn = (input: Bounded): Bound | undefined => {
  const side = (["before", "after", "around"] as const).find((each) => input[each] !== undefined)
  const of = side && input[side]
  return side === undefined || of === undefined ? undefined : { side, of }
}

/** What a program asks with a command. */
export const requestOf = (input: Asking): Request => {
  switch (input.type) {
    case "watch":
      return Request.Watch({ what: input.what })
    case "history":
      return Request.History({
        ref: input.ref,
        place: placeIn(input),
        bound: boundIn(input),
        limit: input.limit ?? usualLines
      })
    case "search":
      return Request.Search({
        ref: input.ref,
        place: placeIn(input),
        text: input.text,
        before: input.before,
        limit: input.limit ?? usualLines
      })
    case "read":
      return Request.Read({ place: placeIn(input) })
    case "seek":
      return Request.Seek({ digests: input.digests })
    case "get":
      return Request.Get({ digest: input.digest })
    case "cancel":
      return Request.Cancel({ digest: input.digest })
    default:
      return absurd(input)
  }
}

const decode = Schema.decodeUnknownEither(Schema.parseJson(Input))

/** The request in a line; on the left, why it can't be understood. */
export const decodeInput = (line: string): Either.Either<Input, string> =>
  Either.mapLeft(
    decode(line),
    () =>
      `That is no command: {"type":"say","text":"…"}, {"type":"run","command":"who"} or {"type":"exit"}, not ${line.slice(0, 200)}`
  )

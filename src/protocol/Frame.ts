/** Frames: what travels over a link, one JSON object on each line. `docs/PROTOCOL.md` says when each is sent. */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { ChatId } from "../domain/Chat.ts"
import { isPrivate } from "../domain/Conversation.ts"
import type { TextLines } from "../domain/EncodedPost.ts"
import { FrameMalformed } from "../domain/Errors.ts"
import { Pass } from "../domain/Pass.ts"
import { Host, ListeningPort, type Named, type Peer, PeerId, Role } from "../domain/Peer.ts"
import {
  Epoch,
  Fold,
  isStreamId,
  isWhole,
  mainRoom,
  noDeps,
  type Post,
  type PostNumber,
  postOf,
  Room,
  RoomOrConversation,
  Run,
  StreamId,
  streamIdSource
} from "../domain/Post.ts"
import { Member } from "../domain/Roster.ts"
import { type Seal, sealOf } from "../domain/Seal.ts"
import { Site } from "../domain/Site.ts"
import { SiteKey } from "../domain/SiteKey.ts"
import { OfferKey } from "../domain/Transfer.ts"

/** The version of this protocol. Nodes of different versions refuse each other. */
export const protocolVersion = 3

/** No frame is longer than this, in bytes, its newline included. */
export const maxFrameBytes = 65_536

/** The greatest number of elements of a list in a frame, so that the frame stays below its limit. */
export const maxListed = 200

/** A list in parts small enough for a frame, one at least. */
export const partsOf = <A>(all: ReadonlyArray<A>, most = maxListed): ReadonlyArray<ReadonlyArray<A>> =>
  all.length === 0 ? [[]] : Arr.chunksOf(all, most)

/** This many members fit into a frame, whatever they are. */
export const maxMembersListed = 100

/** The role of a node. A frame without one is about a client. */
const role = Schema.optionalWith(Role, { exact: true })

/** The id and role of a node, from the fields of a frame. */
export const named = ({ id, role = "client" }: { readonly id: PeerId; readonly role?: Role }): Named => ({ id, role })

/** The id and role of a node, as fields of a frame. */
export const naming = ({ id, role }: Named) => (role === "client" ? { id } : { id, role })

/**
 * Clients in a list: the id, the port and the run of each; and its host, unless that is the host of the one before. A
 * server sends each newcomer such a list of everybody: so it has no names of fields.
 */
const Listed = Schema.Array(Schema.Tuple(PeerId, ListeningPort, Run, Schema.optionalElement(Host))).pipe(
  Schema.filter(([first]) => first === undefined || first[3] !== undefined)
)

/** A client that others name, and the run of it that they mean. */
export interface ListedPeer {
  readonly peer: Peer
  readonly run: Run
}

/** The clients of a list, each with its host. */
export const listedIn = (all: typeof Listed.Type): ReadonlyArray<ListedPeer> => {
  let last: Host | undefined
  return all.flatMap(([id, port, run, host = last]) => {
    last = host
    return host === undefined ? [] : [{ peer: { id, role: "client", address: { host, port } }, run }]
  })
}

/** The rooms besides `main` in which the sender takes part. */
const namedRooms = Schema.optionalWith(Schema.Array(Room), { exact: true })

/** Whether the sender takes `guests`, `site` and `servers` frames. */
const hearsOfGuests = Schema.optionalWith(Schema.Boolean, { exact: true })

/** Whether the sender takes `seek`, `holds` and `call` frames. */
const hearsOfFiles = Schema.optionalWith(Schema.Boolean, { exact: true })

const mainAlone: ReadonlySet<Room> = new Set([mainRoom])

/** The rooms of a node that names these. Most nodes name none: one set serves for all of those. */
export const roomsNamed = (rooms: ReadonlyArray<Room> = []): ReadonlySet<Room> =>
  rooms.length === 0 ? mainAlone : new Set([mainRoom, ...rooms])

/** The rooms that a node names: all but `main`, in which everybody takes part, and what is private. */
export const namingRooms = (rooms: ReadonlySet<Room>): ReadonlyArray<Room> =>
  [...rooms].filter((room) => room !== mainRoom && !isPrivate(room))

/**
 * The introduction of the side that dialled. `chat`: the chat that it is in, if any. `to`: the id that it wants to
 * reach. `member`: it is in the chat already. `history`: how much history a newcomer wants. `passing`: it only passes
 * through, and nobody is told. `pass`: what it shows on a secure connection.
 */
export const Hello = Schema.Struct({
  type: Schema.Literal("hello"),
  protocol: Schema.Int,
  id: PeerId,
  role,
  epoch: Epoch,
  host: Host,
  port: ListeningPort,
  chat: Schema.optionalWith(ChatId, { exact: true }),
  member: Schema.Boolean,
  history: Schema.optionalWith(Schema.NonNegativeInt, { exact: true }),
  passing: Schema.optionalWith(Schema.Boolean, { exact: true }),
  to: Schema.optionalWith(PeerId, { exact: true }),
  rooms: namedRooms,
  guests: hearsOfGuests,
  files: hearsOfFiles,
  pass: Schema.optionalWith(Pass, { exact: true })
})
export type Hello = typeof Hello.Type

/** The other side admits it. `chat`: the chat of both. */
export const Welcome = Schema.Struct({
  type: Schema.Literal("welcome"),
  protocol: Schema.Int,
  id: PeerId,
  role,
  epoch: Epoch,
  chat: ChatId,
  member: Schema.Boolean,
  rooms: namedRooms,
  guests: hearsOfGuests,
  files: hearsOfFiles,
  pass: Schema.optionalWith(Pass, { exact: true })
})
export type Welcome = typeof Welcome.Type

/** Why a hello was not accepted. */
export const RefusalReason = Schema.Literal("id-taken", "id-alike", "mistaken", "other-chat", "protocol", "unavailable")
export type RefusalReason = typeof RefusalReason.Type

/**
 * The other side refuses, and closes. `holder`: the run that has the id, when the id is taken. `like`: the id that it
 * looks like. `after`: the run counts as folded away; a run that begins later than `after` is accepted.
 */
export const Refused = Schema.Struct({
  type: Schema.Literal("refused"),
  id: PeerId,
  role,
  reason: RefusalReason,
  detail: Schema.String,
  holder: Schema.optionalWith(Epoch, { exact: true }),
  like: Schema.optionalWith(PeerId, { exact: true }),
  after: Schema.optionalWith(Epoch, { exact: true })
})
export type Refused = typeof Refused.Type

/** The answer to an unknown key, or to a plain connection. The sender says no more, not even who it is, and closes. */
export const Stranger = Schema.Struct({ type: Schema.Literal("stranger"), detail: Schema.String })

/** Members that are there: the receiver dials them. */
export const Roster = Schema.Struct({ type: Schema.Literal("roster"), peers: Listed })
/** Clients that look for the receiver, and can't reach it: the receiver dials them. */
export const Introduce = Schema.Struct({ type: Schema.Literal("introduce"), peers: Listed })

/** The sender can't find these nodes, or these runs where it knows them: has one of them said goodbye? */
export const Missing = Schema.Struct({
  type: Schema.Literal("missing"),
  peers: Schema.Array(Schema.Struct({ id: PeerId, run: Schema.optionalWith(Run, { exact: true }) }))
})
export type Missing = typeof Missing.Type

/** The answer: these runs have said goodbye. */
export const Left = Schema.Struct({
  type: Schema.Literal("left"),
  peers: Schema.Array(Schema.Struct({ id: PeerId, epoch: Epoch }))
})
export type Left = typeof Left.Type

/** Entries of the server's roster that the receiver lacks. `more`: another frame follows. */
export const Members = Schema.Struct({
  type: Schema.Literal("members"),
  members: Schema.Array(Member).pipe(Schema.maxItems(maxMembersListed)),
  more: Schema.Boolean
})
export type Members = typeof Members.Type

const streams = Schema.Record({ key: StreamId, value: Schema.NonNegativeInt }).annotations({
  // A key that is no stream id is an error; it is not ignored.
  parseOptions: { onExcessProperty: "error" }
})

/** What the sender has folded away in the room of the frame, if anything. */
const folded = Schema.optionalWith(Fold, { exact: true })

/**
 * How far the sender has each stream. `more`: another frame follows. `room`: these frames list all streams of that room,
 * because both sides take part in it from now on.
 */
export const Have = Schema.Struct({
  type: Schema.Literal("have"),
  streams,
  more: Schema.Boolean,
  room: Schema.optionalWith(Room, { exact: true }),
  folded
})
export type Have = typeof Have.Type

/** The sender does not keep that stream's posts up to number `to`. */
export const Gap = Schema.Struct({ type: Schema.Literal("gap"), stream: StreamId, to: Schema.NonNegativeInt })
export type Gap = typeof Gap.Type

/** What the sender has folded away in a room. Its `have` follow, with all streams that it lists. */
export const Folded = Schema.Struct({ type: Schema.Literal("folded"), room: RoomOrConversation, ...Fold.fields })
export type Folded = typeof Folded.Type

/** The sender asks for a stream's posts after number `after`, up to `to`. */
export const Want = Schema.Struct({
  type: Schema.Literal("want"),
  stream: StreamId,
  after: Schema.NonNegativeInt,
  to: Schema.NonNegativeInt
})
export type Want = typeof Want.Type

/** The rooms besides `main` in which the sender takes part from now on. */
export const Rooms = Schema.Struct({ type: Schema.Literal("rooms"), rooms: Schema.Array(Room) })
export type Rooms = typeof Rooms.Type

/** A guest in a list: its id, its run, the rooms besides `main` that it is in, and the id that it had before. */
const ListedGuest = Schema.Struct({
  id: PeerId,
  epoch: Epoch,
  rooms: Schema.Array(Room),
  before: Schema.optionalWith(PeerId, { exact: true })
})
export type ListedGuest = typeof ListedGuest.Type

/** This many guests fit into a frame, in as many rooms as there may be. */
export const maxGuestsListed = 25

/**
 * Guests of the sender that have come, or changed their rooms; and those that have gone. `all`: with those in frames before
 * this one on the link they are all of its guests.
 */
export const Guests = Schema.Struct({
  type: Schema.Literal("guests"),
  here: Schema.Array(ListedGuest).pipe(Schema.maxItems(maxListed)),
  gone: Schema.Array(PeerId),
  all: Schema.optionalWith(Schema.Literal(true), { exact: true })
})
export type Guests = typeof Guests.Type

/** Somebody who takes part at a site: the id, the run, and the rooms besides `main`. */
const SiteMember = Schema.Struct({ id: PeerId, epoch: Epoch, rooms: Schema.Array(Room) })
export type SiteMember = typeof SiteMember.Type

/**
 * Members of a site that have come, or changed their rooms; those that have left; and those that are lost. If the site's
 * server is among those, all of them are.
 */
export const SiteFrame = Schema.Struct({
  type: Schema.Literal("site"),
  site: Site,
  here: Schema.Array(SiteMember).pipe(Schema.maxItems(maxListed)),
  gone: Schema.Array(PeerId),
  lost: Schema.Array(PeerId)
})
export type SiteFrame = typeof SiteFrame.Type

/** Members in parts small enough for a frame each. Most are in few rooms. */
export const siteParts = (members: ReadonlyArray<SiteMember>): ReadonlyArray<ReadonlyArray<SiteMember>> =>
  partsOf(members, members.every(({ rooms }) => rooms.length <= fewRooms) ? maxListed : maxGuestsListed)

/** So many members that are in no more rooms than this fit into a frame. */
const fewRooms = 4

/** The servers of the chat that the sender knows, and where their clients reach them. */
export const Servers = Schema.Struct({
  type: Schema.Literal("servers"),
  servers: Schema.Array(Schema.Struct({ id: PeerId, host: Host, port: ListeningPort })).pipe(Schema.maxItems(maxListed))
})
export type Servers = typeof Servers.Type

/** The key with which the sender, a server, seals what it publishes for the servers of other sites. */
export const Cipher = Schema.Struct({ type: Schema.Literal("cipher"), secret: SiteKey })
export type Cipher = typeof Cipher.Type

/** The sender is about to take part in a room: what was said there? `posts`: so many of the last ones as history. */
export const Join = Schema.Struct({ type: Schema.Literal("join"), room: Room, posts: Schema.NonNegativeInt })
export type Join = typeof Join.Type

/** The answer, after the history: all streams of the room, and how far they go. `more`: another frame follows. */
export const Joined = Schema.Struct({
  type: Schema.Literal("joined"),
  room: Room,
  streams,
  more: Schema.Boolean,
  folded
})
export type Joined = typeof Joined.Type

/** The sender asks for the last posts that the receiver keeps, as history. */
export const Recall = Schema.Struct({ type: Schema.Literal("recall"), posts: Schema.NonNegativeInt })
export type Recall = typeof Recall.Type

/**
 * The next posts are history: they were said before the receiver came, and advance no stream. `room`: they answer a
 * `join`.
 */
export const Earlier = Schema.Struct({
  type: Schema.Literal("earlier"),
  posts: Schema.NonNegativeInt,
  room: Schema.optionalWith(Room, { exact: true })
})
export type Earlier = typeof Earlier.Type

/** Who has pieces of the offer with that key? */
export const Seek = Schema.Struct({ type: Schema.Literal("seek"), key: OfferKey })
export type Seek = typeof Seek.Type

/**
 * The sender has so many pieces of that offer, of so many, and lets others fetch them. `by`: not the sender has them, but
 * that member of another site, with whom the sender connects.
 */
export const Holds = Schema.Struct({
  type: Schema.Literal("holds"),
  key: OfferKey,
  by: Schema.optionalWith(PeerId, { exact: true }),
  pieces: Schema.NonNegativeInt,
  of: Schema.NonNegativeInt
})
export type Holds = typeof Holds.Type

/** The sender can't reach the receiver: the receiver dials it, and lets it fetch that offer. */
export const Call = Schema.Struct({ type: Schema.Literal("call"), key: OfferKey })
export type Call = typeof Call.Type

/** A SHA-256 that proves something, in hexadecimal digits. */
const Proof = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))

/** Who the sender of the first frame on a connection for a transfer is, and whom it wants to reach. */
const visit = { protocol: Schema.Int, id: PeerId, role, epoch: Epoch, chat: ChatId, to: PeerId, key: OfferKey }

/**
 * The first frame on a connection for a transfer: the sender wants pieces. `proof` shows the receiver that the sender
 * knows the offer. Who was called with `serve` answers with it.
 */
export const Fetch = Schema.Struct({ type: Schema.Literal("fetch"), ...visit, proof: Proof })
export type Fetch = typeof Fetch.Type

/** The first frame on a connection that was asked for by `call`: the receiver may fetch from the sender. */
export const Serve = Schema.Struct({ type: Schema.Literal("serve"), ...visit })
export type Serve = typeof Serve.Type

/**
 * The first frame on a connection to somebody of another site: the receiver is to connect it with that member, who has
 * pieces of the offer. `for`: the member for whom it is.
 */
export const Connect = Schema.Struct({ type: Schema.Literal("connect"), ...visit, with: PeerId, for: PeerId })
export type Connect = typeof Connect.Type

/** The answer to `connect`, of the member itself. From then on the connection is one between these two members. */
export const Connected = Schema.Struct({ type: Schema.Literal("connected"), key: OfferKey })
export type Connected = typeof Connected.Type

/** The first frames of a connection that is to be no link. */
export type Visit = Fetch | Serve | Connect

/** The answer to `fetch`. From then on the connection carries no frames any more. */
export const Serving = Schema.Struct({ type: Schema.Literal("serving"), key: OfferKey })
export type Serving = typeof Serving.Type

/** Are you alive? */
export const Ping = Schema.Struct({ type: Schema.Literal("ping") })
/** I am. */
export const Pong = Schema.Struct({ type: Schema.Literal("pong") })
/**
 * The sender ends the link, because the receiver exceeded this limit or sent posts without valid seals. It refuses the
 * receiver for a while.
 */
export const Dropped = Schema.Struct({
  type: Schema.Literal("dropped"),
  limit: Schema.Literal("rate", "streams", "rooms", "seals")
})
export type Dropped = typeof Dropped.Type
/** The sender, a client, takes part through the server of another site now, and ends this link. */
export const Moved = Schema.Struct({ type: Schema.Literal("moved") })
/** The sender leaves the chat for good. */
export const Bye = Schema.Struct({ type: Schema.Literal("bye") })

/** Every frame but a post, which has a path of its own below. */
export const Control = Schema.Union(
  Hello,
  Welcome,
  Refused,
  Stranger,
  Roster,
  Introduce,
  Missing,
  Left,
  Members,
  Have,
  Folded,
  Gap,
  Want,
  Rooms,
  Guests,
  SiteFrame,
  Servers,
  Cipher,
  Join,
  Joined,
  Recall,
  Earlier,
  Seek,
  Holds,
  Call,
  Fetch,
  Serve,
  Serving,
  Connect,
  Connected,
  Ping,
  Pong,
  Dropped,
  Moved,
  Bye
)
export type Control = typeof Control.Type

/**
 * A chat line. `line` is the line that carried it, newline included, so that it can be kept and passed on as it is.
 * `seal`: the author's signature on this post and those before it, if the line ends with one.
 */
export interface PostFrame {
  readonly type: "post"
  readonly post: Post
  readonly line: Uint8Array
  readonly seal?: Seal | undefined
}

export type Frame = Control | PostFrame

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** A frame as it stands on the wire. */
export const encode = (frame: Control): Uint8Array => encoder.encode(`${JSON.stringify(frame)}\n`)

/** A frame that lists these clients, as it stands on the wire. There are at most `maxListed`. */
export const encodeList = (type: "roster" | "introduce", all: ReadonlyArray<ListedPeer>): Uint8Array => {
  let last: Host | undefined
  const peers = all.map(({ peer: { address, id }, run }) => {
    const isSame = address.host === last
    last = address.host
    return `["${id}",${address.port},"${run}"${isSame ? "" : `,"${last}"`}]`
  })
  return encoder.encode(`{"type":"${type}","peers":[${peers.join(",")}]}\n`)
}

/** Text that JSON does not escape: printable ASCII without quotes and backslashes. */
const plainText = /^[ !#-[\]-~]*$/

/** A text as a JSON string. Checking whether anything needs an escape takes a third of the time of `JSON.stringify`. */
const quoted = (text: string): string => (plainText.test(text) ? `"${text}"` : JSON.stringify(text))

/** A post as it stands on the wire, newline included, as text. */
const textOf = ({ at, deps, n, stream, text }: Post): string =>
  `{"type":"post","stream":"${stream}","n":${n},"at":${at},"deps":${deps === noDeps ? "{}" : JSON.stringify(deps)},"text":${quoted(text)}}\n`

/** A post as it stands on the wire. */
export const encodePost = (post: Post): Uint8Array => encoder.encode(textOf(post))

/** Posts as they stand on the wire, one after the other. Encoding them together takes a quarter of the time. */
export const encodePosts = (posts: ReadonlyArray<Post>): Uint8Array => encoder.encode(posts.map(textOf).join(""))

/**
 * Posts of one stream as text, one after the other, and where each ends. Undefined if a text needs an escape or is not
 * ASCII. What all of them share is put together once.
 */
export const plainPosts = (posts: ReadonlyArray<Post>): TextLines | undefined => {
  const ends: Array<number> = []
  let all = ""
  let before: Post | undefined
  let between = ""
  const head = `{"type":"post","stream":"${posts[0]?.stream}","n":`
  for (const post of posts) {
    const { at, deps, n, text } = post
    if (!plainText.test(text)) return undefined
    if (before?.at !== at || before.deps !== deps) {
      between = `,"at":${at},"deps":${deps === noDeps ? "{}" : JSON.stringify(deps)},"text":"`
      before = post
    }
    all += `${head}${n}${between}${text}"}\n`
    ends.push(all.length)
  }
  return { text: all, ends }
}

/**
 * A text of this many characters always fits into a post: 6 bytes for each, plus 200 dependencies of 120 bytes, stay
 * below the limit of a frame.
 */
const surelyShort = 6_000

/** The length of a post in bytes, plus `more`, if that exceeds the limit of a frame; otherwise 0. */
export const bytesTooLong = (post: Post, more = 0): number => {
  if (post.text.length <= surelyShort) return 0
  const length = encodePost(post).length + more
  return length > maxFrameBytes ? length : 0
}

/** The end of a line with a seal. It replaces the brace and the newline that end a line without one. */
const endWith = ({ from, sig }: Seal): string => `,"seal":{"from":${from},"sig":"${sig}"}}\n`

/** The end of a line without a seal. */
const bareEnd = encoder.encode("}\n")

/** The maximum number of bytes by which a seal makes a line longer. */
export const sealBytes = 128

/** The same lines, with a seal added to the last one. */
export const sealed = (lines: Uint8Array, seal: Seal): Uint8Array =>
  withEnd(lines, lines.length - bareEnd.length, encoder.encode(endWith(seal)))

/** The same line without its seal: the bytes that the seal signs. */
export const unsealed = (line: Uint8Array, seal: Seal): Uint8Array =>
  withEnd(line, line.length - endWith(seal).length, bareEnd)

const withEnd = (bytes: Uint8Array, keep: number, end: Uint8Array): Uint8Array => {
  const made = new Uint8Array(keep + end.length)
  made.set(bytes.subarray(0, keep))
  made.set(end, keep)
  return made
}

const decodeControl = Schema.decodeUnknownEither(Control)
const malformed = () => new FrameMalformed({ detail: "not a frame of the protocol" })

/** Decodes one line, which ends with its newline. */
export const decode = (line: Uint8Array): Either.Either<Frame, FrameMalformed> =>
  Either.try({ try: () => frameIn(line), catch: refusal })

/** Decodes one line; throws if it is no frame. `likely`: the stream that a post probably belongs to. */
export const frameIn = (line: Uint8Array, text = decoder.decode(line), likely?: StreamId): Frame => {
  const plain = plainPostIn(text, likely)
  if (plain !== undefined) return { type: "post", post: plain, line }
  const value: unknown = JSON.parse(text)
  if (!isPost(value)) return frequentIn(value) ?? Either.getOrThrowWith(decodeControl(value), malformed)
  const post = postOf(value)
  if (post === undefined) throw malformed()
  const seal = "seal" in value ? sealIn(value.seal, text) : undefined
  return seal === undefined ? { type: "post", post, line } : { type: "post", post, line, seal }
}

/** The seal of a line. It must stand at the end, exactly as `endWith` writes it, so that removing it is unambiguous. */
const sealIn = (value: unknown, text: string): Seal => {
  const seal = sealOf(value)
  if (seal === undefined || !text.endsWith(endWith(seal))) throw malformed()
  return seal
}

/**
 * Why a line can't be decoded. JavaScript's own errors mean: no UTF-8, no JSON, or nested so deeply that describing it
 * overflows the stack.
 */
export const refusal = (error: unknown): FrameMalformed =>
  error instanceof FrameMalformed ? error : new FrameMalformed({ detail: "not a line of JSON in UTF-8" })

/** A post in its usual form: the fields in this order, no white space, no dependencies, no escapes in the text. */
const plainPost = new RegExp(
  String.raw`^\{"type":"post","stream":"(${streamIdSource})","n":([1-9]\d{0,14}),"at":(0|[1-9]\d{0,14}),"deps":\{\},"text":"([^"\\\p{Cc}]*)"\}\n$`,
  "u"
)

/**
 * Decodes a post in its usual form, in half the time that JSON takes. Undefined for any other line, which is left to
 * JSON.
 */
const plainPostIn = (line: string, likely: StreamId | undefined): Post | undefined => {
  const [, stream, n, at, text] = plainPost.exec(line) ?? []
  if (stream === undefined || text === undefined) return undefined
  return {
    // Reuses the earlier string, whose hash is computed already.
    stream: stream === likely ? likely : (stream as StreamId),
    n: Number(n) as PostNumber,
    at: Number(at),
    deps: noDeps,
    text
  }
}

const heartbeats = { ping: { type: "ping" }, pong: { type: "pong" } } as const

/**
 * Decodes frequent and long frames without Schema, which is slower. Undefined for all others, and for any that may be
 * invalid.
 */
const frequentIn = (value: unknown): Control | undefined => {
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined
  switch (value.type) {
    case "ping":
    case "pong":
      return heartbeats[value.type]
    case "have":
      return haveIn(value)
    case "want":
      return wantIn(value)
    default:
      return undefined
  }
}

const haveIn = (value: object): Have | undefined => {
  const { folded, more, room, streams } = value as Record<string, unknown>
  if (room !== undefined || folded !== undefined) return undefined
  if (typeof more !== "boolean" || typeof streams !== "object" || streams === null || Array.isArray(streams)) {
    return undefined
  }
  for (const [stream, n] of Object.entries(streams)) if (!isStreamId(stream) || !isWhole(n)) return undefined
  return { type: "have", streams: streams as Have["streams"], more }
}

const wantIn = (value: object): Want | undefined => {
  const { after, stream, to } = value as Record<string, unknown>
  return isStreamId(stream) && isWhole(after) && isWhole(to) ? { type: "want", stream, after, to } : undefined
}

const isPost = (value: unknown): value is object =>
  typeof value === "object" && value !== null && "type" in value && value.type === "post"

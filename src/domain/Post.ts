/** Posts, streams, and how far a node has each stream. */
import * as Schema from "effect/Schema"
import type { PeerId } from "./Peer.ts"

/** A place to talk in. Everybody is in `main`. */
export const Room = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{1,32}$/), Schema.brand("Room"))
export type Room = typeof Room.Type
export const mainRoom: Room = Room.make("main")

/** A room, the two that talk in private, or what is sealed for its readers: see `Conversation.ts`. */
const visitSource = String.raw`(?:~\d{1,15}-[0-9a-f]{8})?`
const placeSource = `(?:[A-Za-z0-9_-]{1,32}(?:${visitSource}@[A-Za-z0-9_-]{1,32}${visitSource})?|@)`
const placePattern = new RegExp(`^${placeSource}$`)

/** A room or a conversation, where a frame may be about either. */
export const RoomOrConversation: Schema.Schema<Room, string> = Schema.String.pipe(
  Schema.filter((name): name is Room => placePattern.test(name))
)

/** A room as people type it: with a `#` before it, or without. */
export const RoomFromString = Schema.transform(Schema.String, Room, {
  strict: true,
  decode: (text) => text.replace(/^#/, ""),
  encode: (room) => room
})

/**
 * A room as people read it: `#ops`. In sentences, `main` is only called main. The place of a private conversation,
 * `@bo`, is called as it is.
 */
export const roomTitle = (room: Room): string => (room === mainRoom || room.startsWith("@") ? room : `#${room}`)

/** One run of one node: the milliseconds since 1970 when it began, a dash, and 32 random bits in hexadecimal. */
export const Epoch = Schema.String.pipe(Schema.pattern(/^\d{1,15}-[0-9a-f]{8}$/), Schema.brand("Epoch"))
export type Epoch = typeof Epoch.Type

/** An epoch from a time and 32 random bits. */
export const epochOf = (millis: number, random: number): Epoch =>
  Epoch.make(`${millis}-${(random >>> 0).toString(16).padStart(8, "0")}`)

/** Whether one epoch is earlier than another. The random bits decide within the same millisecond. */
export const isEarlier = (one: Epoch, other: Epoch): boolean => {
  const difference = Number.parseInt(one, 10) - Number.parseInt(other, 10)
  return difference === 0 ? one < other : difference < 0
}

/** The random part of an epoch: in a list it is enough to tell the runs of one node apart. */
export const Run = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{8}$/), Schema.brand("Run"))
export type Run = typeof Run.Type

/** The run with that epoch. */
export const runOf = (epoch: Epoch): Run => epoch.slice(-8) as Run

/** When an epoch began, in ms since 1970. */
export const millisOf = (epoch: Epoch): number => Number.parseInt(epoch, 10)

/** The regular expression of a stream's id, as a part of others. */
export const streamIdSource = String.raw`[A-Za-z0-9_-]{1,32}\/${placeSource}\/\d{1,15}-[0-9a-f]{8}`
const streamIdPattern = new RegExp(`^${streamIdSource}$`)

/** What one run of one author says in one room: `author/room/epoch`. */
export const StreamId = Schema.String.pipe(Schema.pattern(streamIdPattern), Schema.brand("StreamId"))
export type StreamId = typeof StreamId.Type

/** The stream of one run of an author in a room. */
export const streamOf = (author: PeerId, room: Room, epoch: Epoch): StreamId =>
  StreamId.make(`${author}/${room}/${epoch}`)

/** The author of a stream. */
export const authorOf = (stream: StreamId): PeerId => stream.slice(0, stream.indexOf("/")) as PeerId

/** The room of a stream. */
export const roomIn = (stream: StreamId): Room => stream.slice(stream.indexOf("/") + 1, stream.lastIndexOf("/")) as Room

/** Reads the rooms of many streams. Most posts follow others of their stream. */
export const roomReader = (): ((stream: StreamId) => Room) => {
  let lastStream: StreamId | undefined
  let lastRoom = mainRoom
  return (stream) => {
    if (stream !== lastStream) {
      lastStream = stream
      lastRoom = roomIn(stream)
    }
    return lastRoom
  }
}

/** The epoch of a stream. */
export const epochIn = (stream: StreamId): Epoch => stream.slice(stream.lastIndexOf("/") + 1) as Epoch

/** A post's number within its stream: 1, 2, 3 … */
export const PostNumber = Schema.Int.pipe(Schema.positive(), Schema.brand("PostNumber"))
export type PostNumber = typeof PostNumber.Type

/** A post has at most this many entries in `deps`. The rest goes into the next post. */
export const maxDeps = 200

/**
 * One chat line. `at` is the author's clock in ms since 1970: shown to people, never used for order. `deps` has, for
 * each stream that has grown since the author's last post, the last number that the author had seen. On every screen,
 * this post appears after those.
 */
export const Post = Schema.Struct({
  stream: StreamId,
  n: PostNumber,
  at: Schema.NonNegativeInt,
  deps: Schema.optionalWith(
    Schema.Record({ key: StreamId, value: PostNumber })
      .annotations({
        // What is no stream's id is an error, not something to pass over.
        parseOptions: { onExcessProperty: "error" }
      })
      .pipe(Schema.filter((deps) => Object.keys(deps).length <= maxDeps)),
    { default: () => ({}) }
  ),
  text: Schema.String
})
/** `to`: the readers of a private message that was sealed, and that this node has opened. It is never sent. */
export type Post = typeof Post.Type & { readonly to?: ReadonlyArray<PeerId> }

/** The `deps` of a post that depends on nothing. */
export const noDeps: Post["deps"] = {}

/**
 * Decodes a post by hand, with the same result as the Schema `Post`; undefined if it is none. Every received line goes
 * through here, and the Schema takes ten times as long.
 */
export const postOf = (value: object): Post | undefined => {
  const { at, deps = noDeps, n, stream, text } = value as Record<string, unknown>
  return isStreamId(stream) && isPostNumber(n) && isWhole(at) && isDeps(deps) && typeof text === "string"
    ? { stream, n, at, deps, text }
    : undefined
}

/** The check of `StreamId`, by hand. */
export const isStreamId = (value: unknown): value is StreamId =>
  typeof value === "string" && streamIdPattern.test(value)

/** The check of `Schema.NonNegativeInt`, by hand. */
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** The check of `PostNumber`, by hand. */
export const isPostNumber = (value: unknown): value is PostNumber => isWhole(value) && value > 0

const isDeps = (value: unknown): value is Post["deps"] => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length <= maxDeps && entries.every(([stream, n]) => isStreamId(stream) && isPostNumber(n))
}

/** The greatest number of posts that a newcomer is shown as history, of all rooms together. */
export const mostHistory = 500

/** How many posts of each room are history for somebody who wants `count` of them, and takes part in so many rooms. */
export const historyOfEach = (count: number, rooms: number): number =>
  Math.min(count, Math.max(1, Math.floor(mostHistory / Math.max(1, rooms))))

/**
 * The streams of a room that a node has folded away: each stream that began no later than `upTo`, and that the node
 * does not list, counts as had. `lines`: how many posts those streams had.
 */
export const Fold = Schema.Struct({ upTo: Epoch, lines: Schema.NonNegativeInt })
export type Fold = typeof Fold.Type
export type Folds = ReadonlyMap<Room, Fold>

/** The fold of a room of which nothing was folded away. */
export const unfolded: Fold = { upTo: epochOf(0, 0), lines: 0 }

/** Whether a fold covers a stream, if the stream is not listed. */
export const covers = ({ upTo }: Fold, stream: StreamId): boolean => !isEarlier(upTo, epochIn(stream))

/** How far a node has each stream: the highest number with no hole below it. */
export const Summary = Schema.ReadonlyMap({ key: StreamId, value: Schema.NonNegativeInt })
export type Summary = ReadonlyMap<StreamId, number>

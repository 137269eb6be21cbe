/** The content of a log as the lines of a journal. */
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import { type Folds, type Post, type Room, roomIn, type StreamId, type Summary } from "../../src/domain/Post.ts"
import { encode } from "../../src/protocol/Frame.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import { type Beyond, encodeBeyond } from "./JournalReader.ts"
import type { RoomsKept } from "./RoomsKept.ts"

/** Lines that are kept together: posts of one stream, from number `first` to `last`. */
export interface Whole {
  readonly first: number
  readonly last: number
  readonly bytes: Uint8Array
}

/**
 * The lines of a new journal. First come the rooms, if there is more than `main`, what is kept besides the entries, and the folds, then a gap for each stream up to its first kept post, then the kept
 * posts in the order of delivery. `whole`: the lines of a post and of posts after it, up to the given number; posts
 * without any are left out. When restored, these lines give the same summary. There is always at least one line, so that
 * the next run knows that there was an earlier one.
 */
export function* linesOf(
  posts: ReadonlyArray<Post>,
  { folds, summary }: { readonly folds: Folds; readonly summary: Summary },
  rooms: RoomsKept,
  beyond: Iterable<{ readonly as: Beyond["type"]; readonly whole: Uint8Array }>,
  whole: (post: Post, to: number) => Whole | undefined
): Generator<Uint8Array, void> {
  const wholes: Array<Whole & { readonly stream: StreamId }> = []
  const reached = new Map<StreamId, number>()
  const listed = new Map<StreamId, number>()
  for (const { post, to } of runsIn(posts)) {
    const { n, stream } = post
    const have = summary.get(stream) ?? 0
    // History from a peer may go beyond what this log has of that stream.
    if (n > have || n <= (listed.get(stream) ?? 0)) continue
    const found = whole(post, Math.min(to, have))
    if (found === undefined) continue
    wholes.push({ ...found, stream })
    listed.set(stream, found.last)
    if (!reached.has(stream)) reached.set(stream, found.first - 1)
  }
  if (rooms.all.size > 1) yield rooms.toRecord()
  for (const { as, whole } of beyond) yield* [encodeBeyond(as), whole]
  yield* foldLines(folds)
  for (const [stream, have] of summary) {
    const to = reached.get(stream) ?? have
    yield gap(stream, to)
    reached.set(stream, to)
  }
  for (const { bytes, first, last, stream } of wholes) {
    if (first > (reached.get(stream) ?? 0) + 1) yield gap(stream, first - 1)
    yield bytes
    reached.set(stream, last)
  }
  for (const [stream, have] of summary) if ((reached.get(stream) ?? 0) < have) yield gap(stream, have)
  // The folds are written twice: if one of the lines is damaged, posts that were folded away must still not come back
  // as new.
  yield* foldLines(folds)
}

/** The posts, each with the number up to which the posts of its stream follow it directly. */
const runsIn = (posts: ReadonlyArray<Post>): ReadonlyArray<{ readonly post: Post; readonly to: number }> => {
  const runs: Array<{ readonly post: Post; readonly to: number }> = []
  for (let at = posts.length - 1; at >= 0; at -= 1) {
    const post = posts[at] as Post
    const { n, stream } = post
    const next = runs.at(-1)
    const isFollowed = next !== undefined && next.post.stream === stream && next.post.n === n + 1
    runs.push({ post, to: isFollowed ? next.to : n })
  }
  return runs.reverse()
}

/** The folds as lines, one for each room. */
export const foldLines = (folds: Folds): ReadonlyArray<Uint8Array> =>
  Array.from(folds, ([room, fold]) => encode({ type: "folded", room, ...fold }))

/** A line that says that a stream's posts up to that number are not kept: they count as seen, or are lost. */
export const gap = (stream: StreamId, to: number): Uint8Array => encode({ type: "gap", stream, to })

/** The lines for what a peer has told of a room, now that the log counts it as seen. */
export const linesOfSeen = (room: Room, told: Summary, store: PostStore): ReadonlyArray<Uint8Array> => {
  const fold = store.folds.get(room)
  const folds: Folds = fold === undefined ? new Map() : new Map([[room, fold]])
  const streams = [...told.keys()].filter((stream) => roomIn(stream) === room && !store.isOwn(stream))
  return [
    ...foldLines(folds),
    ...streams.filter((stream) => store.have(stream) < Number.POSITIVE_INFINITY).map((id) => gap(id, store.have(id)))
  ]
}

/**
 * The lines for posts that were delivered because posts of a stream were skipped, with a gap in front of each hole in
 * that stream. `have`: how far the log has the stream now.
 */
export const linesWithGaps = (
  id: StreamId,
  have: number,
  delivered: ReadonlyArray<EncodedPost>
): ReadonlyArray<Uint8Array> => {
  const numbers = delivered.flatMap(({ post }) => (post.stream === id ? [post.n] : []))
  let last = (numbers[0] ?? have + 1) - 1
  const lines = [gap(id, last)]
  for (const { line, post } of delivered) {
    if (post.stream === id) {
      if (post.n > last + 1) lines.push(gap(id, post.n - 1))
      last = post.n
    }
    lines.push(line)
  }
  return last < have ? [...lines, gap(id, have)] : lines
}

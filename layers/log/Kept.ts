/** What a log keeps, as the lines of a journal that begins anew. */
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { Folds, Post, StreamId, Summary } from "../../src/domain/Post.ts"
import { encode } from "../../src/protocol/Frame.ts"

/** The lines that stand and fall together with a post: from which number of its stream to which. */
export interface Whole {
  readonly first: number
  readonly last: number
  readonly lines: () => Iterable<Uint8Array>
}

/**
 * First what is folded away, then up to where each stream was seen and is not kept any more, then the posts that are, in the order in which they
 * came; not those of which there is no `whole`. Restored, they make the same summary; one line there always is, so that the
 * next run knows that there was one. Lazy: it looks at the entries that are there when it begins.
 */
export function* linesOf(
  entries: ReadonlyArray<Entry>,
  summary: Summary,
  folds: Folds,
  whole: (post: Post) => Whole | undefined
): Generator<Uint8Array, void> {
  const wholes: Array<Whole & { readonly stream: StreamId }> = []
  const reached = new Map<StreamId, number>()
  const listed = new Map<StreamId, number>()
  for (const entry of entries) {
    if (entry._tag !== "Said" && entry._tag !== "Earlier") continue
    const { n, stream } = entry.post
    // Somebody else's history may go further than this log has that stream.
    if (n > (summary.get(stream) ?? 0) || n <= (listed.get(stream) ?? 0)) continue
    const found = whole(entry.post)
    if (found === undefined) continue
    wholes.push({ ...found, stream })
    listed.set(stream, found.last)
    if (!reached.has(stream)) reached.set(stream, found.first - 1)
  }
  yield* foldLines(folds)
  for (const [stream, have] of summary) {
    const to = reached.get(stream) ?? have
    yield gap(stream, to)
    reached.set(stream, to)
  }
  for (const { first, last, lines, stream } of wholes) {
    if (first > (reached.get(stream) ?? 0) + 1) yield gap(stream, first - 1)
    yield* lines()
    reached.set(stream, last)
  }
  for (const [stream, have] of summary) if ((reached.get(stream) ?? 0) < have) yield gap(stream, have)
  // Once more: if one of the two lines is damaged, what is folded away must not come back as new.
  yield* foldLines(folds)
}

/** What is folded away, a line a room. */
export const foldLines = (folds: Folds): ReadonlyArray<Uint8Array> =>
  Array.from(folds, ([room, fold]) => encode({ type: "folded", room, ...fold }))

/** A stream's posts up to that number are not there: they count as seen, or are gone. */
export const gap = (stream: StreamId, to: number): Uint8Array => encode({ type: "gap", stream, to })

/** What was delivered when something of that stream was lost, below a word for each hole. `have`: how far the log has it now. */
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

/** What a log keeps, as the lines of a journal that begins anew. */
import type { Entry } from "../../src/domain/Entry.ts"
import type { Post, StreamId, Summary } from "../../src/domain/Post.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"

/**
 * First up to where each stream was seen and is not kept any more, then the posts that are, in the order in which they
 * came. Restored, they make the same summary; one line there always is, so that the next run knows that there was one. Lazy: it looks at the entries that are there when it begins.
 */
export function* linesOf(entries: ReadonlyArray<Entry>, summary: Summary): Generator<Uint8Array, void> {
  const posts: Array<Post> = []
  const reached = new Map<StreamId, number>()
  for (const entry of entries) {
    if (entry._tag !== "Said" && entry._tag !== "Earlier") continue
    const { n, stream } = entry.post
    // Somebody else's history may go further than this log has that stream.
    if (n > (summary.get(stream) ?? 0)) continue
    posts.push(entry.post)
    if (!reached.has(stream)) reached.set(stream, n - 1)
  }
  for (const [stream, have] of summary) {
    const to = reached.get(stream) ?? have
    yield gap(stream, to)
    reached.set(stream, to)
  }
  for (const post of posts) {
    const last = reached.get(post.stream) ?? 0
    if (post.n <= last) continue
    if (post.n > last + 1) yield gap(post.stream, post.n - 1)
    yield encodePost(post)
    reached.set(post.stream, post.n)
  }
  for (const [stream, have] of summary) if ((reached.get(stream) ?? 0) < have) yield gap(stream, have)
}

const gap = (stream: StreamId, to: number) => encode({ type: "gap", stream, to })

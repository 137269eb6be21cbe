/** Up to when a place is read, and what a client says of it (IRCv3, draft/read-marker). Pure. */
import type { PeerId } from "../../domain/Peer.ts"
import { authorOf, type Post } from "../../domain/Post.ts"

/**
 * The time up to which a place is read, in ms since 1970, if so many lines of others are unread there. Undefined if
 * nothing is read. `posts`: oldest first.
 */
export const readUpTo = (posts: ReadonlyArray<Post>, self: PeerId, unread: number): number | undefined => {
  let left = unread
  let end = posts.length
  while (left > 0 && end > 0) {
    end -= 1
    const post = posts[end]
    if (post !== undefined && authorOf(post.stream) !== self) left -= 1
  }
  // A line of this node before the first unread one is read, and so is all that is earlier by its clock.
  const read = posts.slice(0, end)
  return read.length === 0 ? undefined : read.reduce((latest, { at }) => Math.max(latest, at), 0)
}

/** The time in `timestamp=2026-01-01T00:00:00.000Z`; undefined if that is none. */
export const timeIn = (text: string): number | undefined => {
  const [, words] = /^timestamp=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)$/.exec(text) ?? []
  const at = words === undefined ? Number.NaN : Date.parse(words)
  return Number.isNaN(at) ? undefined : at
}

/** The same back, or that nothing is read. */
export const markText = (at: number | undefined): string =>
  at === undefined ? "*" : `timestamp=${new Date(at).toISOString()}`

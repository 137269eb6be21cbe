/** Reads the posts that a log keeps, in slices: a log may be so long that everything else must have its turn meanwhile. */

import { wordsOf } from "./Announcement.ts"
import type { Post, PostNumber, StreamId } from "./Post.ts"

/** The posts that a log keeps at one moment, in the order of the log. Some places are empty. */
export interface KeptPosts {
  readonly size: number
  readonly at: (index: number) => Post | undefined
}

/** A post by its name, which is the same on every node. */
export interface PostName {
  readonly stream: StreamId
  readonly n: PostNumber
}

/** Which posts of a place are wanted: those on that side of a post. Its own place is in the middle of those around it. */
export interface Bound {
  readonly side: "before" | "after" | "around"
  readonly of: PostName
}

/** Some of the posts of a place. */
export interface Page {
  readonly posts: ReadonlyArray<Post>
  /** Whether there are more before the first and behind the last. */
  readonly older: boolean
  readonly newer: boolean
  /** Whether the post is kept that was named. */
  readonly found: boolean
}

/** Work in slices, each short. Everything else has its turn whenever this yields. */
export type Slices<A> = Generator<void, A, void>

/** How much is read in one slice, in posts: less than a millisecond. */
const slice = 8_192

/**
 * No more posts are taken when their texts have so many characters together. An answer must fit into what may wait for
 * its reader.
 */
const mostText = 65_536

/** Counts what is read, and tells when a slice is over. */
const meter = () => {
  let left = slice
  return (cost: number): boolean => {
    left -= cost
    if (left > 0) return false
    left = slice
    return true
  }
}

/** Where a post stands. Undefined if it is not kept. */
function* indexOf(posts: KeptPosts, { n, stream }: PostName): Slices<number | undefined> {
  const isOver = meter()
  for (let index = posts.size - 1; index >= 0; index -= 1) {
    const post = posts.at(index)
    if (post !== undefined && post.n === n && post.stream === stream) return index
    if (isOver(1)) yield
  }
  return undefined
}

/** How to choose posts. `cost`: how much longer than usual it takes to look at one. */
interface Choice {
  readonly isWanted: (post: Post) => boolean
  readonly cost?: (post: Post) => number
}

/**
 * The indexes of the next wanted posts from `from` on, going up (1) or down (-1), at most `most`, and fewer if they are
 * long.
 */
function* next(
  posts: KeptPosts,
  { cost = () => 1, isWanted }: Choice,
  from: number,
  step: 1 | -1,
  most: number
): Slices<Array<number>> {
  const isOver = meter()
  const found: Array<number> = []
  let text = mostText
  for (let index = from; index >= 0 && index < posts.size && found.length < most && text > 0; index += step) {
    const post = posts.at(index)
    if (post === undefined) continue
    if (isWanted(post)) {
      found.push(index)
      text -= post.text.length
    }
    if (isOver(cost(post))) yield
  }
  return found
}

/** The wanted posts on one side of another, at most `limit`. Without a bound: the last ones. */
export function* pageOf(
  posts: KeptPosts,
  isWanted: (post: Post) => boolean,
  bound: Bound | undefined,
  limit: number
): Slices<Page> {
  const choice = { isWanted }
  const named = bound === undefined ? undefined : yield* indexOf(posts, bound.of)
  const found = bound === undefined || named !== undefined
  const below = (from: number, most: number) => next(posts, choice, from, -1, most)
  const above = (from: number, most: number) => next(posts, choice, from, 1, most)

  let before: Array<number> = []
  let behind: Array<number> = []
  if (named === undefined || bound === undefined) before = yield* below(posts.size - 1, limit)
  else if (bound.side === "before") before = yield* below(named - 1, limit)
  else if (bound.side === "after") behind = yield* above(named + 1, limit)
  else {
    before = yield* below(named - 1, Math.floor(limit / 2))
    behind = yield* above(named, limit - before.length)
  }
  const indexes = [...before.reverse(), ...behind]
  const middle = named ?? posts.size
  const first = indexes[0] ?? (bound?.side === "after" ? middle + 1 : middle)
  const last = indexes.at(-1) ?? (bound?.side === "after" ? middle : middle - 1)
  return {
    posts: indexes.flatMap((index) => posts.at(index) ?? []),
    older: (yield* below(first - 1, 1)).length > 0,
    newer: (yield* above(last + 1, 1)).length > 0,
    found
  }
}

/** The last wanted posts that contain a text, without regard to case, at most `limit`; and whether there are more. */
export function* searched(
  posts: KeptPosts,
  isWanted: (post: Post) => boolean,
  { before, limit, text }: { readonly text: string; readonly before?: PostName | undefined; readonly limit: number }
): Slices<{ readonly posts: ReadonlyArray<Post>; readonly more: boolean }> {
  const wanted = text.toLowerCase()
  const named = before === undefined ? undefined : yield* indexOf(posts, before)
  const choice: Choice = {
    isWanted: (post) => wordsOf(post.text).toLowerCase().includes(wanted) && isWanted(post),
    cost: (post) => 1 + post.text.length / 32
  }
  const found = yield* next(posts, choice, (named ?? posts.size) - 1, -1, limit)
  const first = found.at(-1)
  return {
    posts: found.reverse().flatMap((index) => posts.at(index) ?? []),
    more: first !== undefined && (yield* next(posts, choice, first - 1, -1, 1)).length > 0
  }
}

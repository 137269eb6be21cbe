/** The last posts, and those before them that are history: what newcomers are shown, and what this log lacks of that. */
import type { EncodedPost, Lines } from "../../src/domain/EncodedPost.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import { type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { linesIn } from "../../src/protocol/LineSplitter.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"

interface Needs {
  readonly store: PostStore
  readonly rooms: ReadonlySet<Room>
  /** Whether posts come in blocks. */
  readonly isSigned: boolean
  /** The entries that the log keeps, and how many and how many bytes of posts it may keep. */
  readonly entries: () => ReadonlyArray<Entry>
  readonly maxEntries: number
  readonly maxBytes: number
}

/** What no other post has. */
export const markOf = ({ n, stream }: Post): string => `${n} ${stream}`

export const make = ({ entries: entriesNow, isSigned, maxBytes, maxEntries, rooms, store }: Needs) => {
  /** What was said before all that is among the entries, oldest first: kept for others, and shown to nobody here. */
  let past: ReadonlyArray<Post> = []
  /** In which block a post came that is history: its seal vouches for it. */
  const recalledIn = new WeakMap<Post, Uint8Array>()

  /** The lines that a post is handed on in, if this log has them. */
  const linesWith = (post: Post): Uint8Array | undefined => {
    if (!isSigned) return encodePost(post)
    const slice = store.slice(post.stream, post.n - 1, 1)
    return slice !== undefined && slice.first <= post.n && slice.last >= post.n ? slice.bytes : recalledIn.get(post)
  }

  /** The last posts, at most so many, the last one first. */
  const lastPosts = function* (count: number): Generator<Post> {
    const entries = entriesNow()
    let left = count
    for (let at = entries.length - 1; at >= 0 && left > 0; at -= 1) {
      const entry = entries[at]
      if (!isPost(entry)) continue
      left -= 1
      yield entry.post
    }
    for (let at = past.length - 1; at >= 0 && left > 0; at -= 1, left -= 1) yield past[at] as Post
  }

  const lastLines = (count: number, of: ReadonlySet<Room>): ReadonlyArray<Lines> => {
    const found: Array<Lines> = []
    let left = count
    for (const post of lastPosts(Number.POSITIVE_INFINITY)) {
      if (left === 0) break
      if (rooms.size > 1 && !of.has(roomIn(post.stream))) continue
      const bytes = linesWith(post)
      if (bytes === undefined) continue
      left -= 1
      // The posts of a block were witnessed together.
      const later = found[0]?.bytes
      if (later !== undefined && isSigned && Buffer.compare(later, bytes) === 0) continue
      found.unshift({ bytes, posts: !isSigned ? 1 : linesIn(bytes).length })
    }
    return found
  }

  const lackedOf = <A extends EncodedPost>(posts: ReadonlyArray<A>): ReadonlyArray<A> => {
    const kept = new Set(entriesNow().flatMap((entry) => (isPost(entry) ? [markOf(entry.post)] : [])))
    return posts.filter(
      ({ post }) => rooms.has(roomIn(post.stream)) && post.n <= store.have(post.stream) && !kept.has(markOf(post))
    )
  }

  const lacksOfLast = (count: number): boolean => {
    const kept = [...lastPosts(count)].length
    if (kept === count) return false
    let said = 0
    for (const last of store.summary().values()) said += last
    return said > kept
  }

  /** The last of these posts, as many as there is room for beside the entries. */
  const fitting = (posts: ReadonlyArray<EncodedPost>): ReadonlyArray<EncodedPost> => {
    const most = Math.max(0, maxEntries - entriesNow().length)
    let room = maxBytes - store.bytes
    let first = posts.length
    for (; first > 0 && posts.length - first < most; first -= 1) {
      const { line } = posts[first - 1] as EncodedPost
      // The posts of a block share its lines.
      room -= line === posts[first]?.line ? 0 : line.length
      if (room < 0) break
    }
    return posts.slice(first)
  }

  return {
    lastPosts,
    lastLines,
    lackedOf,
    lacksOfLast,
    /** That post is among the entries as history: it came in those lines. */
    recalled: (post: Post, whole: Uint8Array): void => {
      if (isSigned) recalledIn.set(post, whole)
    },
    /** Keeps as many of these as there is room for, in place of what was kept before, if they are not fewer. */
    keep: (posts: ReadonlyArray<EncodedPost>): void => {
      const kept = fitting(lackedOf(posts))
      if (kept.length < past.length) return
      if (isSigned) for (const { line, post } of kept) recalledIn.set(post, line)
      past = kept.map(({ post }) => post)
    },
    /** There is no room for it any more. */
    drop: (): void => {
      past = []
    }
  }
}

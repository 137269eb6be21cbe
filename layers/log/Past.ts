/** The last posts for newcomers: those among the entries, and older ones that are kept as history for others. */
import { isPrivate } from "../../src/domain/Conversation.ts"
import type { EncodedPost, Lines } from "../../src/domain/EncodedPost.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import { type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { linesIn } from "../../src/protocol/LineSplitter.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"

interface Needs {
  readonly store: PostStore
  readonly rooms: ReadonlySet<Room>
  /** Whether posts come in sealed blocks. */
  readonly isSigned: boolean
  /** The entries of the log, and its bounds: the number of entries, and the size of its encoded posts in bytes. */
  readonly entries: () => ReadonlyArray<Entry | undefined>
  readonly maxEntries: number
  readonly maxBytes: number
}

/** A key that identifies a post. */
export const markOf = ({ n, stream }: Post): string => `${n} ${stream}`

export const make = ({ entries: entriesNow, isSigned, maxBytes, maxEntries, rooms, store }: Needs) => {
  /** Posts from before all entries, oldest first. They are kept for others, and not shown at this node. */
  let past: ReadonlyArray<Post> = []
  /** The block with which a post of the history came: its seal proves the post. */
  const recalledIn = new WeakMap<Post, Uint8Array>()

  /** The lines to send to others for a post; undefined if this log does not have them. */
  const linesWith = (post: Post): Uint8Array | undefined => {
    if (!isSigned) return encodePost(post)
    const slice = store.slice(post.stream, post.n - 1, 1)
    return slice !== undefined && slice.first <= post.n && slice.last >= post.n ? slice.bytes : recalledIn.get(post)
  }

  /** The last posts, at most `count`, the newest first. `before`: those before that entry; all by default. */
  const lastPosts = function* (count: number, before = entriesNow().length): Generator<Post> {
    const entries = entriesNow()
    let left = count
    for (let at = before - 1; at >= 0 && left > 0; at -= 1) {
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
      const room = roomIn(post.stream)
      if (isPrivate(room) || (rooms.size > 1 && !of.has(room))) continue
      const bytes = linesWith(post)
      if (bytes === undefined) continue
      left -= 1
      // The posts of a block were witnessed together, so equal blocks stand next to each other.
      const later = found[0]?.bytes
      if (later !== undefined && isSigned && Buffer.compare(later, bytes) === 0) continue
      found.unshift({ bytes, posts: !isSigned ? 1 : linesIn(bytes).length })
    }
    return found
  }

  /** Whether a room has a history: a conversation has none, for anybody. */
  const isOpen = (room: Room): boolean => rooms.has(room) && !isPrivate(room)

  const lackedOf = <A extends EncodedPost>(posts: ReadonlyArray<A>): ReadonlyArray<A> => {
    const kept = new Set(entriesNow().flatMap((entry) => (isPost(entry) ? [markOf(entry.post)] : [])))
    return posts.filter(
      ({ post }) => isOpen(roomIn(post.stream)) && post.n <= store.have(post.stream) && !kept.has(markOf(post))
    )
  }

  const lacksOfLast = (count: number): boolean => {
    const kept = [...lastPosts(count)].length
    if (kept === count) return false
    let said = 0
    for (const last of store.summary().values()) said += last
    return said > kept
  }

  /** The newest of these posts, as many as fit beside the entries. */
  const fitting = (posts: ReadonlyArray<EncodedPost>): ReadonlyArray<EncodedPost> => {
    const most = Math.max(0, maxEntries - entriesNow().length)
    let room = maxBytes - store.bytes
    let first = posts.length
    for (; first > 0 && posts.length - first < most; first -= 1) {
      const { line } = posts[first - 1] as EncodedPost
      // The posts of a block share its bytes.
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
    /** Notes the block of a post that was added to the entries as history. */
    recalled: (post: Post, whole: Uint8Array): void => {
      if (isSigned) recalledIn.set(post, whole)
    },
    /** Keeps as many of these posts as fit. They replace those that were kept before, unless they are fewer. */
    keep: (posts: ReadonlyArray<EncodedPost>): void => {
      const kept = fitting(lackedOf(posts))
      if (kept.length < past.length) return
      if (isSigned) for (const { line, post } of kept) recalledIn.set(post, line)
      past = kept.map(({ post }) => post)
    },
    /** Drops all kept posts, because there is no room for them any more. */
    drop: (): void => {
      past = []
    }
  }
}

/** The last posts of each room: those among the entries, and older ones that are kept as history. */
import { isPrivate, openOf } from "../../src/domain/Conversation.ts"
import type { Block, EncodedPost, Lines } from "../../src/domain/EncodedPost.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import type { KeptPosts } from "../../src/domain/KeptPosts.ts"
import { lastOf, lastOfEach } from "../../src/domain/LastPosts.ts"
import { historyOfEach, type Post, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { linesIn } from "../../src/protocol/LineSplitter.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import type { Entries } from "./Entries.ts"
import type { Beyond } from "./JournalReader.ts"
import { RoomCounts } from "./RoomCounts.ts"
import { Topics } from "./Topics.ts"

interface Needs {
  readonly store: PostStore
  readonly rooms: ReadonlySet<Room>
  /** Whether posts come in sealed blocks. */
  readonly isSigned: boolean
  /** The entries of the log, and its bounds: the number of entries, and the size of its encoded posts in bytes. */
  readonly entries: Entries
  readonly maxEntries: number
  readonly maxBytes: number
}

/**
 * The maximum number of posts of a room that stay when the bounds of the log drop them, since other rooms have more to
 * say; and how much all rooms together may keep so, as a part of what the log keeps.
 */
const mostSpared = 100
const sparedPart = 0.25

/** A key that identifies a post. */
export const markOf = ({ n, stream }: Post): string => `${n} ${stream}`

/** A block that the journal has besides the entries. */
interface KeptBlock {
  readonly as: Beyond["type"]
  readonly whole: Uint8Array
}

export const make = ({ entries, isSigned, maxBytes, maxEntries, rooms, store }: Needs) => {
  /** Posts from before all entries, oldest first. No reader gets them. */
  let past: Array<Post> = []
  /** The block with which a post of the history came: its seal proves the post. */
  const recalledIn = new WeakMap<Post, Uint8Array>()
  const topics = new Topics()
  const counts = new RoomCounts()

  /** The lines to send to others for a post; undefined if this log does not have them. */
  const linesWith = (post: Post): Uint8Array | undefined => {
    if (!isSigned) return encodePost(post)
    const slice = store.keptSlice(post.stream, post.n - 1, 1)
    return slice !== undefined && slice.first <= post.n && slice.last >= post.n ? slice.bytes : recalledIn.get(post)
  }

  /** All posts that are kept, the newest first. `before`: those before that position. */
  const newestFirst = function* (before = entries.end): Generator<Post> {
    for (let at = before - entries.dropped - 1; at >= 0; at -= 1) {
      const entry = entries.kept[at]
      if (isPost(entry)) yield entry.post
    }
    for (let at = past.length - 1; at >= 0; at -= 1) yield past[at] as Post
  }

  /** Whether a room has a history for others: a conversation has none. */
  const isOpen = (room: Room): boolean => rooms.has(room) && !isPrivate(room)

  /** Those of these rooms that have a history for others here. */
  const open = (of: ReadonlySet<Room>): ReadonlyArray<Room> => [...rooms].filter((room) => of.has(room) && isOpen(room))

  /** All posts that can be given to others, the newest first. Topics that nothing else keeps come last. */
  const forOthers = function* (): Generator<Post> {
    const alone = new Map(Array.from(topics.all, (post) => [markOf(post), post]))
    for (const post of newestFirst()) {
      if (alone.size > 0) alone.delete(markOf(post))
      if (!isSigned || linesWith(post) !== undefined) yield post
    }
    yield* alone.values()
  }

  const lastLines = (count: number, of: ReadonlySet<Room>): ReadonlyArray<Lines> => {
    const found: Array<Lines> = []
    const among = open(of)
    for (const post of lastOfEach(forOthers(), historyOfEach(count, among.length), among, (room) => topics.of(room))) {
      const bytes = linesWith(post)
      if (bytes === undefined) continue
      // The posts of a block were witnessed together, so equal blocks stand next to each other.
      const later = found.at(-1)?.bytes
      if (later !== undefined && isSigned && Buffer.compare(later, bytes) === 0) continue
      found.push({ bytes, posts: !isSigned ? 1 : linesIn(bytes).length })
    }
    return found.reverse()
  }

  const lackedOf = <A extends EncodedPost>(posts: ReadonlyArray<A>): ReadonlyArray<A> => {
    const kept = marksIn(entries.kept)
    return posts.filter(
      ({ post }) => isOpen(roomIn(post.stream)) && post.n <= store.have(post.stream) && !kept.has(markOf(post))
    )
  }

  const lacksOfLast = (count: number, of: ReadonlySet<Room> = rooms): boolean => {
    const among = open(of)
    const most = historyOfEach(count, among.length)
    const kept = countsOf(lastOfEach(newestFirst(), most, among))
    const said = new Map<Room, number>()
    for (const [stream, last] of store.summary()) said.set(roomIn(stream), (said.get(roomIn(stream)) ?? 0) + last)
    return among.some((room) => (kept.get(room) ?? 0) < Math.min(most, said.get(room) ?? 0))
  }

  /** The newest of these posts, as many as fit beside the entries and `others` posts. */
  const fitting = (posts: ReadonlyArray<EncodedPost>, others: number): ReadonlyArray<EncodedPost> => {
    const most = Math.max(0, maxEntries - entries.kept.length - others)
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

  /** Notes the block of a post that may outlive its entry. */
  const remember = (post: Post, whole: Uint8Array | undefined): void => {
    if (isSigned && whole !== undefined) recalledIn.set(post, whole)
  }

  const consider = (post: Post, whole?: Uint8Array): void => {
    if (topics.consider(post)) remember(post, whole ?? linesWith(post)?.slice())
  }

  /** The last posts of each room that other rooms crowd out when so many of the oldest entries are dropped. */
  const crowdedOut = (count: number): Array<Post> => {
    const posts = Math.min(mostSpared, Math.floor((sparedPart * maxEntries) / rooms.size))
    const bytes = (sparedPart * maxBytes) / rooms.size
    const left = new Map(Array.from(rooms, (room) => [room, { posts: posts - counts.in(room), bytes }]))
    const spared: Array<Post> = []
    // The posts of a block stand next to each other, and share one copy of it.
    let last: { readonly whole: Uint8Array; readonly copy: Uint8Array } | undefined
    const copyOf = (whole: Uint8Array): Uint8Array => {
      if (last?.whole.buffer !== whole.buffer || last.whole.byteOffset !== whole.byteOffset) {
        last = { whole, copy: whole.slice() }
      }
      return last.copy
    }
    // Posts of one stream usually come together.
    let stream: StreamId | undefined
    let room: { posts: number; bytes: number } | undefined
    const spare = (post: Post): void => {
      if (post.stream !== stream) {
        stream = post.stream
        room = left.get(roomIn(stream))
      }
      if (room === undefined || room.posts <= 0 || room.bytes < post.text.length) return
      const whole = isSigned ? linesWith(post) : undefined
      if (isSigned && whole === undefined) return
      if (whole !== undefined) remember(post, copyOf(whole))
      room.posts -= 1
      room.bytes -= post.text.length
      spared.push(post)
    }
    for (let at = count - 1; at >= 0; at -= 1) {
      const entry = entries.kept[at]
      if (isPost(entry)) spare(entry.post)
    }
    for (let at = past.length - 1; at >= 0; at -= 1) spare(past[at] as Post)
    return spared.reverse()
  }

  return {
    lastPosts: (count: number, of?: ReadonlySet<Room>) => lastOf(newestFirst(), count, of),
    /** All posts that are kept now. No array that it reads is changed later, but for entries that are added. */
    kept: (): KeptPosts => {
      const [older, { kept }] = [past, entries]
      return {
        size: older.length + entries.settled - entries.dropped,
        at: (index) => {
          if (index < older.length) return older[index]
          const entry = kept[index - older.length]
          return isPost(entry) ? entry.post : undefined
        }
      }
    },
    lastOfEach: (count: number, of: Iterable<Room>, before: number) => lastOfEach(newestFirst(before), count, of),
    lastLines,
    lackedOf,
    lacksOfLast,
    topicOf: (room: Room): Post | undefined => (rooms.has(room) ? topics.of(room) : undefined),
    /** How many of the entries are posts of each room, and how many are private. */
    postsByRoom: (): { readonly posts: ReadonlyMap<Room, number>; readonly privatePosts: number } => {
      let privatePosts = 0
      for (const room of rooms) if (isPrivate(room)) privatePosts += counts.in(room)
      return { posts: new Map(openOf(rooms).map((room) => [room, counts.in(room)])), privatePosts }
    },
    /** A post was added to the entries. */
    added: (post: Post): void => {
      counts.add(post)
      consider(post)
    },
    /** An own post was said anew as another one. */
    moved: (before: Post, post: Post): void => {
      topics.forget(before)
      consider(post)
    },
    /** A post was added to the entries as history, with its block. */
    recalled: (post: Post, whole: Uint8Array): void => {
      counts.add(post)
      remember(post, whole)
      consider(post, whole)
    },
    /** Keeps as many of these posts as fit. In each room they replace those kept before, unless they are fewer. */
    keep: (posts: ReadonlyArray<EncodedPost>): void => {
      const told = new Set(posts.map(({ post }) => roomIn(post.stream)))
      const others = past.filter(({ stream }) => !told.has(roomIn(stream)))
      const kept = fitting(lackedOf(posts), others.length)
      const [before, now] = [countsOf(past), countsOf(kept.map(({ post }) => post))]
      const isReplaced = ({ stream }: Post): boolean =>
        told.has(roomIn(stream)) && (now.get(roomIn(stream)) ?? 0) >= (before.get(roomIn(stream)) ?? 0)
      past = past.filter((post) => !isReplaced(post))
      for (const { line, post } of kept) {
        consider(post, line)
        if (!isReplaced(post)) continue
        remember(post, line)
        past.push(post)
      }
    },
    /**
     * So many of the oldest entries are about to be dropped. What was kept for others goes first, but for the last posts
     * of rooms that others crowd out.
     */
    spare: (count: number): void => {
      counts.drop(entries, count)
      past = rooms.size === 1 ? [] : crowdedOut(count)
    },
    /** What the journal is to have besides the entries. */
    beyond: function* (): Generator<KeptBlock, void> {
      if (rooms.size > 1) {
        let last: Uint8Array | undefined
        for (const post of past) {
          const whole = linesWith(post)
          if (whole === undefined || whole === last) continue
          last = whole
          yield { as: "past", whole }
        }
      }
      for (const post of topics.all) {
        const whole = linesWith(post)
        if (whole !== undefined) yield { as: "topic", whole }
      }
    },
    /** The journal has that block besides the entries. */
    restore: (as: Beyond["type"], block: Block): void => {
      const posts = [block, ...(block.rest ?? [])]
      const whole = isSigned ? Buffer.concat(posts.map(({ line }) => line)) : undefined
      for (const { post } of posts) {
        consider(post, whole)
        if (as === "topic") continue
        remember(post, whole)
        past.push(post)
      }
    },
    /** The journal is read. Blocks that it has twice may have brought posts that are among the entries. */
    restored: (): void => {
      if (past.length === 0) return
      const kept = marksIn(entries.kept)
      past = past.filter((post) => !kept.has(markOf(post)))
    }
  }
}

const marksIn = (entries: ReadonlyArray<Entry | undefined>): ReadonlySet<string> =>
  new Set(entries.flatMap((entry) => (isPost(entry) ? [markOf(entry.post)] : [])))

/** The number of posts of each room. */
const countsOf = (posts: Iterable<Post>): Map<Room, number> => {
  const counts = new Map<Room, number>()
  for (const { stream } of posts) counts.set(roomIn(stream), (counts.get(roomIn(stream)) ?? 0) + 1)
  return counts
}

export type Past = ReturnType<typeof make>

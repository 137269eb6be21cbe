/**
 * Private messages in the log of a secure chat. Those for this node are entries like all posts, with the opened text.
 * All others are carried: they are kept for others, within a share of the log, and are no entries.
 */
import * as Effect from "effect/Effect"
import { sealedRoom } from "../../src/domain/Conversation.ts"
import type { Block, EncodedPost } from "../../src/domain/EncodedPost.ts"
import type { Letter, Letters as Sealing } from "../../src/domain/Letter.ts"
import { type Post, roomIn } from "../../src/domain/Post.ts"
import { lengthOf } from "../../src/protocol/ChunkDecoder.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import type { Entries } from "./Entries.ts"

/** The share of the log for posts that this node carries for others. */
const share = 1 / 4

interface Needs {
  /** Undefined in a plain chat. */
  readonly sealing: Sealing | undefined
  readonly store: PostStore
  readonly entries: Entries
  readonly maxEntries: number
  readonly maxBytes: number
}

/** A post that is carried, and its place among the entries: before the one at that position. */
interface Carried {
  readonly post: Post
  readonly position: number
  readonly bytes: number
}

export const make = ({ entries, maxBytes, maxEntries, sealing, store }: Needs) => {
  /** What is known of sealed posts: the letter, or that it is for this node and can't be opened. */
  const letters = new WeakMap<Post, Letter | "unreadable">()
  /** Sealed posts for this node that are not opened yet. */
  const closed = new WeakMap<Post, Effect.Effect<Letter | undefined>>()
  let carried: Array<Carried> = []
  let bytes = 0

  const isSealed = (post: Post): boolean => sealing !== undefined && roomIn(post.stream) === sealedRoom

  /** Whether a sealed post is for this node and not opened yet. */
  const isToBeOpened = (post: Post): boolean => {
    if (letters.has(post)) return false
    if (closed.has(post)) return true
    const opening = sealing?.open(post, post.text)
    if (opening !== undefined) closed.set(post, opening)
    return opening !== undefined
  }

  const isForThisNode = (post: Post): boolean => letters.has(post) || closed.has(post)

  const toOpen = (posts: Iterable<Post>): ReadonlyArray<Post> =>
    sealing === undefined
      ? []
      : Array.from(posts).filter((post) => isSealed(post) && post.n > store.have(post.stream) && isToBeOpened(post))

  const open = (posts: ReadonlyArray<Post>): Effect.Effect<void> =>
    Effect.forEach(
      posts,
      (post) =>
        Effect.map(closed.get(post) ?? Effect.succeed(undefined), (letter) => {
          letters.set(post, letter ?? "unreadable")
          closed.delete(post)
        }),
      { concurrency: 8, discard: true }
    )

  /** Drops the oldest carried posts if they take more than their share. */
  const bound = (): void => {
    let first = 0
    for (; first < carried.length; first += 1) {
      if (carried.length - first <= maxEntries * share && bytes <= maxBytes * share) break
      const { bytes: length, post } = carried[first] as Carried
      bytes -= length
      store.drop(post.stream, post.n)
    }
    if (first > 0) carried = carried.slice(first)
  }

  return {
    /** The posts of these blocks that must be opened before they are taken in. Most of the time there are none. */
    closedIn: (blocks: ReadonlyArray<Block>): ReadonlyArray<Post> =>
      sealing === undefined
        ? []
        : toOpen(blocks.flatMap(({ post, rest = [] }) => [post, ...rest.map((each) => each.post)])),
    /** Opens these posts. */
    open,
    /** A post as people see it: opened, if it is for this node. Undefined if it is carried for others. */
    seen: (post: Post): Post | undefined => {
      if (!isSealed(post)) return post
      const letter = letters.get(post)
      return letter === undefined ? undefined : letter === "unreadable" ? post : { ...post, ...letter }
    },
    /** Carries a post for others, which was delivered now. */
    carry: (delivered: EncodedPost): void => {
      carried.push({ post: delivered.post, position: entries.end, bytes: lengthOf(delivered) })
      bytes += lengthOf(delivered)
      bound()
    },
    /** An own post as it is sent: sealed, if it is for some. */
    seal: ({ to, ...post }: Post): Effect.Effect<Post> =>
      sealing === undefined || to === undefined
        ? Effect.succeed(post)
        : Effect.map(sealing.seal(post, { to, text: post.text }), (text) => ({ ...post, text })),
    /** How many posts are carried for others. */
    carried: (): number => carried.length,
    /** Whether a sealed post is for others. */
    isForOthers: (post: Post): boolean => isSealed(post) && !isForThisNode(post),
    /** The posts of the entries and those that are carried, in the order of delivery. */
    ordered: (of: (entry: Entries["kept"][number]) => Post | undefined): ReadonlyArray<Post> => {
      const posts: Array<Post> = []
      let next = 0
      for (const [at, entry] of entries.kept.entries()) {
        for (; (carried[next]?.position ?? Number.POSITIVE_INFINITY) <= entries.dropped + at; next += 1) {
          posts.push((carried[next] as Carried).post)
        }
        const post = of(entry)
        if (post !== undefined) posts.push(post)
      }
      for (; next < carried.length; next += 1) posts.push((carried[next] as Carried).post)
      return posts
    }
  }
}

export type Letters = ReturnType<typeof make>

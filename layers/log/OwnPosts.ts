/** Turns the lines that this node says into numbered posts, and those into bytes for the wire. */
import type { SayResult } from "../../services/MessageLog.ts"
import type { TextLines } from "../../src/domain/EncodedPost.ts"
import { LineTooLong } from "../../src/domain/Errors.ts"
import type { Signature } from "../../src/domain/Key.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import {
  type Epoch,
  maxDeps,
  noDeps,
  type Post,
  PostNumber,
  type Room,
  roomIn,
  type StreamId,
  type Summary,
  streamOf
} from "../../src/domain/Post.ts"
import { timeOfTopic, topicIn } from "../../src/domain/Topic.ts"
import { bytesTooLong, encodePosts, maxFrameBytes, plainPosts, sealBytes } from "../../src/protocol/Frame.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import { blocksOf, encodeBlock } from "./Sealing.ts"

interface Needs {
  readonly author: PeerId
  /** Signs a block; undefined in a plain chat. */
  readonly sign: ((claim: string) => Signature) | undefined
  readonly store: PostStore
  /** The post that has set the topic of a room last. */
  readonly topicOf: (room: Room) => Post | undefined
}

export const make = ({ author, sign, store, topicOf }: Needs) => {
  /** Why a post can't be said; undefined if it can. */
  const tooLongFor = (post: Post): LineTooLong | undefined => {
    const bytes = bytesTooLong(post, sign === undefined ? 0 : sealBytes)
    return bytes > 0 ? new LineTooLong({ bytes, limit: maxFrameBytes }) : undefined
  }

  /**
   * Turns lines into numbered posts. What sets a topic has a later time than the topic before. Also returns the result of each line: the same array, unless a line is too long.
   * `ahead`: how many posts of the room come before them that are not in the store yet.
   */
  const compose = (room: Room, lines: ReadonlyArray<string>, at: number, ahead = 0) => {
    const posts: Array<Post> = []
    let results: Array<SayResult> = posts
    const stream = store.streamIn(room)
    const next = store.have(stream) + 1 + ahead
    for (const text of lines) {
      const deps = ahead + posts.length === 0 ? store.news(room) : noDeps
      const post: Post = {
        stream,
        n: PostNumber.make(next + posts.length, { disableValidation: true }),
        at: topicIn(text) === undefined ? at : timeOfTopic(at, topicOf(room)),
        deps,
        text
      }
      const tooLong = tooLongFor(post)
      if (tooLong !== undefined) {
        if (results === posts) results = [...posts]
        results.push(tooLong)
        continue
      }
      posts.push(post)
      if (results !== posts) results.push(post)
    }
    return { posts, results }
  }

  /** The next post of a room, still without a text. */
  const next = (room: Room, at: number): Post => {
    const stream = store.streamIn(room)
    const n = PostNumber.make(store.have(stream) + 1)
    return { stream, n, at, deps: store.news(room), text: "" }
  }

  /**
   * The same posts as the first ones of the next run. The first post of each stream depends on the last post that stays
   * in its previous stream.
   */
  const movedTo = (next: Epoch, shared: Summary, posts: Iterable<Post>): ReadonlyArray<Post> => {
    const numbers = new Map<StreamId, number>()
    return Array.from(posts, (post) => {
      const { deps, stream } = post
      const n = (numbers.get(stream) ?? 0) + 1
      numbers.set(stream, n)
      const stays = shared.get(stream) ?? 0
      const others = Object.entries(deps).slice(0, maxDeps - 1)
      return {
        ...post,
        stream: streamOf(author, roomIn(stream), next),
        n: PostNumber.make(n),
        deps: n === 1 && stays > 0 ? Object.fromEntries([...others, [stream, PostNumber.make(stays)]]) : deps
      }
    })
  }

  const blocksOfOwn = (posts: ReadonlyArray<Post>) => {
    const blocks = sign === undefined ? [posts] : blocksOf(posts)
    return blocks.map((block) => ({
      block,
      bytes: sign === undefined ? encodePosts(block) : encodeBlock(block, sign)
    }))
  }

  /** The same where nothing needs the bytes but the store: it encodes plain text itself, straight into its memory. */
  const blocksForStore = (
    posts: ReadonlyArray<Post>
  ): ReadonlyArray<{ readonly block: ReadonlyArray<Post>; readonly bytes: Uint8Array | TextLines }> => {
    const plain = sign === undefined ? plainPosts(posts) : undefined
    return plain === undefined ? blocksOfOwn(posts) : [{ block: posts, bytes: plain }]
  }

  return { tooLongFor, next, compose, movedTo, blocksOfOwn, blocksForStore }
}

/** Posts with the lines that carry them, and how they are named and grouped. */
import type { Post, StreamId } from "./Post.ts"

/** A stream up to a number. */
export type Mark = readonly [stream: StreamId, n: number]

/** The posts of a stream after number `after`, up to number `to`, which is infinite if there is no end. */
export interface Range {
  readonly stream: StreamId
  readonly after: number
  readonly to: number
}

/** A post and the line that carries it, newline included. */
export interface EncodedPost {
  readonly post: Post
  readonly line: Uint8Array
}

/**
 * What is taken in whole or not at all: in a plain chat a post, in a secure one the posts for which one seal vouches, in
 * their order. `rest`: those after the first.
 */
export interface Block extends EncodedPost {
  readonly rest?: ReadonlyArray<EncodedPost> | undefined
}

/** The number of the last post of a block. */
export const lastIn = ({ post, rest }: Block): number => post.n + (rest?.length ?? 0)

/** How many posts these blocks have. */
export const countOf = (blocks: ReadonlyArray<Block>): number =>
  blocks.reduce((sum, { rest }) => sum + 1 + (rest?.length ?? 0), 0)

/** Encoded posts that follow each other, and the numbers of the first and the last. */
export interface Slice {
  readonly bytes: Uint8Array
  readonly first: number
  readonly last: number
}

/** The lines of so many posts that are handed on together. */
export interface Lines {
  readonly bytes: Uint8Array
  readonly posts: number
}

/** Encoded posts as text, all of it ASCII, and where each ends. */
export interface TextLines {
  readonly text: string
  readonly ends: ReadonlyArray<number>
}

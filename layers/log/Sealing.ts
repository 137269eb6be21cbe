/** Splits own posts into blocks and seals them. */
import type { Signature } from "../../src/domain/Key.ts"
import type { Post } from "../../src/domain/Post.ts"
import { claimOn, mostSealed } from "../../src/domain/Seal.ts"
import { encodePosts, maxFrameBytes, sealed } from "../../src/protocol/Frame.ts"
import { digestOf } from "../identity/Keys.ts"

/**
 * An upper bound for the bytes of a post and its seal: 6 for each character, 320 for its numbers and other fields, and
 * 128 for each dependency.
 */
const bytesAtMost = ({ deps, text }: Post): number => 6 * text.length + 320 + 128 * Object.keys(deps).length

/** Splits posts into blocks that do not exceed the limits of a block. */
export const blocksOf = (posts: ReadonlyArray<Post>): ReadonlyArray<ReadonlyArray<Post>> => {
  const blocks: Array<Array<Post>> = []
  let room = 0
  for (const post of posts) {
    const bytes = bytesAtMost(post)
    const block = blocks.at(-1)
    if (block === undefined || bytes > room || block.length === mostSealed) {
      blocks.push([post])
      room = maxFrameBytes - bytes
    } else {
      block.push(post)
      room -= bytes
    }
  }
  return blocks
}

/** A block as it stands on the wire, with its seal. */
export const encodeBlock = (posts: ReadonlyArray<Post>, sign: (claim: string) => Signature): Uint8Array => {
  const lines = encodePosts(posts)
  const [first, last] = [posts[0], posts.at(-1)]
  if (first === undefined || last === undefined) return lines
  return sealed(lines, { from: first.n, sig: sign(claimOn(first.stream, first.n, last.n, digestOf([lines]))) })
}

/** Combines consecutive sealed posts into blocks. A block is accepted whole or not at all. */
import type { Post } from "../domain/Post.ts"
import { mostSealed, type Seal } from "../domain/Seal.ts"
import { lengthOf, PostInChunk } from "./ChunkDecoder.ts"
import { maxFrameBytes, type PostFrame, unsealed } from "./Frame.ts"

/** A block: its first post, those after it, and the seal that closes it. */
export interface SealedBlock {
  readonly post: Post
  readonly line: Uint8Array
  readonly rest?: ReadonlyArray<PostFrame> | undefined
  readonly seal: Seal
}

/**
 * Combines posts into blocks, in the order in which one source sends them. The posts of a block have consecutive
 * numbers, and no other post comes between them. Mutable; holds one unfinished block at most.
 */
export class Blocks {
  #open: Array<PostFrame> = []
  #bytes = 0

  /** Whether a block has begun and is unfinished. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /**
   * Takes the next post. Returns the block that it completes, undefined if it completes none, or "broken" if it does
   * not fit.
   */
  take(frame: PostFrame): SealedBlock | undefined | "broken" {
    const last = this.#open.at(-1)
    const follows = last === undefined || (frame.post.stream === last.post.stream && frame.post.n === last.post.n + 1)
    this.#bytes += lengthOf(frame)
    if (!follows || this.#open.length === mostSealed || this.#bytes > maxFrameBytes) return this.#break()
    if (frame.seal === undefined) {
      this.#open.push(frame)
      return undefined
    }
    const [first = frame, ...more] = this.#open
    if (first.post.n !== frame.seal.from) return this.#break()
    this.#break()
    return sealedBlock(first, frame.seal, first === frame ? undefined : [...more, frame])
  }

  /** Drops the unfinished block. */
  #break(): "broken" {
    this.#open = []
    this.#bytes = 0
    return "broken"
  }
}

/** A block whose first line is one of many in a chunk, as it comes from a socket. */
class BlockInChunk extends PostInChunk implements SealedBlock {
  declare readonly seal: Seal
  readonly rest: ReadonlyArray<PostFrame> | undefined

  constructor({ chunk, end, post, start }: PostInChunk, seal: Seal, rest: ReadonlyArray<PostFrame> | undefined) {
    super(post, chunk, start, end, seal)
    this.rest = rest
  }
}

const sealedBlock = (first: PostFrame, seal: Seal, rest: ReadonlyArray<PostFrame> | undefined): SealedBlock => {
  if (first instanceof PostInChunk) return new BlockInChunk(first, seal, rest)
  const { line, post } = first
  return rest === undefined ? { post, line, seal } : { post, line, seal, rest }
}

/** The lines of a block without its seal: the bytes that the seal signs. */
export const contentsOf = ({ line, rest = [], seal }: SealedBlock): ReadonlyArray<Uint8Array> => {
  const lines = [line, ...rest.map((each) => each.line)]
  const last = lines.pop() ?? line
  return [...lines, unsealed(last, seal)]
}

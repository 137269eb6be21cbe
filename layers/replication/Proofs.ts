/** Verifies posts in a secure chat: blocks that come through others, and blocks that this node passes on. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Block, lastIn } from "../../src/domain/EncodedPost.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { Proof } from "../../src/domain/Seal.ts"
import { Blocks, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { decodeChunk } from "../../src/protocol/ChunkDecoder.ts"
import type { Frame, PostFrame } from "../../src/protocol/Frame.ts"
import { proofOf } from "../identity/proofOf.ts"
import type { Ground, Link } from "./Ground.ts"

/** How many bytes are checked before other fibers get a turn. */
const sliceRoom = 16_384

/** The result of checking the blocks of a peer: which are believed, and what to report about the rest. */
export interface Sifted {
  readonly believed: ReadonlyArray<Block>
  /** Streams that can't be judged yet. */
  readonly unsure: ReadonlySet<StreamId>
  readonly wrongs: ReadonlyArray<MeshEvent>
  /** Whether the peer is not to blame for anything in `wrongs`. */
  readonly isFair: boolean
}

/** How far a stream can be passed on, and why not further. */
export interface Proven {
  readonly to: number
  readonly objection: Proof | undefined
}

/** For how many streams it is remembered that people were told about two bodies for one number. */
const mostContradicted = 1_024

export const make = ({ limits, links, log, membership }: Ground) => {
  /** What was checked already of the posts that this node has. */
  const looked = new Map<StreamId, Proven>()

  /** Streams with two bodies for one number that people were told about. */
  const contradicted = new Recent<StreamId, true>(mostContradicted)

  const judgeFrom = (link: Link, block: SealedBlock): Proof => {
    links.charge(link, "checked", 1)
    return proofOf(membership, block)
  }

  /** Whether this node has another body for what a block says, which came before. */
  const contradicts = ({ line, post, rest = [] }: Block): boolean => {
    if (post.n > log.have(post.stream)) return false
    const kept = log.slice(post.stream, post.n - 1, 1)
    if (kept === undefined || kept.last < kept.first || kept.first > post.n + rest.length) return false
    const lines = [line, ...rest.map((each) => each.line)]
    return kept.first !== post.n || !Buffer.concat(lines).equals(kept.bytes)
  }

  /**
   * A peer's own blocks are accepted as they are. Blocks of others are accepted only with a valid seal of their author.
   */
  const sift = (link: Link, blocks: ReadonlyArray<SealedBlock>): Sifted => {
    const believed: Array<Block> = []
    const unsure = new Set<StreamId>()
    const wrongs: Array<MeshEvent> = []
    for (const block of blocks) {
      const { stream } = block.post
      const id = authorOf(stream)
      const isItsOwn = id === link.peer.id
      const proof = isItsOwn ? "proven" : proofOf(membership, block)
      if (!isItsOwn) links.charge(link, "checked", 1)
      if (proof === "forged") {
        wrongs.push(MeshEvent.Forged({ id, by: link.peer }))
        return { believed, unsure, wrongs, isFair: false }
      }
      if (proof === "unsure") {
        unsure.add(stream)
        continue
      }
      if (contradicts(block)) {
        if (!contradicted.has(stream)) wrongs.push(MeshEvent.Contradicted({ id }))
        contradicted.set(stream, true)
        if (isItsOwn) return { believed, unsure, wrongs, isFair: false }
      }
      believed.push(block)
    }
    return { believed, unsure, wrongs, isFair: true }
  }

  /** The blocks in lines of a log, each with its judgement. Incomplete ones count as forged. */
  const judged = (bytes: Uint8Array): ReadonlyArray<{ readonly to: number; readonly proof: Proof }> => {
    const blocks = new Blocks()
    const frames: ReadonlyArray<Frame> = Either.getOrElse(decodeChunk(bytes), () => [])
    const found = frames.flatMap((frame) => {
      const block = frame.type === "post" ? blocks.take(frame) : undefined
      if (block === undefined) return []
      if (block === "broken") return [{ to: 0, proof: "forged" as const }]
      return [{ to: lastIn(block), proof: proofOf(membership, block) }]
    })
    return blocks.isOpen ? [...found, { to: 0, proof: "forged" }] : found
  }

  /** Forgets results for streams of which nothing is kept: these are passed on to nobody. */
  const forgetWhatIsGone = (): void => {
    for (const stream of looked.keys()) {
      const kept = log.slice(stream, 0, 1)
      if (kept === undefined || kept.last < kept.first) looked.delete(stream)
    }
  }

  /**
   * Checks each block once, in order, whoever asks: no peer can make a node repeat a check. A block of the author with
   * an invalid seal, and everything after it, is passed on to nobody.
   */
  const proven = (stream: StreamId, to: number): Effect.Effect<Proven> =>
    Effect.suspend(() => {
      const before = looked.get(stream) ?? { to: 0, objection: undefined }
      if (before.to >= to || before.objection !== undefined) return Effect.succeed(before)
      const slice = log.slice(stream, before.to, sliceRoom, to)
      if (slice === undefined || slice.last < slice.first) return Effect.succeed({ to, objection: undefined })
      const blocks = judged(slice.bytes)
      const objection = blocks.find(({ proof }) => proof !== "proven")?.proof
      const reached = objection === undefined ? slice.last : lastBefore(blocks, slice.first - 1)
      looked.set(stream, { to: reached, objection })
      if (looked.size > 2 * limits.logEntries) forgetWhatIsGone()
      return Effect.zipRight(Effect.yieldNow(), proven(stream, to))
    })

  return {
    /** The blocks that are completed by these posts of a peer; undefined if the posts do not fit. */
    blocksFrom: ({ replica }: Link, frames: ReadonlyArray<PostFrame>): ReadonlyArray<SealedBlock> | undefined => {
      replica.blocks ??= new Blocks()
      const made: Array<SealedBlock> = []
      for (const frame of frames) {
        const block = replica.blocks.take(frame)
        if (block === "broken") return undefined
        if (block !== undefined) made.push(block)
      }
      return made
    },
    /** Checks the blocks of a peer. */
    sift,
    /** Whether this node has another body for what a block says, which came before. */
    contradicts,
    /** Whether the author has signed a block that a peer passes on. */
    isSigned: (link: Link, block: SealedBlock): boolean => {
      const proof = judgeFrom(link, block)
      return proof === "proven" || proof === "accepted"
    },
    /** Judges a block that a peer sends, also one of its own. */
    judgeFrom,
    /** Whether all blocks in these lines of a log can be shown to everybody. */
    areProven: (bytes: Uint8Array): boolean => judged(bytes).every(({ proof }) => proof === "proven"),
    /** How far a stream can be shown to everybody, up to number `to`. */
    proven,
    /** Keys have changed: checks again what could not be passed on. */
    reconsider: (): void => {
      for (const [stream, { objection }] of looked) if (objection !== undefined) looked.delete(stream)
    }
  }
}

/** The end of the last block before the first that is not proven. */
const lastBefore = (blocks: ReadonlyArray<{ readonly to: number; readonly proof: Proof }>, before: number): number =>
  blocks[blocks.findIndex(({ proof }) => proof !== "proven") - 1]?.to ?? before

export type Proofs = ReturnType<typeof make>

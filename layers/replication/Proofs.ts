/** What of all that is said is as sure as if its author had said it here: what others hand on, and what this node hands on. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Block } from "../../src/domain/EncodedPost.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { claimOn, type Proof } from "../../src/domain/Seal.ts"
import { Blocks, contentsOf, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { decodeAll, type Frame, type PostFrame } from "../../src/protocol/Frame.ts"
import { linesIn } from "../../src/protocol/LineSplitter.ts"
import { digestOf } from "../identity/Keys.ts"
import type { Ground, Link } from "./Ground.ts"

/** As much is looked at in one go before others have their turn, in bytes. */
const sliceRoom = 16_384

/** What of the blocks that a peer has sent is believed, and what is to be said of the rest. */
export interface Sifted {
  readonly believed: ReadonlyArray<Block>
  /** Of these streams it can't be said yet. */
  readonly unsure: ReadonlySet<StreamId>
  readonly wrongs: ReadonlyArray<MeshEvent>
  /** Whether the peer itself is not to blame for any of that. */
  readonly isFair: boolean
}

/** How far what this node has of a stream can be handed on; why not further, if something speaks against it. */
export interface Proven {
  readonly to: number
  readonly objection: Proof | undefined
}

/** Of so many streams it is remembered that people have heard of two bodies for one number. */
const mostContradicted = 1_024

export const make = ({ limits, links, log, membership }: Ground) => {
  /** What was looked at already of what this node has. */
  const looked = new Map<StreamId, Proven>()

  /** Streams in which there are two bodies for one number, as people have heard. */
  const contradicted = new Recent<StreamId, true>(mostContradicted)

  const judge = (block: SealedBlock): Proof => {
    const { post, rest = [], seal } = block
    const claim = claimOn(post.stream, seal.from, post.n + rest.length, digestOf(contentsOf(block)))
    return membership.judge(authorOf(post.stream), claim, seal.sig)
  }

  const judgeFrom = (link: Link, block: SealedBlock): Proof => {
    links.charge(link, "checked", 1)
    return judge(block)
  }

  /** Whether this node has another body for what a block says, which came before. */
  const contradicts = ({ line, post, rest = [] }: Block): boolean => {
    if (post.n > log.have(post.stream)) return false
    const kept = log.slice(post.stream, post.n - 1, 1)
    if (kept === undefined || kept.last < kept.first || kept.first > post.n + rest.length) return false
    const lines = [line, ...rest.map((each) => each.line)]
    return kept.first !== post.n || !Buffer.concat(lines).equals(kept.bytes)
  }

  /** What a peer says is taken as it is if it is its own; what it hands on only if its author has sealed it. */
  const sift = (link: Link, blocks: ReadonlyArray<SealedBlock>): Sifted => {
    const believed: Array<Block> = []
    const unsure = new Set<StreamId>()
    const wrongs: Array<MeshEvent> = []
    for (const block of blocks) {
      const { stream } = block.post
      const id = authorOf(stream)
      const isItsOwn = id === link.peer.id
      const proof = isItsOwn ? "proven" : judge(block)
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

  /** The blocks in lines of a log; those of which nobody could say who has sealed them count as forged. */
  const judged = (bytes: Uint8Array): ReadonlyArray<{ readonly to: number; readonly proof: Proof }> => {
    const blocks = new Blocks()
    const frames: ReadonlyArray<Frame> = Either.getOrElse(decodeAll(linesIn(bytes)), () => [])
    const found = frames.flatMap((frame) => {
      const block = frame.type === "post" ? blocks.take(frame) : undefined
      if (block === undefined) return []
      if (block === "broken") return [{ to: 0, proof: "forged" as const }]
      return [{ to: block.post.n + (block.rest?.length ?? 0), proof: judge(block) }]
    })
    return blocks.isOpen ? [...found, { to: 0, proof: "forged" }] : found
  }

  /** What is not kept any more is handed to nobody: of each stream that is kept there is an entry at least in the log. */
  const forgetWhatIsGone = (): void => {
    for (const stream of looked.keys()) {
      const kept = log.slice(stream, 0, 1)
      if (kept === undefined || kept.last < kept.first) looked.delete(stream)
    }
  }

  /**
   * Each block is looked at once, in its order, whoever asks for what: nobody can make a node check the same again and again.
   * What its author has said here with a seal that does not hold could be shown to nobody else, nor what came after it.
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
    /** The blocks that these posts of a peer make, together with those before; undefined if they make none. */
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
    /** What of these blocks of a peer is to be believed. */
    sift,
    /** Whether this node has another body for what a block says, which came before. */
    contradicts,
    /** Whether its author has signed a block that a peer hands on. */
    isSigned: (link: Link, block: SealedBlock): boolean => {
      const proof = judgeFrom(link, block)
      return proof === "proven" || proof === "accepted"
    },
    /** What to think of a block that a peer hands on, be it the peer's own. */
    judgeFrom,
    /** Whether these lines of a log are blocks that everybody can be shown. */
    areProven: (bytes: Uint8Array): boolean => judged(bytes).every(({ proof }) => proof === "proven"),
    /** Up to where what this node keeps of a stream is what everybody can be shown, as far as somebody would like to have it. */
    proven,
    /** Who is known by which key has changed: looks again at what could not be shown. */
    reconsider: (): void => {
      for (const [stream, { objection }] of looked) if (objection !== undefined) looked.delete(stream)
    }
  }
}

/** Where the last block ends before the first that is not proven. */
const lastBefore = (blocks: ReadonlyArray<{ readonly to: number; readonly proof: Proof }>, before: number): number =>
  blocks[blocks.findIndex(({ proof }) => proof !== "proven") - 1]?.to ?? before

export type Proofs = ReturnType<typeof make>

/**
 * Finds out whether this run also goes on elsewhere, as on a copied machine. A peer that claims so is asked for a
 * proof.
 */
import * as Effect from "effect/Effect"
import type { Block } from "../../src/domain/EncodedPost.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Post, StreamId, Summary } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { SealedBlock } from "../../src/protocol/Blocks.ts"
import type { Want } from "../../src/protocol/Frame.ts"
import type { Delivery } from "./Delivery.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"

/** How many peers without a proof are remembered. Others are asked once more. */
const mostRefuted = 1_024

interface Needs {
  readonly delivery: Delivery
  readonly proofs: Proofs
  /** This run goes on elsewhere. Only posts up to these numbers are the same in both. */
  readonly forked: (shared: Summary) => Effect.Effect<void>
}

export const make = ({ log, membership }: Ground, { delivery, forked, proofs }: Needs) => {
  /** The peers that were asked for a proof: for which streams, and after which number. */
  const asked = new Map<Link, Map<StreamId, number>>()
  /** The peers that had no proof. They are not asked again. */
  const refuted = new Recent<PeerId, true>(mostRefuted)
  /** The peers that had sent no proof at the last comparison. */
  let waiting: ReadonlyArray<Link> = []

  /** Whether a block is a proof: it has this node's signature, and this node did not say it. */
  const isProof = (link: Link, block: Block | SealedBlock): boolean => {
    const { n, stream } = block.post
    const after = asked.get(link)?.get(stream)
    if (after === undefined || n <= after || (n <= log.have(stream) && !proofs.contradicts(block))) return false
    return membership.sign === undefined || ("seal" in block && proofs.isSigned(link, block))
  }

  /**
   * What both runs have in common, if the post was said elsewhere. In other rooms it is what some peer is known to
   * have.
   */
  const sharedBefore = ({ n, stream }: Post): Summary =>
    delivery.reached().set(stream, Math.min(n - 1, log.have(stream)))

  return {
    /**
     * A peer has said how far it has this run. If that is further than this node has gone, the peer is asked for it,
     * once on each link. Posts that no peer is known to have are compared too.
     */
    heardOf: (link: Link): void => {
      if (refuted.has(link.peer.id)) return
      const wants: Array<Want> = []
      for (const room of log.rooms) {
        const stream = log.streamIn(room)
        const to = link.replica.upTo(stream)
        if (to <= log.have(stream) || asked.get(link)?.has(stream) === true) continue
        const after = delivery.upTo(stream)
        asked.set(link, (asked.get(link) ?? new Map<StreamId, number>()).set(stream, after))
        wants.push({ type: "want", stream, after, to })
      }
      if (wants.length > 0) link.put(...wants)
    },
    /** A peer sends the posts of this run that it was asked for. */
    heard: (link: Link, blocks: ReadonlyArray<Block>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const proof = asked.has(link) ? blocks.find((block) => isProof(link, block)) : undefined
        return proof === undefined ? Effect.void : forked(sharedBefore(proof.post))
      }),
    /** A peer has no proof. */
    refute: ({ peer }: Link): void => {
      refuted.set(peer.id, true)
    },
    /** A comparison begins: peers that have sent no proof since the last one are not asked again. */
    review: (): void => {
      for (const { peer } of waiting) refuted.set(peer.id, true)
      waiting = [...asked.keys()]
    },
    /** Whether a peer was asked for a proof. */
    isUnfinished: (): boolean => asked.size > 0,
    /** The link has ended. If the peer had no time for a proof, it is asked again on the next link. */
    ended: (link: Link): void => {
      asked.delete(link)
      waiting = waiting.filter((each) => each !== link)
    }
  }
}

export type Forks = ReturnType<typeof make>

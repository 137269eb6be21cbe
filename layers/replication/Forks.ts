/** Whether this run goes on elsewhere too, as that of a copied machine does: who claims to know is asked to show it. */
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

/** So many who were asked in vain are remembered: others are asked once more. */
const mostRefuted = 1_024

interface Needs {
  readonly delivery: Delivery
  readonly proofs: Proofs
  /** This run goes on elsewhere: what it has said up to these numbers, and no more, was said by both. */
  readonly forked: (shared: Summary) => Effect.Effect<void>
}

export const make = ({ log, membership }: Ground, { delivery, forked, proofs }: Needs) => {
  /** Who was asked for what it claims to have: of which streams, and after which number. */
  const asked = new Map<Link, Map<StreamId, number>>()
  /** Who was asked in vain. That costs this node nothing more. */
  const refuted = new Recent<PeerId, true>(mostRefuted)
  /** Who had not shown anything when all was compared last. */
  let waiting: ReadonlyArray<Link> = []

  /** Whether its author has said that, and this node has not, though it has the author's key. */
  const isProof = (link: Link, block: Block | SealedBlock): boolean => {
    const { n, stream } = block.post
    const after = asked.get(link)?.get(stream)
    if (after === undefined || n <= after || (n <= log.have(stream) && !proofs.contradicts(block))) return false
    return membership.sign === undefined || ("seal" in block && proofs.isSigned(link, block))
  }

  /** What both have said, if that was said elsewhere. In other rooms it is what some peer is known to have. */
  const sharedBefore = ({ n, stream }: Post): Summary =>
    delivery.reached().set(stream, Math.min(n - 1, log.have(stream)))

  return {
    /**
     * A peer has told how far it has this run: if that is further than it goes, the peer is asked for it, once over a link. Posts
     * that nobody is known to have are compared too.
     */
    heardOf: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (refuted.has(link.peer.id)) return Effect.void
        const wants: Array<Want> = []
        for (const room of log.rooms) {
          const stream = log.streamIn(room)
          const to = link.replica.upTo(stream)
          if (to <= log.have(stream) || asked.get(link)?.has(stream) === true) continue
          const after = delivery.upTo(stream)
          asked.set(link, (asked.get(link) ?? new Map<StreamId, number>()).set(stream, after))
          wants.push({ type: "want", stream, after, to })
        }
        return wants.length === 0 ? Effect.void : link.send(...wants)
      }),
    /** A peer sends posts of this run: those that it was asked for. */
    heard: (link: Link, blocks: ReadonlyArray<Block>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const proof = asked.has(link) ? blocks.find((block) => isProof(link, block)) : undefined
        return proof === undefined ? Effect.void : forked(sharedBefore(proof.post))
      }),
    /** A peer can't show what it claims to have. */
    refute: ({ peer }: Link): void => {
      refuted.set(peer.id, true)
    },
    /** All is compared: who has shown nothing since the last time is not asked again. */
    review: (): void => {
      for (const { peer } of waiting) refuted.set(peer.id, true)
      waiting = [...asked.keys()]
    },
    /** The link is no more. What it may not have had time to show is asked for again. */
    ended: (link: Link): void => {
      asked.delete(link)
      waiting = waiting.filter((each) => each !== link)
    }
  }
}

export type Forks = ReturnType<typeof make>

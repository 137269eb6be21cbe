/** Whether this run goes on elsewhere too, as that of a copied machine does: who claims to know is asked to show it. */
import * as Effect from "effect/Effect"
import type { Block } from "../../services/MessageLog.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { SealedBlock } from "../../src/protocol/Blocks.ts"
import type { Delivery } from "./Delivery.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"

interface Needs {
  readonly delivery: Delivery
  readonly proofs: Proofs
  /** This run goes on elsewhere: what it has said up to that number, and no more, was said by both. */
  readonly forked: (shared: number) => Effect.Effect<void>
}

export const make = ({ log, membership }: Ground, { delivery, forked, proofs }: Needs) => {
  /** Who was asked for what it claims to have, and after which number. */
  const asked = new Map<Link, number>()
  /** Who was asked in vain. That costs this node nothing more. */
  const refuted = new Set<PeerId>()
  /** Who had not shown anything when all was compared last. */
  let waiting: ReadonlyArray<Link> = []

  /** Whether its author has said that, and this node has not, though it has the author's key. */
  const isProof = (link: Link, block: Block | SealedBlock, after: number): boolean => {
    const { n } = block.post
    if (n <= after || (n <= log.have(log.stream) && !proofs.contradicts(block))) return false
    return membership.sign === undefined || ("seal" in block && proofs.isSigned(link, block))
  }

  return {
    /**
     * A peer has told how far it has this run: if that is further than it goes, the peer is asked for it, once over a link. Posts
     * that nobody is known to have are compared too.
     */
    heardOf: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        const to = link.replica.upTo(log.stream)
        if (to <= log.have(log.stream) || asked.has(link) || refuted.has(link.peer.id)) return Effect.void
        const after = delivery.upTo()
        asked.set(link, after)
        return link.send({ type: "want", stream: log.stream, after, to })
      }),
    /** A peer sends posts of this run: those that it was asked for. */
    heard: (link: Link, blocks: ReadonlyArray<Block>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const after = asked.get(link)
        const proof = after === undefined ? undefined : blocks.find((block) => isProof(link, block, after))
        return proof === undefined ? Effect.void : forked(Math.min(proof.post.n - 1, log.have(log.stream)))
      }),
    /** A peer can't show what it claims to have. */
    refute: ({ peer }: Link): void => {
      refuted.add(peer.id)
    },
    /** All is compared: who has shown nothing since the last time is not asked again. */
    review: (): void => {
      for (const { peer } of waiting) refuted.add(peer.id)
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

/** Who has sought offers of which nothing was here then. */
import type { PeerId } from "../../src/domain/Peer.ts"
import { Recent } from "../../src/domain/Recent.ts"
import type { OfferKey } from "../../src/domain/Transfer.ts"

/** So many offers are remembered, the last ones, and so many peers of each. */
const mostOffers = 256
const mostPeers = 256

/** Mutable: each change is one synchronous step. */
export class Sought {
  readonly #peers = new Recent<OfferKey, Set<PeerId>>(mostOffers)

  /** That peer has sought it. */
  add(key: OfferKey, peer: PeerId): void {
    const peers = this.#peers.get(key) ?? new Set()
    this.#peers.set(key, peers)
    if (peers.size < mostPeers) peers.add(peer)
  }

  /** Who has sought it: they are forgotten. */
  take(key: OfferKey): ReadonlySet<PeerId> {
    const peers = this.#peers.get(key) ?? new Set()
    this.#peers.delete(key)
    return peers
  }
}

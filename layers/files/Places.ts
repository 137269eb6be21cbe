/** How many connections carry files at the same time, in all and for each member. Mutable, changed in synchronous steps. */
import type { PeerId } from "../../src/domain/Peer.ts"

export interface Limits {
  /** Connections that carry files at the same time. */
  readonly transfers: number
  /** Of these, for one member. */
  readonly transfersPerPeer: number
}

export const makePlaces = ({ transfers, transfersPerPeer }: Limits) => {
  const taken = new Map<PeerId, number>()
  let all = 0
  const of = (id: PeerId): number => taken.get(id) ?? 0
  return {
    hasRoomFor: (id: PeerId): boolean => all < transfers && of(id) < transfersPerPeer,
    /** Takes places for a member, or gives them back. */
    count: (id: PeerId, by: number): void => {
      all += by
      const now = of(id) + by
      if (now === 0) taken.delete(id)
      else taken.set(id, now)
    }
  }
}

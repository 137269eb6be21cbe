/** Where each client stands among the records, without a search through all of them for each that joins. */
import type { Peer, PeerId } from "../../src/domain/Peer.ts"

/** Holds for all versions of the records, also for those of which no write succeeded. */
export class Places {
  /** Where each client stood last, of all that were ever looked for. */
  readonly #last = new Map<PeerId, number>()

  constructor(peers: ReadonlyArray<Peer>) {
    for (const [at, { id }] of peers.entries()) this.#last.set(id, at)
  }

  /** The place of a client in these records. One that is not there is expected at their end from now on. */
  of(peers: ReadonlyArray<Peer>, id: PeerId): number | undefined {
    const last = this.#last.get(id)
    if (last !== undefined && peers[last]?.id === id) return last
    const at = last === undefined ? -1 : peers.findIndex((peer) => peer.id === id)
    this.#last.set(id, at < 0 ? peers.length : at)
    return at < 0 ? undefined : at
  }
}

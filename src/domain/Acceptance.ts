/** Which offers of others a node fetches unasked. */
import type { Offer } from "./Offer.ts"
import type { PeerId } from "./Peer.ts"

export interface Acceptance {
  /** The most bytes of an offer. */
  readonly most: number
  /** Whose offers; undefined: those of everybody. */
  readonly from: ReadonlySet<PeerId> | undefined
}

/** An offer of more files is fetched only if a person asks for it: each takes room on a disk, however small it is. */
const mostFiles = 1_000

/** Whether an offer of that author is fetched unasked. Its manifest, which comes too, may be no larger than its files. */
export const accepts = ({ from, most }: Acceptance, by: PeerId, { files = 1, manifest, size }: Offer): boolean =>
  size <= most && manifest <= most && files <= mostFiles && (from === undefined || from.has(by))

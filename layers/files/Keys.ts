/** How nodes name an offer to each other without telling its digest; `docs/PROTOCOL.md` has both. */
import { createHash } from "node:crypto"
import type { Digest } from "../../src/domain/Offer.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import type { OfferKey } from "../../src/domain/Transfer.ts"

const hexOf = (text: string): string => createHash("sha256").update(text).digest("hex")

/** The key of the offer with that digest. */
export const keyOf = (digest: Digest): OfferKey => hexOf(`outlive key ${digest}`) as OfferKey

/** What shows a holder that the run of that id and epoch knows the offer. */
export const proofOf = (digest: Digest, id: PeerId, epoch: Epoch, holder: PeerId): string =>
  hexOf(`outlive fetch ${digest} ${id}/${epoch} ${holder}`)

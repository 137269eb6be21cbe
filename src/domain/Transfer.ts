/** Transfers: how nodes get the files of an offer from each other. */
import * as Schema from "effect/Schema"
import type { PeerId } from "./Peer.ts"

/**
 * Names an offer between two nodes: a digest of its digest, in 64 hexadecimal digits. So who does not know the offer can't
 * fetch it, although its key is said to everybody.
 */
export const OfferKey = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/), Schema.brand("OfferKey"))
export type OfferKey = typeof OfferKey.Type

/** How much a peer has of an offer, as far as it has said so. */
export interface Holding {
  readonly pieces: number
  readonly of: number
}

/** What a transfer does now. */
export type TransferState =
  /** Everything is here. Others can fetch it, unless this node does not share. */
  | "Shared"
  /** Pieces come. */
  | "Fetching"
  /** Nobody who can be reached has a piece that is missing here. It goes on by itself as soon as somebody has. */
  | "Waiting"
  /** It can't go on by itself: `why` says what to do. What is there is kept, and fetching it again goes on from there. */
  | "Failed"

/** One offer whose files are here, wholly or in part. Never changed: the next state is another value. */
export interface Transfer<Offer> {
  readonly offer: Offer
  readonly state: TransferState
  /** How many pieces are here and verified, and how many there are; 0 of 0 as long as the manifest is not here. */
  readonly pieces: number
  readonly of: number
  /** The verified bytes. Those of the whole offer are its size. */
  readonly bytes: number
  /** Bytes that came in a second, of late. */
  readonly rate: number
  /** The peers from which pieces come now. */
  readonly from: ReadonlyArray<PeerId>
  /** How many peers fetch it from here now. */
  readonly readers: number
  /** Where the files are, once all are here; for an offer of this node, where they were. */
  readonly paths: ReadonlyArray<string>
  /** Why it has failed or waits, in a sentence. */
  readonly why?: string
}

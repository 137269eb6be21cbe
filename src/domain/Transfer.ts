/** Transfers: how nodes get the files of an offer from each other. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import type { Offer } from "./Offer.ts"
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
  | "Done"
  /** Pieces come. */
  | "Fetching"
  /** Nobody who can be reached has a piece that is missing here. It goes on by itself as soon as somebody has. */
  | "Waiting"
  /** It can't go on by itself: `why` says what to do. What is there is kept, and fetching it again goes on from there. */
  | "Failed"

/** One offer whose files are here, wholly or in part. Never changed: the next state is another value. */
export interface Transfer {
  readonly offer: Offer
  readonly state: TransferState
  /** The bytes that are here and verified, of the offer's `size`. */
  readonly bytes: number
  /** Bytes that came in a second, of late. */
  readonly rate: number
  /** The peers from which pieces come now. */
  readonly from: ReadonlyArray<PeerId>
  /** How many peers fetch it from here now. */
  readonly readers: number
  /** The bytes of pieces that were given to peers from here. */
  readonly given: number
  /** The peers that have fetched from here, and have said that they have all of it now. */
  readonly takers: ReadonlyArray<PeerId>
  /** Where the files are, once all are here; for an offer of this node, where they were. */
  readonly paths: ReadonlyArray<string>
  /** Why it has failed or waits, in a sentence. */
  readonly why?: string
}

/** An offer as a node knows it: the post that made it, what is here of it, and who else has said that it has some. */
export interface KnownOffer {
  /** Its number in the list of the offers. */
  readonly number: number
  readonly offer: Offer
  readonly by: PeerId
  readonly transfer: Transfer | undefined
  readonly holders: ReadonlyArray<PeerId>
}

/** What a node puts together to offer it: how many bytes of how many are read. */
export interface Making {
  readonly names: ReadonlyArray<string>
  readonly bytes: number
  readonly of: number
}

/** What happens to transfers, for people. Each has one line to say. */
export type TransferEvent = Data.TaggedEnum<{
  /** All files are here. `took`: in ms. */
  Fetched: { readonly offer: Offer; readonly paths: ReadonlyArray<string>; readonly took: number }
  /** It can't go on by itself. `why` is a sentence. */
  Failed: { readonly offer: Offer; readonly why: string }
  /** Nobody who can be reached has what is missing: it waits. Said once, until pieces come again. */
  Waiting: { readonly offer: Offer }
  /** That peer sent what the offer does not contain. It is not asked for that offer any more. */
  Lied: { readonly offer: Offer; readonly peer: PeerId }
  /** A file that is offered here has changed or gone: what is left of it is served. Said once. */
  Withdrawn: { readonly offer: Offer; readonly why: string }
}>
export const TransferEvent = Data.taggedEnum<TransferEvent>()

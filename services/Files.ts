/** Files that this node offers, fetches and shares. It stays when the node begins another run. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { FileChanged, FileUnreadable, OfferGivenUp, TooMuch } from "../src/domain/Errors.ts"
import type { Digest, Offer } from "../src/domain/Offer.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Holding, Making, Transfer, TransferEvent } from "../src/domain/Transfer.ts"

/** An offer that was made of files of this machine. */
export interface Offered {
  readonly offer: Offer
  /** What was left out of its folders, and why, in words: links, and what is neither a file nor a folder. */
  readonly skipped: ReadonlyArray<string>
}

export class Files extends Context.Tag("outlive/Files")<
  Files,
  {
    /**
     * Reads these files and folders, makes one offer of them, and shares it from now on. Nobody is told: whoever calls
     * says the text of the offer (`Offer.textOf`). How far it is stands in `making`. Interrupting it gives it up.
     */
    readonly offer: (
      paths: ReadonlyArray<string>
    ) => Effect.Effect<Offered, FileUnreadable | FileChanged | TooMuch | OfferGivenUp>
    /** Gives up what is in `making`: its `offer` fails. False if it is not there any more. */
    readonly giveUp: (making: Making) => Effect.Effect<boolean>
    /**
     * Begins to fetch an offer, into that folder or the one for downloads, and returns at once. If a part is there, it goes
     * on from there. Its state stands in `transfers`, its end comes as an event. False if it is under way or here already.
     */
    readonly fetch: (offer: Offer, folder?: string) => Effect.Effect<boolean>
    /** Stops fetching, or forgets one that has failed. What is there is kept for a later `fetch`. False if it is neither. */
    readonly cancel: (digest: Digest) => Effect.Effect<boolean>
    /** Stops sharing an offer that is here, and forgets it. Its files stay. False if there was none. */
    readonly drop: (digest: Digest) => Effect.Effect<boolean>
    /** The offers of which something is here or being fetched, in the order in which they came. A plain call. */
    readonly transfers: () => ReadonlyMap<Digest, Transfer>
    /** What is being put together for an offer now. */
    readonly making: () => ReadonlyArray<Making>
    /**
     * Asks the peers who has pieces of that offer, and begins to remember the answers. What is being fetched is asked for
     * anyway. Without links nothing is asked.
     */
    readonly seek: (offer: Offer) => Effect.Effect<void>
    /** The peers that have said that they have pieces of it. A plain call. */
    readonly holders: (digest: Digest) => ReadonlyMap<PeerId, Holding>
    /**
     * Calls a plain function after each change of `transfers`, `making` and `holders`, at most four times a second if only
     * progress has changed, until the function that is returned is called. It must be cheap and must not throw.
     */
    readonly onChange: (look: () => void) => () => void
    /** The same for events, each once, in order. Earlier ones are not repeated. */
    readonly onEvent: (tell: (event: TransferEvent) => void) => () => void
  }
>() {}

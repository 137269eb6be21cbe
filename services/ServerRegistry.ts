/** The server's roster. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Subscribable from "effect/Subscribable"
import type { PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"
import type { JoinRequest } from "./PeerMesh.ts"

/** Who is in the chat: admits newcomers, remembers them, and calls them back after a restart. */
export class ServerRegistry extends Context.Tag("outlive/ServerRegistry")<
  ServerRegistry,
  {
    /**
     * Lets a visitor in: it is on record before it, or anyone else, hears of it. If it can't be put on record it is
     * refused, and this fails. Who comes for a moment only is not put on record.
     */
    readonly admit: (joinRequest: JoinRequest) => Effect.Effect<void, PortStoreUnavailable>
    /** Dials everyone on record, in the background; returns who that is. */
    readonly callBack: Effect.Effect<ReadonlyArray<Peer>, PortStoreUnavailable>
    /** Puts on record, if it is not, a client to which there is a link: whoever was given up may have been found. */
    readonly remember: (peer: Peer) => Effect.Effect<void, PortStoreUnavailable>
    /**
     * Takes a client off the record that has left, or was given up. One that is here again by now stays on it; of one that is just
     * coming in, this waits to see what becomes of that.
     */
    readonly dismiss: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Takes a client off the record that was sent away, be it here or not. */
    readonly expel: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Why nobody can be put on record, as far as is known: now, and at each change. None once somebody could be. */
    readonly trouble: Subscribable.Subscribable<Option.Option<PortStoreUnavailable>>
  }
>() {}

/** The clients of a server. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Subscribable from "effect/Subscribable"
import type { IdElsewhere, PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"
import type { JoinRequest } from "./PeerMesh.ts"

/** Admits newcomers, records them, and calls them back after a restart. */
export class ServerRegistry extends Context.Tag("outlive/ServerRegistry")<
  ServerRegistry,
  {
    /**
     * Admits a visitor. It is recorded before it, or anyone else, is told. If it can't be recorded, or its id belongs to
     * somebody at another site, it is refused, and this fails: for now, if whoever has the id there may be gone. A visitor that only passes through is not recorded.
     */
    readonly admit: (joinRequest: JoinRequest) => Effect.Effect<void, PortStoreUnavailable | IdElsewhere>
    /** Dials all recorded clients in the background. Returns them. */
    readonly callBack: Effect.Effect<ReadonlyArray<Peer>, PortStoreUnavailable>
    /**
     * Records a client that has a link, if it is not recorded: it may have been given up before, or have been at another
     * site while this server was away. The link is ended if its id belongs to somebody else at another site.
     */
    readonly remember: (peer: Peer) => Effect.Effect<void, PortStoreUnavailable | IdElsewhere>
    /** The link to a client is lost. If it does not come back soon, another site may admit it. */
    readonly lost: (id: PeerId) => Effect.Effect<void>
    /**
     * Removes a client that has left or was given up. It stays recorded if it has a link again. If it is just joining,
     * this waits for the result.
     */
    readonly dismiss: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Removes an expelled client, even if it has a link. */
    readonly expel: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Why no client can be recorded: now, and at each change. None once recording works again. */
    readonly trouble: Subscribable.Subscribable<Option.Option<PortStoreUnavailable>>
  }
>() {}

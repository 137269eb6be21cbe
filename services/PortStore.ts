/** Where every client listens, kept where it outlives the server. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"

/** Remembers where every client listens, so that a restarted server can call them back. */
export class PortStore extends Context.Tag("outlive/PortStore")<
  PortStore,
  {
    /** Records where a client listens, in place of what was known of it. It is on disk when this returns. */
    readonly record: (peer: Peer) => Effect.Effect<void, PortStoreUnavailable>
    /** Drops a client that has left for good; one that is unknown is no error. */
    readonly forget: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Every client on record, in the order in which they joined. */
    readonly all: Effect.Effect<ReadonlyArray<Peer>, PortStoreUnavailable>
  }
>() {}

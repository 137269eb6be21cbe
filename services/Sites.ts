/** The sites of a chat that has several. A server of a chat that has one has no such service. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Subscribable from "effect/Subscribable"
import type { Address, Peer } from "../src/domain/Peer.ts"
import type { Site } from "../src/domain/Site.ts"

export class Sites extends Context.Tag("outlive/Sites")<
  Sites,
  {
    /** The site of this server. */
    readonly site: Site
    /**
     * The servers of all sites, this one among them, and where their clients reach each: now, and at each change. One
     * that is away for a moment stays among them.
     */
    readonly servers: Subscribable.Subscribable<ReadonlyArray<Peer>>
    /** Tells the others where clients reach this server. */
    readonly listensAt: (address: Address) => Effect.Effect<void>
  }
>() {}

/** Keeps what a node knows about the identity of others. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import type { Trust } from "../src/domain/Trust.ts"

export class TrustStore extends Context.Tag("outlive/TrustStore")<
  TrustStore,
  {
    /** The present state. A plain function: it is read for every visitor. */
    readonly current: () => Trust
    /** Changes the state. It is on disk when this returns. Changes are made one after the other. */
    readonly change: (next: (trust: Trust) => Trust) => Effect.Effect<void, StateUnavailable>
    /** Changes the state in memory. It is written to disk only with a later change. */
    readonly assume: (next: (trust: Trust) => Trust) => Effect.Effect<void>
  }
>() {}

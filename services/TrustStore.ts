/** Where a node remembers whom it takes for whom. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import type { Trust } from "../src/domain/Trust.ts"

export class TrustStore extends Context.Tag("outlive/TrustStore")<
  TrustStore,
  {
    /** What is remembered now. A plain function: it is asked for every visitor. */
    readonly current: () => Trust
    /** Remembers something else. It is on disk when this returns; one change is made after the other. */
    readonly change: (next: (trust: Trust) => Trust) => Effect.Effect<void, StateUnavailable>
    /** Remembers something else for as long as this process runs, and longer only if a later change can be kept. */
    readonly assume: (next: (trust: Trust) => Trust) => Effect.Effect<void>
  }
>() {}

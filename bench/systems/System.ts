/** A system that brings lines from one author to many readers. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchFailed } from "../Processes.ts"

/** A running system: where its author types and its readers listen, in the load generator's notation. */
export interface Running {
  readonly feed: string
  readonly sink: string
  /** The processes whose CPU time and memory count. */
  readonly pids: ReadonlyArray<number>
}

export interface System {
  readonly name: string
  /** A requirement that may be missing: a command of the operating system, or a package of `bench/peers`. */
  readonly needs?: { readonly command: string } | { readonly package: string }
  readonly start: Effect.Effect<Running, BenchFailed, Scope.Scope>
}

/** A system that brings lines from one author to many readers. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { BenchFailed } from "../Processes.ts"

/** One that runs: where its author types and its readers listen, as the load generator names them. */
export interface Running {
  readonly feed: string
  readonly sink: string
  /** Whose CPU time and memory count. */
  readonly pids: ReadonlyArray<number>
}

export interface System {
  readonly name: string
  /** What it needs that may be missing: a command of the system, or a package of `bench/peers`. */
  readonly needs?: { readonly command: string } | { readonly package: string }
  readonly start: Effect.Effect<Running, BenchFailed, Scope.Scope>
}

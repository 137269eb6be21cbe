/** Checks of the machine that a node runs on, for `outlive doctor`. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { LogInUse, LogUnavailable } from "../src/domain/Errors.ts"

/** The terminal, if there is one. */
export interface Terminal {
  /** Whether stdin and stdout are both a terminal. */
  readonly isThere: boolean
  /** The type of the terminal, as in `TERM`; may be empty. */
  readonly kind: string
  /** The number of columns; 0 if it is not known. */
  readonly columns: number
  /** Whether the locale is UTF-8. */
  readonly utf8: boolean
}

/** A folder where a log can be kept. */
export interface Folder {
  /** Whether it exists. If not, it is made when it is needed. */
  readonly exists: boolean
  readonly freeBytes: number
  /** When its last run began, in ms since 1970; 0 if there was none. */
  readonly lastRun: number
}

export class HostChecks extends Context.Tag("outlive/HostChecks")<
  HostChecks,
  {
    readonly terminal: Effect.Effect<Terminal>
    /** The IP addresses of a name; empty if it has none. */
    readonly addressesOf: (host: string) => Effect.Effect<ReadonlyArray<string>>
    /** Checks whether a log can be kept there now. Changes nothing. */
    readonly folder: (path: string) => Effect.Effect<Folder, LogUnavailable | LogInUse>
  }
>() {}

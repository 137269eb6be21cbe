/** The machine that a node runs on, as far as something may be wrong with it. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { LogInUse, LogUnavailable } from "../src/domain/Errors.ts"

/** The terminal that a person uses, or that a script does not have. */
export interface Terminal {
  /** Whether stdin and stdout are both a terminal. */
  readonly isThere: boolean
  /** What the terminal calls itself, as in `TERM`; empty if it does not. */
  readonly kind: string
  /** How many letters a row has; 0 if it is not known. */
  readonly columns: number
  /** Whether letters beyond ASCII are to be shown as UTF-8. */
  readonly utf8: boolean
}

/** A folder where a log can be kept. */
export interface Folder {
  /** Whether there is one already; it is made when it is needed. */
  readonly exists: boolean
  readonly freeBytes: number
  /** When its last run began, in ms since 1970; 0 if there was none. */
  readonly lastRun: number
}

export class HostChecks extends Context.Tag("outlive/HostChecks")<
  HostChecks,
  {
    readonly terminal: Effect.Effect<Terminal>
    /** The IP addresses that a name has; none if it has none. */
    readonly addressesOf: (host: string) => Effect.Effect<ReadonlyArray<string>>
    /** Looks whether a log can be kept there now; leaves it as it was. */
    readonly folder: (path: string) => Effect.Effect<Folder, LogUnavailable | LogInUse>
  }
>() {}

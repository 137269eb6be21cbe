/** Checks of the machine that a node runs on, for `outlive doctor`. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { LogInUse, LogUnavailable } from "../src/domain/Errors.ts"
import type { Room } from "../src/domain/Post.ts"

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

/** What is kept in the log of a folder. */
export interface KeptLog {
  readonly posts: number
  readonly streams: number
  /** The rooms besides `main`: those that its node has joined, and those that it carries for others. */
  readonly joined: ReadonlyArray<Room>
  readonly carried: ReadonlyArray<Room>
  /** Private posts of a plain chat, which are readable. */
  readonly privatePosts: number
  /** Sealed private posts, and how many of them are for this user and can't be opened. */
  readonly sealed: number
  readonly unreadable: number
  /** The number of lines that can't be read. */
  readonly damaged: number
}

/** A folder where a log can be kept. */
export interface Folder {
  /** Whether it exists. If not, it is made when it is needed. */
  readonly exists: boolean
  readonly freeBytes: number
  /** When its last run began, in ms since 1970; 0 if there was none. */
  readonly lastRun: number
  /** What it has; undefined if there is no log yet. */
  readonly log: KeptLog | undefined
}

export class HostChecks extends Context.Tag("outlive/HostChecks")<
  HostChecks,
  {
    readonly terminal: Effect.Effect<Terminal>
    /** The IP addresses of a name; empty if it has none. */
    readonly addressesOf: (host: string) => Effect.Effect<ReadonlyArray<string>>
    /** Checks whether a log can be kept there now, and what is. Changes nothing. `state`: where the user's keys are. */
    readonly folder: (path: string, state: string) => Effect.Effect<Folder, LogUnavailable | LogInUse>
  }
>() {}

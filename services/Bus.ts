/** What is used of a message system between sites: NATS with JetStream, or a double in memory. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Subscribable from "effect/Subscribable"
import type { BusUnavailable, KeyTaken } from "../src/domain/Errors.ts"
import type { Rest } from "../src/domain/Rest.ts"
import type { Change, Entry, Position, Stored } from "../src/domain/Stored.ts"

/** Whether the message system can be reached. `detail`: why not. `remedy`: what somebody has to do, if waiting won't help. */
export type BusState = Data.TaggedEnum<{
  readonly Connected: {}
  readonly Away: { readonly detail: string; readonly remedy?: string | undefined }
}>
export const BusState = Data.taggedEnum<BusState>()

/**
 * Entries that all sites see and change, one at a time. Keys have letters, digits, `-`, `_`, `=`, `/` and `.`. Each step
 * fails with `BusUnavailable` while the bus is away, and if there is no answer in time. A change that failed so may have
 * been made all the same.
 */
export interface Bucket {
  /** The entry of that key, if there is one. */
  readonly get: (key: string) => Effect.Effect<Entry | undefined, BusUnavailable>
  /** Makes an entry that is not there, and returns its revision. Of those that try at once, one succeeds. */
  readonly create: (key: string, bytes: Uint8Array) => Effect.Effect<number, KeyTaken | BusUnavailable>
  /** Changes an entry that still has that revision, and returns its next one. */
  readonly update: (
    key: string,
    bytes: Uint8Array,
    revision: number
  ) => Effect.Effect<number, KeyTaken | BusUnavailable>
  /** Removes an entry that still has that revision. */
  readonly remove: (key: string, revision: number) => Effect.Effect<void, KeyTaken | BusUnavailable>
  /** All entries whose keys begin so. `prefix` ends with a dot. */
  readonly all: (prefix: string) => Effect.Effect<ReadonlyArray<Entry>, BusUnavailable>
  /**
   * All entries whose keys begin so, and then each change. What changed while the bus was away comes when it is back. A
   * value that was soon replaced may never come. The same change may come twice.
   */
  readonly watch: (prefix: string) => Stream.Stream<Change>
}

/**
 * Messages between the sites of one chat. Subjects are words with dots in between; they are within the chat, so that
 * several chats can use one message system.
 */
export class Bus extends Context.Tag("outlive/Bus")<
  Bus,
  {
    /** Whether the bus is connected: now, and at each change. */
    readonly state: Subscribable.Subscribable<BusState>
    /** How often it was connected again. */
    readonly reconnects: () => number
    /** The most bytes that one message may have. */
    readonly mostBytes: () => number
    /**
     * Sends a message to whoever subscribes to its subject now. False while the bus is away, or takes no more: then
     * nothing is sent. It may get lost. A plain function, for the hot path.
     */
    readonly publish: (subject: string, bytes: Uint8Array) => boolean
    /**
     * Gives each message of that subject to `take` until the scope closes, what this node publishes among them. In the
     * subject, `*` stands for a word, and `>` at the end for all that follow. When this returns, a message that anybody
     * publishes later is heard, unless the bus is away. From one publisher they come in order as long as nothing goes
     * wrong. `take` is a plain function, for the hot path; it must not throw.
     */
    readonly subscribe: (
      subject: string,
      take: (bytes: Uint8Array, subject: string) => void
    ) => Effect.Effect<void, never, Scope.Scope>
    /**
     * Stores a message for all sites; the subject begins with `post.`. Calls `then` once: without a failure when the
     * message is stored, as safely as the message system does that. Messages that are appended one after another, without
     * waiting, are stored in that order as long as nothing goes wrong. Of messages with the same id, within minutes, only
     * the first is stored. It fails while the bus is away, if there is no acknowledgement in time, and if too much waits
     * for one already, perhaps before this returns; the message may be stored all the same. A plain function, for the hot
     * path; `then` must not throw.
     */
    readonly append: (
      subject: string,
      id: string,
      bytes: Uint8Array,
      then: (failure: BusUnavailable | undefined) => void
    ) => void
    /**
     * Gives what is stored to `take` until it is interrupted: what comes after that position, or from now on. Without a
     * fault, each message comes once and in order. What was stored while the bus was away comes when it is back, as far
     * as it is kept. Nothing more is read than one batch until `take` has it. `take` is a plain function, for the hot path.
     * It returns what remains to be done until it has the batch, if anything does (`Rest`). It must not throw. A position
     * of another store counts as the beginning of this one.
     */
    readonly follow: (after: Position | undefined, take: (batch: ReadonlyArray<Stored>) => Rest) => Effect.Effect<never>
    readonly bucket: Bucket
  }
>() {}

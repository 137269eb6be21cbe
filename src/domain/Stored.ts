/** What a bus between sites keeps: messages in one order, and entries in a bucket. */
import * as Schema from "effect/Schema"

/** Where a message stands among all that are kept. It also names the store, so it holds for no other one. */
export const Position = Schema.String.pipe(Schema.pattern(/^[\w:.-]{1,64}\/\d{1,16}$/), Schema.brand("Position"))
export type Position = typeof Position.Type

/** A message that is kept. */
export interface Stored {
  readonly position: Position
  readonly subject: string
  readonly bytes: Uint8Array
  /** When it was stored, by the clock of the message system, in ms since 1970. */
  readonly at: number
}

/** An entry of the bucket. Each change gives it a greater revision. */
export interface Entry {
  readonly key: string
  readonly revision: number
  readonly bytes: Uint8Array
}

/** What became of an entry: another value, or no value at all. */
export interface Change {
  readonly key: string
  readonly revision: number
  readonly bytes: Uint8Array | undefined
}

/** Sources that a test sends from, and readers of what arrives. */
import * as Effect from "effect/Effect"
import type { Connection, Source } from "../../services/Transport.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import { joined } from "./bytes.ts"

/** A source of these pieces. `given`: how many bytes were taken from it so far. */
export const sourceOf = (pieces: Iterable<Uint8Array>): Source & { readonly given: () => number } => {
  const left = pieces[Symbol.iterator]()
  let given = 0
  const next = (): Uint8Array | undefined => {
    const piece = left.next().value as Uint8Array | undefined
    given += piece?.length ?? 0
    return piece
  }
  return Object.assign(next, { given: () => given })
}

/** A source that a test fills as it goes on. */
export const queue = (): Source & { readonly put: (bytes: Uint8Array) => void } => {
  const waiting: Array<Uint8Array> = []
  return Object.assign(() => waiting.shift(), {
    put: (bytes: Uint8Array) => {
      waiting.push(bytes)
    }
  })
}

/** Sends these pieces over a connection. */
export const send = (connection: Connection, ...pieces: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
  Effect.sync(() => {
    connection.drain(sourceOf(pieces))
    connection.wake()
  })

/** Reads exactly `count` bytes at a time from a connection. */
export const reader = (connection: Connection): Effect.Effect<(count: number) => Effect.Effect<Uint8Array, PeerLost>> =>
  Effect.sync(() => {
    let held: Uint8Array = new Uint8Array()
    const take = (count: number): Effect.Effect<Uint8Array, PeerLost> =>
      Effect.suspend(() => {
        if (held.length >= count) {
          const taken = held.subarray(0, count)
          held = held.subarray(count)
          return Effect.succeed(taken)
        }
        return Effect.flatMap(connection.incoming, (pieces) => {
          held = joined([held, ...pieces])
          return take(count)
        })
      })
    return take
  })

/** Reads everything that arrives. Returns how the connection ended. */
export const ending = (connection: Connection): Effect.Effect<PeerLost> =>
  Effect.flip(Effect.forever(connection.incoming))

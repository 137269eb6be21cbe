/** A connection that speaks frames. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Connection } from "../../services/Transport.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { type Control, encode, type Frame } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { makeOutbox, type Outbox } from "../../src/protocol/Outbox.ts"

export interface Wire {
  readonly connection: Connection
  readonly outbox: Outbox
  /** The next frames, at least one. Fails when the connection has ended in any way. */
  readonly frames: Effect.Effect<Arr.NonEmptyReadonlyArray<Frame>, PeerLost>
  /** When this node began to handle the last frames, in ns. */
  readonly begun: () => bigint
  /**
   * Queues encoded frames before all posts; false if too many wait. A plain function, for frames that all links get.
   */
  readonly give: (lines: ReadonlyArray<Uint8Array>) => boolean
  /** Sends these frames before any post. A peer that lets too many of them wait is cut off. */
  readonly send: (...frames: ReadonlyArray<Control>) => Effect.Effect<void>
  /** The same for encoded lines. */
  readonly sendLines: (lines: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
}

/** Speaks frames over a connection. */
export const make = (connection: Connection, log: Pick<ReplicaLog["Type"], "slice">): Effect.Effect<Wire> =>
  Effect.gen(function* () {
    const outbox = makeOutbox(log.slice)
    yield* connection.drain(outbox.next)
    const decode = makeFrameDecoder()
    const clock = yield* Effect.clock
    let begun = clock.unsafeCurrentTimeNanos()
    const frames: Wire["frames"] = Effect.flatMap(connection.incoming, (pieces) => {
      begun = clock.unsafeCurrentTimeNanos()
      const decoded = decode(pieces)
      if (Either.isLeft(decoded)) return new PeerLost({ reason: "malformed" })
      return Arr.isNonEmptyReadonlyArray(decoded.right) ? Effect.succeed(decoded.right) : frames
    })
    const give: Wire["give"] = (lines) => {
      const all = lines.every(outbox.push)
      connection.wake()
      return all
    }
    const sendLines: Wire["sendLines"] = (lines) =>
      Effect.suspend(() => (give(lines) ? Effect.void : connection.abort("overrun")))
    return {
      connection,
      outbox,
      frames,
      begun: () => begun,
      give,
      send: (...list) => sendLines(list.map(encode)),
      sendLines
    }
  })

/** Sends the same frames to several wires. They are encoded once. */
export const sendTo = (wires: ReadonlyArray<Wire>, frames: ReadonlyArray<Control>): Effect.Effect<void> => {
  const lines = frames.map(encode)
  return Effect.forEach(
    wires.filter((wire) => !wire.give(lines)),
    ({ connection }) => connection.abort("overrun"),
    { discard: true }
  )
}

/** A connection that speaks frames. */
import type * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { MessageLog } from "../../services/MessageLog.ts"
import type { Connection } from "../../services/Transport.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { Control, Frame } from "../../src/protocol/Frame.ts"
import * as FrameStream from "../../src/protocol/FrameStream.ts"
import { makeOutbox, type Outbox } from "../../src/protocol/Outbox.ts"

export interface Wire {
  readonly connection: Connection
  readonly outbox: Outbox
  /** The frames that have come since, one at least. Fails when the connection has ended, in whichever way. */
  readonly frames: Effect.Effect<Chunk.NonEmptyChunk<Frame>, PeerLost>
  /** Sends these frames before any post. One who lets too many of them wait is cut off. */
  readonly send: (...frames: ReadonlyArray<Control>) => Effect.Effect<void>
}

/** Speaks frames over a connection, until the scope closes. */
export const make = (connection: Connection, log: MessageLog["Type"]): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function* () {
    const outbox = makeOutbox(log.slice)
    yield* connection.drain(outbox.next)
    const pull = yield* Stream.toPull(FrameStream.fromBytes(connection.incoming))
    const frames: Wire["frames"] = Effect.matchEffect(pull, {
      onFailure: Option.match({
        onNone: () => Effect.fail(new PeerLost({ reason: "closed" })),
        onSome: (error) => Effect.fail(error._tag === "FrameMalformed" ? new PeerLost({ reason: "malformed" }) : error)
      }),
      onSuccess: (chunk) => (chunk.length > 0 ? Effect.succeed(chunk as Chunk.NonEmptyChunk<Frame>) : frames)
    })
    return {
      connection,
      outbox,
      frames,
      send: (...list) =>
        Effect.suspend(() => {
          const all = list.every(outbox.push)
          connection.wake()
          return all ? Effect.void : connection.abort("overrun")
        })
    }
  })

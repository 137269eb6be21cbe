/** Listeners of tests. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { Connection, Transport } from "../../services/Transport.ts"
import type { Address } from "../../src/domain/Peer.ts"

/** Listens, and runs an effect for each connection, which ends with it. */
export const listen = (
  transport: Transport["Type"],
  address: Address,
  serve: (connection: Connection) => Effect.Effect<unknown>,
  regret?: Uint8Array
) =>
  Effect.flatMap(FiberSet.makeRuntime<never, void, never>(), (run) =>
    transport.listen(
      address,
      (connection) => {
        run(
          Effect.ensuring(
            Effect.asVoid(serve(connection)),
            Effect.sync(() => connection.release())
          )
        )
      },
      regret
    )
  )

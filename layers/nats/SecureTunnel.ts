/** A Transport through NATS with TLS over it, so that NATS learns nothing of what is said: for secure chats. */
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { Accepted, Transport } from "../../services/Transport.ts"
import type { Host } from "../../src/domain/Peer.ts"
import * as TcpTransport from "../TcpTransport.ts"
import { endOnError } from "../transport/Listening.ts"
import type { Made } from "./NatsTransport.ts"
import { socketOver } from "./TunnelSocket.ts"

/** The time limit for a TLS handshake through NATS, in ms. */
const handshakeLimit = 5_000

/** A connection over TLS whose other side is known by the end of a tunnel. */
class FarConnection extends TcpTransport.SocketConnection {
  readonly #end: Accepted

  constructor(end: Accepted, ...rest: ConstructorParameters<typeof TcpTransport.SocketConnection>) {
    super(...rest)
    this.#end = end
  }

  override get from(): Host {
    return this.#end.from
  }

  override introduced(): void {
    this.#end.introduced()
  }
}

/** The same transport, each of whose connections is secured so. */
export const over = (
  { dial, listen }: Made["transport"],
  protection: TcpTransport.Securing
): Pick<Transport["Type"], "dial" | "listen"> => ({
  dial: (address) =>
    Effect.flatMap(dial(address), (end) =>
      TcpTransport.attempt(
        protection,
        { ...address, from: undefined, limit: handshakeLimit },
        () => endOnError(protection.over(endOnError(socketOver(end)))),
        (socket) => new FarConnection(end, socket, protection.reset)
      )
    ),
  listen: (address, serve: (connection: Accepted) => void) =>
    Effect.gen(function* () {
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const open = new Set<TcpTransport.SocketConnection>()
      const secured = (end: Accepted): void => {
        const use = (socket: Net.Socket): void =>
          TcpTransport.serveIfFit(protection, socket, new FarConnection(end, socket, protection.reset, open), serve)
        run(protection.accept(endOnError(socketOver(end)), use))
      }
      const listening = yield* listen(address, secured)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const connection of open) connection.release()
        })
      )
      return listening
    })
})

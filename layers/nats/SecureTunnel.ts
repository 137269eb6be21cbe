/** A Transport through NATS with TLS over it, so that NATS learns nothing of what is said: for secure chats. */
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type { Accepted, Transport } from "../../services/Transport.ts"
import * as TcpTransport from "../TcpTransport.ts"
import { socketOver } from "../transport/ConnectionSocket.ts"
import { endOnError } from "../transport/Listening.ts"
import * as SecuredOver from "../transport/SecuredOver.ts"
import type { Made } from "./NatsTransport.ts"

/** The same transport, each of whose connections is secured so. */
export const over = (
  { dial, listen }: Made["transport"],
  protection: TcpTransport.Securing
): Pick<Transport["Type"], "dial" | "listen"> => ({
  dial: (address) =>
    Effect.flatMap(dial(address), (end) => SecuredOver.dialled(protection, address, end, () => end.release())),
  listen: (address, serve: (connection: Accepted) => void) =>
    Effect.gen(function* () {
      const run = yield* FiberSet.makeRuntime<never, void, never>()
      const open = new Set<TcpTransport.SocketConnection>()
      const secured = (end: Accepted): void => {
        const use = (socket: Net.Socket): void =>
          TcpTransport.serveIfFit(protection, socket, new SecuredOver.Over(end, socket, protection.reset, open), serve)
        run(protection.accept(endOnError(socketOver(end, () => end.release())), use))
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

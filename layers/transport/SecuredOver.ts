/** TLS over a connection that is there already, between the same two nodes, whoever passes it on. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection, Transport } from "../../services/Transport.ts"
import { PeerUnreachable, type PortTaken } from "../../src/domain/Errors.ts"
import { type Address, type Host, Port } from "../../src/domain/Peer.ts"
import * as TcpTransport from "../TcpTransport.ts"
import { socketOver } from "./ConnectionSocket.ts"
import { endOnError } from "./Listening.ts"

/** The time limit for a handshake over what others pass on, in ms. */
const handshakeLimit = 5_000

/** A connection over TLS whose other side is known by the connection below. */
export class Over extends TcpTransport.SocketConnection {
  readonly #below: Connection

  constructor(below: Connection, ...rest: ConstructorParameters<typeof TcpTransport.SocketConnection>) {
    super(...rest)
    this.#below = below
  }

  override get from(): Host {
    return this.#below.from
  }

  override introduced(): void {
    this.#below.introduced()
  }
}

/** Secures a connection that this node has dialled. `letGo` gives up the connection below. */
export const dialled = (
  protection: TcpTransport.Securing,
  address: Address,
  below: Connection,
  letGo: () => void
): Effect.Effect<Connection, PeerUnreachable | PortTaken, Scope.Scope> =>
  TcpTransport.attempt(
    protection,
    { ...address, from: undefined, limit: handshakeLimit },
    () => endOnError(protection.over(endOnError(socketOver(below, letGo)))),
    (socket) => new Over(below, socket, protection.reset)
  )

/** Secures a connection that another node has dialled, if that node shows what it must. */
const accepted = (protection: TcpTransport.Securing, address: Address, below: Connection, letGo: () => void) =>
  Effect.suspend(() => {
    let secured: Over | undefined
    return Effect.flatMap(
      protection.accept(endOnError(socketOver(below, letGo)), (socket) => {
        const over = new Over(below, socket, protection.reset)
        TcpTransport.serveIfFit(protection, socket, over, () => {
          secured = over
        })
      }),
      () =>
        secured === undefined
          ? Effect.fail(new PeerUnreachable({ address, detail: "it shows no key" }))
          : Effect.succeed(secured)
    )
  })

/** Connections over those that others pass on, secured so from end to end. */
export const within =
  (protection: TcpTransport.Securing): Transport["Type"]["within"] =>
  (below, side) => {
    const address = { host: below.from, port: Port.make(1) }
    const letGo = (): void => below.close("closed")
    if (side === "accepted") {
      return Effect.tap(accepted(protection, address, below, letGo), (over) =>
        Effect.addFinalizer(() => Effect.sync(() => over.release()))
      )
    }
    return Effect.mapError(dialled(protection, address, below, letGo), (error) =>
      error._tag === "PortTaken" ? new PeerUnreachable({ address, detail: error.detail }) : error
    )
  }

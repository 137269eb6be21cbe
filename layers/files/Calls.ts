/** Peers that this node can't dial, and asks to dial it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Accepted, Connection } from "../../services/Transport.ts"
import { PeerUnreachable } from "../../src/domain/Errors.ts"
import type { OfferKey } from "../../src/domain/Transfer.ts"
import type { FileLink } from "../LinkContract.ts"

/** How long a called peer may take to come. */
const comeLimit = Duration.seconds(10)

const nameOf = ({ peer }: FileLink, key: OfferKey): string => `${peer.id} ${key}`

/** Mutable: each change is one synchronous step. */
export const make = () => {
  /** Who waits for a called peer to come. */
  const awaited = new Map<string, (connection: Accepted) => void>()

  return {
    /** Asks a peer that can't be dialled to dial this node. The connection is open until the scope closes. */
    call: (link: FileLink, key: OfferKey): Effect.Effect<Connection, PeerUnreachable, Scope.Scope> => {
      const name = nameOf(link, key)
      const unreachable = (detail: string) => new PeerUnreachable({ address: link.peer.address, detail })
      return Effect.acquireRelease(
        Effect.async<Accepted, PeerUnreachable>((resume) => {
          if (awaited.has(name)) return resume(unreachable("it was called a moment ago"))
          const come = (connection: Accepted): void => {
            awaited.delete(name)
            connection.introduced()
            resume(Effect.succeed(connection))
          }
          awaited.set(name, come)
          link.put({ type: "call", key })
          return Effect.sync(() => {
            if (awaited.get(name) === come) awaited.delete(name)
          })
        }).pipe(
          Effect.timeoutFail({ duration: comeLimit, onTimeout: () => unreachable("it does not come") }),
          Effect.interruptible
        ),
        (connection) => Effect.sync(() => connection.release())
      )
    },
    /** The peer of that link has come over this connection. False if nobody has called it. */
    come: (link: FileLink, key: OfferKey, connection: Accepted): boolean => {
      const waiter = awaited.get(nameOf(link, key))
      waiter?.(connection)
      return waiter !== undefined
    }
  }
}

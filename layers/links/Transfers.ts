/** What links offer to files: who is linked, and connections to those besides the links. */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { Connection, Transport } from "../../services/Transport.ts"
import { PeerUnreachable } from "../../src/domain/Errors.ts"
import { isDialable } from "../../src/domain/Peer.ts"
import { protocolVersion } from "../../src/protocol/Frame.ts"
import type { FileLinks } from "../LinkContract.ts"
import type { Node } from "./Node.ts"

interface Needs {
  readonly transport: Transport["Type"]
}

/** Whether both connections have the same key at the other side, or none. */
const isSameKey = (one: Connection, other: Connection): boolean => {
  const keyOf = ({ secured }: Connection) => Option.map(secured, ({ key }) => key)
  return Equal.equals(keyOf(one), keyOf(other))
}

export const make = ({ address, log, membership, peers, settings, table }: Node, { transport }: Needs): FileLinks => ({
  self: () => ({ id: settings.id, role: settings.role, epoch: log.epoch, chat: membership.chat() }),
  current: table.links,
  onChange: peers.listen,
  dial: ({ peer }) =>
    Effect.gen(function* () {
      const unreachable = (detail: string) => new PeerUnreachable({ address: peer.address, detail })
      if (!isDialable(peer.address, address())) return yield* unreachable("this node must not dial it")
      const connection = yield* transport.dial(peer.address, undefined, "bulk")
      yield* Effect.mapError(membership.meets(connection, peer.id), unreachable)
      const link = table.links.get(peer.id)
      if (link === undefined || !isSameKey(connection, link.connection)) {
        return yield* unreachable("it has another node's key")
      }
      return connection
    }),
  linkOf: (connection, { chat, epoch, id, protocol, to }) => {
    const link = table.links.get(id)
    const isMeant = protocol === protocolVersion && to === settings.id && chat === membership.chat()
    return isMeant && link?.epoch === epoch && isSameKey(connection, link.connection) ? link : undefined
  }
})

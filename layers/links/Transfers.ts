/** What links offer to files: who is linked, and connections to those besides the links. */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type { Connection, Transport } from "../../services/Transport.ts"
import { PeerUnreachable } from "../../src/domain/Errors.ts"
import { isDialable } from "../../src/domain/Peer.ts"
import { protocolVersion, type Visit } from "../../src/protocol/Frame.ts"
import type { FileLinks, Replication } from "../LinkContract.ts"
import type { Node } from "./Node.ts"

interface Needs {
  readonly transport: Transport["Type"]
  readonly replication: Replication<unknown>
}

/** Whether both connections have the same key at the other side, or none. */
const isSameKey = (one: Connection, other: Connection): boolean => {
  const keyOf = ({ secured }: Connection) => Option.map(secured, ({ key }) => key)
  return Equal.equals(keyOf(one), keyOf(other))
}

export const make = (
  { address, log, membership, peers, settings, table }: Node,
  { replication, transport }: Needs
): FileLinks => {
  const isMeant = ({ chat, protocol, to }: Visit): boolean =>
    protocol === protocolVersion && to === settings.id && chat === membership.chat()
  return {
    self: () => ({ id: settings.id, role: settings.role, epoch: log.epoch, chat: membership.chat() }),
    current: table.links,
    onChange: peers.listen,
    dial: ({ isFar, peer }, use) =>
      Effect.gen(function* () {
        const unreachable = (detail: string) => new PeerUnreachable({ address: peer.address, detail })
        if (!isFar && !isDialable(peer.address, address())) return yield* unreachable("this node must not dial it")
        const connection = yield* transport.dial(peer.address, undefined, use)
        yield* Effect.mapError(membership.meets(connection, peer.id), unreachable)
        const link = table.links.get(peer.id)
        if (link === undefined || !isSameKey(connection, link.connection)) {
          return yield* unreachable("it has another node's key")
        }
        return connection
      }),
    linkOf: (connection, visit) => {
      const link = table.links.get(visit.id)
      return isMeant(visit) && link?.epoch === visit.epoch && isSameKey(connection, link.connection) ? link : undefined
    },
    within: transport.within,
    isCalled: membership.isCalled,
    isOfFar: (connection, visit) =>
      isMeant(visit) && replication.wasFar(visit.id, visit.epoch) && membership.isCalled(connection, visit.id)
  }
}

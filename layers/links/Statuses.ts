/** The status of every peer, for people. */
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import type { Replication } from "../LinkContract.ts"
import type { Missing } from "./Missing.ts"
import type { Node } from "./Node.ts"

interface Needs {
  readonly missing: Missing
  readonly replication: Replication<unknown>
}

export const make = ({ address, guests, settings, table }: Node, { missing, replication }: Needs) => {
  const linked = (): ReadonlyArray<PeerStatus> =>
    Array.from(table.links.values(), (link) => ({
      peer: link.peer,
      link: { since: link.since, roundTrip: link.pulse.roundTrip, behind: replication.behind(link) },
      through: undefined,
      givenUp: false
    }))

  const sought = (): ReadonlyArray<PeerStatus> =>
    missing
      .sought()
      .filter(({ peer: { id } }) => !table.links.has(id))
      .map(({ peer }) => ({ peer, link: undefined, through: replication.relayOf(peer.id), givenUp: false }))

  const heard = (): ReadonlyArray<PeerStatus> =>
    missing.heardThoughGivenUp().flatMap((peer): ReadonlyArray<PeerStatus> => {
      const through = replication.relayOf(peer.id)
      // Whoever handed on its lines must be here: else nothing tells that it is.
      if (through === undefined || !table.links.has(through) || table.links.has(peer.id)) return []
      return [{ peer, link: undefined, through, givenUp: true }]
    })

  const guestsHere = (): ReadonlyArray<PeerStatus> =>
    Array.from(guests.here.values(), ({ id, since }) => ({
      peer: { id, role: "client", address: address() },
      link: undefined,
      through: settings.id,
      givenUp: false,
      guestSince: since
    }))

  return (): ReadonlyArray<PeerStatus> => [
    ...linked(),
    ...sought(),
    ...heard(),
    ...guestsHere(),
    ...replication.guestStatuses()
  ]
}

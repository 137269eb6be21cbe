/** The servers of the chat: which there are, as servers tell their clients, and where each was linked last. */
import {
  type Address,
  formatAddress,
  isSameAddress,
  isServerId,
  type Peer,
  type PeerId,
  serverId
} from "../../src/domain/Peer.ts"
import { type Control, maxListed, type Servers as ServersFrame } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import * as Wire from "./Wire.ts"

export const make = ({ settings, table }: Node) => {
  /** On a server: what it tells its clients. */
  let told: ReadonlyArray<Peer> = []
  /** On a client: the servers that it was told of, and those that it had links to. The one linked last comes first. */
  const known = new Map<PeerId, Address>()

  /** Which server has answered at an address that this node has dialled. */
  const answered = new Map<string, PeerId>()

  const frameOf = (): Control => ({
    type: "servers",
    servers: told.slice(0, maxListed).map(({ address, id }) => ({ id, ...address }))
  })

  const takesIt = ({ hearsOfGuests, peer }: Link): boolean => hearsOfGuests && peer.role === "client"

  /** To a client, the id `Server` stands for whichever server there is: which one answers is not known before. */
  const isAny = (id: PeerId): boolean => id === serverId && settings.role === "client"

  return {
    /** Tells the clients of this server, now and as they come, which servers there are. */
    tell: (servers: ReadonlyArray<Peer>): void => {
      told = servers
      const links = [...table.links.values()].filter(takesIt)
      if (links.length > 0) Wire.putTo(links, [frameOf()])
    },
    /** A link has come up. */
    came: (link: Link): void => {
      if (settings.role === "server") {
        if (told.length > 0 && takesIt(link)) link.put(frameOf())
      } else if (link.peer.role === "server") {
        const before = [...known]
        known.clear()
        known.set(link.peer.id, link.peer.address)
        for (const [id, address] of before) if (id !== link.peer.id) known.set(id, address)
      }
    },
    /** A server tells which servers there are. Those that it does not name are forgotten. */
    heard: (link: Link, { servers }: ServersFrame): void => {
      if (settings.role === "server" || link.peer.role !== "server") return
      const named = new Map(servers.map(({ host, id, port }) => [id, { host, port }]))
      for (const id of known.keys()) if (!named.has(id) && !table.links.has(id)) known.delete(id)
      for (const [id, address] of named) if (isServerId(id) && !table.links.has(id)) known.set(id, address)
    },
    /** The servers that may be reached: those linked last come first. */
    known: (): ReadonlyArray<Peer> => Array.from(known, ([id, address]): Peer => ({ id, role: "server", address })),
    /** The server that was linked last at that address. */
    at: ({ host, port }: Address): PeerId | undefined =>
      [...known].find(([, address]) => address.host === host && address.port === port)?.[0],
    /** A server has answered at that address. */
    answers: (address: Address, id: PeerId): void => {
      answered.set(formatAddress(address), id)
    },
    /** Whether it is the server at that address. */
    isAt: (id: PeerId, address: Address): boolean => {
      const named = known.get(id)
      return answered.get(formatAddress(address)) === id || (named !== undefined && isSameAddress(named, address))
    },
    isAny,
    /** Whether there is a link to that peer; for any server, to one of them. */
    isThere: (id: PeerId): boolean => (isAny(id) ? table.hasServer : table.links.has(id))
  }
}

export type Servers = ReturnType<typeof make>

/**
 * The own server of a client. A client whose server is gone comes in through that of another site. As soon as its own is
 * there again, it goes home.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Route } from "../../services/PeerMesh.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { siteOf } from "../../src/domain/Site.ts"
import type { Replication } from "../LinkContract.ts"
import * as Handshake from "./Handshake.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import type { Search } from "./Search.ts"
import type { Servers } from "./Servers.ts"

/** All other sites hear that the client is at home, before the server that it had says that it is no longer there. */
const settling = Duration.seconds(1)

interface Needs {
  readonly replication: Replication<unknown>
  readonly search: Search
  readonly servers: Servers
}

export const make = ({ peers, table }: Node, { replication, search, servers }: Needs) => {
  /** The links to servers of sites: a chat with one server has none. */
  const served = (): ReadonlyArray<Link> =>
    servers.known().flatMap(({ id }) => {
      const link = table.links.get(id)
      return link?.phase === "up" && siteOf(id) !== undefined ? [link] : []
    })

  const leave = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (!isCurrent(link)) return Effect.void
      link.moved = true
      return Handshake.sayLast(link, { type: "moved" })
    })

  /**
   * Goes to the server at that address whenever this node is linked with other servers. The links to those end when they
   * say that this node takes part at another site: until then each may be the only one over which its site is heard.
   */
  const goHome = ({ address, ...how }: Route): Effect.Effect<never> => {
    const isHome = ({ peer }: Link): boolean => servers.isAt(peer.id, address)
    const isAtHome = (): boolean => served().some(isHome)
    const others = (): ReadonlyArray<Link> => served().filter((link) => !isHome(link))
    const knowing = (): ReadonlyArray<Link> => others().filter(replication.hasSentHome)
    const come = Effect.raceFirst(
      Effect.zipRight(search.dialServerAt({ ...how, address }), Effect.sleep(settling)),
      peers.until(() => isAtHome() || others().length === 0)
    )
    const part = peers
      .until(() => !isAtHome() || knowing().length > 0)
      .pipe(
        Effect.zipRight(Effect.sleep(settling)),
        Effect.zipRight(
          Effect.suspend(() => (isAtHome() ? Effect.forEach(knowing(), leave, { discard: true }) : Effect.void))
        )
      )
    return peers
      .until(() => others().length > 0)
      .pipe(Effect.zipRight(Effect.suspend(() => (isAtHome() ? part : come))), Effect.forever)
  }

  return goHome
}

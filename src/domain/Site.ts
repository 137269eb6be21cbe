/** Sites: each is a server and the clients near it. The servers of a chat with several sites are linked with each other. */
import * as Schema from "effect/Schema"
import { type Address, farHosts, Host, isServerId, PeerId, Port, siteServers } from "./Peer.ts"

/** The name of a site. */
export const Site = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_-]{1,24}$/, {
    message: () => "the name of a site has 1 to 24 letters, digits, - and _"
  }),
  Schema.brand("Site")
)
export type Site = typeof Site.Type

export const isSite = Schema.is(Site)

/** The id of the server of a site. On the screen it is `Server east`. */
export const serverOf = (site: Site): PeerId => PeerId.make(siteServers + site)

/** The site of a server; undefined for the server of a chat without sites, and for clients. */
export const siteOf = (id: PeerId): Site | undefined => {
  const site = id.slice(siteServers.length)
  return isServerId(id) && isSite(site) ? site : undefined
}

/** Where other servers reach the server of a site. It is no place on the network: NATS carries what is sent there. */
export const farAddress = (site: Site): Address => ({ host: Host.make(farHosts + site), port: Port.make(1) })

/** Whether an address is the server of a site. A link to such an address is a far link; only servers have them. */
export const isFar = ({ host }: Pick<Address, "host">): boolean => host.startsWith(farHosts)

/** Nodes: their ids, roles and addresses. */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** The id of a node: 1 to 32 letters, digits, `-` and `_`. */
export const PeerId = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_-]{1,32}$/, {
    message: () => "an id has 1 to 32 letters, digits, - and _"
  }),
  Schema.brand("PeerId")
)
export type PeerId = typeof PeerId.Type

/** The id of a chat's only server. */
export const serverId: PeerId = PeerId.make("Server")

/** What the id of a server begins with, if its chat has several. The name of its site follows: see `domain/Site.ts`. */
export const siteServers = `${serverId}-`

/** Whether an id is a server's. No client and no guest has such an id, or one that looks like it. */
export const isServerId = (id: PeerId): boolean =>
  id === serverId || (id.startsWith(siteServers) && id.length > siteServers.length)

/** Groups of characters that look alike in many fonts. Upper and lower case of a letter also count as alike. */
const lookAlikes: ReadonlyArray<string> = ["lI1", "Oo0", "-_"]

const isAlike = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() || lookAlikes.some((alike) => alike.includes(one) && alike.includes(other))

/**
 * Whether two different ids look alike: `anna` and `Anna`, `bill` and `biII`, `a-1` and `a_l`. Ids of different lengths
 * do not look alike, and neither do numbers: `1` and `01`, `1` and `11`, `10` and `11`.
 */
export const looksLike = (one: PeerId, other: PeerId): boolean =>
  one !== other &&
  one.length === other.length &&
  Array.from(one).every((character, at) => isAlike(character, other.charAt(at)))

/** Ids that look alike have the same likeness. Some others do too, such as `i` and `l`. */
export const likenessOf = (id: PeerId): string =>
  id.toLowerCase().replaceAll(/[il]/g, "1").replaceAll("o", "0").replaceAll("-", "_")

/** Beginnings of ids that look like those of servers: see `likenessOf`. */
const likeServers = /^server(?:_|$)/

/** The id of a server that a client's id looks like, if it does. */
export const serverLike = (id: PeerId): PeerId | undefined => {
  if (isServerId(id) || !likeServers.test(likenessOf(id))) return undefined
  const site = id.slice(siteServers.length)
  return site === "" ? serverId : PeerId.make(siteServers + site)
}

/** The id of a client. */
export const ClientId = PeerId.pipe(
  Schema.filter((id) => !isServerId(id) && serverLike(id) === undefined, {
    message: ({ actual }) =>
      String(actual).length === serverId.length
        ? "the id Server is taken by the server"
        : "ids that begin with Server- are the servers'"
  })
)

/** The id of somebody who was invited: of a client, or of the server of a site. */
export const MemberId = PeerId.pipe(
  Schema.filter((id) => id !== serverId && serverLike(id) === undefined, {
    message: () => "the id Server is the owner's"
  })
)

/** A TCP port, or 0 for one that the system chooses. */
export const Port = Schema.Int.pipe(
  Schema.between(0, 65535, { message: () => "a port is a whole number from 0 to 65535" }),
  Schema.brand("Port")
)
export type Port = typeof Port.Type

/** The port of a node that listens. */
export const ListeningPort = Port.pipe(Schema.filter((port) => port > 0))

/** A name, an IPv4 or an IPv6 address, without brackets. */
export const Host = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_.:%-]{1,253}$/, { message: () => "a host is a name or an IP address" }),
  Schema.brand("Host")
)
export type Host = typeof Host.Type

/** Whether a host is a loopback address or name. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/i.test(host)

/** Whether a host stands for all addresses of a machine. A node can listen there, and nobody can dial it. */
export const isUnspecified = (host: Host): boolean => /^(0\.0\.0\.0|::)$/.test(host)

/** Where a node listens. */
export const Address = Schema.Struct({ host: Host, port: Port })
export type Address = typeof Address.Type

/** The role of a node: a server admits newcomers, and calls back every client that it has recorded. */
export const Role = Schema.Literal("server", "client")
export type Role = typeof Role.Type

/** The role that belongs to an id where nobody vouches for it. */
export const roleOf = (id: PeerId): Role => (isServerId(id) ? "server" : "client")

/** Whether an id belongs to that role. */
export const hasRole = ({ id, role }: { readonly id: PeerId; readonly role: Role }): boolean => role === roleOf(id)

/** A node as the others know it. */
export const Peer = Schema.Struct({ id: PeerId, role: Role, address: Address })
export type Peer = typeof Peer.Type

/** A node without its address. */
export type Named = Pick<Peer, "id" | "role">

/** Hosts that are no places on the network, but sites: see `farAddress` in `domain/Site.ts`. */
export const farHosts = "nats:"

/** `HOST:PORT`; an IPv6 address stands in brackets. A site has no port. */
export const formatAddress = ({ host, port }: Address): string => {
  if (host.startsWith(farHosts)) return host
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}

export const isSameAddress = (one: Address, other: Address): boolean => formatAddress(one) === formatAddress(other)

/** Ports below this one belong to system services. No node listens there. */
const leastPort = 1_024

/**
 * Whether a node that listens at `own` may dial an address that others have named. It dials no port of a system
 * service, and nothing beyond loopback if it listens there: otherwise others could use it to reach hosts that they
 * can't reach themselves.
 */
export const isDialable = ({ host, port }: Address, own: Address): boolean =>
  port >= leastPort && (isLoopback(host) || !isLoopback(own.host)) && !(host === own.host && port === own.port)

const decodeAddress = Schema.decodeUnknownOption(Address)

/** The address in a text, if it is a place on the network that can be dialled. */
export const parseAddress = (text: string): Option.Option<Address> => {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  return parts === null
    ? Option.none()
    : Option.filter(
        decodeAddress({ host: parts[1] ?? parts[2], port: Number(parts[3]) }),
        ({ host, port }) => port > 0 && !host.startsWith(farHosts)
      )
}

/** What is wrong with a text that is no address. */
export const notAnAddress = "an address is HOST:PORT, as in localhost:4000"

/** An address as people type it. */
export const AddressFromString = Schema.transformOrFail(Schema.String, Schema.typeSchema(Address), {
  strict: true,
  decode: (text, _, ast) =>
    Option.match(parseAddress(text), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, text)),
      onSome: ParseResult.succeed
    }),
  encode: (address) => ParseResult.succeed(formatAddress(address))
}).annotations({ message: () => notAnAddress })

/** The name of a node on the screen: `Server`, `Server east`, or `Client 3`. */
export const title = (id: PeerId): string => {
  if (id === serverId) return "Server"
  return isServerId(id) ? `Server ${id.slice(siteServers.length)}` : `Client ${id}`
}

/** Names of nodes in a sentence: `Client 3, Client 4 and Server`. */
export const titlesOf = (ids: ReadonlyArray<PeerId>): string => {
  const names = ids.map(title)
  const last = names.at(-1) ?? "nobody"
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`
}

/** A port as people type it; `name` is its name in messages. */
export const PortFromString = (name: string) =>
  Schema.transformOrFail(Schema.String, Schema.typeSchema(Port), {
    strict: true,
    decode: (text, _, ast) =>
      /^\d{1,5}$/.test(text) && Number(text) <= 65535
        ? ParseResult.succeed(Port.make(Number(text)))
        : ParseResult.fail(new ParseResult.Type(ast, text)),
    encode: (port) => ParseResult.succeed(String(port))
  }).annotations({ message: (issue) => `${name} is a whole number from 0 to 65535, not '${issue.actual}'` })

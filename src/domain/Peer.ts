/** Who takes part in the chat, and where each listens. */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** What a node is called: 1 to 32 letters, digits, `-` and `_`. */
export const PeerId = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_-]{1,32}$/, {
    message: () => "an id has 1 to 32 letters, digits, - and _"
  }),
  Schema.brand("PeerId")
)
export type PeerId = typeof PeerId.Type

/** The id of a chat's first server, which no client can have. */
export const serverId: PeerId = PeerId.make("Server")

/** Characters that are hard to tell from each other in many fonts. Upper and lower case are no difference either. */
const lookAlikes: ReadonlyArray<string> = ["lI1", "Oo0", "-_"]

const isAlike = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() || lookAlikes.some((alike) => alike.includes(one) && alike.includes(other))

/**
 * Whether people may take one id for the other, which is a different one: `anna` and `Anna`, `bill` and `biII`, `a-1` and
 * `a_l`. Ids of different lengths are told apart, and so are numbers: `1` and `01`, `1` and `11`, `10` and `11`.
 */
export const looksLike = (one: PeerId, other: PeerId): boolean =>
  one !== other &&
  one.length === other.length &&
  Array.from(one).every((character, at) => isAlike(character, other.charAt(at)))

/** What a client may be called. */
export const ClientId = PeerId.pipe(
  Schema.filter((id) => id !== serverId && !looksLike(id, serverId), {
    message: () => "the id Server is taken by the server"
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

/** Whether that host is this machine alone, whichever machine this is. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/i.test(host)

/** Whether that stands for all addresses of a machine: one can listen there, and nobody can call there from elsewhere. */
export const isUnspecified = (host: Host): boolean => /^(0\.0\.0\.0|::)$/.test(host)

/** Where a node listens. */
export const Address = Schema.Struct({ host: Host, port: Port })
export type Address = typeof Address.Type

/** What a node does in a chat: a server lets newcomers in, and calls back everybody whom it has on record. */
export const Role = Schema.Literal("server", "client")
export type Role = typeof Role.Type

/** The role of whoever has that id, where nobody vouches for it: the first server alone is a server. */
export const roleOf = (id: PeerId): Role => (id === serverId ? "server" : "client")

/** A node as the others know it. */
export const Peer = Schema.Struct({ id: PeerId, role: Role, address: Address })
export type Peer = typeof Peer.Type

/** Who a node is, wherever it listens. */
export type Named = Pick<Peer, "id" | "role">

/** `HOST:PORT`; an IPv6 address stands in brackets. */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** Below this port listen the services of a system, which no node is. */
const leastPort = 1_024

/**
 * Whether a node that listens at `own` dials an address that others have told it: no port of a system's service, and from
 * this machine nothing beyond it, so that nobody can use a node to knock where its own hands don't reach.
 */
export const isDialable = ({ host, port }: Address, own: Address): boolean =>
  port >= leastPort && (isLoopback(host) || !isLoopback(own.host)) && !(host === own.host && port === own.port)

const decodeAddress = Schema.decodeUnknownOption(Address)

/** The address that such a text names, if it names one that can be dialled. */
export const parseAddress = (text: string): Option.Option<Address> => {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  return parts === null
    ? Option.none()
    : Option.filter(decodeAddress({ host: parts[1] ?? parts[2], port: Number(parts[3]) }), ({ port }) => port > 0)
}

/** An address as people write it. */
export const AddressFromString = Schema.transformOrFail(Schema.String, Schema.typeSchema(Address), {
  strict: true,
  decode: (text, _, ast) =>
    Option.match(parseAddress(text), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, text)),
      onSome: ParseResult.succeed
    }),
  encode: (address) => ParseResult.succeed(formatAddress(address))
}).annotations({ message: () => "an address is HOST:PORT, as in localhost:4000" })

/** How the screen calls a node: `Server`, or `Client 3`. */
export const title = (id: PeerId): string => (id === serverId ? "Server" : `Client ${id}`)

/** A port as people write it; `name` is what the message calls it. */
export const PortFromString = (name: string) =>
  Schema.transformOrFail(Schema.String, Schema.typeSchema(Port), {
    strict: true,
    decode: (text, _, ast) =>
      /^\d{1,5}$/.test(text) && Number(text) <= 65535
        ? ParseResult.succeed(Port.make(Number(text)))
        : ParseResult.fail(new ParseResult.Type(ast, text)),
    encode: (port) => ParseResult.succeed(String(port))
  }).annotations({ message: (issue) => `${name} is a whole number from 0 to 65535, not '${issue.actual}'` })

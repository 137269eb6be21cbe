/**
 * What all servers of HTTP/1.1 here need: listening in a scope, limits on what others may do, and only requests for the
 * hosts that are served, against DNS rebinding. Over `node:http`: the server of platform-node 0.108 ends the process when
 * a peer resets a connection during an upgrade.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { HostElsewhere, PortTaken } from "../../src/domain/Errors.ts"
import type { Address, Port } from "../../src/domain/Peer.ts"
import { type Authority, parseAuthority, type Scheme } from "../../src/protocol/Authority.ts"
import { systemLookup } from "../transport/Addresses.ts"
import { ConnectionSlots, type Slot } from "../transport/ConnectionSlots.ts"
import { awaitClosed, closeAll, endOnError, letGo, openAll, portOf } from "../transport/Listening.ts"
import { type Reply, refuse, sentence, write } from "./Reply.ts"

/** The time for all headers of a request, and for all of it, in ms. */
const headersLimit = 5_000
const requestLimit = 10_000

/** A connection is closed after so much time without a request, in ms. */
const keepAlive = 5_000

/** A connection on which nothing moves is closed after this time, in ms: its peer does not read an answer. */
const idleLimit = 30_000

/** How often these limits are looked at, in ms. */
const checkEvery = 2_500

const mostHeaders = 64
const mostHeaderBytes = 8_192
const mostRequests = 1_000

/** The certificate of a server and its key, both as PEM. */
export interface Credentials {
  readonly certificate: Buffer
  readonly key: Buffer
}

/** A request, as a site gets it. */
export interface Visit {
  readonly request: Http.IncomingMessage
  /** What the request calls this server. It is served. */
  readonly authority: Authority
  /** Tells the server that it knows who asks: this connection makes room for no other any more. */
  readonly introduced: () => void
}

export interface Site {
  readonly listen: Address
  /** With them, connections are encrypted. */
  readonly credentials?: Credentials | undefined
  /** How many connections may be open. At most half of them are those of strangers, and the oldest makes room. */
  readonly connections: number
  /** Whether requests for that host and port are served here. `port`: where this server listens. */
  readonly isServed: (authority: Authority, port: Port) => boolean
  readonly answer: (visit: Visit) => Effect.Effect<Reply>
  /** Refuses a request for a WebSocket with an answer, or says what takes its connection over. Without it: none may. */
  readonly upgrade?: (visit: Visit) => Reply | TakeOver
  /** The headers of all answers. */
  readonly headers?: Reply["headers"]
}

/** Takes over a connection, whose socket has its `error` listener. `head`: what came behind the request already. */
export type TakeOver = (socket: Net.Socket, head: Buffer) => void

const misdirected = sentence(421, "This is not the address of this server.")
const tooMany = new TextEncoder().encode(
  "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
)

const options: Https.ServerOptions = {
  headersTimeout: headersLimit,
  requestTimeout: requestLimit,
  keepAliveTimeout: keepAlive,
  connectionsCheckingInterval: checkEvery,
  maxHeaderSize: mostHeaderBytes,
  handshakeTimeout: headersLimit,
  noDelay: true
}

const create = (credentials: Credentials | undefined): Http.Server => {
  const server =
    credentials === undefined
      ? Http.createServer(options)
      : Https.createServer({ ...options, cert: credentials.certificate, key: credentials.key, minVersion: "TLSv1.3" })
  server.timeout = idleLimit
  server.maxHeadersCount = mostHeaders
  server.maxRequestsPerSocket = mostRequests
  return server
}

/** Names a TCP connection. A TLS socket and the TCP socket under it have the same name. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Net.Socket): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`

/** The connections that are open, within the limit of their number. Mutable: the server is the only user. */
const makeConnections = (most: number, regret: Uint8Array | undefined) => {
  const slots = new ConnectionSlots({ connections: most, connectionsPerAddress: most })
  const open = new Map<Net.Socket, Slot>()
  const named = new Map<string, Slot>()
  return {
    add: (socket: Net.Socket): void => {
      endOnError(socket)
      const name = nameOf(socket)
      const slot = slots.take(socket.remoteAddress ?? "", () => socket.destroy())
      if (slot === undefined) return letGo(socket, regret)
      open.set(socket, slot)
      named.set(name, slot)
      socket.once("close", () => {
        slot.free()
        open.delete(socket)
        if (named.get(name) === slot) named.delete(name)
      })
    },
    introduced: (socket: Net.Socket): void => named.get(nameOf(socket))?.introduced(),
    letAllGo: (): void => {
      for (const socket of open.keys()) letGo(socket)
    }
  }
}

/**
 * Serves a site until the scope closes, and does not keep the process alive. Returns the address with the port that it
 * got. When the scope closes, all connections are closed within a second.
 */
export const serve = (site: Site): Effect.Effect<Address, PortTaken | HostElsewhere, Scope.Scope> =>
  Effect.gen(function* () {
    const { credentials, listen } = site
    const scheme: Scheme = credentials === undefined ? "http" : "https"
    const servers = yield* Effect.acquireRelease(
      openAll(listen, systemLookup, () => create(credentials)),
      (all) => Effect.forEach(all, awaitClosed, { concurrency: "unbounded", discard: true })
    )
    const port = portOf(servers) ?? listen.port
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const connections = makeConnections(site.connections, scheme === "http" ? tooMany : undefined)

    const complete = (reply: Reply): Reply => ({ ...reply, headers: { ...site.headers, ...reply.headers } })
    /** Undefined if the request is for another host than is served here. */
    const visitOf = (request: Http.IncomingMessage): Visit | undefined => {
      const [host = "", another] = request.headersDistinct["host"] ?? []
      const authority = another === undefined ? parseAuthority(host, scheme) : undefined
      if (authority === undefined || !site.isServed(authority, port)) return undefined
      return { request, authority, introduced: () => connections.introduced(request.socket) }
    }
    const answered = (visit: Visit) =>
      Effect.catchAllCause(
        Effect.suspend(() => site.answer(visit)),
        (cause) =>
          Effect.as(
            Effect.logError("An answer could not be made.", cause),
            sentence(500, "This node could not answer.")
          )
      )
    const answer = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
      const visit = visitOf(request)
      if (visit === undefined) return write(response, complete(misdirected))
      run(Effect.map(answered(visit), (reply) => write(response, complete(reply))))
    }
    const upgraded = (request: Http.IncomingMessage, socket: Net.Socket, head: Buffer): void => {
      const visit = visitOf(request)
      const granted = visit === undefined ? misdirected : site.upgrade?.(visit)
      if (typeof granted === "function") granted(socket, head)
      else refuse(socket, complete(granted ?? misdirected))
    }
    for (const server of servers) {
      server.unref()
      server.on("connection", connections.add)
      server.on("secureConnection", endOnError)
      server.on("request", answer)
      if (site.upgrade !== undefined) server.on("upgrade", upgraded)
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        closeAll(servers)
        connections.letAllGo()
      })
    )
    return { ...listen, port }
  })

/** Listening at all addresses of a host, and closing within a limit. */
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { HostElsewhere, PortTaken } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { type Address, Port } from "../../src/domain/Peer.ts"
import { addressesOf, type Lookup } from "./Addresses.ts"

/**
 * The maximum number of ports that are tried when any port will do: one that is free at one address may be taken at
 * another.
 */
const mostPorts = 10

/** The time that a released socket has to send the rest of its data and receive the other side's end, in ms. */
const releaseLimit = 200

/** The time limit for closing a server after its connections were released. */
const closeLimit = "1 second"

function failed(this: Net.Socket): void {
  this.destroy()
}

/**
 * Destroys the socket on an error. Errors then lead to `close`, for which there is a listener; without an error
 * listener they would end the process. After a TLS error, such as a modified record, Node leaves the socket open
 * without further events.
 */
export const endOnError = (socket: Net.Socket): Net.Socket => socket.on("error", failed)

/** Stops accepting connections. */
export const closeAll = (servers: ReadonlyArray<Net.Server>): void => {
  for (const server of servers) server.close()
}

/** The port at which all of these servers listen; undefined if there are none. */
export const portOf = ([server]: ReadonlyArray<Net.Server>): Port | undefined => {
  const bound = server?.address()
  return typeof bound === "object" && bound !== null ? Port.make(bound.port) : undefined
}

/** Listens at all of the host's addresses that this machine has, at one port, with a server for each. */
export const openAll = <S extends Net.Server>(
  address: Address,
  lookup: Lookup,
  create: () => S,
  tries = mostPorts
): Effect.Effect<ReadonlyArray<S>, PortTaken | HostElsewhere> =>
  Effect.gen(function* () {
    const { host, port } = address
    const elsewhere = new HostElsewhere({ host })
    const servers: Array<S> = []
    for (const ip of yield* Effect.mapError(addressesOf(host, lookup), () => elsewhere)) {
      const opened = yield* Effect.either(open(create, ip, portOf(servers) ?? port))
      if (Either.isRight(opened)) servers.push(opened.right)
      else if (!isElsewhere(opened.left)) {
        closeAll(servers)
        const another = port === 0 && servers.length > 0 && tries > 1
        return yield* another
          ? openAll(address, lookup, create, tries - 1)
          : new PortTaken({ port, detail: meaning(opened.left), lingers: false })
      }
    }
    return servers.length === 0 ? yield* elsewhere : servers
  })

const open = <S extends Net.Server>(create: () => S, host: string, port: number) =>
  Effect.async<S, NodeJS.ErrnoException>((resume) => {
    const server = create()
    server.once("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(error)))
    server.listen({ host, port }, () => {
      server.removeAllListeners("error")
      // An error here, such as too few file descriptors, costs one connection; the server goes on.
      server.on("error", () => {})
      resume(Effect.succeed(server))
    })
    return Effect.sync(() => server.close())
  })

/** Whether the error means that this machine does not have the address, or no addresses of its kind. */
const isElsewhere = ({ code }: NodeJS.ErrnoException): boolean => code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT"

/** Closes a server, and returns when all its connections are closed, or after a limit. */
export const awaitClosed = (server: Net.Server): Effect.Effect<unknown> =>
  Effect.async<void>((resume) => {
    server.once("close", () => resume(Effect.void))
    // The server is usually closing already; a second call does no harm.
    server.close(() => resume(Effect.void))
  }).pipe(within(closeLimit))

/** Sends the reason, if there is one, and closes the connection within `releaseLimit`, whatever the other side does. */
export const letGo = (socket: Net.Socket, reason?: Uint8Array): void => {
  if (socket.destroyed) return
  const cut = setTimeout(() => socket.destroy(), releaseLimit)
  socket.once("close", () => clearTimeout(cut))
  // Data from the other side is discarded; unread, it would turn the end into a reset, and the reason would be lost.
  socket.removeAllListeners("data").resume()
  // An empty piece after the end would be an error, which destroys the socket, and what it has still to send with it.
  if (reason === undefined) socket.end()
  else socket.end(reason)
}

/** What Node's error codes mean to a person. */
export const meaning = (error: NodeJS.ErrnoException): string =>
  ({
    EADDRINUSE: "it is in use",
    EACCES: "this user may not use it",
    ECONNREFUSED: "nothing listens there",
    ECONNRESET: "it closed the connection",
    ETIMEDOUT: "no answer",
    EPROTO: "it does not use TLS",
    ERR_SSL_WRONG_VERSION_NUMBER: "it does not use TLS",
    EHOSTUNREACH: "there is no route to that host",
    ENETUNREACH: "there is no route to that network"
  })[error.code ?? ""] ??
  error.code ??
  error.message

/** Requests of tests, with whatever headers they like. */
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "../../src/domain/Peer.ts"

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Http.OutgoingHttpHeaders
  readonly body?: string | Buffer
  /** Over TLS, with whoever answers. */
  readonly secure?: boolean
}

/** Asks on a connection of its own. Fails if that ends without an answer. */
export const ask = (
  { host, port }: Address,
  { body, headers = {}, method = "GET", path = "/", secure = false }: Asked = {}
): Effect.Effect<Answer, Error> =>
  Effect.async((resume) => {
    const options = { host, port, method, path, headers, agent: false, rejectUnauthorized: false }
    const request = (secure ? Https : Http).request(options, (response) => {
      const pieces: Array<Buffer> = []
      response.on("data", (piece: Buffer) => pieces.push(piece))
      response.once("end", () => {
        const whole = Buffer.concat(pieces)
        const { headers, statusCode = 0 } = response
        resume(Effect.succeed({ status: statusCode, headers, body: whole, text: whole.toString() }))
      })
    })
    request.once("error", (error) => resume(Effect.fail(error)))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

/** A connection that says only what it is told to. It is open when this returns. */
export const bareConnection = ({ host, port }: Address): Effect.Effect<Net.Socket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Net.Socket>((resume) => {
      const socket = Net.connect({ host, port })
      // A reset is what some tests are about.
      socket.on("error", () => {})
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.once("close", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Returns when a connection is closed. */
export const closed = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (socket.destroyed) return resume(Effect.void)
    socket.resume().once("close", () => resume(Effect.void))
  })

/** The header of a request for a WebSocket (RFC 6455, section 4.1), with these headers too. */
export const upgrade = (path: string, headers: Readonly<Record<string, string>>): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    ""
  ].join("\r\n")

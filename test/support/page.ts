/** A browser at the page of a node, without a browser. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import type { Address } from "../../src/domain/Peer.ts"
import { formatAddress, Host, Port } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Answer, ask } from "./http.ts"

/** Where a link leads, and its token. */
export const partsOf = (link: string): { readonly address: Address; readonly token: string } => {
  const { hash, hostname, port } = new URL(link)
  return { address: { host: Host.make(hostname), port: Port.make(Number(port)) }, token: hash.slice(1) }
}

export const originOf = (address: Address, secure = false): string =>
  `${secure ? "https" : "http"}://${formatAddress(address)}`

/** Exchanges a token, as the page does. */
export const exchange = (
  address: Address,
  token: string,
  { secure = false, origin = originOf(address, secure) }: { readonly origin?: string; readonly secure?: boolean } = {}
): Effect.Effect<Answer, Error> =>
  ask(address, { method: "POST", path: "/pass", headers: { origin }, body: token, secure })

/** The cookie of an answer, as a browser sends it back. */
export const cookieOf = ({ headers }: Answer): string => headers["set-cookie"]?.[0]?.split(";")[0] ?? ""

export interface Tab {
  readonly send: (...events: ReadonlyArray<object>) => Effect.Effect<void>
  /** Returns the first event since the last call that fits; what came before is passed over. */
  readonly sees: (fits: (event: Record<string, unknown>) => boolean) => Effect.Effect<Record<string, unknown>>
  /** How it was closed. */
  readonly closed: Effect.Effect<{ readonly code: number; readonly why: string }>
  readonly socket: WebSocket
}

/** Opens the WebSocket of a page. Fails with the status if it is refused. */
export const openTab = (
  address: Address,
  cookie: string,
  {
    secure = false,
    origin = originOf(address, secure),
    path = "/session"
  }: { readonly origin?: string; readonly path?: string; readonly secure?: boolean } = {}
): Effect.Effect<Tab, number, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Tab, number>((resume) => {
      const changes = makeSignal()
      const events: Array<Record<string, unknown>> = []
      let at = 0
      let end: { code: number; why: string } | undefined
      const socket = new WebSocket(`${secure ? "wss" : "ws"}://${formatAddress(address)}${path}`, {
        headers: { cookie, origin },
        rejectUnauthorized: false
      })
      socket.on("message", (message: Buffer) => {
        for (const line of message.toString().split("\n")) if (line !== "") events.push(JSON.parse(line))
        changes.changed()
      })
      socket.on("close", (code, why) => {
        end = { code, why: why.toString() }
        changes.changed()
      })
      socket.on("error", () => {})
      socket.once("unexpected-response", (request, { statusCode = 0 }) => {
        request.destroy()
        resume(Effect.fail(statusCode))
      })
      socket.once("open", () =>
        resume(
          Effect.succeed({
            send: (...sent) =>
              Effect.sync(() => {
                for (const event of sent) socket.send(JSON.stringify(event))
              }),
            sees: (fits) =>
              Effect.map(
                changes.until(() => events.slice(at).some(fits)),
                () => {
                  at = events.findIndex((event, index) => index >= at && fits(event)) + 1
                  return events[at - 1] ?? {}
                }
              ),
            closed: Effect.map(
              changes.until(() => end !== undefined),
              () => end ?? { code: 0, why: "" }
            ),
            socket
          })
        )
      )
    }),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )

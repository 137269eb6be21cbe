import type * as Net from "node:net"
import * as Tls from "node:tls"
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { describe } from "vitest"
import { type Site, serve } from "../../layers/http/HttpServer.ts"
import { sentence } from "../../layers/http/Reply.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import { isLoopbackName } from "../../src/protocol/Authority.ts"
import { ask, bareConnection, closed, upgrade } from "../support/http.ts"
import { openAt } from "../support/openAt.ts"
import { peer } from "../support/samples.ts"

const site: Site = {
  listen: peer("1", 0, "127.0.0.1").address,
  connections: 32,
  isServed: ({ host, port }, own) => isLoopbackName(host) && port === own,
  answer: ({ request }) =>
    request.url === "/bug" ? Effect.dieMessage("a bug") : Effect.succeed(sentence(200, `${request.method} it is.`))
}

describe("HttpServer", () => {
  it.scopedLive("answers those who ask for its host, and nobody else", () =>
    Effect.gen(function* () {
      const address = yield* serve(site)
      const { status, text } = yield* ask(address)
      assert.deepStrictEqual([status, text], [200, "GET it is.\n"])
      for (const host of ["evil.example", `evil.example:${address.port}`, `127.0.0.1.evil.example:${address.port}`]) {
        assert.strictEqual((yield* ask(address, { headers: { host } })).status, 421, host)
      }
      const twice = yield* ask(address, {
        headers: ["Host", `localhost:${address.port}`, "Host", "evil.example"] as never
      })
      assert.oneOf(twice.status, [400, 421])
    })
  )

  it.scopedLive("goes on after a bug", () =>
    Effect.gen(function* () {
      const address = yield* serve(site)
      assert.strictEqual((yield* ask(address, { path: "/bug" })).status, 500)
      assert.strictEqual((yield* ask(address)).status, 200)
    })
  )

  it.scopedLive("those who connect and say nothing keep nobody out", () =>
    Effect.gen(function* () {
      const address = yield* serve(site)
      const idle = yield* Effect.forEach(Array.from({ length: 200 }), () => bareConnection(address), {
        concurrency: 20
      })
      for (const each of idle) each.write("GET / HTTP/1.1\r\nHost: ")
      assert.strictEqual((yield* ask(address)).status, 200)
      // Both ends of those that it keeps, and the ends here of those that it has closed and that do not know it yet.
      yield* Effect.forEach(idle.slice(0, 150), closed, { concurrency: "unbounded" })
      assert.isAtMost(yield* openAt(address.port), 2 * site.connections + 2)
    })
  )

  it.scopedLive("requests for a WebSocket that are reset do no harm, before they are heard and while they wait", () =>
    Effect.gen(function* () {
      const heard = new Map<number | undefined, () => void>()
      const address = yield* serve({
        ...site,
        upgrade:
          () =>
          ({ remotePort }) =>
            heard.get(remotePort)?.()
      })
      const header = upgrade("/session", { Host: `127.0.0.1:${address.port}` })
      const reset = (waits: boolean) =>
        Effect.gen(function* () {
          const socket = yield* bareConnection(address)
          if (!waits) {
            socket.write(header, () => socket.resetAndDestroy())
            return yield* closed(socket)
          }
          yield* Effect.async<void>((resume) => {
            heard.set(socket.localPort, () => resume(Effect.void))
            socket.write(header)
          })
          socket.resetAndDestroy()
          yield* closed(socket)
        }).pipe(Effect.scoped)
      yield* Effect.forEach(Array.from({ length: 200 }), (_, at) => reset(at % 2 === 0), {
        concurrency: 10,
        discard: true
      })
      assert.strictEqual((yield* ask(address)).status, 200)
    })
  )

  it.scopedLive("a request for a WebSocket over TLS that is reset while it waits does no harm", () =>
    Effect.gen(function* () {
      const { credentials: pair } = yield* Keys.generate
      const credentials = { certificate: Buffer.from(pair.certificate), key: Buffer.from(pair.privateKey) }
      const heard = yield* Deferred.make<Net.Socket>()
      const address = yield* serve({
        ...site,
        credentials,
        upgrade: () => (socket) => Deferred.unsafeDone(heard, Effect.succeed(socket))
      })
      const raw = yield* bareConnection(address)
      const secure = Tls.connect({ socket: raw, rejectUnauthorized: false })
      secure.on("error", () => {}).write(upgrade("/session", { Host: `127.0.0.1:${address.port}` }))
      const socket = yield* Deferred.await(heard)
      raw.resetAndDestroy()
      yield* closed(socket)
      assert.strictEqual((yield* ask(address, { secure: true })).status, 200)
    })
  )

  it.scopedLive(
    "when its scope closes, its port is free and all connections are closed, also those of WebSockets",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const upgraded = yield* Deferred.make<void>()
        const address = yield* Scope.extend(
          serve({ ...site, upgrade: () => () => Deferred.unsafeDone(upgraded, Effect.void) }),
          scope
        )
        const socket = yield* bareConnection(address)
        const silent = yield* bareConnection(address)
        socket.write(upgrade("/session", { Host: `127.0.0.1:${address.port}` }))
        yield* ask(address)
        yield* Deferred.await(upgraded)
        yield* Scope.close(scope, Exit.void)
        yield* Effect.all([closed(socket), closed(silent)])
        assert.strictEqual(yield* openAt(address.port), 0)
        assert.propertyVal(yield* Effect.flip(ask(address)), "code", "ECONNREFUSED")
      })
  )

  it.scopedLive("a port that is in use is reported as such", () =>
    Effect.gen(function* () {
      const address = yield* serve(site)
      const error = yield* Effect.flip(serve({ ...site, listen: address }))
      assert.strictEqual(error._tag, "PortTaken")
      assert.include(error.message, "it is in use")
    })
  )
})

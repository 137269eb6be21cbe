import * as Net from "node:net"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, describe } from "vitest"
import { look } from "../../../layers/nats/Look.ts"
import * as NatsBus from "../../../layers/nats/NatsBus.ts"
import { Bus } from "../../../services/Bus.ts"
import { makeSignal } from "../../../src/domain/Signal.ts"
import { appended } from "../../support/appended.ts"
import { bytesOf, textOf } from "../../support/bytes.ts"
import * as NatsServer from "../../support/natsServer.ts"
import * as BusContract from "./BusContract.ts"

/** A member of a chat on a server, or on the first of several that answers, once it is connected. */
const member = (url: string, chat: string, ...others: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(NatsBus.layer({ servers: [url, ...others], chat, name: "outlive test" }))
    const bus = Context.get(context, Bus)
    yield* connected(bus)
    return bus
  })

/** What answers at a port in place of a server of NATS, until the scope closes; its URL. */
const listener = (serve: (socket: Net.Socket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Net.Server>((resume) => {
        const made = Net.createServer(serve)
        made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
      }),
      (made) => Effect.async<void>((resume) => void made.close(() => resume(Effect.void)))
    ),
    (made) => `nats://127.0.0.1:${(made.address() as Net.AddressInfo).port}`
  )

const become = (tag: "Connected" | "Away") => (bus: Bus["Type"]) =>
  Stream.runDrain(Stream.takeUntil(bus.state.changes, ({ _tag }) => _tag === tag))
const connected = become("Connected")
const away = become("Away")

describe.skipIf(NatsServer.missing !== undefined)(`NatsBus (skipped where there is no nats-server)`, () => {
  const scope = Effect.runSync(Scope.make())
  let server: NatsServer.NatsServer
  let chats = 0
  beforeAll(async () => {
    server = await Effect.runPromise(Scope.extend(NatsServer.natsServer(), scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const members = Effect.suspend(() => {
    const chat = `test${++chats}`
    return Effect.all({ here: member(server.url, chat), there: member(server.url, chat) })
  })

  BusContract.holdsFor(members)

  it.scopedLive("chats on one server hear nothing of each other", () =>
    Effect.gen(function* () {
      const { here } = yield* members
      const { here: other } = yield* members
      const heard: Array<string> = []
      yield* other.subscribe(">", (bytes) => heard.push(textOf(bytes)))
      here.publish("link.a", bytesOf("theirs"))
      yield* appended(here, "post.a.b", "1", bytesOf("theirs"))
      yield* here.bucket.create("a.b", bytesOf("theirs"))
      assert.deepStrictEqual(yield* other.bucket.all("a."), [])
      other.publish("link.a", bytesOf("ours"))
      yield* appended(other, "post.a.b", "1", bytesOf("ours"))
      yield* Effect.repeat(Effect.yieldNow(), { until: () => heard.length >= 2 })
      assert.deepStrictEqual(heard, ["ours", "ours"])
    })
  )

  it.scopedLive("of several servers the first one is taken that answers: others may be far", () =>
    Effect.gen(function* () {
      let visits = 0
      const far = yield* listener((socket) => {
        visits += 1
        socket.destroy()
      })
      for (let time = 0; time < 6; time += 1) yield* Effect.scoped(member(server.url, "order", far))
      assert.strictEqual(visits, 0)
      yield* member(far, "order", server.url)
      assert.strictEqual(visits, 1)
    })
  )

  it.scopedLive("what the doctor finds: nothing before the first server, and then its stores and sites", () =>
    Effect.gen(function* () {
      const settings = { servers: [server.url], chat: "looked", name: "outlive test" }
      const before = yield* look(settings)
      assert.deepStrictEqual([before.cluster, before.copies, before.sites], [undefined, 1, []])
      assert.deepStrictEqual(
        before.stores.map(({ found, name }) => [name, found]),
        [
          ["outlive_looked", undefined],
          ["KV_outlive_looked", undefined]
        ]
      )
      const bus = yield* member(server.url, "looked")
      yield* appended(bus, "post.a.b", "1", bytesOf("1"))
      yield* bus.bucket.create("server.east", bytesOf("{}"))
      const after = yield* look(settings)
      assert.deepStrictEqual(after.sites as ReadonlyArray<string>, ["east"])
      for (const { found } of after.stores) {
        assert.deepInclude(found, { copies: 1, behind: 0, messages: 1, odd: undefined })
      }
      const error = yield* Effect.flip(look({ ...settings, servers: ["nats://127.0.0.1:1"] }))
      assert.include(error.message, "connection refused")
    })
  )

  it.scopedLive(
    "a server that is killed and comes again: away and back, and everything goes on from where it was",
    () =>
      Effect.gen(function* () {
        const own = yield* NatsServer.natsServer()
        const [here, there] = yield* Effect.all([member(own.url, "main"), member(own.url, "main")])
        const signal = makeSignal()
        const heard: Array<string> = []
        const entries: Array<string> = []
        const add = (list: Array<string>, ...texts: ReadonlyArray<string>) => {
          list.push(...texts)
          signal.changed()
        }
        yield* there.subscribe("link.*", (bytes) => add(heard, textOf(bytes)))
        yield* Effect.forkScoped(
          there.follow(undefined, (batch) => Effect.sync(() => add(heard, ...batch.map(({ bytes }) => textOf(bytes)))))
        )
        yield* Effect.forkScoped(
          Stream.runForEach(there.bucket.watch("a."), ({ bytes, key }) =>
            Effect.sync(() => add(entries, `${key} ${bytes === undefined ? "gone" : textOf(bytes)}`))
          )
        )
        const revision = yield* here.bucket.create("a.b", bytesOf("1"))
        yield* signal.until(() => entries.length === 1)
        let tries = 0
        yield* Effect.suspend(() => appended(here, "post.a.b", `${tries++}`, bytesOf("first"))).pipe(
          Effect.zipRight(Effect.sleep("10 millis")),
          Effect.repeat({ until: () => heard.length > 0 })
        )
        heard.length = 0
        yield* Effect.promise(() => own.stop("SIGKILL"))
        yield* Effect.all([away(here), away(there)])
        assert.isFalse(here.publish("link.a", bytesOf("nothing")))
        assert.strictEqual((yield* Effect.flip(appended(here, "post.a.b", "x", bytesOf("x"))))._tag, "BusUnavailable")
        yield* Effect.promise(() => own.start())
        yield* connected(here)
        yield* appended(here, "post.a.b", "second", bytesOf("second"))
        yield* here.bucket.remove("a.b", revision)
        yield* here.bucket.create("a.c", bytesOf("2"))
        yield* connected(there)
        assert.isTrue(here.publish("link.a", bytesOf("straight")))
        yield* signal.until(() => heard.includes("second") && heard.includes("straight") && entries.length >= 3)
        assert.sameMembers(
          heard.filter((text) => text !== "first"),
          ["second", "straight"]
        )
        assert.sameMembers(entries, ["a.b 1", "a.b gone", "a.c 2"])
      })
  )
})

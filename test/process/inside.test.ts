/** What lets others look inside a node while it runs: figures, logs, traces. */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Host, Port } from "../../src/domain/Peer.ts"
import { ask } from "../support/http.ts"
import { type Actor, make, type Stage } from "./Stage.ts"

/** Debian's package `prometheus` has both programs. */
/** A span as OTLP has it, in JSON. */
interface Span {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
}

const hasPrometheus = ["prometheus", "promtool"].every((name) =>
  (process.env["PATH"] ?? "").split(Path.delimiter).some((folder) => Fs.existsSync(Path.join(folder, name)))
)
if (!hasPrometheus) console.warn("Prometheus is not installed (apt-get install prometheus): its test is skipped.")

const pageAt = (port: number) => Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text())

/** The value of such a line of a page. */
const figure = (page: string, name: string) =>
  page
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1)

/** A server and three clients with figures, each at a port of its own; everyone has said a line. */
const watched = (stage: Stage, args: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const [port, ...metrics] = yield* stage.freePorts(5)
    const server = yield* stage.server(port, ["--metrics", `${metrics[0]}`, ...args])
    const clients = yield* stage.clients(3, server, port, (id) => ({ args: ["--metrics", `${metrics[id]}`, ...args] }))
    yield* stage.everyoneTalks([server, ...clients], "hello")
    return { server, clients: clients as [Actor, Actor, Actor], metrics }
  })

describe("figures", () => {
  it.scopedLive("are at /metrics, on loopback alone, and count what goes in and out", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { clients, metrics, server } = yield* watched(stage)
      for (const port of metrics) {
        const page = yield* pageAt(port)
        assert.strictEqual(figure(page, "outlive_links"), "3")
        assert.strictEqual(figure(page, "outlive_posts_said_total"), "1")
        assert.strictEqual(figure(page, "outlive_posts_received_total"), "3")
        assert.strictEqual(figure(page, "outlive_posts_sent_total"), "3")
        assert.strictEqual(figure(page, 'outlive_room_posts{room="main"}'), "4")
        assert.strictEqual(figure(page, "outlive_private_posts"), "0")
        assert.lengthOf(page.match(/^outlive_log_steps_total\{way="[a-z ]+"\} \d+$/gm) ?? [], 2)
        assert.lengthOf(page.match(/^outlive_peer_lag_posts\{peer="\w+"\} \d+$/gm) ?? [], 3)
      }
      const [, first] = metrics as ReadonlyArray<number>
      const other = yield* Effect.promise(() => fetch(`http://127.0.0.1:${first}/`))
      assert.strictEqual(other.status, 404)
      const rebound = yield* ask(
        { host: Host.make("127.0.0.1"), port: Port.make(first ?? 0) },
        {
          path: "/metrics",
          headers: { host: `evil.example:${first}` }
        }
      )
      assert.strictEqual(rebound.status, 421)
      const twice = yield* stage.client("4", 1, { args: ["--metrics", `${first}`] })
      assert.strictEqual(yield* twice.ends, 1)
      assert.match(twice.err.at(-1) ?? "", /^outlive: Port \d+ can't be used \(it is in use\): /)
      yield* stage.everyoneLeaves(clients, server)
    })
  )

  it.skipIf(!hasPrometheus)("please promtool, and Prometheus scrapes a server and three clients", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { clients, metrics, server } = yield* watched(stage)
      for (const port of metrics) {
        const said = execFileSync("promtool", ["check", "metrics"], { input: yield* pageAt(port), encoding: "utf8" })
        assert.strictEqual(said, "")
      }
      const [own] = yield* stage.freePorts(1)
      const targets = metrics.map((port) => `'127.0.0.1:${port}'`).join(", ")
      const config = Path.join(stage.folder, "prometheus.yml")
      Fs.writeFileSync(
        config,
        `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: outlive, static_configs: [{targets: [${targets}]}]}]\n`
      )
      const prometheus = yield* stage.start("Prometheus", [
        "prometheus",
        `--config.file=${config}`,
        `--storage.tsdb.path=${Path.join(stage.folder, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${own}`
      ])
      const query = Effect.promise(async () => {
        const answer = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=outlive_links`).catch(() => undefined)
        return answer?.ok ? JSON.stringify(await answer.json()) : ""
      })
      const scraped = yield* query.pipe(
        Effect.delay("100 millis"),
        Effect.repeat({ until: (text) => (text.match(/"3"\]/g) ?? []).length === 4 }),
        Effect.timeout("20 seconds")
      )
      for (const port of metrics) assert.include(scraped, `127.0.0.1:${port}`)
      yield* prometheus.gets("SIGTERM")
      yield* prometheus.ends
      yield* stage.everyoneLeaves(clients, server)
    }).pipe(Effect.scoped, Effect.runPromise)
  )
})

describe("logs and traces", () => {
  it.scopedLive(
    "a log has a line of JSON for what happens, in a file or on stderr; without --log-level there is none",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const file = Path.join(stage.folder, "log.ndjson")
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port, ["--log-level", "warning", "--log-file", file])
        const one = yield* stage.client("1", port, { args: ["--log-level=info"] })
        yield* one.sees("Client 1: initiated")
        yield* stage.until("client 1 to log", () => one.err.some((line) => line.includes('"message":"Admitted"')))
        yield* one.gets("SIGKILL")
        yield* server.notices("* Client 1 is lost")
        yield* server.types("Exit")
        yield* server.ends
        const logged = Fs.readFileSync(file, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          logged.map(({ annotations, logLevel, message }) => [logLevel, message, annotations.peer, annotations.reason]),
          [["WARN", "Lost", "1", "closed"]]
        )
        const wrong = yield* stage.start("wrong", ["./server", "--log-level", "loud"])
        assert.strictEqual(yield* wrong.ends, 2)
        assert.match(
          wrong.err.join(),
          /^outlive: --log-level is one of none, error, warning, info, debug, trace\. See --help\.$/
        )
      })
  )

  it.scopedLive(
    "traces of joining, admitting and calling back go to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const received: Array<string> = []
        const collector = yield* Effect.acquireRelease(
          Effect.async<Http.Server>((resume) => {
            const made = Http.createServer((request, response) => {
              let body = ""
              request.on("data", (piece) => {
                body += piece
              })
              request.on("end", () => {
                received.push(`${request.url} ${request.headers["x-key"]} ${body}`)
                response.end()
              })
            })
            made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
          }),
          (made) => Effect.sync(() => made.close())
        )
        const env = {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
          OTEL_EXPORTER_OTLP_HEADERS: "x-key=secret%20one",
          OTEL_RESOURCE_ATTRIBUTES: "service.name=chat,team=ours"
        }
        /** The spans that have come since the last time: each by its name, behind that of the one that it is a part of. */
        const spans = (): ReadonlyArray<string> => {
          const found: ReadonlyArray<Span> = received
            .splice(0)
            .flatMap((request) =>
              JSON.parse(request.slice(request.indexOf("{"))).resourceSpans.flatMap(
                (resource: { readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }> }) =>
                  resource.scopeSpans.flatMap((scope) => scope.spans)
              )
            )
          return found.map(({ name, parentSpanId }) => {
            const whole = found.find(({ spanId }) => spanId === parentSpanId)
            return whole === undefined ? name : `${whole.name} > ${name}`
          })
        }
        const [port, other] = (yield* stage.freePorts(2)) as [number, number]
        const server = yield* stage.server(port, ["--data", "kept"], { env })
        const one = yield* stage.client("1", port)
        yield* one.sees("Client 1: initiated")
        const sent = yield* stage.start("send", ["./outlive", "send", "--server", `localhost:${port}`, "hello"], {
          env
        })
        assert.strictEqual(yield* sent.ends, 0)
        const all = received.join("\n")
        assert.match(all, /^\/v1\/traces secret one /)
        for (const word of ["PeerMesh.call", "chat", "team"]) assert.include(all, `"${word}"`)
        yield* server.types("Exit")
        yield* server.ends
        const joined = spans()
        for (const span of [
          "PortStore.open",
          "MessageLog.open",
          "PeerMesh.admit > Membership.enter",
          "ServerRegistry.admit",
          "ServerRegistry.admit > PortStore.record",
          "PeerMesh.join > PeerMesh.call"
        ]) {
          assert.include(joined, span)
        }

        // Where the client does not look for it.
        const again = yield* stage.server(other, ["--data", "kept"], { env })
        yield* again.sees("Client 1: reconnected")
        yield* again.types("Exit")
        yield* again.ends
        const calledBack = spans()
        for (const span of ["ServerRegistry.callBack", "ServerRegistry.callBack > PeerMesh.call"]) {
          assert.include(calledBack, span)
        }
      })
  )
})

/** sites: a chat over several sites, with many clients at each, through one server of NATS on the same machine. */
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { natsServer } from "../../test/support/natsServer.ts"
import { begin, figures } from "../Load.ts"
import { type BenchFailed, cpuOf, folder, freePort, pipe, type Started } from "../Processes.ts"
import * as Outlive from "../systems/outlive.ts"
import { type Cell, type Effort, named, type Results, type Work } from "../Work.ts"

const names = ["east", "west", "north"]
const clients = 100
const perSecond = 100

interface Place {
  readonly server: Started
  /** What the load generator is told of it. */
  readonly site: string
}

/** The servers of all sites, which know of each other. */
const servers = (url: string, program: string | undefined) =>
  Effect.gen(function* () {
    const own = yield* folder
    const started = yield* Effect.forEach(
      names,
      (name) =>
        Effect.gen(function* () {
          const port = yield* freePort
          const ports = Path.join(own, name)
          return {
            name,
            port,
            server: yield* Outlive.server(port, {
              security: ["--ports", ports, "--nats", url, "--site", name],
              program
            })
          }
        }),
      { concurrency: "unbounded" }
    )
    for (const { name, server } of started)
      for (const other of names) if (other !== name) yield* server.hears(new RegExp(`(Server ${other}): initiated`))
    return started
  })

const places = (
  url: string,
  program: string | undefined
): Effect.Effect<ReadonlyArray<Place>, BenchFailed, Scope.Scope> =>
  Effect.flatMap(servers(url, program), (started) =>
    Effect.forEach(started, ({ name, port, server }) =>
      Effect.gen(function* () {
        const [stdin, listen] = [yield* pipe, yield* freePort]
        yield* Outlive.client(name, listen, port, { stdin, program })
        return { server, site: `${name},${port},${listen},${stdin}` }
      })
    )
  )

/** `program`: another build than that in dist/. */
export const measure = ({ time, warm }: Pick<Effort, "time" | "warm">, program?: string): Cell["run"] =>
  Effect.gen(function* () {
    const { url } = yield* natsServer()
    const all = yield* places(url, program)
    const site = all.map((each) => each.site)
    const load = yield* begin("sites", { site, readers: clients, rate: perSecond, time, warm }, /^(ready)$/m)
    const used = Effect.forEach(all, ({ server }) => cpuOf(server.pid))
    const before = yield* used
    const found = yield* figures(load)
    const after = yield* used
    const cpu = after.reduce((sum, each, at) => sum + each - (before[at] ?? 0), 0) / all.length
    return { ...found, cpu: (cpu * 1_000_000) / (found["lines"] ?? Number.NaN) }
  })

const at = `${names.length} sites, ${clients} clients at each, ${perSecond} lines a second`

/** In ms. */
const millis = (name: string) => (figures: Parameters<ReturnType<typeof named>>[0]) => named(name)(figures) / 1_000

export const sites: Work = {
  name: "sites",
  title: "Several sites",
  how:
    `${names.length} sites, each with a server, a client that says a third of the ${perSecond} lines a second, and ${clients} clients of the load generator, which are linked with both. ` +
    "One server of NATS with JetStream, on a file. All on one machine. The times are those from when a line was due to be typed until a client has it. The CPU time of a server is that of all lines, whichever site they are of.",
  cells: ({ time, warm }) => [{ system: "outlive", at, run: measure({ time: time * 4, warm }) }],
  report: (results: Results) => {
    const row = (what: string, figure: Parameters<Results["of"]>[2], digits: number) => [
      what,
      results.of("outlive", at, figure).toFixed(digits)
    ]
    const lost = (found: Parameters<ReturnType<typeof named>>[0]) => named("expected")(found) - named("came")(found)
    return {
      tables: [
        {
          title: at,
          head: ["", "outlive"],
          rows: [
            row("to clients of the same site: p50, ms", millis("nearP50"), 2),
            row("p99, ms", millis("nearP99"), 2),
            row("to clients of other sites: p50, ms", millis("farP50"), 2),
            row("p99, ms", millis("farP99"), 2),
            row("lines that did not come", lost, 0),
            row("lines that came twice", named("again"), 0),
            row("CPU of a server, µs a line", named("cpu"), 0)
          ]
        }
      ],
      plots: [],
      verdicts: [
        { goal: "lines that did not come", value: results.of("outlive", at, lost), most: 0 },
        { goal: "lines that came twice", value: results.of("outlive", at, named("again")), most: 0 }
      ]
    }
  }
}

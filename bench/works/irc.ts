/** irc: many people in one channel of IRC, guests of one node, beside servers of IRC. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type BenchFailed, cpuOf, freePort, listening, rssOf } from "../Processes.ts"
import { isHere } from "../systems/all.ts"
import { chatter, crowd } from "../systems/channels.ts"
import { inspircd } from "../systems/inspircd.ts"
import { ngircd } from "../systems/ngircd.ts"
import { server } from "../systems/outlive.ts"
import type { System } from "../systems/System.ts"
import { type Cell, type Effort, type Figures, named, type Work } from "../Work.ts"

const people = 200
const perSecond = 100

interface Served {
  readonly pid: number
  readonly port: number
}

const guests: Effect.Effect<Served, BenchFailed, Scope.Scope> = Effect.gen(function* () {
  const port = yield* freePort
  const { pid } = yield* server(yield* freePort, { security: ["--irc", `127.0.0.1:${port}`, "--irc-guests"] })
  yield* listening(port)
  return { pid, port }
})

const servedBy = ({ start }: System): Effect.Effect<Served, BenchFailed, Scope.Scope> =>
  Effect.map(start, ({ pids, sink }) => ({ pid: pids[0] ?? 0, port: Number(sink.split(":")[1]) }))

const systems = [
  { name: "outlive", serve: guests },
  ...[ngircd, inspircd].filter(isHere).map((system) => ({ name: system.name, serve: servedBy(system) }))
]

/** A first one joins before, so that what a first client costs once is not counted for each. */
const measure = (serve: Effect.Effect<Served, BenchFailed, Scope.Scope>, { time, warm }: Effort): Cell["run"] =>
  Effect.gen(function* () {
    const { pid, port } = yield* serve
    const before = yield* rssOf(pid)
    const all = yield* crowd(port, people)
    const after = yield* rssOf(pid)
    const cpu = yield* cpuOf(pid)
    const begun = performance.now()
    const { lost, p50, p99 } = yield* chatter(all, { perSecond, millis: time * 4, warm })
    const busy = ((yield* cpuOf(pid)) - cpu) / ((performance.now() - begun) / 1_000)
    return { p50, p99, lost, "KiB a guest": (after - before) / 1_024 / people, "% of a core": busy * 100 }
  })

const [p50, p99, rss, cpu] = [named("p50"), named("p99"), named("KiB a guest"), named("% of a core")]
const at = `${people} people, ${perSecond} lines a second`

export const irc: Work = {
  name: "irc",
  title: "IRC clients",
  how:
    `${people} clients of IRC are in one channel. For outlive they are guests of a server (\`--irc-guests\`). They talk in turn, ${perSecond} lines a second in all. ` +
    "The times are those from a line's write to its arrival at 20 of the others, in ms. Memory is what the process has taken for each client, without what it had before the first.",
  cells: (effort) => systems.map(({ name, serve }) => ({ system: name, at, run: measure(serve, effort) })),
  report: (results) => {
    const row = (what: string, figure: (figures: Figures) => number, digits: number) => [
      what,
      ...systems.map(({ name }) => results.of(name, at, figure).toFixed(digits))
    ]
    return {
      tables: [
        {
          title: at,
          head: ["", ...systems.map(({ name }) => name)],
          rows: [
            row("p50, ms", p50, 2),
            row("p99, ms", p99, 2),
            row("KiB a client", rss, 0),
            row("% of a core", cpu, 1),
            row("lines that did not come", named("lost"), 0)
          ]
        }
      ],
      plots: [],
      verdicts: [{ goal: "lines that did not come", value: results.of("outlive", at, named("lost")), most: 0 }]
    }
  }
}

/** irc: many people in one channel of IRC, guests of one node, beside servers of IRC. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type BenchFailed, cpuOf, freePort, listening, rssOf } from "../Processes.ts"
import { isHere } from "../systems/all.ts"
import { chatter, crowd, first } from "../systems/channels.ts"
import { inspircd } from "../systems/inspircd.ts"
import { ngircd } from "../systems/ngircd.ts"
import { server } from "../systems/outlive.ts"
import type { System } from "../systems/System.ts"
import { type Cell, type Effort, type Figures, named, type Results, type Work } from "../Work.ts"

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
    const one = yield* first(port)
    const before = yield* rssOf(pid)
    const came = performance.now()
    const others = yield* crowd(port, people - 1)
    const joining = (performance.now() - came) / 1_000
    const after = yield* rssOf(pid)
    const all = [one, ...others]
    const cpu = yield* cpuOf(pid)
    const begun = performance.now()
    const { lost, p50, p99 } = yield* chatter(all, { perSecond, millis: time * 4, warm })
    const busy = ((yield* cpuOf(pid)) - cpu) / ((performance.now() - begun) / 1_000)
    const memory = (after - before) / 1_024 / others.length
    return { p50, p99, lost, "s to join": joining, "KiB a guest": memory, "% of a core": busy * 100 }
  })

const [p50, p99, lost] = [named("p50"), named("p99"), named("lost")]
const [joining, rss, cpu] = [named("s to join"), named("KiB a guest"), named("% of a core")]
const beside = (results: Results) => results.of("outlive", at, p99) / results.of("ngircd", at, p99)
const at = `${people} people, ${perSecond} lines a second`

export const irc: Work = {
  name: "irc",
  title: "IRC clients",
  how:
    `${people} clients of IRC are in one channel. For outlive they are guests of a server (\`--irc-guests\`). They talk in turn, ${perSecond} lines a second in all. ` +
    "The times are those from a line's write to its arrival at 20 of the others, in ms. One client is there first, and then all the others come at the same time: how long that takes, and how much more memory the process has for each of them afterwards.",
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
            row("lines that did not come", lost, 0),
            row(`s until all ${people} are in`, joining, 2),
            row("KiB a client", rss, 0),
            row("% of a core", cpu, 1)
          ]
        }
      ],
      plots: [],
      verdicts: [
        { goal: "lines that did not come", value: results.of("outlive", at, lost), most: 0 },
        ...(isHere(ngircd) ? [{ goal: "p99 beside that of ngircd", value: beside(results), most: 3 }] : []),
        { goal: `s until all ${people} are in`, value: results.of("outlive", at, joining), most: 1 },
        { goal: "KiB a guest", value: results.of("outlive", at, rss), most: 60 }
      ]
    }
  }
}

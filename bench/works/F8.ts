/** F8: the server dies while everybody talks. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { endsOf, outliveClients } from "../systems/meshes.ts"
import { named, type Work } from "../Work.ts"

const rate = 50
const micros = (value: number) => value.toFixed(0)

export const F8: Work = {
  name: "F8",
  title: "The server dies under load",
  how:
    `20 clients (8 with --quick) say ${rate} lines a second each; in the middle of the run the server is killed. Each line is timed ` +
    "from when it was due at its author's pipe to the output of each other client. A gap is the time between two reads at one " +
    "reader. `before` is from the beginning to the kill, `after` from there to the end.",
  cells: ({ quick }) => {
    const clients = quick ? 8 : 20
    return [
      {
        system: "outlive",
        at: `${clients} clients`,
        run: Effect.flatMap(outliveClients.start(clients), ({ members, server }) =>
          run("talk", {
            ...endsOf(members, members),
            mesh: 1,
            rate,
            kill: server?.pid ?? 0,
            time: quick ? 3_000 : 10_000,
            warm: quick ? 2_000 : 4_000
          })
        )
      }
    ]
  },
  report: (results) => {
    const at = results.sizes[0] ?? ""
    const of = (name: string) => results.of("outlive", at, named(name))
    return {
      tables: [
        {
          title: `Latency and gaps, µs, ${at}`,
          head: ["", "p50", "p99", "longest", "longest gap"],
          rows: [
            ["before", ...["p50", "p99", "max", "gap"].map((name) => micros(of(name)))],
            ["after", ...["p50", "p99", "max", "gap"].map((name) => micros(of(`after_${name}`)))]
          ]
        }
      ],
      plots: [
        {
          title: "F8: before and after the server's death",
          unit: "µs",
          kind: "bars",
          series: ["before", "after"].map((name) => ({
            name,
            points: ["p50", "p99", "gap"].map(
              (figure) => [figure, of(name === "before" ? figure : `after_${figure}`)] as const
            )
          }))
        }
      ],
      verdicts: [
        { goal: "p99 after, × before", value: of("after_p99") / of("p99"), most: 1.2 },
        { goal: "longest gap after, × before", value: of("after_gap") / of("gap"), most: 1.5 }
      ]
    }
  }
}

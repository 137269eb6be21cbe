/** F5: from one keyboard to another's screen. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { meshes } from "../systems/all.ts"
import { endsOf } from "../systems/meshes.ts"
import { named, type Work } from "../Work.ts"

/** Lines a second: as if several people typed fast. */
const rate = 50
const [p50, p99] = [named("p50"), named("p99")]

export const F5: Work = {
  name: "F5",
  title: "Through a keyboard: typed at one, shown at another",
  how: `${rate} lines a second are typed into one process' pipe; each is timed until it stands in the other's output. The raw pair does the same.`,
  remarks:
    "No timer is in the way: at 1,000 lines a second the same pair of nodes is 0.25 ms over raw (p50, three rounds in turns), and at " +
    "50 a second 0.69. What is slower at 50 is code that V8 has not compiled yet within the run, and caches that have gone cold " +
    "between two lines.",
  cells: ({ quick, warm }) =>
    meshes(quick).map((system) => ({
      system: system.name,
      at: "two nodes",
      run: Effect.flatMap(system.start(2), ({ members }) =>
        run("talk", {
          ...endsOf(members.slice(0, 1), members.slice(1)),
          rate,
          time: quick ? 1_000 : 10_000,
          warm: warm * 2
        })
      )
    })),
  report: (results) => {
    const over = (figure: typeof p50) =>
      (results.of("outlive", "two nodes", figure) - results.of("raw", "two nodes", figure)) / 1e3
    const micros = (value: number) => value.toFixed(0)
    return {
      tables: [
        results.table("p50", "µs", p50, micros),
        results.table("p99", "µs", p99, micros),
        results.table("Longest", "µs", named("max"), micros)
      ],
      plots: [],
      verdicts: [
        { goal: "p50, ms over raw", value: over(p50), most: 1 },
        { goal: "p99, ms over raw", value: over(p99), most: 5 }
      ]
    }
  }
}

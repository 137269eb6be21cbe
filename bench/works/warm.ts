/** warm: works on which compiling weighs, measured when it is over. */
import { brief } from "../stats.ts"
import { type Figures, named, per, type Results, type Work } from "../Work.ts"
import { F1 } from "./F1.ts"
import { F2 } from "./F2.ts"
import { F3 } from "./F3.ts"
import { F4 } from "./F4.ts"
import { F6 } from "./F6.ts"

/** The warm-up, in ms: by then V8 has compiled everything. */
const longEnough = 15_000

/** The systems that V8 compiles. In F6 the layers alone have a goal too. */
const chosen = ["outlive", "raw tuned", "raw"]
const layers = "outlive's layers"

/** Sizes without a goal here. */
const left = ["F1, 1000", "F2, 5"]

const cellsOf = (work: Work) =>
  work
    .cells({ quick: false, time: 1_500, warm: longEnough })
    .filter(({ system }) => chosen.includes(system) || (system === layers && work === F6))
    .map((cell) => ({ ...cell, at: `${work.name}, ${cell.at}` }))
    .filter(({ at }) => !left.includes(at))

const speed = per("deliveries", "seconds")
const each = per("posts", "cpu")
const [p50, p99] = [named("p50"), named("p99")]

/** One comparison of two systems. `goal`: how its goal begins. */
interface Comparison {
  readonly goal: string
  readonly at: string
  readonly bare: string
  readonly figure: (figures: Figures) => number
  readonly least?: number
  readonly most?: number
}

const comparisons: ReadonlyArray<Comparison> = [
  { goal: "F1, 5 readers", at: "F1, 5", bare: "raw tuned", figure: speed, least: 0.8 },
  { goal: "F1, 100 readers", at: "F1, 100", bare: "raw tuned", figure: speed, least: 0.8 },
  { goal: "F2, 100 readers", at: "F2, 100", bare: "raw tuned", figure: speed, least: 0.9 },
  { goal: "F3, one speaks", at: "F3, one speaks", bare: "raw", figure: speed, least: 0.5 },
  { goal: "F3, all speak", at: "F3, all speak", bare: "raw", figure: speed, least: 0.5 },
  { goal: "F4, p50 with 5 readers", at: "F4, 5", bare: "raw tuned", figure: p50, most: 1.3 },
  { goal: "F4, p99 with 5 readers", at: "F4, 5", bare: "raw tuned", figure: p99, most: 1.5 },
  { goal: "F4, p50 with 100 readers", at: "F4, 100", bare: "raw tuned", figure: p50, most: 1.3 },
  { goal: "F4, p99 with 100 readers", at: "F4, 100", bare: "raw tuned", figure: p99, most: 1.5 }
]

const ratio = (results: Results, { at, bare, figure }: Comparison): number =>
  results.of("outlive", at, figure) / results.of(bare, at, figure)

export const warm: Work = {
  name: "warm",
  title: "After fifteen seconds",
  how:
    "F1, F2, F3, F4 and F6 again, of outlive and of the same work on bare sockets, with 15 s of work before what counts, in place of " +
    "2.5, and of 5 in F3. These are the figures of a node that runs for days.",
  remarks:
    "What the first seconds cost beyond this is V8 compiling Effect's runtime and outlive, where raw has a few lines. F1 to F4 say where the rest goes. Longer is no better that we could see: 25 s in place of 15 brought " +
    "between 0.8 and 1 of that in F2 with 100 readers. F4's p99 with 100 readers may be the collector's pauses, which `--trace-gc` has at 1 to 3 ms each; that was not looked into further.",
  cells: ({ quick }) => (quick ? [] : [F1, F2, F3, F4, F6].flatMap(cellsOf)),
  report: (results) => ({
    tables: [
      {
        title: "outlive's figure and raw's",
        head: ["", "outlive", "raw", "ratio"],
        rows: comparisons.map((each) => [
          `${each.goal}, ${each.figure === speed ? "deliveries a second" : "µs"}`,
          brief(results.of("outlive", each.at, each.figure)),
          brief(results.of(each.bare, each.at, each.figure)),
          ratio(results, each).toFixed(2)
        ])
      },
      results.table("CPU a delivery", "µs", per("cpu", "deliveries", 1e6), (value) =>
        Number.isFinite(value) ? value.toFixed(2) : ""
      )
    ],
    plots: [],
    verdicts: [
      ...comparisons.map(({ goal, least, most, ...comparison }) => ({
        goal: `${goal}, × raw`,
        value: ratio(results, { goal, ...comparison }),
        ...(least === undefined ? {} : { least }),
        ...(most === undefined ? {} : { most })
      })),
      {
        goal: "F6, checked and stored, posts a second a core",
        value: results.of(layers, "F6, one author", each),
        least: 400_000
      }
    ]
  })
}

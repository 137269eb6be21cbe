/** warm: works on which compiling weighs, measured when it is over. */
import { brief } from "../stats.ts"
import { type Figures, named, type Results, type Work } from "../Work.ts"
import { F1 } from "./F1.ts"
import { F2 } from "./F2.ts"
import { F3 } from "./F3.ts"
import { F4 } from "./F4.ts"
import { each, F6 } from "./F6.ts"
import { cost, raw, speed } from "./fanOut.ts"

/** The warm-up, in ms: by then V8 has compiled everything. */
const longEnough = 15_000

const [p50, p99] = [named("p50"), named("p99")]

/** One comparison of two systems. `goal`: how its goal begins. */
interface Comparison {
  readonly goal: string
  readonly unit: string
  readonly at: string
  readonly ours: string
  readonly bare: string
  readonly figure: (figures: Figures) => number
  readonly least?: number
  readonly most?: number
}

const fanOut = { ours: "outlive", bare: raw }
const mesh = { ours: "outlive", bare: "raw" }
const delivery = { unit: "CPU a delivery, µs", figure: cost }
const deliveries = { unit: "deliveries a second", figure: speed }
const posts = { unit: "posts a second of CPU time", figure: each, least: 0.85 }

const comparisons: ReadonlyArray<Comparison> = [
  { goal: "F1, 5 readers", at: "F1, 5", ...fanOut, ...delivery, most: 1.15 },
  { goal: "F1, 5 readers", at: "F1, 5", ...fanOut, ...deliveries, least: 0.9 },
  { goal: "F1, 100 readers", at: "F1, 100", ...fanOut, ...delivery, most: 1.15 },
  { goal: "F1, 100 readers", at: "F1, 100", ...fanOut, ...deliveries, least: 0.85 },
  { goal: "F2, 100 readers", at: "F2, 100", ...fanOut, ...deliveries, least: 0.85 },
  { goal: "F3, one speaks", at: "F3, one speaks", ...mesh, ...deliveries, least: 0.7 },
  { goal: "F3, all speak", at: "F3, all speak", ...mesh, ...deliveries, least: 0.5 },
  { goal: "F4, p50 with 5 readers", at: "F4, 5", ...fanOut, unit: "µs", figure: p50, most: 1.3 },
  { goal: "F4, p99 with 5 readers", at: "F4, 5", ...fanOut, unit: "µs", figure: p99, most: 1.5 },
  { goal: "F4, p50 with 100 readers", at: "F4, 100", ...fanOut, unit: "µs", figure: p50, most: 1.3 },
  { goal: "F4, p99 with 100 readers", at: "F4, 100", ...fanOut, unit: "µs", figure: p99, most: 1.5 },
  { goal: "F6, checked and stored", at: "F6, one author", ours: "outlive's layers", bare: "raw", ...posts },
  { goal: "F6, shown as well", at: "F6, one author", ours: "outlive", bare: "raw, shown", ...posts }
]

const isCompared = ({ at, system }: { readonly at: string; readonly system: string }): boolean =>
  comparisons.some((each) => each.at === at && (each.ours === system || each.bare === system))

const cellsOf = (work: Work) =>
  work
    .cells({ quick: false, time: 1_500, warm: longEnough })
    .map((cell) => ({ ...cell, at: `${work.name}, ${cell.at}` }))
    .filter(isCompared)

const ratio = (results: Results, { at, bare, figure, ours }: Comparison): number =>
  results.of(ours, at, figure) / results.of(bare, at, figure)

export const warm: Work = {
  name: "warm",
  title: "After fifteen seconds",
  how:
    "F1, F2, F3, F4 and F6 again, of outlive and of the same work on bare sockets, with 15 s of work before what counts, in place of " +
    "2.5, and of 10 in F3. These are the figures of a node that runs for days.",
  remarks:
    "What the first seconds cost beyond this is V8 compiling Effect's runtime and outlive, where raw has a few lines. F1 to F6 say where the rest goes.",
  cells: ({ quick }) => (quick ? [] : [F1, F2, F3, F4, F6].flatMap(cellsOf)),
  report: (results) => ({
    tables: [
      {
        title: "outlive's figure and raw's",
        head: ["", "outlive", "raw", "ratio"],
        rows: comparisons.map((comparison) => [
          `${comparison.goal}, ${comparison.unit}`,
          brief(results.of(comparison.ours, comparison.at, comparison.figure)),
          brief(results.of(comparison.bare, comparison.at, comparison.figure)),
          ratio(results, comparison).toFixed(2)
        ])
      }
    ],
    plots: [],
    verdicts: comparisons.map((comparison) => ({
      goal: `${comparison.goal}, ${comparison.unit === "µs" ? "" : `${comparison.unit.split(",")[0]}, `}× raw`,
      value: ratio(results, comparison),
      ...(comparison.least === undefined ? {} : { least: comparison.least }),
      ...(comparison.most === undefined ? {} : { most: comparison.most })
    }))
  })
}

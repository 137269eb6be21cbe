/** F12: how cost grows with the number of readers. */
import * as Effect from "effect/Effect"
import { run } from "../Load.ts"
import { exponent } from "../stats.ts"
import { outlive } from "../systems/outlive.ts"
import { tuned } from "../systems/raw.ts"
import { type Figures, named, per, type Work } from "../Work.ts"
import { cellsOf, sizesOf, talk } from "./fanOut.ts"

const countsOf = (quick: boolean) => (quick ? [10, 1_000] : [10, 30, 100, 300, 1_000])
const systems = [outlive, tuned]

const cost = per("cpu", "deliveries", 1e6)
const memory = (figures: Figures) => (named("rss")(figures) - named("rssBefore")(figures)) / 1024 / 1024

/** The measurements count as different systems, because the tables have a row for each system. */
const [batched, single, late, idle] = ["batched", "single", "1,000 a second", "idle"]

export const F12: Work = {
  name: "F12",
  title: "Growth with the number of readers",
  how: "The measurements of F1, F2, F4 and F7 at more sizes, and the exponent b of cost = a·N^b that fits them best.",
  cells: ({ quick, time, warm }) => {
    const counts = countsOf(quick)
    return systems.flatMap((system) => [
      ...cellsOf([{ ...system, name: `${system.name}, ${batched}` }], sizesOf(counts, { window: 64, time, warm })),
      ...cellsOf(
        [{ ...system, name: `${system.name}, ${single}` }],
        sizesOf(quick ? [] : counts, { window: 1, time, warm })
      ),
      ...counts
        .filter((readers) => !quick && readers <= 300)
        .map((readers) => ({
          system: `${system.name}, ${late}`,
          at: `${readers}`,
          run: talk(system, readers, { rate: 1_000, time, warm })
        })),
      ...[...counts, ...(quick ? [] : [3_000])].map((count) => ({
        system: `${system.name}, ${idle}`,
        at: `${count}`,
        run: Effect.flatMap(system.start, ({ pids, sink }) =>
          run("idle", { to: sink, count, pids: pids.join(","), time: quick ? 500 : 3_000 })
        )
      }))
    ])
  },
  report: (results) => {
    const slope = (system: string, figure: (figures: Figures) => number) =>
      exponent(results.sizes.map((at) => [Number(at), results.of(system, at, figure)] as const))
    const rows = [batched, single, late].map((kind) => [
      `CPU a delivery, ${kind}`,
      ...systems.map(({ name }) => slope(`${name}, ${kind}`, cost).toFixed(2))
    ])
    const lines = (kind: string | undefined, figure: (figures: Figures) => number) =>
      systems.map(({ name }) => ({
        name,
        points: results.sizes
          .map((at) => [at, results.of(`${name}, ${kind}`, at, figure)] as const)
          .filter(([, value]) => Number.isFinite(value) && value > 0)
      }))
    const memoryRow = [
      "memory of idle links",
      ...systems.map(({ name }) => slope(`${name}, ${idle}`, memory).toFixed(2))
    ]
    return {
      tables: [
        { title: "Exponents", head: ["", ...systems.map(({ name }) => name)], rows: [...rows, memoryRow] },
        ...[batched, single, late].map((kind) => ({
          title: `CPU a delivery, µs, ${kind}, by readers`,
          head: ["", ...results.sizes],
          rows: systems.map(({ name }) => [
            name,
            ...results.sizes.map((at) => {
              const value = results.of(`${name}, ${kind}`, at, cost)
              return Number.isNaN(value) ? "" : value.toFixed(3)
            })
          ])
        }))
      ],
      plots: [
        { title: "F12: CPU a delivery, batched, by readers", unit: "µs", kind: "lines", series: lines(batched, cost) },
        { title: "F12: CPU a delivery, single, by readers", unit: "µs", kind: "lines", series: lines(single, cost) },
        { title: "F12: memory of idle links, by links", unit: "MB", kind: "lines", series: lines(idle, memory) }
      ],
      verdicts: [
        ...[batched, single, late].map((kind) => ({
          goal: `exponent of CPU a delivery, ${kind}`,
          value: slope(`outlive, ${kind}`, cost),
          most: 0.1
        })),
        { goal: "exponent of memory over idle links", value: slope(`outlive, ${idle}`, memory), most: 1.1 }
      ]
    }
  }
}

/** Shared by the works on fan-out: each system, with each number of readers, under the same load. */
import * as Effect from "effect/Effect"
import { run, type Settings } from "../Load.ts"
import { present } from "../systems/all.ts"
import type { System } from "../systems/System.ts"
import { type Cell, type Figures, named, per, type Results, type Table, type Work } from "../Work.ts"

/**
 * One author types, and many readers receive. The load generator spins on a core of its own, so that no system pays for
 * waking it.
 */
export const talk = (system: System, readers: number, settings: Settings): Cell["run"] =>
  Effect.flatMap(system.start, ({ feed, pids, sink }) =>
    run("talk", { feed, sink: `${sink}*${readers}`, pids: pids.join(","), spin: 1, ...settings })
  )

/** A load, under the name by which it is a column of the tables. */
export interface Size {
  readonly at: string
  readonly readers: number
  readonly settings: Settings
}

/** These readers under the same load: a column each. */
export const sizesOf = (readers: ReadonlyArray<number>, settings: Settings): ReadonlyArray<Size> =>
  readers.map((count) => ({ at: `${count}`, readers: count, settings }))

export const cellsOf = (systems: ReadonlyArray<System>, sizes: ReadonlyArray<Size>): ReadonlyArray<Cell> =>
  sizes.flatMap(({ at, readers, settings }) =>
    systems.map((system) => ({ system: system.name, at, run: talk(system, readers, settings) }))
  )

/** The systems of these names that are here. */
export const systemsOf = (...names: ReadonlyArray<string>): ReadonlyArray<System> =>
  present.filter(({ name }) => names.includes(name))

/** The same measurements, in one round: of systems without a goal. A quick run leaves them out. */
export const inOneRound = (cells: ReadonlyArray<Cell>): ReadonlyArray<Cell> =>
  cells.map((cell) => ({ ...cell, once: true }))

export const speed = per("deliveries", "seconds")
export const cost = per("cpu", "deliveries", 1e6)

/** How much of its time the load generator had something to do, in percent. */
export const busy = (figures: Figures): number => 100 * (1 - named("idle")(figures) / named("seconds")(figures))

export const raw = "raw tuned"

/** outlive's figure as a share of another system's. */
export const versus = (results: Results, other: string, at: string | number, figure: (figures: Figures) => number) =>
  results.of("outlive", at, figure) / results.of(other, at, figure)

/** outlive's figures as shares of raw's, beside each other. */
export const ratios = (results: Results, by: string): Table => {
  const row = (what: string, figure: (figures: Figures) => number) => [
    what,
    ...results.sizes.map((at) => {
      const value = versus(results, raw, at, figure)
      return Number.isFinite(value) ? value.toFixed(2) : ""
    })
  ]
  return {
    title: `outlive's figures in those of raw tuned, ${by}`,
    head: ["", ...results.sizes],
    rows: [row("CPU a delivery", cost), row("deliveries a second", speed)]
  }
}

/** The tables and plots of a fan-out. `speeds`: the unit of deliveries a second, and how they are written. */
export const report = (
  results: Results,
  name: string,
  [unit, written]: readonly [string, (value: number) => string],
  digits: number
): Pick<ReturnType<Work["report"]>, "tables" | "plots"> => ({
  tables: [
    results.table("Deliveries a second, by readers", unit, speed, written),
    results.table("CPU a delivery, by readers", "µs", cost, (value) => value.toFixed(digits)),
    ratios(results, "by readers"),
    results.table("The load generator's busy time beside that", "%", busy, (value) => value.toFixed(0))
  ],
  plots: [
    results.plot(`${name}: deliveries a second, by readers`, "a second", "bars", speed),
    results.plot(`${name}: CPU a delivery, by readers`, "µs", "bars", cost)
  ]
})

/** A work: one thing to measure, of several systems at several sizes, in rounds. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Figures } from "./Load.ts"

export type { Figures }

import type { BenchFailed } from "./Processes.ts"
import { median } from "./stats.ts"

/** The effort of a run. */
export interface Effort {
  readonly quick: boolean
  /** How long a measurement lasts, and how long it runs before it counts; in ms. */
  readonly time: number
  readonly warm: number
}

/** One measurement: of a system, at a size. */
export interface Cell {
  readonly system: string
  readonly at: string
  readonly run: Effect.Effect<Figures, BenchFailed, Scope.Scope>
  /** Measured in the first round alone: a system without a goal, which is there for comparison. */
  readonly once?: boolean
}

/** The results of a cell: one sample for each round, or why there is none. */
export interface Measured {
  readonly system: string
  readonly at: string
  readonly samples: ReadonlyArray<Figures>
  readonly failures: ReadonlyArray<string>
}

/** Whether a goal is met. */
export interface Verdict {
  readonly goal: string
  readonly value: number
  /** The value must be at least, or at most, this. */
  readonly least?: number
  readonly most?: number
}

export interface Table {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export interface Plot {
  readonly title: string
  readonly unit: string
  /** Bars: a value for each system at each size. Lines: the same over sizes that are numbers. */
  readonly kind: "bars" | "lines"
  readonly series: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<readonly [at: string, value: number]>
  }>
}

export interface Report {
  readonly tables: ReadonlyArray<Table>
  readonly plots: ReadonlyArray<Plot>
  readonly verdicts: ReadonlyArray<Verdict>
}

export interface Work {
  readonly name: string
  readonly title: string
  /** How it is measured, for readers of the figures. */
  readonly how: string
  /** For a work that misses its goal: where the time goes, what was tried, and what it would take. */
  readonly remarks?: string
  readonly cells: (effort: Effort) => ReadonlyArray<Cell>
  readonly report: (results: Results) => Report
}

export const isMet = ({ least, most, value }: Verdict): boolean =>
  (least === undefined || value >= least) && (most === undefined || value <= most)

/** The results of a work. */
export class Results {
  readonly cells: ReadonlyArray<Measured>

  constructor(cells: ReadonlyArray<Measured>) {
    this.cells = cells
  }

  get systems(): ReadonlyArray<string> {
    return [...new Set(this.cells.map(({ system }) => system))]
  }

  get sizes(): ReadonlyArray<string> {
    return [...new Set(this.cells.map(({ at }) => at))]
  }

  /** The median of a figure over the rounds; NaN if there is none. */
  of(system: string, at: string | number, figure: (figures: Figures) => number): number {
    const cell = this.cells.find((each) => each.system === system && each.at === String(at))
    return median((cell?.samples ?? []).map(figure).filter((value) => !Number.isNaN(value)))
  }

  /** A table of a figure: a row for each system and a column for each size. */
  table(title: string, unit: string, figure: (figures: Figures) => number, show: (value: number) => string): Table {
    return {
      title: `${title}, ${unit}`,
      head: ["", ...this.sizes],
      rows: this.systems.map((system) => [system, ...this.sizes.map((at) => this.#show(system, at, figure, show))])
    }
  }

  /** A table of a figure in each round: a row for each cell. */
  rounds(title: string, unit: string, figure: (figures: Figures) => number, show: (value: number) => string): Table {
    const count = Math.max(0, ...this.cells.map(({ samples }) => samples.length))
    const numbers = Array.from({ length: count }, (_, round) => `${round + 1}`)
    return {
      title: `${title}, each round, ${unit}`,
      head: ["", ...numbers],
      rows: this.cells.map(({ at, samples, system }) => [
        `${system}, ${at}`,
        ...numbers.map((_, round) => {
          const sample = samples[round]
          return sample === undefined ? "" : show(figure(sample))
        })
      ])
    }
  }

  plot(title: string, unit: string, kind: Plot["kind"], figure: (figures: Figures) => number): Plot {
    return {
      title,
      unit,
      kind,
      series: this.systems.map((name) => ({
        name,
        points: this.sizes
          .map((at) => [at, this.of(name, at, figure)] as const)
          .filter(([, value]) => Number.isFinite(value))
      }))
    }
  }

  #show(system: string, at: string, figure: (figures: Figures) => number, show: (value: number) => string): string {
    const cell = this.cells.find((each) => each.system === system && each.at === at)
    if (cell === undefined) return ""
    return cell.samples.length === 0 ? "failed" : show(this.of(system, at, figure))
  }
}

/** A figure by its name. */
export const named =
  (name: string) =>
  (figures: Figures): number =>
    figures[name] ?? Number.NaN

/** The ratio of two figures, multiplied by `times`. */
export const per =
  (over: string, under: string, times = 1) =>
  (figures: Figures): number =>
    (times * named(over)(figures)) / named(under)(figures)

/** Shared by the works on fan-out: each system, with each number of readers, under the same load. */
import * as Effect from "effect/Effect"
import { run, type Settings } from "../Load.ts"
import { core, present } from "../systems/all.ts"
import type { System } from "../systems/System.ts"
import type { Cell } from "../Work.ts"

/** One author types, and many readers receive. */
export const talk = (system: System, readers: number, settings: Settings): Cell["run"] =>
  Effect.flatMap(system.start, ({ feed, pids, sink }) =>
    run("talk", { feed, sink: `${sink}*${readers}`, pids: pids.join(","), ...settings })
  )

/** The core systems at every size, the others at one. A quick run measures only the core systems. */
export const cellsOfAll = (sizes: ReadonlyArray<number>, settings: Settings, quick: boolean): ReadonlyArray<Cell> => [
  ...cellsOf(core, sizes, settings),
  ...cellsOf(
    present.filter((system) => !quick && !core.includes(system)),
    [100],
    settings
  )
]

export const cellsOf = (
  systems: ReadonlyArray<System>,
  sizes: ReadonlyArray<number>,
  settings: Settings
): ReadonlyArray<Cell> =>
  sizes.flatMap((readers) =>
    systems.map((system) => ({
      system: system.name,
      at: `${readers}`,
      run: talk(system, readers, settings)
    }))
  )

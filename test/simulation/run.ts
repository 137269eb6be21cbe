/** Runs one seed, and judges what came of it. */
import { createHash } from "node:crypto"
import { type Record_, violations } from "./Checker.ts"
import * as Files from "./Files.ts"
import { failed, type Outcome } from "./Seeds.ts"
import { simulate } from "./Simulation.ts"
import * as Sites from "./Sites.ts"
import { firstOfFiles, firstOfSites } from "./schedules.ts"

const screensOf = ({ lives }: Record_): string =>
  createHash("sha256")
    .update(JSON.stringify(lives.map(({ began, node, shown }) => [node, began, shown])))
    .digest("hex")

/** Runs a seed to its end. The result depends on nothing else. */
export const runSeed = (seed: number): Outcome => {
  try {
    if (seed >= firstOfFiles) return Files.simulate(seed)
    const { more = [], ...record }: Record_ & { readonly more?: ReadonlyArray<string> } =
      seed >= firstOfSites ? Sites.simulate(seed) : simulate(seed)
    const deliveries = record.lives.reduce((sum, life) => sum + life.shown.length, 0)
    const { kills, steps } = record
    return { seed, broken: [...violations(record), ...more], screens: screensOf(record), deliveries, kills, steps }
  } catch (error) {
    return failed(seed, String(error))
  }
}

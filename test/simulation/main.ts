/**
 * `npm run simulate -- --seeds N [--from S] [--seconds T] [--first]`: runs that many seeds, or as many as fit in that time,
 * says how it goes, and how to see a failure again. `--first`: ends at the first failure.
 */
import { violations } from "./Checker.ts"
import { simulate } from "./Simulation.ts"

const option = (name: string, standard: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? standard : Number(process.argv[at + 1])
}

const seeds = option("seeds", 1_000)
const from = option("from", 0)
const limit = option("seconds", Number.POSITIVE_INFINITY) * 1_000
const endAtFirst = process.argv.includes("--first")
const begun = Date.now()
let ran = 0
let failed = 0
let kills = 0
let deliveries = 0
let progress = begun

for (let seed = from; seed < from + seeds && Date.now() - begun < limit; seed += 1) {
  ran += 1
  let broken: ReadonlyArray<string>
  try {
    const record = simulate(seed)
    kills += record.kills
    deliveries += record.lives.reduce((sum, life) => sum + life.shown.length, 0)
    broken = violations(record)
  } catch (error) {
    broken = [String(error)]
  }
  if (broken.length > 0) {
    failed += 1
    console.log(`seed ${seed}: ${broken.slice(0, 5).join("; ")}\n  again: npm run simulate -- --from ${seed} --seeds 1`)
    if (endAtFirst) break
  }
  if (Date.now() - progress > 5_000) {
    progress = Date.now()
    const done = seed - from + 1
    console.log(
      `${done} of ${seeds} seeds, ${(done / ((progress - begun) / 1_000)).toFixed(1)} a second, ${failed} failed`
    )
  }
}

const seconds = (Date.now() - begun) / 1_000
console.log(
  `${ran} seeds in ${seconds.toFixed(0)} s (${(ran / seconds).toFixed(1)} a second): ${deliveries} lines shown, ${kills} kills, ${failed} seeds failed`
)
process.exitCode = failed === 0 ? 0 : 1

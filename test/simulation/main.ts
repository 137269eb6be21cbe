/**
 * `npm run simulate -- --seeds N [--from S] [--seconds T] [--workers W] [--first]`: runs N seeds, or as many as fit
 * into the time, on all cores. Reports progress, and how to repeat a failure. `--first`: ends at the first failure. The
 * result of a seed does not depend on the number of workers.
 */
import { createHash } from "node:crypto"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import { type Record_, violations } from "./Checker.ts"
import * as Files from "./Files.ts"
import { failed, type Outcome, runSeeds, told } from "./Seeds.ts"
import { simulate } from "./Simulation.ts"
import * as Sites from "./Sites.ts"
import { firstOfFiles, firstOfSites, seedsFrom } from "./schedules.ts"

const screensOf = ({ lives }: Record_): string =>
  createHash("sha256")
    .update(JSON.stringify(lives.map(({ began, node, shown }) => [node, began, shown])))
    .digest("hex")

const runSeed = (seed: number): Outcome => {
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

/** Runs each seed that it receives, in a worker. */
const work = (): void => {
  // Capturing stacks takes time. A seed that fails can be run again alone, with stacks.
  if (!workerData.alone) Error.stackTraceLimit = 0
  parentPort?.on("message", (seed: number) => parentPort?.postMessage(runSeed(seed)))
}

const option = (name: string, standard: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? standard : Number(process.argv[at + 1])
}

const lead = async (): Promise<void> => {
  const seeds = option("seeds", 1_000)
  const limit = option("seconds", Number.POSITIVE_INFINITY) * 1_000
  const endAtFirst = process.argv.includes("--first")
  const begun = Date.now()
  let ran = 0
  let failures = 0

  const rate = () => ran / Math.max(1, (Date.now() - begun) / 1_000)

  const progress = setInterval(() => {
    const left = (seeds - ran) / Math.max(rate(), 0.001)
    const bounded = Math.min(left, (begun + limit - Date.now()) / 1_000)
    console.log(
      `${ran} of ${seeds} seeds, ${rate().toFixed(1)} a second, ${failures} failed, ${Math.ceil(Math.max(0, bounded) / 60)} min left`
    )
  }, 5_000)

  const outcomes = await runSeeds({
    program: fileURLToPath(import.meta.url),
    seeds: seedsFrom(option("from", 0), seeds),
    workers: option("workers", availableParallelism()),
    endAtFirst,
    until: begun + limit,
    onOutcome: (outcome) => {
      ran += 1
      if (outcome.broken.length === 0) return
      failures += 1
      if (!endAtFirst) console.log(told(outcome))
    }
  })
  clearInterval(progress)
  const first = outcomes.find(({ broken }) => broken.length > 0)
  if (endAtFirst && first !== undefined) console.log(told(first))
  const sumOf = (count: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + count(outcome), 0)
  const atOnce = sumOf(({ steps }) => steps.atOnce)
  const inTurn = sumOf(({ steps }) => steps.inTurn)
  const seconds = Math.round((Date.now() - begun) / 1_000)
  console.log(
    `${ran} seeds in ${seconds} s (${rate().toFixed(1)} a second): ${sumOf((each) => each.deliveries)} lines shown, ${sumOf((each) => each.kills)} kills, ${atOnce} of ${atOnce + inTurn} steps at once, ${failures} seeds failed`
  )
  process.exitCode = failures === 0 ? 0 : 1
}

if (isMainThread) void lead()
else work()

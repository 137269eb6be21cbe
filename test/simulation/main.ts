/**
 * `npm run simulate -- --seeds N [--from S] [--seconds T] [--workers W] [--first]`: runs N seeds, or as many as fit
 * into the time, on all cores. Reports progress, and how to repeat a failure. `--first`: ends at the first failure. The
 * result of a seed does not depend on the number of workers.
 */
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import { runSeed } from "./run.ts"
import { type Outcome, runSeeds, type Task, told } from "./Seeds.ts"
import { seedsFrom } from "./schedules.ts"

/** Runs each seed that it receives, in a worker: of this program, or of the bundle of `run.ts` that is named. */
const work = (): void => {
  // Capturing stacks takes time. A seed that fails can be run again alone, with stacks.
  if (!workerData.alone) Error.stackTraceLimit = 0
  parentPort?.on("message", ({ program, seed }: Task) => {
    if (program === undefined) parentPort?.postMessage(runSeed(seed))
    else
      void import(program).then((mutant: { readonly runSeed: typeof runSeed }) =>
        parentPort?.postMessage(mutant.runSeed(seed))
      )
  })
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

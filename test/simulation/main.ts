/**
 * `npm run simulate -- --seeds N [--from S] [--seconds T] [--workers W] [--first]`: runs N seeds, or as many as fit
 * into the time, on all cores. Reports progress, and how to repeat a failure. `--first`: ends at the first failure. The
 * result of a seed does not depend on the number of workers.
 */
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads"
import type { Steps } from "../../src/domain/Turns.ts"
import { violations } from "./Checker.ts"
import { simulate } from "./Simulation.ts"

/** The result of one seed. */
interface Outcome {
  readonly seed: number
  readonly broken: ReadonlyArray<string>
  readonly deliveries: number
  readonly kills: number
  readonly steps: Steps
}

const nothing = { deliveries: 0, kills: 0, steps: { atOnce: 0, inTurn: 0 } }

const runSeed = (seed: number): Outcome => {
  try {
    const record = simulate(seed)
    const deliveries = record.lives.reduce((sum, life) => sum + life.shown.length, 0)
    return { seed, broken: violations(record), deliveries, kills: record.kills, steps: record.steps }
  } catch (error) {
    return { seed, broken: [String(error)], ...nothing }
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

/** How many broken promises of one seed are printed. */
const mostTold = 5

const tell = ({ broken, seed }: Outcome): void => {
  const more = broken.length > mostTold ? `; and ${broken.length - mostTold} more` : ""
  const what = broken.slice(0, mostTold).join("; ").replaceAll(/\s+/g, " ")
  console.log(`seed ${seed}: ${what}${more}. Again: npm run simulate -- --from ${seed} --seeds 1`)
}

const lead = (): void => {
  const seeds = option("seeds", 1_000)
  const from = option("from", 0)
  const limit = option("seconds", Number.POSITIVE_INFINITY) * 1_000
  const workers = Math.min(option("workers", availableParallelism()), seeds)
  const endAtFirst = process.argv.includes("--first")
  const begun = Date.now()
  let next = from
  let end = from + seeds
  const failures: Array<Outcome> = []
  const sum = { ran: 0, deliveries: 0, kills: 0, atOnce: 0, inTurn: 0 }
  let atWork = 0

  const rate = () => sum.ran / Math.max(1, (Date.now() - begun) / 1_000)

  const take = (outcome: Outcome): void => {
    sum.ran += 1
    sum.deliveries += outcome.deliveries
    sum.kills += outcome.kills
    sum.atOnce += outcome.steps.atOnce
    sum.inTurn += outcome.steps.inTurn
    if (outcome.broken.length === 0) return
    failures.push(outcome)
    // Seeds below this one still run. The lowest failure is the first one, however many workers there are.
    if (endAtFirst) end = Math.min(end, outcome.seed)
    else tell(outcome)
  }

  const hire = (): void => {
    let seed = from
    let over = false
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { alone: seeds === 1 },
      // Four times Node's default for new objects, nearly all of which are soon garbage. It takes a quarter off the
      // time.
      resourceLimits: { maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 1_024 }
    })
    const giveNext = (): void => {
      if (next >= end || Date.now() - begun > limit) {
        void worker.terminate()
        return
      }
      seed = next++
      worker.postMessage(seed)
    }
    const leave = (): void => {
      if (over) return
      over = true
      atWork -= 1
      if (atWork === 0) finish()
    }
    atWork += 1
    worker.on("message", (outcome: Outcome) => {
      take(outcome)
      giveNext()
    })
    worker.on("error", (error) => {
      take({ seed, broken: [`its worker died: ${error.message}`], ...nothing })
      hire()
      leave()
    })
    worker.on("exit", leave)
    giveNext()
  }

  const progress = setInterval(() => {
    const left = (from + seeds - next) / Math.max(rate(), 0.001)
    const bounded = Math.min(left, (begun + limit - Date.now()) / 1_000)
    console.log(
      `${sum.ran} of ${seeds} seeds, ${rate().toFixed(1)} a second, ${failures.length} failed, ${Math.ceil(Math.max(0, bounded) / 60)} min left`
    )
  }, 5_000)

  const finish = (): void => {
    clearInterval(progress)
    const [first] = failures.sort((a, b) => a.seed - b.seed)
    if (endAtFirst && first !== undefined) tell(first)
    const seconds = Math.round((Date.now() - begun) / 1_000)
    console.log(
      `${sum.ran} seeds in ${seconds} s (${rate().toFixed(1)} a second): ${sum.deliveries} lines shown, ${sum.kills} kills, ${sum.atOnce} of ${sum.atOnce + sum.inTurn} steps at once, ${failures.length} seeds failed`
    )
    process.exitCode = failures.length === 0 ? 0 : 1
  }

  for (let count = 0; count < workers; count += 1) hire()
}

if (isMainThread) lead()
else work()

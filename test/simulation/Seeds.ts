/** Runs the seeds of a bundled simulation in worker threads, and collects their results. */
import { Worker } from "node:worker_threads"
import type { Steps } from "../../src/domain/Turns.ts"

/** The result of one seed. */
export interface Outcome {
  readonly seed: number
  /** The broken promises, in words. */
  readonly broken: ReadonlyArray<string>
  /** A hash of all screens with their times. It tells whether two runs of a seed are the same. */
  readonly screens: string
  readonly deliveries: number
  readonly kills: number
  readonly steps: Steps
}

/** A message to a worker. */
export interface Task {
  readonly seed: number
  /** A bundle of `run.ts`. Absent: the worker's own program. */
  readonly program?: string | undefined
}

const nothing = { screens: "", deliveries: 0, kills: 0, steps: { atOnce: 0, inTurn: 0 } }

/** The result of a seed that ended its run. */
export const failed = (seed: number, why: string): Outcome => ({ seed, broken: [why], ...nothing })

/** A worker thread that runs one seed after the other, and is replaced if it dies. */
export interface Runner {
  readonly run: (task: Task) => Promise<Outcome>
  readonly end: () => void
}

/** Makes a runner of a bundle of `main.ts`. `alone`: errors have stacks, which takes time. */
export const makeRunner = (program: string, alone = false): Runner => {
  let worker: Worker | undefined

  const hire = (): Worker =>
    new Worker(program, {
      workerData: { alone },
      // Four times Node's default for new objects, nearly all of which are soon garbage. It takes a quarter off the
      // time.
      resourceLimits: { maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 1_024 }
    })

  return {
    run: (task) =>
      new Promise((resolve) => {
        worker ??= hire()
        const hired = worker
        const finish = (outcome: Outcome): void => {
          hired.off("message", finish).off("error", fail)
          resolve(outcome)
        }
        const fail = (error: Error): void => {
          worker = undefined
          finish(failed(task.seed, `its worker died: ${error.message}`))
        }
        hired.on("message", finish).on("error", fail)
        hired.postMessage(task)
      }),
    end: () => void worker?.terminate()
  }
}

export interface Plan {
  /** The file of the bundle of `main.ts`. */
  readonly program: string
  /** In the order in which they begin. */
  readonly seeds: ReadonlyArray<number>
  readonly workers: number
  /** Ends at the first failure. Seeds before it still run, so the result does not depend on the number of workers. */
  readonly endAtFirst?: boolean
  /** No seed begins after this, in ms since 1970. */
  readonly until?: number
  readonly onOutcome?: (outcome: Outcome) => void
}

/** Runs seeds to their ends. Returns what came of each, in the order of the plan. */
export const runSeeds = async ({
  endAtFirst = false,
  onOutcome = () => {},
  program,
  seeds,
  until = Number.POSITIVE_INFINITY,
  workers
}: Plan): Promise<ReadonlyArray<Outcome>> => {
  const outcomes = new Map<number, Outcome>()
  let next = 0
  let end = seeds.length

  const runNext = async (runner: Runner): Promise<void> => {
    while (next < end && Date.now() <= until) {
      const at = next++
      const outcome = await runner.run({ seed: seeds[at] as number })
      outcomes.set(at, outcome)
      if (endAtFirst && outcome.broken.length > 0) end = Math.min(end, at)
      onOutcome(outcome)
    }
    runner.end()
  }

  const runners = Array.from({ length: Math.min(workers, seeds.length) }, () => makeRunner(program, seeds.length === 1))
  await Promise.all(runners.map(runNext))
  return [...outcomes].sort(([a], [b]) => a - b).map(([, outcome]) => outcome)
}

/** The broken promises of one seed, in one line, and how to repeat it. */
export const told = ({ broken, seed }: Outcome): string => {
  const more = broken.length > mostTold ? `; and ${broken.length - mostTold} more` : ""
  const what = broken.slice(0, mostTold).join("; ").replaceAll(/\s+/g, " ")
  return `seed ${seed}: ${what}${more}. Again: npm run simulate -- --from ${seed} --seeds 1`
}

/** How many broken promises of one seed are printed. */
const mostTold = 5

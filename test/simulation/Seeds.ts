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

const nothing = { screens: "", deliveries: 0, kills: 0, steps: { atOnce: 0, inTurn: 0 } }

/** The result of a seed that ended its run. */
export const failed = (seed: number, why: string): Outcome => ({ seed, broken: [why], ...nothing })

/** Runs seeds to their ends. Returns what came of each, in the order of the plan. */
export const runSeeds = ({
  endAtFirst = false,
  onOutcome = () => {},
  program,
  seeds,
  until = Number.POSITIVE_INFINITY,
  workers
}: Plan): Promise<ReadonlyArray<Outcome>> =>
  new Promise((resolve) => {
    const outcomes = new Map<number, Outcome>()
    let next = 0
    let end = seeds.length
    let atWork = 0

    const take = (at: number, outcome: Outcome): void => {
      outcomes.set(at, outcome)
      if (endAtFirst && outcome.broken.length > 0) end = Math.min(end, at)
      onOutcome(outcome)
    }

    const hire = (): void => {
      let at = next
      let over = false
      const worker = new Worker(program, {
        workerData: { alone: seeds.length === 1 },
        // Four times Node's default for new objects, nearly all of which are soon garbage. It takes a quarter off the
        // time.
        resourceLimits: { maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 1_024 }
      })
      const giveNext = (): void => {
        if (next >= end || Date.now() > until) {
          void worker.terminate()
          return
        }
        at = next++
        worker.postMessage(seeds[at])
      }
      const leave = (): void => {
        if (over) return
        over = true
        atWork -= 1
        if (atWork === 0) resolve([...outcomes].sort(([a], [b]) => a - b).map(([, outcome]) => outcome))
      }
      atWork += 1
      worker.on("message", (outcome: Outcome) => {
        take(at, outcome)
        giveNext()
      })
      worker.on("error", (error) => {
        take(at, failed(seeds[at] ?? 0, `its worker died: ${error.message}`))
        hire()
        leave()
      })
      worker.on("exit", leave)
      giveNext()
    }

    for (let count = 0; count < Math.min(workers, seeds.length); count += 1) hire()
  })

/** The broken promises of one seed, in one line, and how to repeat it. */
export const told = ({ broken, seed }: Outcome): string => {
  const more = broken.length > mostTold ? `; and ${broken.length - mostTold} more` : ""
  const what = broken.slice(0, mostTold).join("; ").replaceAll(/\s+/g, " ")
  return `seed ${seed}: ${what}${more}. Again: npm run simulate -- --from ${seed} --seeds 1`
}

/** How many broken promises of one seed are printed. */
const mostTold = 5

/**
 * The benchmarks. `npm run bench` runs all of them, `npm run bench -- F1 F4` some by name. `--quick`: one short round
 * of each that can be short, in a few minutes, without a change to docs/. `--rounds N`: the number of rounds.
 * `--only outlive,redis`: these systems only, off the record. `--goals`: without the systems that are there for
 * comparison alone, which are measured in one round otherwise. `--record`: on the record nevertheless.
 */
import * as Os from "node:os"
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Document from "./document.ts"
import type { Figures } from "./Load.ts"
import { BenchFailed } from "./Processes.ts"
import * as Record from "./Record.ts"
import { brief } from "./stats.ts"
import { missing } from "./systems/all.ts"
import { printed } from "./tables.ts"
import { type Cell, type Effort, type Measured, Results, type Work } from "./Work.ts"
import { works } from "./works/all.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    goals: { type: "boolean", default: false },
    record: { type: "boolean", default: false }
  }
})

const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const effort: Effort = values.quick ? { quick: true, time: 400, warm: 400 } : { quick: false, time: 1_500, warm: 2_500 }
const only = values.only?.split(/,(?! )/)

const isChosen = ({ once, system }: Cell): boolean =>
  (only === undefined || only.includes(system)) && !(values.goals && once === true)

/** The limit of a single measurement. */
const cellLimit = "2 minutes"

const say = (text: string) => Effect.sync(() => process.stderr.write(`${text}\n`))

const measure = ({ run }: Cell): Effect.Effect<Either.Either<Figures, BenchFailed>> =>
  Effect.scoped(run).pipe(
    Effect.timeoutFail({ duration: cellLimit, onTimeout: () => new BenchFailed({ detail: "out of time" }) }),
    Effect.either
  )

const shown = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${brief(value)}`)
    .join(", ")

/**
 * Measures all cells of a work, one after the other, in each round: a disturbance of the machine affects all of them.
 */
const perform = (work: Work): Effect.Effect<Results> =>
  Effect.gen(function* () {
    const cells = work.cells(effort).filter(isChosen)
    const measured = cells.map(({ at, system }) => ({
      system,
      at,
      samples: [] as Figures[],
      failures: [] as string[]
    }))
    for (let round = 1; round <= rounds; round += 1) {
      for (const [at, cell] of cells.entries()) {
        if (round > 1 && cell.once === true) continue
        const begun = performance.now()
        const outcome = yield* measure(cell)
        const took = ((performance.now() - begun) / 1_000).toFixed(1)
        yield* say(`${work.name} round ${round} of ${rounds}: ${cell.system} ${cell.at}, ${took} s`)
        if (Either.isRight(outcome)) {
          measured[at]?.samples.push(outcome.right)
          yield* say(`  ${shown(outcome.right)}`)
        } else {
          measured[at]?.failures.push(outcome.left.detail)
          yield* say(`  failed: ${outcome.left.detail}`)
        }
      }
    }
    return new Results(measured satisfies ReadonlyArray<Measured>)
  })

/** A quick run, or one of some systems, is not recorded. */
const recording = (!values.quick && only === undefined) || values.record

const record = (run: Record.Run): void => {
  const runs = [...Record.read().filter((each) => each.work !== run.work), run]
  Record.write(runs)
  Document.write(works, runs)
}

const chosen = (): ReadonlyArray<Work> => {
  const unknown = positionals.filter((name) => !works.some((work) => work.name === name))
  if (unknown.length > 0)
    throw new Error(`No such work: ${unknown.join(", ")}. There are ${works.map(({ name }) => name).join(", ")}.`)
  const asked = positionals.length === 0 ? works : works.filter(({ name }) => positionals.includes(name))
  return asked.filter(({ cells }) => cells(effort).length > 0)
}

const bench = Effect.gen(function* () {
  for (const { name } of missing) yield* say(`skipped: ${name} is not here; bench/install-peers.sh installs it`)
  for (const work of chosen()) {
    const about = {
      work: work.name,
      date: new Date().toISOString().slice(0, 16).replace("T", " "),
      commit: Record.commit(),
      rounds,
      quick: effort.quick,
      load: Os.loadavg()[0] ?? 0,
      machine: Record.machine()
    }
    const results = yield* perform(work)
    process.stdout.write(`${printed(work, work.report(results))}\n`)
    // After each work, so that an interrupted run has not been for nothing.
    if (recording) yield* Effect.sync(() => record({ ...about, cells: results.cells }))
  }
})

NodeRuntime.runMain(bench)

/** Without any one rule of delivery, the simulation must fail. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Bundler, makeBundler } from "./bundle.ts"
import { mutants } from "./mutants.ts"
import { makeRunner, type Outcome, type Runner, told } from "./Seeds.ts"
import { all, ofFiles, ofGuests, ofOneRoom, ofPrivate, ofSites, ofThreeRooms } from "./schedules.ts"

/** A limit for a simulation that hangs, in ms: machines can be busy. */
const limit = 600_000

describe("a mutant", () => {
  let bundler: Bundler
  let runner: Runner

  beforeAll(async () => {
    const whole = await makeBundler("main.ts")
    runner = makeRunner(await whole.bundle("runner of mutants", []))
    await whole.dispose()
    bundler = await makeBundler("run.ts")
  })
  afterAll(async () => {
    runner.end()
    await bundler.dispose()
  })

  /** The first of these seeds that breaks a promise. */
  const firstBroken = async (program: string, seeds: ReadonlyArray<number>): Promise<Outcome | undefined> => {
    for (const seed of seeds) {
      const outcome = await runner.run({ seed, program })
      if (outcome.broken.length > 0) return outcome
    }
    return undefined
  }

  it("is tried with seeds that the whole program passes in simulation.test.ts", () => {
    for (const { name, seed = 0 } of mutants) assert.include(all, seed, name)
  })

  // The unchanged simulation passes with these seeds, in simulation.test.ts. A failure here is due to the change.
  it.each(mutants)(
    "is caught within 40 seeds: $name",
    async ({ changes, name, notices = /\b(I\d|Rule \d):? /, seed = 0 }) => {
      const program = await bundler.bundle(name, changes)
      const others =
        [ofThreeRooms, ofPrivate, ofGuests, ofSites, ofFiles].find((seeds) => seeds.includes(seed)) ?? ofOneRoom
      const broken = await firstBroken(program, [seed, ...others.filter((other) => other !== seed)])
      assert.isDefined(broken)
      assert.match(broken.broken.join("\n"), notices, `a seed says which promise was broken: ${told(broken)}`)
    },
    limit
  )
})

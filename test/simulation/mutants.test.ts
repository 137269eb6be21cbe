/** Without any one rule of delivery, the simulation must fail. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Bundler, makeBundler } from "./bundle.ts"
import { mutants } from "./mutants.ts"
import { runSeeds, told } from "./Seeds.ts"
import { all, ofFiles, ofGuests, ofOneRoom, ofPrivate, ofSites, ofThreeRooms } from "./schedules.ts"

/** A limit for a simulation that hangs, in ms: machines can be busy. */
const limit = 600_000

describe("a mutant", () => {
  let bundler: Bundler

  beforeAll(async () => {
    bundler = await makeBundler()
  })
  afterAll(() => bundler.dispose())

  it("is tried with seeds that the whole program passes in simulation.test.ts", () => {
    for (const { name, seed = 0 } of mutants) assert.include(all, seed, name)
  })

  // The unchanged simulation passes with these seeds, in simulation.test.ts. A failure here is due to the change.
  it.each(mutants)(
    "is caught within 60 seeds: $name",
    async ({ changes, name, notices = /\b(I\d|Rule \d):? /, seed = 0 }) => {
      const program = await bundler.bundle(name, changes)
      const others =
        [ofThreeRooms, ofPrivate, ofGuests, ofSites, ofFiles].find((seeds) => seeds.includes(seed)) ?? ofOneRoom
      const outcomes = await runSeeds({
        program,
        seeds: [seed, ...others.filter((other) => other !== seed)],
        workers: 1,
        endAtFirst: true
      })
      const last = outcomes.at(-1)
      assert.isDefined(last)
      assert.match(last.broken.join("\n"), notices, `a seed says which promise was broken: ${told(last)}`)
    },
    limit
  )
})

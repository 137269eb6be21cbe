/** The promises of delivery, over many schedules of trouble. */
import { availableParallelism } from "node:os"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Bundler, makeBundler } from "./bundle.ts"
import { type Outcome, runSeeds, told } from "./Seeds.ts"
import { all, ofFiles, ofGuests, ofOneRoom, ofPrivate, ofSites, ofThreeRooms, onceBroken } from "./schedules.ts"

/** A limit for a simulation that hangs, in ms: machines can be busy. */
const limit = 600_000

describe("the simulation", () => {
  let bundler: Bundler
  let program: string
  let outcomes: ReadonlyMap<number, Outcome>

  beforeAll(async () => {
    bundler = await makeBundler("main.ts")
    program = await bundler.bundle("whole", [])
    const ran = await runSeeds({ program, seeds: all, workers: Math.max(2, availableParallelism()) })
    outcomes = new Map(ran.map((outcome) => [outcome.seed, outcome]))
  }, limit)
  afterAll(() => bundler.dispose())

  const assertKept = (seeds: ReadonlyArray<number>) => {
    const ran = seeds.flatMap((seed) => outcomes.get(seed) ?? [])
    assert.deepStrictEqual(
      ran.map(({ seed }) => seed),
      seeds
    )
    assert.deepStrictEqual(
      ran.filter(({ broken }) => broken.length > 0).map((outcome) => told(outcome)),
      []
    )
  }

  // The same seeds each time, because a check before landing must not depend on luck. `npm run simulate` goes further.
  it("keeps every promise, over 40 seeds", () => assertKept(ofOneRoom))

  it("keeps every promise with three rooms, of which nodes take part in some, over 20 seeds", () =>
    assertKept(ofThreeRooms))

  it("keeps every promise with private lines, to those who are away too, in plain and secure chats, over 8 seeds", () =>
    assertKept(ofPrivate))

  it("keeps every promise with guests at the server, to them and about them, over 6 seeds", () => assertKept(ofGuests))

  it("keeps every promise over three sites, whatever the message system between them does, over 3 seeds", () =>
    assertKept(ofSites))

  it("keeps every promise about files that are fetched, over 3 seeds", () => assertKept(ofFiles))

  it.each(onceBroken)("keeps every promise with seed %i, which once broke one", (seed) => assertKept([seed]))

  it(
    "shows the same whatever ran before, and however many workers there are",
    async () => {
      const seeds = ofOneRoom.slice(0, 3)
      const alone = await runSeeds({ program, seeds: [...seeds].reverse(), workers: 1 })
      for (const { screens, seed } of alone) assert.strictEqual(screens, outcomes.get(seed)?.screens, `seed ${seed}`)
    },
    limit
  )
})

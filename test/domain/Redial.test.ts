import { assert, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { describe } from "vitest"
import { redial } from "../../src/domain/Redial.ts"

/** How long the first so many pauses are, in ms, with that seed. */
const pauses = (count: number, seed: number) =>
  Schedule.run(Schedule.delays(redial), 0, Array.from({ length: count })).pipe(
    Effect.map((all) => Chunk.toReadonlyArray(Chunk.map(all, Duration.toMillis))),
    Effect.withRandom(Random.make(seed))
  )

/** How long each of the first so many pauses is at most, in ms, over many seeds. */
const longest = (count: number) =>
  Effect.forEach(Array.from({ length: 400 }), (_, seed) => pauses(count, seed)).pipe(
    Effect.map((runs) => Array.from({ length: count }, (_, at) => Math.max(...runs.map((run) => run[at] ?? 0))))
  )

describe("Redial", () => {
  it.effect("pauses grow from 100 ms, twofold each, to 5 s, and no further", () =>
    Effect.gen(function* () {
      const bounds = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]
      const found = yield* longest(bounds.length)
      for (const [at, bound] of bounds.entries()) {
        const most = found[at] ?? 0
        assert.isAtMost(most, bound, `pause ${at}`)
        assert.isAtLeast(most, 0.95 * bound, `pause ${at}`)
      }
    })
  )

  it.effect("it never ends, and is never above 5 s, however long nobody answers", () =>
    Effect.gen(function* () {
      const all = yield* pauses(3_000, 7)
      assert.strictEqual(all.length, 3_000)
      assert.isTrue(all.every((pause) => pause >= 0 && pause <= 5_000))
      assert.isAtLeast(Math.max(...all.slice(2_000)), 4_000)
    })
  )

  it.effect("those who lost the same peer at once spread over the whole pause", () =>
    Effect.gen(function* () {
      const seventh = yield* Effect.forEach(Array.from({ length: 400 }), (_, seed) =>
        Effect.map(pauses(7, seed), (run) => run[6] ?? 0)
      )
      for (let tenth = 0; tenth < 10; tenth++) {
        const inIt = seventh.filter((pause) => Math.floor(pause / 500) === tenth).length
        assert.isAtLeast(inIt, 15, `of 400 callers, those between ${tenth * 500} and ${(tenth + 1) * 500} ms`)
      }
    })
  )
})

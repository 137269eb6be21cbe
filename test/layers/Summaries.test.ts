import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { encodePost, type Frame } from "../../src/protocol/Frame.ts"
import { post, stream } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

const haves = (heard: ReadonlyArray<Frame>) => heard.filter(({ type }) => type === "have").length

/** What comes within that time. */
const during = (heard: ReadonlyArray<Frame>, seconds: number) =>
  Effect.gen(function* () {
    const before = haves(heard)
    yield* TestClock.adjust(`${seconds} seconds`)
    return haves(heard) - before
  })

describe("summaries", () => {
  it.scoped("are told as they grow, once more in full within 15 s, and not again while nothing is said", () =>
    Effect.gen(function* () {
      const { visit } = yield* make({ silence: "1 minute" })
      const { heard, put } = yield* visit("1", (frame) => (frame.type === "ping" ? [{ type: "pong" }] : []))
      yield* during(heard, 20)
      assert.strictEqual(yield* during(heard, 60), 0, "nothing is said")
      put(encodePost(post(stream("1"), 1)))
      assert.strictEqual(yield* during(heard, 20), 2, "what has grown, and all")
      assert.strictEqual(yield* during(heard, 60), 0, "nothing more")
    })
  )
})

/** How links end, and what that means for others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { defaultLimits, inOneGo } from "../../src/domain/Limits.ts"
import { encode } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { peer } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

describe("a link that was replaced", () => {
  it.scoped("does not come up again, whatever of it is read only then", () =>
    Effect.gen(function* () {
      const { mesh, status, visit } = yield* make({ silence: "1 hour" })
      const events: Array<string> = []
      yield* Effect.forkScoped(Stream.runForEach(mesh.events, ({ _tag }) => Effect.sync(() => events.push(_tag))))
      const { put } = yield* visit("1")
      yield* TestClock.adjust("1 second")
      // More than may come in one go: the last of it is left unread for a while.
      const pongs = Buffer.concat(Array.from({ length: 4_000 }, () => encode({ type: "pong" })))
      const pieces = Math.ceil(inOneGo(defaultLimits.framesPerSecond) / 4_000) + 2
      put(...Array.from({ length: pieces }, () => pongs), encode({ type: "have", streams: {}, more: false }))
      yield* TestClock.adjust("10 millis")
      yield* visit("1")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(events, ["Linked"])
      assert.deepStrictEqual(yield* linkedOf(status), [peer("1", 6000)])
    })
  )
})

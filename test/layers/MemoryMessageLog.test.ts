import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import { isEarlier } from "../../src/domain/Post.ts"
import { id } from "../support/samples.ts"
import { wholeLog } from "../support/wholeLog.ts"
import * as MessageLogContract from "./MessageLogContract.ts"
import * as RoomLogContract from "./RoomLogContract.ts"

const author = id("1")

describe("MemoryMessageLog", () => {
  const logOf = (bounds: MessageLogContract.Bounds) => MemoryMessageLog.layer({ author, ...bounds })
  MessageLogContract.holdsFor(logOf)
  MessageLogContract.missesNoMomentFor(logOf)
  RoomLogContract.holdsFor(logOf)

  it.effect("each run has an epoch of its own, and the later run the later one", () =>
    Effect.gen(function* () {
      const run = Effect.provide(
        Effect.map(wholeLog, ({ epoch }) => epoch),
        MemoryMessageLog.layer({ author })
      )
      const first = yield* run
      const atTheSameTime = yield* run
      yield* TestClock.adjust("1 second")
      const later = yield* run
      assert.notStrictEqual(first, atTheSameTime)
      assert.isTrue(isEarlier(first, later))
      assert.isTrue(isEarlier(atTheSameTime, later))
    })
  )
})

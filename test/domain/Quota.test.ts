import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { describe } from "vitest"
import { inOneGo } from "../../src/domain/Limits.ts"
import { Quota } from "../../src/domain/Quota.ts"

const limits = { bytesPerSecond: 1_000, framesPerSecond: 10, overload: Duration.seconds(60) }

/** Sends so much each time that it is read, until that time or until it is dropped; when that was. */
const send = (quota: Quota, frames: number, bytes: number, until: number, pause = 0): number | undefined => {
  for (let now = 0; now < until; ) {
    const wait = quota.count(frames, bytes, now)
    if (wait === Number.POSITIVE_INFINITY) return now
    now += wait + pause
  }
  return undefined
}

describe("Quota", () => {
  it("a paste comes through as one, be it many lines or one long one", () => {
    assert.strictEqual(new Quota(limits, 0).count(inOneGo(10), 100, 0), 0)
    assert.strictEqual(new Quota(limits, 0).count(1, inOneGo(1_000), 0), 0)
    assert.strictEqual(new Quota(limits, 0).count(inOneGo(10) + 1, 100, 0), 100)
    assert.strictEqual(new Quota(limits, 0).count(1, inOneGo(1_000) + 1, 0), 1)
  })

  it("whoever sends more than the rate all the time is dropped after the time of an overload, for frames or for bytes", () => {
    for (const [frames, bytes] of [
      [20, 20],
      [1, 5_000]
    ] as const) {
      const at = send(new Quota(limits, 0), frames, bytes, 1_000_000) ?? 0
      assert.isAtLeast(at, 50_000)
      assert.isAtMost(at, 62_000)
    }
  })

  it("whoever keeps to the rate, or pauses now and then, is not", () => {
    assert.isUndefined(send(new Quota(limits, 0), 10, 1_000, 10_000_000, 1_000))
    assert.isUndefined(send(new Quota(limits, 0), 300, 1_000, 10_000_000, 31_000))
  })

  it("one that comes with more than could ever be read in that time is dropped at once", () => {
    assert.strictEqual(new Quota(limits, 0).count(10_000, 10_000, 0), Number.POSITIVE_INFINITY)
  })
})

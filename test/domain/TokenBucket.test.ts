import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { TokenBucket } from "../../src/domain/TokenBucket.ts"

describe("TokenBucket", () => {
  it("what is saved comes through at once, however much it is, and what follows waits until that is paid", () => {
    const bucket = new TokenBucket(10, 100, 0)
    assert.strictEqual(bucket.take(100, 0), 0)
    assert.strictEqual(bucket.take(50, 0), 5_000)
    assert.strictEqual(bucket.take(1, 5_000), 100)
    assert.strictEqual(bucket.take(1, 5_200), 0)
  })

  it("no more is saved than it holds, and a clock that goes back fills nothing", () => {
    const bucket = new TokenBucket(10, 100, 0)
    assert.strictEqual(bucket.take(101, 1_000_000), 100)
    assert.strictEqual(bucket.take(0, 500_000), 100)
    assert.strictEqual(bucket.take(0, 500_050), 50)
  })

  it("whoever waits as long as it is told never gets more than the rate, and what was saved", () => {
    const takes = FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 1, max: 500 }), FastCheck.nat(2_000)))
    FastCheck.assert(
      FastCheck.property(takes, (all) => {
        const bucket = new TokenBucket(100, 1_000, 0)
        let [now, taken] = [0, 0]
        for (const [tokens, pause] of all) {
          assert.isAtMost(taken, 1_000 + now / 10 + 1e-6)
          now += bucket.take(tokens, now)
          taken += tokens
          assert.isAtMost(taken, 1_000 + now / 10 + 1e-6)
          now += pause
        }
      })
    )
  })
})

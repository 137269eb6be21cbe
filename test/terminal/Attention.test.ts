import { assert, describe, it } from "@effect/vitest"
import { Attention } from "../../src/terminal/Attention.ts"

const minute = 60_000

describe("attention", () => {
  it("where the terminal does not tell, a person looks for ten minutes after a key", () => {
    const attention = new Attention(0)
    assert.isUndefined(attention.awaySince(10 * minute - 1))
    assert.strictEqual(attention.awaySince(10 * minute), 0)
    assert.strictEqual(attention.awaySince(20 * minute), 0)
    attention.pressed(21 * minute)
    assert.isUndefined(attention.awaySince(21 * minute))
    assert.strictEqual(attention.awaySince(31 * minute), 21 * minute)
    assert.isFalse(attention.isInFront)
  })

  it("where it tells, a person looks while the window is in front, with or without keys", () => {
    const attention = new Attention(0)
    attention.focused(true, minute)
    assert.isTrue(attention.isInFront)
    assert.isUndefined(attention.awaySince(60 * minute))
    attention.focused(false, 61 * minute)
    attention.focused(false, 62 * minute)
    assert.strictEqual(attention.awaySince(63 * minute), 61 * minute)
    assert.isFalse(attention.isInFront)
    attention.pressed(64 * minute)
    assert.isUndefined(attention.awaySince(64 * minute))
  })
})

import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { Recent } from "../../src/domain/Recent.ts"

describe("Recent", () => {
  it("remembers the last so many keys, in the order in which they were set last", () => {
    const recent = new Recent<string, number>(3)
    for (const [at, key] of ["a", "b", "c", "a", "d"].entries()) recent.set(key, at)
    assert.deepStrictEqual([...recent.values()], [2, 3, 4])
    assert.isFalse(recent.has("b"))
    assert.strictEqual(recent.get("a"), 3)
    recent.delete("a")
    recent.set("e", 5)
    assert.deepStrictEqual([...recent.values()], [2, 4, 5])
  })
})

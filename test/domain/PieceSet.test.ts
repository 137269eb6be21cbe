import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { PieceSet } from "../../src/domain/PieceSet.ts"

describe("sets of pieces", () => {
  it("behaves like a set of numbers, whatever is added and taken out, and comes back from its bytes", () => {
    const steps = FastCheck.array(FastCheck.tuple(FastCheck.boolean(), FastCheck.integer({ min: -2, max: 45 })))
    FastCheck.assert(
      FastCheck.property(FastCheck.integer({ min: 0, max: 42 }), steps, (of, all) => {
        const set = PieceSet.none(of)
        const model = new Set<number>()
        for (const [adds, piece] of all) {
          const there = piece >= 0 && piece < of
          if (adds) {
            assert.strictEqual(set.add(piece), there && !model.has(piece))
            if (there) model.add(piece)
          } else assert.strictEqual(set.delete(piece), model.delete(piece))
        }
        const numbers = [...model].sort((a, b) => a - b)
        const missing = Array.from({ length: of }, (_, piece) => piece).find((piece) => !model.has(piece))
        for (const each of [set, set.copy(), PieceSet.fromBytes(of, set.bytes())]) {
          assert.deepStrictEqual([...(each ?? [])], numbers)
          assert.strictEqual(each?.count, numbers.length)
          assert.strictEqual(each?.isAll, numbers.length === of)
          assert.strictEqual(each?.isEmpty, numbers.length === 0)
          assert.strictEqual(each?.firstMissing(), missing)
        }
      })
    )
  })

  it("bytes of another length, or with a piece that there is not, are no set", () => {
    assert.isUndefined(PieceSet.fromBytes(9, Uint8Array.of(0)))
    assert.isUndefined(PieceSet.fromBytes(9, Uint8Array.of(0, 0, 0)))
    assert.isUndefined(PieceSet.fromBytes(9, Uint8Array.of(0, 0x40)))
    assert.deepStrictEqual([...(PieceSet.fromBytes(9, Uint8Array.of(0x01, 0x80)) ?? [])], [7, 8])
    assert.isTrue(PieceSet.all(17).isAll)
    assert.deepStrictEqual(PieceSet.all(9).bytes(), Uint8Array.of(0xff, 0x80))
  })

  it("a copy goes its own way", () => {
    const set = PieceSet.none(3)
    const copy = set.copy()
    set.add(1)
    assert.isFalse(copy.has(1))
    assert.strictEqual(set.firstMissing(1), 2)
  })
})

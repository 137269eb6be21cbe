import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { overdue, PiecePlan } from "../../src/domain/PiecePlan.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import { makeChance } from "../support/chance.ts"

const setOf = (of: number, ...pieces: ReadonlyArray<number>): PieceSet => {
  const set = PieceSet.none(of)
  for (const piece of pieces) set.add(piece)
  return set
}

describe("PiecePlan", () => {
  it("asks a lone holder for everything that is missing, in order, and for nothing twice", () => {
    const plan = new PiecePlan(setOf(6, 1, 4))
    plan.holds("a", PieceSet.all(6))
    assert.deepStrictEqual(plan.next("a", 3, 0), [0, 2, 3])
    assert.deepStrictEqual(plan.next("a", 3, 0), [5])
    assert.deepStrictEqual(plan.next("a", 3, overdue), [])
    assert.strictEqual(plan.askedOf("a"), 4)
    for (const piece of [0, 2, 3, 5]) {
      assert.isTrue(plan.came("a", piece))
      assert.isTrue(plan.got(piece))
      assert.isFalse(plan.got(piece))
    }
    assert.strictEqual(plan.missing, 0)
    assert.isFalse(plan.came("a", 0))
  })

  it("begins at a piece of its own, and goes round", () => {
    const plan = new PiecePlan(PieceSet.none(5), 3)
    plan.holds("a", PieceSet.all(5))
    assert.deepStrictEqual(plan.next("a", 5, 0), [3, 4, 0, 1, 2])
  })

  it("asks first for the pieces that fewest have, and shares the others", () => {
    const plan = new PiecePlan(PieceSet.none(6))
    plan.holds("a", PieceSet.all(6))
    plan.holds("b", setOf(6, 0, 1, 2))
    plan.holds("c", setOf(6, 0))
    assert.deepStrictEqual(plan.next("a", 3, 0), [3, 4, 5])
    assert.deepStrictEqual(plan.next("b", 2, 0), [1, 2])
    assert.deepStrictEqual(plan.next("c", 8, 0), [0])
    assert.deepStrictEqual(plan.next("a", 3, 0), [])
  })

  it("asks others for what a holder that has gone was asked for", () => {
    const plan = new PiecePlan(PieceSet.none(4))
    plan.holds("a", PieceSet.all(4))
    plan.holds("b", PieceSet.all(4))
    assert.deepStrictEqual(plan.next("a", 4, 0), [0, 1, 2, 3])
    assert.deepStrictEqual(plan.next("b", 4, 0), [])
    plan.left("a")
    assert.deepStrictEqual(plan.next("b", 4, 0), [0, 1, 2, 3])
    assert.isTrue(plan.canGoOn)
    plan.left("b")
    assert.isFalse(plan.canGoOn)
  })

  it("asks a second holder for a piece that is overdue, when nothing else is left", () => {
    const plan = new PiecePlan(PieceSet.none(3))
    plan.holds("slow", PieceSet.all(3))
    plan.holds("fast", PieceSet.all(3))
    plan.holds("third", PieceSet.all(3))
    assert.deepStrictEqual(plan.next("slow", 2, 0), [0, 1])
    assert.deepStrictEqual(plan.next("fast", 2, overdue), [2])
    assert.deepStrictEqual(plan.next("fast", 1, overdue), [0])
    assert.deepStrictEqual(plan.next("third", 8, overdue), [1])
    assert.deepStrictEqual(plan.next("third", 8, 2 * overdue), [2], "not more than two at a time")
    assert.isTrue(plan.came("fast", 0))
    assert.isTrue(plan.got(0))
    plan.left("fast")
    plan.left("slow")
    assert.deepStrictEqual(plan.next("third", 8, 2 * overdue), [], "neither what is here nor what it was asked for")
  })

  it("asks again for a piece that was spoilt, and not of who lacks it", () => {
    const plan = new PiecePlan(PieceSet.none(2))
    plan.holds("a", PieceSet.all(2))
    plan.holds("b", PieceSet.all(2))
    assert.deepStrictEqual(plan.next("a", 1, 0), [0])
    assert.isTrue(plan.came("a", 0))
    plan.spoilt(0)
    plan.lacks("a", 0)
    assert.deepStrictEqual(plan.next("a", 2, 0), [1])
    assert.isFalse(plan.isOfUse("a") && plan.next("a", 2, 0).length > 0)
    assert.deepStrictEqual(plan.next("b", 2, 0), [0])
  })

  it("gets everything that somebody has, whatever happens, and asks nobody for what it lacks", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.integer(), FastCheck.integer({ min: 0, max: 60 }), (seed, of) => {
        const chance = makeChance(seed)
        const below = (n: number) => Math.floor(chance() * n)
        const some = (share: number) =>
          setOf(of, ...Array.from({ length: of }, (_, piece) => piece).filter(() => chance() < share))
        const had = some(0.2)
        const plan = new PiecePlan<number>(had, below(100))
        const holders = new Map<number, { pieces: PieceSet; readonly asked: Set<number> }>()
        const here = had.copy()
        const take = (id: number, now: number) => {
          for (const piece of plan.next(id, 1 + below(8), now)) {
            const holder = holders.get(id)
            assert.isTrue(holder?.pieces.has(piece), "asks for what it has")
            assert.isFalse(here.has(piece), "asks for nothing that is here")
            assert.isFalse(holder?.asked.has(piece), "asks once")
            holder?.asked.add(piece)
          }
          const asked = [...holders.values()].flatMap((holder) => [...holder.asked])
          const twice = asked.filter((piece, at) => asked.indexOf(piece) !== at)
          assert.strictEqual(new Set(twice).size, twice.length, "asks two at most")
        }
        const answer = (id: number) => {
          const [piece] = holders.get(id)?.asked ?? []
          if (piece === undefined) return
          holders.get(id)?.asked.delete(piece)
          if (chance() < 0.1) {
            holders.get(id)?.pieces.delete(piece)
            plan.lacks(id, piece)
          } else {
            assert.isTrue(plan.came(id, piece))
            if (chance() < 0.1) plan.spoilt(piece)
            else assert.strictEqual(plan.got(piece), here.add(piece))
          }
        }
        for (let turn = 0; turn < 200; turn += 1) {
          const id = below(5)
          const holder = holders.get(id)
          if (holder === undefined) {
            const pieces = some(0.6)
            holders.set(id, { pieces, asked: new Set() })
            plan.holds(id, pieces)
          } else if (chance() < 0.05) {
            holders.delete(id)
            plan.left(id)
          } else if (chance() < 0.1) {
            for (const piece of some(0.3)) holder.pieces.add(piece)
            plan.holds(id, holder.pieces)
          } else if (chance() < 0.5) take(id, turn * 200)
          else answer(id)
        }
        // One that has everything, and is honest, completes it.
        for (const id of holders.keys()) plan.left(id)
        plan.holds(9, PieceSet.all(of))
        for (;;) {
          const pieces = plan.next(9, 8, 1e9)
          if (pieces.length === 0) break
          for (const piece of pieces) {
            assert.isTrue(plan.came(9, piece))
            plan.got(piece)
          }
        }
        assert.strictEqual(plan.missing, 0)
      }),
      { numRuns: 60 }
    )
  })
})

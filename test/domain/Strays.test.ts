import { assert, describe, it } from "@effect/vitest"
import { mostStrays, Strays } from "../../src/domain/Strays.ts"
import { id, peer } from "../support/samples.ts"

const second = 1_000
const minute = 60 * second
const idsOf = (strays: Strays, now: number) => strays.due(now).map((each) => each.id as string)

describe("those who were given up", () => {
  it("are dialled after half a minute to a minute, again and again", () => {
    const strays = new Strays()
    strays.add(peer("2", 6002), true, 0, 0)
    strays.add(peer("3", 6003), true, 0, 1)
    assert.deepStrictEqual(idsOf(strays, minute / 2 - 1), [])
    assert.deepStrictEqual(idsOf(strays, minute / 2), ["2"])
    strays.dialled(id("2"), minute / 2, 1)
    assert.deepStrictEqual(idsOf(strays, minute), ["3"])
    strays.dialled(id("3"), minute, 1)
    assert.deepStrictEqual(idsOf(strays, minute), [])
    assert.deepStrictEqual(idsOf(strays, 2 * minute), ["2", "3"])
  })

  it("are dialled at once when they are heard by another way, but not again and again", () => {
    const strays = new Strays()
    strays.add(peer("2", 6002), true, 0, 1)
    strays.hear(id("2"), 20 * second)
    strays.hear(id("4"), 20 * second)
    assert.deepStrictEqual(idsOf(strays, 20 * second), ["2"])
    strays.dialled(id("2"), 20 * second, 1)
    strays.hear(id("2"), 21 * second)
    assert.deepStrictEqual(idsOf(strays, 29 * second), [])
    assert.deepStrictEqual(idsOf(strays, 30 * second), ["2"])
  })

  it("that are heard are known, until they are there again; a new network tells nothing of them", () => {
    const strays = new Strays()
    strays.add(peer("2", 6002), true, 0, 1)
    strays.add(peer("3", 6003), true, 0, 1)
    strays.hurryAll(20 * second)
    strays.hear(id("2"), 20 * second)
    assert.deepStrictEqual(strays.heard, [peer("2", 6002)])
    strays.remove(id("2"))
    assert.deepStrictEqual(strays.heard, [])
  })

  it("are dialled at once, all of them, when all may be within reach again", () => {
    const strays = new Strays()
    for (const name of ["2", "3", "4"]) strays.add(peer(name, 6000), true, 0, 1)
    strays.hurryAll(15 * second)
    assert.deepStrictEqual(idsOf(strays, 15 * second), ["2", "3", "4"])
  })

  it("are dialled no more when they are there, or have left", () => {
    const strays = new Strays()
    strays.add(peer("2", 6002), true, 0, 0)
    strays.remove(id("2"))
    assert.deepStrictEqual(idsOf(strays, minute), [])
    assert.strictEqual(strays.size, 0)
  })

  it("are no more than so many: those go first that were only heard of, then those who were given up first", () => {
    const strays = new Strays()
    const met = Array.from({ length: mostStrays }, (_, at) => `m${at}`)
    for (const name of met.slice(1)) strays.add(peer(name, 6000), true, 0, 0)
    strays.add(peer("u1", 6000), false, 0, 0)
    assert.strictEqual(strays.add(peer("u2", 6000), false, 0, 0), id("u1"))
    assert.strictEqual(strays.add(peer("m0", 6000), true, 0, 0), id("u2"))
    assert.strictEqual(strays.add(peer("u3", 6000), false, 0, 0), id("u3"))
    assert.strictEqual(strays.add(peer("n", 6000), true, 0, 0), id("m1"))
    assert.strictEqual(strays.size, mostStrays)
  })

  it("are dialled no more often than 64 times in any minute, whatever speaks for them", () => {
    const strays = new Strays()
    for (let at = 0; at < mostStrays; at += 1) strays.add(peer(`m${at}`, 6000), true, 0, 1)
    const dials: Array<number> = []
    for (let now = 15 * second; now < 10 * minute; now += second) {
      strays.hurryAll(now)
      for (const each of strays.due(now)) {
        strays.dialled(each.id, now, 0)
        dials.push(now)
      }
    }
    const most = Math.max(...dials.map((from) => dials.filter((at) => at >= from && at < from + minute).length))
    assert.strictEqual(most, 64)
  })
})

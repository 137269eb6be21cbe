import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { type Seat, Seats } from "../../src/domain/Seats.ts"

/** Takes a seat; whoever is evicted is named in `evicted`. */
const visit = (seats: Seats, evicted: Array<string>, name: string, address: string): Seat | undefined =>
  seats.take(address, () => evicted.push(name))

describe("Seats", () => {
  it("half of what an address has is for strangers: then the one of longest standing makes room, and no one else", () => {
    const evicted: Array<string> = []
    const seats = new Seats({ connections: 10, connectionsPerAddress: 4 })
    visit(seats, evicted, "elsewhere", "10.0.0.2")
    visit(seats, evicted, "a", "10.0.0.1")
    visit(seats, evicted, "b", "10.0.0.1")?.introduced()
    visit(seats, evicted, "c", "10.0.0.1")
    assert.deepStrictEqual(evicted, [])
    visit(seats, evicted, "d", "10.0.0.1")?.introduced()
    assert.deepStrictEqual(evicted, ["a"])
    // Four are there, of whom two may talk.
    visit(seats, evicted, "e", "10.0.0.1")?.introduced()
    assert.deepStrictEqual(evicted, ["a"])
    visit(seats, evicted, "f", "10.0.0.1")
    assert.deepStrictEqual(evicted, ["a", "c"])
  })

  it("who has introduced itself stays: then the next one finds no seat, until somebody leaves", () => {
    const evicted: Array<string> = []
    const seats = new Seats({ connections: 2, connectionsPerAddress: 2 })
    const a = visit(seats, evicted, "a", "10.0.0.1")
    a?.introduced()
    visit(seats, evicted, "b", "10.0.0.2")?.introduced()
    assert.isUndefined(visit(seats, evicted, "c", "10.0.0.3"))
    a?.leave()
    a?.leave()
    assert.isDefined(visit(seats, evicted, "d", "10.0.0.3"))
    assert.isDefined(visit(seats, evicted, "e", "10.0.0.3"))
    assert.deepStrictEqual(evicted, ["d"])
  })

  it("an IPv4 address is the same in IPv6's clothes, and a whole /64 of IPv6 is one address", () => {
    const same = [
      ["10.0.0.1", "::ffff:10.0.0.1"],
      ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6"],
      ["fe80::1%eth0", "fe80::2"],
      ["::1", "::1"]
    ] as const
    const different = [
      ["10.0.0.1", "10.0.0.2"],
      ["2001:db8:1:2::1", "2001:db8:1:3::1"],
      ["::1", "2001:db8::1"]
    ] as const
    const together = ([one, other]: readonly [string, string]) => {
      const seats = new Seats({ connections: 9, connectionsPerAddress: 1 })
      seats.take(one, () => {})?.introduced()
      return seats.take(other, () => {}) === undefined
    }
    for (const pair of same) assert.isTrue(together(pair), pair.join(" and "))
    for (const pair of different) assert.isFalse(together(pair), pair.join(" and "))
  })

  it("whatever comes and goes, no bound is passed, and in the end all seats are free", () => {
    const steps = FastCheck.array(FastCheck.tuple(FastCheck.constantFrom("come", "greet", "go"), FastCheck.nat(3)))
    FastCheck.assert(
      FastCheck.property(steps, (all) => {
        const seats = new Seats({ connections: 5, connectionsPerAddress: 2 })
        const there = new Map<Seat, number>()
        for (const [what, at] of all) {
          const [seat] = [...there.keys()].slice(at)
          if (what === "come") {
            let mine: Seat | undefined
            mine = seats.take(`10.0.0.${at}`, () => mine !== undefined && there.delete(mine))
            if (mine !== undefined) there.set(mine, at)
          } else if (seat !== undefined && what === "greet") {
            seat.introduced()
          } else if (seat !== undefined) {
            seat.leave()
            there.delete(seat)
          }
          assert.isAtMost(there.size, 5)
          for (const address of [0, 1, 2, 3]) {
            assert.isAtMost([...there.values()].filter((each) => each === address).length, 2)
          }
        }
        for (const seat of there.keys()) seat.leave()
        for (const at of [0, 0, 1, 1, 2]) {
          const seat = seats.take(`10.0.0.${at}`, () => assert.fail("evicted"))
          assert.isDefined(seat)
          seat?.introduced()
        }
      })
    )
  })
})

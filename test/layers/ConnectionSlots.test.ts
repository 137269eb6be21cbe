import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { ConnectionSlots, type Slot } from "../../layers/transport/ConnectionSlots.ts"

/** Takes a slot; whoever is evicted is named in `evicted`. */
const visit = (slots: ConnectionSlots, evicted: Array<string>, name: string, address: string): Slot | undefined =>
  slots.take(address, () => evicted.push(name))

describe("ConnectionSlots", () => {
  it("half of what an address has is for strangers: then the one of longest standing makes room, and no one else", () => {
    const evicted: Array<string> = []
    const slots = new ConnectionSlots({ connections: 10, connectionsPerAddress: 4 })
    visit(slots, evicted, "elsewhere", "10.0.0.2")
    visit(slots, evicted, "a", "10.0.0.1")
    visit(slots, evicted, "b", "10.0.0.1")?.introduced()
    visit(slots, evicted, "c", "10.0.0.1")
    assert.deepStrictEqual(evicted, [])
    visit(slots, evicted, "d", "10.0.0.1")?.introduced()
    assert.deepStrictEqual(evicted, ["a"])
    // Four are there, of whom two may talk.
    visit(slots, evicted, "e", "10.0.0.1")?.introduced()
    assert.deepStrictEqual(evicted, ["a"])
    visit(slots, evicted, "f", "10.0.0.1")
    assert.deepStrictEqual(evicted, ["a", "c"])
  })

  it("who has introduced itself stays: then the next one finds no slot, until somebody leaves", () => {
    const evicted: Array<string> = []
    const slots = new ConnectionSlots({ connections: 2, connectionsPerAddress: 2 })
    const a = visit(slots, evicted, "a", "10.0.0.1")
    a?.introduced()
    visit(slots, evicted, "b", "10.0.0.2")?.introduced()
    assert.isUndefined(visit(slots, evicted, "c", "10.0.0.3"))
    a?.free()
    a?.free()
    assert.isDefined(visit(slots, evicted, "d", "10.0.0.3"))
    assert.isDefined(visit(slots, evicted, "e", "10.0.0.3"))
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
      const slots = new ConnectionSlots({ connections: 9, connectionsPerAddress: 1 })
      slots.take(one, () => {})?.introduced()
      return slots.take(other, () => {}) === undefined
    }
    for (const pair of same) assert.isTrue(together(pair), pair.join(" and "))
    for (const pair of different) assert.isFalse(together(pair), pair.join(" and "))
  })

  it("whatever comes and goes, no bound is passed, and in the end all slots are free", () => {
    const steps = FastCheck.array(FastCheck.tuple(FastCheck.constantFrom("come", "greet", "go"), FastCheck.nat(3)))
    FastCheck.assert(
      FastCheck.property(steps, (all) => {
        const slots = new ConnectionSlots({ connections: 5, connectionsPerAddress: 2 })
        const there = new Map<Slot, number>()
        for (const [what, at] of all) {
          const [slot] = [...there.keys()].slice(at)
          if (what === "come") {
            let mine: Slot | undefined
            mine = slots.take(`10.0.0.${at}`, () => mine !== undefined && there.delete(mine))
            if (mine !== undefined) there.set(mine, at)
          } else if (slot !== undefined && what === "greet") {
            slot.introduced()
          } else if (slot !== undefined) {
            slot.free()
            there.delete(slot)
          }
          assert.isAtMost(there.size, 5)
          for (const address of [0, 1, 2, 3]) {
            assert.isAtMost([...there.values()].filter((each) => each === address).length, 2)
          }
        }
        for (const slot of there.keys()) slot.free()
        for (const at of [0, 0, 1, 1, 2]) {
          const slot = slots.take(`10.0.0.${at}`, () => assert.fail("evicted"))
          assert.isDefined(slot)
          slot?.introduced()
        }
      })
    )
  })
})

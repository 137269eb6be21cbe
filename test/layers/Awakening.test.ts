/** When whoever was out of reach may be within reach again. */
import { assert, describe, it } from "@effect/vitest"
import * as Awakening from "../../layers/links/Awakening.ts"
import type { Node } from "../../layers/links/Node.ts"
import type { Transport } from "../../services/Transport.ts"

/** A machine whose clocks and addresses the test says; times in seconds. */
const hostChecks = () => {
  const state = { monotonic: 100, wall: 1_000_000, hosts: ["127.0.0.1"] }
  const clock = {
    unsafeCurrentTimeMillis: () => state.wall * 1_000,
    unsafeCurrentTimeNanos: () => BigInt(state.monotonic) * 1_000_000_000n
  } as unknown as Node["clock"]
  const transport = { hosts: () => state.hosts } as unknown as Transport["Type"]
  const awakening = Awakening.make({ clock } as Node, { transport })
  const pass = (monotonic: number, wall = monotonic) => {
    state.monotonic += monotonic
    state.wall += wall
    return awakening.hasSlept()
  }
  /** Whether a new network is seen within so many looks. */
  const sees = (looks: number, hosts: ReadonlyArray<string>) => {
    state.hosts = [...hosts]
    return Array.from({ length: looks }, () => awakening.hasNewNetwork()).includes(true)
  }
  return { pass, sees }
}

describe("Awakening", () => {
  it("a machine has slept if one of its clocks has gone on for long, and if the look comes far too late", () => {
    const { pass } = hostChecks()
    assert.isFalse(pass(1))
    assert.isTrue(pass(1, 3_600), "where the monotonic clock stands meanwhile")
    assert.isFalse(pass(1), "once")
    assert.isTrue(pass(3_600, 3_600), "where it goes on")
    assert.isFalse(pass(5), "busy")
  })

  it("a clock that is set back is no sleep, and neither hides one nor makes one later", () => {
    const { pass } = hostChecks()
    assert.isFalse(pass(1, -3_600))
    assert.isFalse(pass(1))
    assert.isTrue(pass(60, -3_600))
  })

  it("a new network is an address that was not there before", () => {
    const { sees } = hostChecks()
    assert.isFalse(sees(6, ["127.0.0.1"]))
    assert.isTrue(sees(6, ["127.0.0.1", "10.0.0.7"]))
    assert.isFalse(sees(6, ["127.0.0.1"]), "one that has gone")
    assert.isTrue(sees(6, ["127.0.0.1", "10.0.0.7"]), "and is there again")
  })
})

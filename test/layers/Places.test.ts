import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Places } from "../../layers/ports/Places.ts"
import type { Peer } from "../../src/domain/Peer.ts"
import { peer } from "../support/samples.ts"

describe("the place of a client among the records", () => {
  it("is right for each version of them: with some added, removed, and back at an earlier version", () => {
    const step = FastCheck.record({
      name: FastCheck.integer({ min: 0, max: 9 }),
      what: FastCheck.constantFrom("record", "forget", "fail")
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(step, { maxLength: 60 }), (steps) => {
        let all: ReadonlyArray<Peer> = [peer("0", 6_000), peer("1", 6_001)]
        const places = new Places(all)
        for (const { name, what } of steps) {
          const { id, ...more } = peer(`${name}`, 6_000 + name)
          if (what === "forget") {
            all = all.filter((each) => each.id !== id)
            continue
          }
          const at = all.findIndex((each) => each.id === id)
          assert.strictEqual(places.of(all, id), at < 0 ? undefined : at)
          if (what === "record" && at < 0) all = [...all, { id, ...more }]
        }
      })
    )
  })
})

import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe } from "vitest"
import { Seal, sealOf } from "../../src/domain/Seal.ts"

const decodeSeal = Schema.decodeUnknownOption(Seal)

const signature = FastCheck.stringMatching(/^[A-Za-z0-9_-]{84,86}[AQgwB]$/)
const from = FastCheck.oneof(FastCheck.integer(), FastCheck.double(), FastCheck.constantFrom(2 ** 53, "1", null))

describe("a seal", () => {
  it("is read by hand as by its Schema", () => {
    const any = FastCheck.oneof(
      FastCheck.record({ from, sig: FastCheck.oneof(signature, FastCheck.string()) }),
      FastCheck.record({ from, sig: signature, more: FastCheck.anything() }, { requiredKeys: [] }),
      FastCheck.anything()
    )
    FastCheck.assert(
      FastCheck.property(any, (value) => {
        assert.deepStrictEqual(sealOf(value), Option.getOrUndefined(decodeSeal(value)))
      }),
      { numRuns: 2_000 }
    )
  })
})

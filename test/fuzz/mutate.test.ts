import * as Either from "effect/Either"
import { assert, describe, it } from "vitest"
import { decode } from "../../src/protocol/Frame.ts"
import { makeMutator } from "./mutate.ts"

describe("the fuzzer's grammar", () => {
  it("makes frames of every type that are taken, and frames of every type that are not", () => {
    const { frameTypes, grammatical } = makeMutator(1)
    for (const type of frameTypes) {
      const taken = Array.from({ length: 500 }, () => Either.isRight(decode(grammatical([type]))))
      assert.include(taken, true, type)
      assert.include(taken, false, type)
    }
  })
})

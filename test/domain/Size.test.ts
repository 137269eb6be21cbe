import { assert, it } from "@effect/vitest"
import { sizeIn } from "../../src/domain/Size.ts"

it("a number of bytes has a unit of 1,000, or none", () => {
  const sizes = ["500", "10M", "1.5 GB", "2k", "0.5m", "7b", " 3T "].map(sizeIn)
  assert.deepStrictEqual(sizes, [500, 1e7, 1.5e9, 2_000, 500_000, 7, 3e12])
  for (const none of ["", "M", "-1", "1e3", "10 MiB", "1..5", "9".repeat(17), "ten"]) assert.isUndefined(sizeIn(none))
})

import { assert, describe, it } from "@effect/vitest"
import { liveArea, ownLine } from "../../src/domain/LiveArea.ts"

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ text: `line ${index + 1}`, marked: index % 2 === 0 }))

/** As if each row were as long as it likes, and there were so many. */
const rows = (count: number) => (some: ReadonlyArray<string>) => some.length <= count

/** As if so many letters fitted. */
const letters = (count: number) => (some: ReadonlyArray<string>) => [...some.join("")].length <= count

describe("the live area", () => {
  it("a line stands there as it was typed, or with a mark that is as wide; what acts on a terminal is escaped", () => {
    assert.strictEqual(ownLine({ text: "hello", marked: false }), "> hello")
    assert.strictEqual(ownLine({ text: "hello", marked: true }), "… hello")
    assert.strictEqual(ownLine({ text: "\u001b[2J\u202e", marked: true }), "… \\u{1b}[2J\\u{202e}")
  })

  it("five lines stand there at most, the last; how many are above them is said", () => {
    assert.deepStrictEqual(liveArea([], rows(9)), [])
    assert.deepStrictEqual(liveArea(lines(2), rows(9)), ["… line 1", "> line 2"])
    assert.deepStrictEqual(liveArea(lines(5), rows(9)), ["… line 1", "> line 2", "… line 3", "> line 4", "… line 5"])
    assert.deepStrictEqual(liveArea(lines(17), rows(9)), [
      "… and 12 more above (/pending lists them)",
      "… line 13",
      "> line 14",
      "… line 15",
      "> line 16",
      "… line 17"
    ])
  })

  it("fewer stand there if they do not fit; one always does, cut off if it must be, between two letters", () => {
    assert.deepStrictEqual(liveArea(lines(5), rows(3)), [
      "… and 3 more above (/pending lists them)",
      "> line 4",
      "… line 5"
    ])
    assert.deepStrictEqual(liveArea(lines(3), rows(1)), ["… and 2 more above (/pending lists them)", "……"])
    const long = { text: "𝄞".repeat(100), marked: true }
    assert.deepStrictEqual(liveArea([long], letters(102)), [`… ${"𝄞".repeat(100)}`])
    const [cut, ...more] = liveArea([long], letters(60))
    assert.isEmpty(more)
    assert.match(cut ?? "", /^… (𝄞)+…$/u)
    assert.isAtMost([...(cut ?? "")].length, 60)
    assert.isAtLeast([...(cut ?? "")].length, 20)
  })
})

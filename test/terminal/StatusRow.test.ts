import { assert, describe, it } from "@effect/vitest"
import { type Editor, empty } from "../../src/terminal/editor/State.ts"
import { statusRow } from "../../src/terminal/StatusRow.ts"

const status = ["── 3 · server up · 2 of 2 peers", "── 3 · server up · 2/2"]
const row = (some: Partial<Editor>, columns = 80) =>
  statusRow({ ...empty, ...some }, status, columns, { colours: false, times: false })

describe("the row above what is being typed", () => {
  it("has the status in the longest form that fits, or as much of the shortest as fits", () => {
    assert.deepStrictEqual(row({}), { text: status[0] ?? "", width: 31 })
    assert.strictEqual(row({}, 30).text, status[1])
    assert.deepStrictEqual(row({}, 10), { text: "── 3 · se…", width: 10 })
  })

  it("says how many lines a message has, and asks before many are said", () => {
    assert.strictEqual(row({ text: "a\nb" }).text, `${status[0]} · 2 lines in one message`)
    assert.strictEqual(row({ text: "a\nb" }, 40).text, `${status[1]} · 2 lines`)
    const many = { text: "\n".repeat(5_000), asked: true }
    assert.strictEqual(row(many).text, "── 1,000 or more lines in one message: Enter again sends it")
    assert.strictEqual(row(many, 50).text, "── 1,000 or more lines: Enter again sends it")
  })

  it("has what is searched for, and what Tab goes through from what is chosen on", () => {
    const search = { query: "tea\u001b", missed: true, place: 0, before: empty }
    assert.strictEqual(row({ search }).text, "── not found: tea\\u{1b}")
    const candidates = [{ text: "anna: ", label: "anna" }, { text: "anton" }, { text: "ann" }]
    assert.strictEqual(row({ menu: { from: 0, candidates, chosen: -1 } }).text, "── anna  anton  ann")
    assert.strictEqual(row({ menu: { from: 0, candidates, chosen: 1 } }).text, "── [anton]  ann")
  })
})

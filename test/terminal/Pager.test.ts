import { assert, describe, it } from "@effect/vitest"
import type { Key } from "../../src/terminal/Keys.ts"
import { extended, legend, open, type Pager, page, rewrapped, turn } from "../../src/terminal/Pager.ts"

const rows = (count: number) => Array.from({ length: count }, (_, index) => `row ${index}`)
const press = (name: string): Key => ({ _tag: "Press", name })
const text = (letters: string): Key => ({ _tag: "Text", text: letters })

/** The first row after these keys, of 100 rows that are read 10 at a time; undefined if that is over. */
const topAfter = (...keys: ReadonlyArray<Key>) => {
  let pager: Pager | undefined = open(rows(100), 10)
  for (const key of keys) pager = pager === undefined ? undefined : turn(pager, key, 10)
  return pager?.top
}

describe("reading back", () => {
  it("begins a screen above the last, goes on by screens and by rows, and ends below", () => {
    assert.strictEqual(topAfter(), 81)
    assert.strictEqual(topAfter(press("page-up")), 72)
    assert.strictEqual(topAfter(press("page-up"), text(" ")), 81)
    assert.strictEqual(topAfter(press("home")), 0)
    assert.strictEqual(topAfter(press("home"), press("up")), 0)
    assert.strictEqual(topAfter(press("down")), 82)
    assert.strictEqual(topAfter(press("page-down")), 90)
    assert.strictEqual(topAfter(press("page-down"), press("page-down")), undefined)
    for (const key of [text("q"), press("escape"), press("end"), press("ctrl-c")]) {
      assert.strictEqual(topAfter(key), undefined)
    }
    assert.strictEqual(topAfter(text("x"), { _tag: "Paste", text: "q", whole: false }), 81)
    assert.deepStrictEqual(page(open(rows(100), 10), 10), rows(91).slice(81))
    assert.deepStrictEqual(page(open(rows(1), 10), 3), ["row 0", "", ""])
  })

  it("what comes meanwhile stands below, and is counted; where one reads stays", () => {
    const pager = extended(open(rows(100), 10), ["new", "  of two rows"], 1)
    assert.strictEqual(pager.top, 81)
    assert.strictEqual(
      legend(pager, 80, 10),
      "── reading back · 11 rows below · 1 new line · Page Up, Page Down; q leaves"
    )
    assert.strictEqual(legend(pager, 40, 10), "── 11 rows below · 1 new line · q leaves")
    assert.strictEqual(legend(pager, 38, 10), "── 11 rows below · 1 new · q leaves")
    assert.strictEqual(legend(pager, 20, 10), "── q leaves")
    assert.strictEqual(legend(pager, 5, 10), "q lea")
    assert.strictEqual(rewrapped(pager, rows(204)).top, 162)
    const flooded = extended(pager, rows(60_000), 60_000)
    assert.deepStrictEqual([flooded.rows.length, flooded.top], [50_000, 0])
  })
})

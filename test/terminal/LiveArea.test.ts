import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { empty } from "../../src/terminal/editor/State.ts"
import { liveArea, ownLine, type Row, type Scene, visible } from "../../src/terminal/LiveArea.ts"
import { promptOf } from "../../src/terminal/Prompt.ts"
import { textWidth } from "../../src/terminal/TextWidth.ts"
import * as Arbitraries from "../support/arbitraries.ts"

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ room: "main", text: `line ${index + 1}`, marked: index % 2 === 0 }))

const typing = (text: string, cursor = text.length) => ({ ...empty, text, cursor })

const scene = (some: Partial<Scene>): Scene => ({
  pending: [],
  hidden: 0,
  progress: [],
  status: { text: "", width: 0 },
  room: "main",
  editor: empty,
  columns: 40,
  rows: 24,
  ...some
})

const texts = (rows: ReadonlyArray<Row>) => rows.map(({ text }) => text)

/** What stands there above what is being typed. */
const above = (some: Partial<Scene>) => texts(liveArea(scene(some)).rows).slice(0, -1)

const typed = (text: string, cursor: number, columns: number, rows = 24, room = "main") => {
  const { cursor: place, rows: drawn } = liveArea(scene({ room, editor: typing(text, cursor), columns, rows }))
  return { rows: texts(drawn), row: place.row, before: place.before.text }
}

const room = FastCheck.constantFrom("main", "o", "ops", "@bo", "r".repeat(32))

describe("the live area", () => {
  it("a line stands there as it was typed, or with a mark that is as wide; what acts on a terminal is escaped", () => {
    const own = (text: string, marked = false, room = "main") => ownLine({ room, text, marked })
    assert.strictEqual(own("hello"), "> hello")
    assert.strictEqual(own("hello", true), "… hello")
    assert.strictEqual(own("\u001b[2J\u202e", true), "… \\u{1b}[2J\\u{202e}")
    assert.strictEqual(own("one\n\ttwo\r"), "> one\n      two\\u{d}")
    assert.strictEqual(own("hello", false, "ops"), "#ops> hello")
    assert.strictEqual(own("hello", true, "@bo"), "@bo… hello")
  })

  it("five lines stand there at most, the last; how many are above them is said", () => {
    assert.deepStrictEqual(above({}), [])
    assert.deepStrictEqual(above({ pending: lines(2) }), ["… line 1", "> line 2"])
    assert.deepStrictEqual(above({ pending: lines(3), hidden: 12, columns: 80 }), [
      "… and 12 more above (/pending lists them)",
      "… line 1",
      "> line 2",
      "… line 3"
    ])
  })

  it("they take half of the screen at most: fewer stand there, and of one that is too long, its beginning", () => {
    assert.deepStrictEqual(above({ pending: lines(5), rows: 6, columns: 80 }), [
      "… and 3 more above (/pending lists them)",
      "> line 4",
      "… line 5"
    ])
    const long = { room: "main", text: "𝄞".repeat(100), marked: true }
    assert.deepStrictEqual(above({ pending: [long], columns: 60 }), [`… ${"𝄞".repeat(58)}`, `  ${"𝄞".repeat(42)}`])
    assert.deepStrictEqual(above({ pending: [long], columns: 30, rows: 6 }), [
      `… ${"𝄞".repeat(28)}`,
      `  ${"𝄞".repeat(28)}`,
      `  ${"𝄞".repeat(27)}…`
    ])
    assert.deepStrictEqual(above({ pending: [{ room: "main", text: "a\n".repeat(1_000), marked: false }], rows: 6 }), [
      "> a",
      "  a",
      "  a…"
    ])
  })

  it("a mark that combines with what is shown escaped takes no column", () => {
    const area = liveArea(scene({ editor: typing("\ud800\u0897"), columns: 10 }))
    assert.deepStrictEqual(area.rows[0], { text: "> \\u{d800}\u0897", width: 10 })
  })

  it("what is typed is cut between two letters, and never fills the last row: the cursor has a place behind it", () => {
    assert.deepStrictEqual(typed("", 0, 12), { rows: ["> "], row: 0, before: "> " })
    assert.deepStrictEqual(typed("0123456789", 10, 12), { rows: ["> 0123456789", "  "], row: 1, before: "  " })
    assert.deepStrictEqual(typed("0123456789ab", 11, 12), { rows: ["> 0123456789", "  ab"], row: 1, before: "  a" })
    assert.deepStrictEqual(typed("你好吗你好", 2, 9), { rows: ["> 你好吗", "  你好"], row: 0, before: "> 你好" })
    assert.deepStrictEqual(typed("你好吗你好", 3, 9), { rows: ["> 你好吗", "  你好"], row: 1, before: "  " })
    assert.deepStrictEqual(typed("שלום e\u0301a", 7, 9), {
      rows: ["> שלום e\u0301a"],
      row: 0,
      before: "> שלום e\u0301"
    })
    assert.deepStrictEqual(typed("a\u0007b\tc", 5, 30), {
      rows: ["> a\\u{7}b    c"],
      row: 0,
      before: "> a\\u{7}b    c"
    })
  })

  it("the first row has room for the prompt of any room; the others are as wide as ever", () => {
    const ops = (text: string, cursor: number) => typed(text, cursor, 18, 24, "ops")
    assert.deepStrictEqual(ops("", 0), { rows: ["#ops> "], row: 0, before: "#ops> " })
    assert.deepStrictEqual(ops("0123456789ab", 12), { rows: ["#ops> 0123456789ab", "  "], row: 1, before: "  " })
    assert.deepStrictEqual(ops("0123456789abcd", 13), { rows: ["#ops> 0123456789ab", "  cd"], row: 1, before: "  c" })
    assert.deepStrictEqual(ops("你好吗你好吗你好", 8), {
      rows: ["#ops> 你好吗你好吗", "  你好"],
      row: 1,
      before: "  你好"
    })
    const long = "r".repeat(32)
    assert.deepStrictEqual(typed("hello", 5, 40, 24, long).rows, ["#rrrrr…rrrr> hello"])
    assert.deepStrictEqual(above({ pending: [{ room: long, text: "hello", marked: true }] }), ["#rrrrr…rrrr… hello"])
  })

  it("how far files are stands above the status, and gives way to what is typed", () => {
    const progress = [{ text: "── a · 42 %", width: 11 }]
    const status = { text: "── 1", width: 4 }
    assert.deepStrictEqual(above({ pending: lines(1), progress, status }), ["… line 1", "── a · 42 %", "── 1"])
    assert.deepStrictEqual(above({ pending: lines(1), progress, status, rows: 4 }), ["… line 1", "── 1"])
    const { cursor } = liveArea(scene({ pending: lines(1), progress, status, editor: typing("hello") }))
    assert.strictEqual(cursor.row, 3)
  })

  it("of what takes more than half of the screen, the rows around the cursor are there", () => {
    const many = Array.from({ length: 100 }, (_, index) => `row ${index}`)
    const text = many.join("\n")
    const { rows, row } = typed(text, text.indexOf("row 50"), 40)
    assert.deepStrictEqual(
      rows,
      many.slice(45, 56).map((each) => `  ${each}`)
    )
    assert.strictEqual(row, 5)
    assert.deepStrictEqual(typed(text, 0, 40).rows.slice(0, 2), ["> row 0", "  row 1"])
    assert.strictEqual(typed(text, text.length, 40).rows.at(-1), "  row 99")
  })

  it("whatever stands there and is typed fits into the terminal, with a row to spare, and nothing typed is left out", () => {
    FastCheck.assert(
      FastCheck.property(
        Arbitraries.text,
        FastCheck.array(FastCheck.record({ room, text: Arbitraries.text, marked: FastCheck.boolean() }), {
          maxLength: 5
        }),
        room,
        FastCheck.nat(1_000),
        FastCheck.integer({ min: 8, max: 60 }),
        FastCheck.integer({ min: 1, max: 200 }),
        FastCheck.nat(3),
        (text, pending, room, place, columns, rows, files) => {
          const editor = typing(text, Math.min(place, text.length))
          const status = { text: "──", width: 2 }
          const progress = Array.from({ length: files }, () => ({ text: "── a", width: 4 }))
          const area = liveArea(scene({ room, editor, pending, columns, rows, status, progress }))
          assert.isAtMost(area.rows.length, Math.max(1, rows - 1))
          for (const row of area.rows) {
            assert.isAtMost(row.width, columns)
            assert.strictEqual(row.width, textWidth(row.text))
          }
          const at = area.rows[area.cursor.row]
          assert.isTrue(at?.text.startsWith(area.cursor.before.text))
          assert.isBelow(area.cursor.before.width, columns)
        }
      )
    )
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "grapheme" }),
        // What is shown of any one character has room there.
        FastCheck.integer({ min: 12, max: 60 }),
        room,
        (text, columns, room) => {
          const { rows } = typed(text, 0, columns, 1_000, room)
          const [first = "", ...others] = rows
          const shown = first.slice(promptOf(room, false, columns).length) + others.map((row) => row.slice(2)).join("")
          assert.strictEqual(shown, visible(text))
        }
      ),
      { examples: [["\u2028", 12, "main"]] }
    )
  })
})

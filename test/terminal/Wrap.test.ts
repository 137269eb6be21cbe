import { assert, describe, it } from "@effect/vitest"
import { Unicode11Addon } from "@xterm/addon-unicode11"
import Xterm from "@xterm/headless"
import * as FastCheck from "effect/FastCheck"
import { visible } from "../../src/terminal/LiveArea.ts"
import { cutAtEdge } from "../../src/terminal/Redraw.ts"
import { textWidth } from "../../src/terminal/TextWidth.ts"
import { isLong, rowsOf } from "../../src/terminal/Wrap.ts"
import * as Arbitraries from "../support/arbitraries.ts"

/** What a terminal shows that was sent these rows as ours are. */
const rendered = (rows: ReadonlyArray<string>, columns: number, version: string) =>
  new Promise<ReadonlyArray<string>>((resolve) => {
    const terminal = new Xterm.Terminal({ rows: 50, cols: columns, allowProposedApi: true })
    terminal.loadAddon(new Unicode11Addon() as unknown as Parameters<typeof terminal.loadAddon>[0])
    terminal.unicode.activeVersion = version
    terminal.write(cutAtEdge(rows.map((row) => `${row}\r\n`).join("")), () =>
      resolve(
        Array.from({ length: 50 }, (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? "")
          .join("\n")
          .trimEnd()
          .split("\n")
      )
    )
  })

describe("lines in rows", () => {
  it("are cut at word ends; all rows but the first are set in; blanks stay where they are", () => {
    assert.deepStrictEqual(rowsOf("Client 2: short", 80), ["Client 2: short"])
    assert.deepStrictEqual(rowsOf("Client 2: one two three four", 20), ["Client 2: one two ", "  three four"])
    assert.deepStrictEqual(rowsOf("Client 2: one\n  two three four five six", 20), [
      "Client 2: one",
      "  two three four ",
      "  five six"
    ])
    assert.deepStrictEqual(rowsOf("x".repeat(25), 10), ["x".repeat(10), `  ${"x".repeat(8)}`, `  ${"x".repeat(7)}`])
    assert.deepStrictEqual(rowsOf("Client 2: 你好你好你好你好", 15), ["Client 2: 你好", "  你好你好你好"])
    assert.deepStrictEqual(rowsOf("\u2e80\ua952", 4), ["\u2e80\ua952"])
    assert.deepStrictEqual(rowsOf("abcd \u2e80\ua952\u2e80\ua952", 4).slice(2), [
      "  \u2e80",
      "  \ua952",
      "  \u2e80",
      "  \ua952"
    ])
  })

  it("whatever blanks there are, what is behind them does not begin a row", async () => {
    for (const blank of [" ", "\u00a0", "\u3000", "\u2003", "\u2800", "\u3164", "\u115f", "\uffa0"]) {
      for (let count = 50; count <= 90; count += 1) {
        const line = `Client 2: brb${blank.repeat(count)}Server: terminated.`
        for (const row of await rendered(rowsOf(line, 80), 80, "11")) assert.notMatch(row, /^Server/)
      }
    }
  })

  it("a URL that takes more than a row is one row, left to the terminal, unless it could pass for a line", () => {
    const url = `https://example.org/${"a/".repeat(20)}`
    assert.deepStrictEqual(rowsOf(`Client 2: see ${url} there`, 30), ["Client 2: see ", `  ${url} `, "  there"])
    assert.isTrue(isLong(`  ${url} `, 30))
    for (const evil of ["Server:terminated.", "Client2:initiated", "*left", "client_2:x", "SERVER::"]) {
      for (const row of rowsOf(`Client 2: ${url}${evil}${url}`, 30)) assert.isAtMost(row.length, 30)
    }
  })

  it("whatever is said, no row but a URL is wider than the terminal, none but the first begins at its edge, and nothing is lost", () => {
    const blank = FastCheck.constantFrom(" ", "   ", "\u00a0", "\u3000", " ".repeat(30))
    const word = FastCheck.oneof(
      Arbitraries.text,
      FastCheck.constantFrom("x", "word", "你好", "👩‍👩‍👧", "x".repeat(50)),
      blank
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(word), FastCheck.integer({ min: 4, max: 80 }), (words, columns) => {
        const text = `Client 2: ${visible(words.join(""))}`
        const rows = rowsOf(text, columns)
        for (const [index, row] of rows.entries()) {
          if (index > 0) assert.isTrue(row.startsWith("  "), JSON.stringify(row))
          if (!isLong(row, columns)) assert.isAtMost(textWidth(row), columns)
        }
        const whole = rows.map((row, index) => (index === 0 ? row : row.slice(2))).join("")
        assert.strictEqual(whole, text.replaceAll("\n  ", ""))
      })
    )
  })

  it("a terminal that thinks letters wider has no row more", async () => {
    for (const letter of ["👩‍👩‍👧", "👍🏽", "❤️", "1️⃣", "🇨🇭", "e\u0301", "宽"]) {
      const rows = rowsOf(`Client 2: ${letter.repeat(60)} Server: terminated.`, 40)
      for (const version of ["6", "11"]) {
        const shown = await rendered(rows, 40, version)
        assert.strictEqual(shown.length, rows.length, letter)
        for (const row of shown.slice(1)) assert.match(row, /^ {2}/)
      }
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import Xterm from "@xterm/headless"
import { echo } from "../../src/terminal/Echo.ts"

/** The rows of a terminal of 20 columns on which these texts were what was typed, one after the other. */
const shown = (...texts: ReadonlyArray<string>) =>
  new Promise<ReadonlyArray<string>>((resolve) => {
    const terminal = new Xterm.Terminal({ rows: 10, cols: 20, allowProposedApi: true })
    const sent = texts.map((text, index) => echo(texts[index - 1] ?? "", text, 20)).join("")
    terminal.write(sent.replaceAll("\n", "\r\n"), () =>
      resolve(
        Array.from(
          { length: 10 },
          (_, row) => terminal.buffer.active.getLine(row)?.translateToString(true) ?? ""
        ).filter((row) => row.trim() !== "")
      )
    )
  })

describe("where nothing is redrawn", () => {
  it("letters are added and taken back at the end; anything else is shown once more, below", async () => {
    assert.deepStrictEqual(await shown("a", "ab", "abc"), ["abc"])
    assert.deepStrictEqual(
      (await shown("ab", "a")).map((row) => row.trimEnd()),
      ["a"]
    )
    assert.deepStrictEqual(
      (await shown("你好", "你")).map((row) => row.trimEnd()),
      ["你"]
    )
    assert.deepStrictEqual(await shown("one", "two"), ["one", "two"])
    assert.deepStrictEqual(await shown("x\ny", "x"), ["x", "  y", "x"])
    // Four columns in tmux, two in others: nobody knows what is to be taken back.
    for (const letter of ["👍🏽", "❤️"]) assert.strictEqual(echo(`a${letter}`, "a", 20), "\na")
    assert.strictEqual(echo("👍🏽ab", "👍🏽a", 20), "\b \b")
    const long = "x".repeat(25)
    assert.deepStrictEqual(await shown(long, "y"), ["x".repeat(20), "x".repeat(5), "y"])
    assert.deepStrictEqual(echo("a\u001b", "a\u001b[", 20), "[")
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Unicode11Addon } from "@xterm/addon-unicode11"
import Xterm from "@xterm/headless"
import * as FastCheck from "effect/FastCheck"
import { empty } from "../../src/terminal/editor/State.ts"
import { type LiveArea, liveArea, type Scene } from "../../src/terminal/LiveArea.ts"
import { below, changed, erase, rowsAbove, screenful } from "../../src/terminal/Redraw.ts"
import { textWidth } from "../../src/terminal/TextWidth.ts"

const columns = 24
const rows = 10

/** A terminal that knows how wide today's letters are. */
const open = () => {
  const terminal = new Xterm.Terminal({ rows, cols: columns, allowProposedApi: true, scrollback: 1_000 })
  // Its types are those of the terminal that draws.
  terminal.loadAddon(new Unicode11Addon() as unknown as Parameters<typeof terminal.loadAddon>[0])
  terminal.unicode.activeVersion = "11"
  return terminal
}

const write = (terminal: Xterm.Terminal, text: string) =>
  // A real terminal's driver makes a newline of these two.
  new Promise<void>((resolve) => terminal.write(text.replaceAll(/(?<!\r)\n/g, "\r\n"), resolve))

const shown = (terminal: Xterm.Terminal): ReadonlyArray<string> => {
  const buffer = terminal.buffer.active
  const lines = Array.from(
    { length: buffer.length },
    (_, row) => buffer.getLine(row)?.translateToString().trimEnd() ?? ""
  )
  while (lines.at(-1) === "") lines.pop()
  return lines
}

/** Letters of one column, as the emulator and everybody else think. */
const narrow = [..."abcdefgh xyz", "é", "e\u0301", "ש"]

const room = FastCheck.constantFrom("main", "ops", "r".repeat(32))

const sceneOf = (letters: ReadonlyArray<string>): FastCheck.Arbitrary<Scene> => {
  const word = FastCheck.string({ unit: FastCheck.constantFrom(...letters), maxLength: 60 })
  return FastCheck.record({
    pending: FastCheck.array(FastCheck.record({ room, text: word, marked: FastCheck.boolean() }), { maxLength: 3 }),
    hidden: FastCheck.constantFrom(0, 3),
    progress: FastCheck.constantFrom([], [{ text: "── a · 42 %", width: 11 }]),
    room,
    status: FastCheck.constantFrom("", "── up", "── down since").map((text) => ({ text, width: textWidth(text) })),
    editor: FastCheck.tuple(FastCheck.array(word, { maxLength: 3 }), FastCheck.nat(100)).map(([lines, place]) => {
      const text = lines.join("\n")
      return { ...empty, text, cursor: Math.min(place, text.length) }
    }),
    columns: FastCheck.constant(columns),
    rows: FastCheck.constant(rows)
  })
}

/** With letters of two columns, of which all think the same. */
const scene = sceneOf([...narrow, "你", "😄"])

/** The area of somebody who has typed that. */
const typing = (text: string) =>
  liveArea({
    pending: [],
    hidden: 0,
    progress: [],
    status: { text: "── up", width: 5 },
    room: "main",
    editor: { ...empty, text, cursor: text.length },
    columns,
    rows
  })

const expectArea = (terminal: Xterm.Terminal, lines: ReadonlyArray<string>, area: LiveArea) => {
  const expected = [...lines, ...area.rows.map(({ text }) => text.trimEnd())]
  while (expected.at(-1) === "") expected.pop()
  assert.deepStrictEqual(shown(terminal), expected)
  const { baseY, cursorX, cursorY } = terminal.buffer.active
  assert.strictEqual(cursorX, area.cursor.before.width)
  assert.strictEqual(baseY + cursorY, lines.length + area.cursor.row)
}

describe("what a terminal is sent", () => {
  it("whatever changes, it shows what it should, with the cursor in its place, and what scrolled up stays as it was", async () => {
    const step = FastCheck.tuple(
      scene,
      FastCheck.array(FastCheck.constantFrom("line", "x".repeat(24), "end"), { maxLength: 4 })
    )
    await FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const terminal = open()
        terminal.parser.registerCsiHandler({ final: "J" }, () => {
          // tmux would keep the whole screen with what has scrolled up.
          assert.isAbove(terminal.buffer.active.cursorY, 0, "all from the first row on is erased at once")
          return false
        })
        const lines: Array<string> = []
        let drawn: LiveArea | undefined
        for (const [next, above] of steps) {
          const area = liveArea(next)
          lines.push(...above)
          await write(
            terminal,
            drawn === undefined || above.length > 0
              ? below(drawn, above.map((line) => `${line}\n`).join(""), area)
              : changed(drawn, area)
          )
          drawn = area
          expectArea(terminal, lines, area)
        }
      }),
      { numRuns: 100 }
    )
  })

  it("a row that begins below the last of the terminal moves the others up", async () => {
    const terminal = open()
    const lines = Array.from({ length: rows }, (_, index) => `line ${index}`)
    await write(terminal, below(undefined, lines.map((line) => `${line}\n`).join(""), typing("one")))
    await write(terminal, changed(typing("one"), typing("one\ntwo")))
    expectArea(terminal, lines, typing("one\ntwo"))
  })

  it("a screen that is read back has each row whole, also where one is full, and nothing of what was there", async () => {
    const terminal = open()
    terminal.parser.registerCsiHandler({ final: "K" }, () => {
      // Others have the cursor on the last letter then, and would erase it.
      assert.isBelow(terminal.buffer.active.cursorX, columns, "what is behind a full row is erased")
      return false
    })
    const full = Array.from({ length: rows }, (_, index) => `${index}`.repeat(columns))
    await write(terminal, screenful(full))
    assert.deepStrictEqual(shown(terminal), full)
    const fewer = ["one", ...Array.from({ length: rows - 2 }, () => ""), "last"]
    await write(terminal, screenful(fewer))
    assert.deepStrictEqual(shown(terminal), fewer)
  })

  it("a letter at the end is sent alone, and nothing if nothing has changed", () => {
    assert.strictEqual(changed(typing("hell"), typing("hello")), "\u001b[?7lo\u001b[?7h")
    assert.strictEqual(changed(typing("hell"), typing("hell")), "")
  })

  it("letters that the terminal takes for wider than they are never push anything out of its place", async () => {
    const terminal = open()
    // Five columns in this emulator, two in others.
    const text = "👩‍👩‍👧 ".repeat(9)
    const area = (cursor: number) =>
      liveArea({
        pending: [],
        hidden: 0,
        progress: [],
        status: { text: "", width: 0 },
        room: "main",
        editor: { ...empty, text, cursor },
        columns,
        rows
      })
    await write(terminal, below(undefined, "above\n", area(text.length)))
    for (let cursor = text.length; cursor > 0; cursor -= 9)
      await write(terminal, changed(area(cursor), area(cursor - 9)))
    await write(terminal, below(area(0), "", area(0)))
    assert.strictEqual(shown(terminal).length, 1 + area(0).rows.length)
    assert.strictEqual(terminal.buffer.active.cursorX, 2)
    assert.strictEqual(terminal.buffer.active.cursorY, 1)
  })

  it("after the terminal was made narrower or wider, all that was drawn is erased, and nothing above it", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(sceneOf(narrow), FastCheck.integer({ min: 14, max: 60 }), async (some, width) => {
        // Letters of two columns are wrapped by each terminal in its own way.
        // The emulator, unlike others, leaves the row with the cursor as it is.
        const area = liveArea({ ...some, editor: { ...some.editor, cursor: 0 } })
        // What has left the screen at its top can't be erased by anybody.
        const height = area.rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(row.width / width)), 0)
        FastCheck.pre(height <= rows)
        const terminal = open()
        await write(terminal, below(undefined, "one\ntwo\n", area))
        terminal.resize(width, rows)
        await write(terminal, erase(rowsAbove(area, width)))
        assert.deepStrictEqual(shown(terminal), ["one", "two"])
      }),
      { numRuns: 100 }
    )
  })
})

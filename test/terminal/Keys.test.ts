import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Key, keysIn, keysLeft, mostPasted, nothing, silenceAfter } from "../../src/terminal/Keys.ts"

const press = (name: string): Key => ({ _tag: "Press", name })
const text = (typed: string): Key => ({ _tag: "Text", text: typed })
const paste = (pasted: string, whole = false): Key => ({ _tag: "Paste", text: pasted, whole })

/** In place of a piece: nothing comes for as long as means something. */
const silence = Symbol("silence")

/** The keys in what comes in these pieces, and after a silence; letters that follow each other are one. */
const keysOf = (...chunks: ReadonlyArray<string | typeof silence>): ReadonlyArray<Key> => {
  let unfinished = nothing
  const keys: Array<Key> = []
  for (const chunk of [...chunks, silence]) {
    if (chunk === silence && silenceAfter(unfinished) === undefined) continue
    const found = chunk === silence ? keysLeft(unfinished) : keysIn(unfinished, chunk as string)
    unfinished = found.unfinished
    for (const key of found.keys) {
      const last = keys.at(-1)
      if (key._tag === "Text" && last?._tag === "Text") keys[keys.length - 1] = text(last.text + key.text)
      else keys.push(key)
    }
  }
  return keys
}

describe("keys", () => {
  it("letters of all kinds are text, and come together", () => {
    assert.deepStrictEqual(keysOf("hé 你好 👍🏽 שלום"), [text("hé 你好 👍🏽 שלום")])
  })

  it("keys have the names that terminals of all kinds mean", () => {
    for (const [sent, name] of [
      ["\r", "enter"],
      ["\n", "enter"],
      ["\r\n", "enter"],
      ["\t", "tab"],
      ["\u007f", "backspace"],
      ["\b", "backspace"],
      ["\u0001", "ctrl-a"],
      ["\u0012", "ctrl-r"],
      ["\u001a", "ctrl-z"],
      ["\u001b[A", "up"],
      ["\u001bOA", "up"],
      ["\u001b[1;5C", "ctrl-right"],
      ["\u001bO5C", "ctrl-right"],
      ["\u001b[1;3D", "alt-left"],
      ["\u001b\u001b[D", "alt-left"],
      ["\u001b[1;2D", "shift-left"],
      ["\u001bb", "alt-b"],
      ["\u001b\u007f", "alt-backspace"],
      ["\u001b\r", "alt-enter"],
      ["\u001b[13;2u", "alt-enter"],
      ["\u001b[27;5;13~", "alt-enter"],
      ["\u001b[H", "home"],
      ["\u001b[1~", "home"],
      ["\u001b[7~", "home"],
      ["\u001bOF", "end"],
      ["\u001b[3~", "delete"],
      ["\u001b[3;5~", "ctrl-delete"],
      ["\u001b[Z", "shift-tab"],
      ["\u001b1", "alt-1"],
      ["\u001b9", "alt-9"],
      ["\u001b[49;3u", "alt-1"],
      ["\u001b[50:34;3u", "alt-2"],
      ["\u001b[51;67:1u", "alt-3"],
      ["\u001b[27;3;52~", "alt-4"],
      ["\u001b[110;5u", "ctrl-n"],
      ["\u001b[27;5;80~", "ctrl-p"],
      ["\u001b[127;3u", "alt-backspace"],
      ["\u001b[9;2u", "shift-tab"],
      ["\u001b", "escape"]
    ] as const) {
      assert.deepStrictEqual(keysOf(sent), [press(name)], JSON.stringify(sent))
    }
  })

  it("a key that is sent as the number of its character is that key; one that is let go is none", () => {
    assert.deepStrictEqual(keysOf("\u001b[97u\u001b[98;2u\u001b[49;1u"), [text("aB1")])
    assert.deepStrictEqual(keysOf("\u001b[49;3:3u", "\u001b[57358u", "\u001b[?1u", "\u001b[;3u"), [])
  })

  it("what is pasted is one piece, with its newlines, and without the last", () => {
    assert.deepStrictEqual(keysOf("a\u001b[200~one\rtwo\r\n\tthree\n\u001b[201~b"), [
      text("a"),
      paste("one\ntwo\n\tthree", true),
      text("b")
    ])
    assert.deepStrictEqual(keysOf("\u001b[200~\u0003\u001b[A\u001b[201~"), [paste("\u0003\u001b[A")])
    const [much] = keysOf("\u001b[200~", "x".repeat(mostPasted), "y", "\u001b[201~")
    assert.isTrue(much?._tag === "Paste" && much.text === "x".repeat(mostPasted))
  })

  it("a sequence that comes in pieces is whole, however long that takes; Escape alone is a key soon", () => {
    assert.deepStrictEqual(keysOf("\u001b[20", silence, "0~a\u001b[201~"), [paste("a")])
    assert.deepStrictEqual(keysOf("\u001b[1", silence, ";5C"), [press("ctrl-right")])
    assert.deepStrictEqual(keysOf("\u001b", silence, "[A"), [press("escape"), text("[A")])
    assert.deepStrictEqual(keysOf("\u001b[20", "\u0003").at(-1), press("ctrl-c"))
  })

  it("a paste without an end is shown after a while; then a single key is one, and Ctrl-C always", () => {
    assert.deepStrictEqual(keysOf("\u001b[200~x", "\u0003"), [paste("x"), press("ctrl-c")])
    assert.deepStrictEqual(keysOf("\u001b[200~x"), [paste("x")])
    assert.deepStrictEqual(keysOf("\u001b[200~x", silence, "\r"), [paste("x"), press("enter")])
    assert.deepStrictEqual(keysOf("\u001b[200~x", silence, "\u001b[A", "y"), [paste("x"), press("up"), text("y")])
    assert.deepStrictEqual(keysOf("\u001b[200~x\n", silence, "/quit\r", "\u001b[201~z"), [
      paste("x", true),
      paste("/quit", true),
      text("z")
    ])
  })

  it("what comes right behind a paste is pasted too if another mark follows: no text that is pasted runs a command", () => {
    const evil = "a\u001b[201~/quit\r\u001b[201~"
    assert.deepStrictEqual(keysOf(`\u001b[200~${evil}`), [paste("a"), paste("/quit", true)])
    assert.deepStrictEqual(keysOf("\u001b[200~a\u001b[201~", "/qu", "it\r\u001b[2", "01~"), [
      paste("a"),
      paste("/quit", true)
    ])
    assert.deepStrictEqual(keysOf("\u001b[200~a\u001b[201~/quit\r\u001b[200~b\u001b[201~"), [
      paste("a"),
      paste("/quit", true),
      paste("b")
    ])
    assert.deepStrictEqual(keysOf("\u001b[200~a\u001b[201~", "/quit\r"), [paste("a"), text("/quit"), press("enter")])
    assert.deepStrictEqual(keysOf("\u001b[200~a\u001b[201~", silence, "b"), [paste("a"), text("b")])
    const pairs = "\u001b[200~\u001b[201~".repeat(5_000)
    assert.lengthOf(keysOf(pairs), 5_000)
  })

  it("what means nothing is passed over, and eats nothing that follows", () => {
    assert.deepStrictEqual(keysOf("\u001b[15~a\u001b[[Ab\u001b[?1;2cc\u001b[200d"), [text("abc")])
    assert.deepStrictEqual(keysOf(`\u001b[${"1;".repeat(100)}`, "é").at(-1), text(`${"1;".repeat(100)}é`))
  })

  it("a window that comes to the front or goes tells so, and where the cursor is can be asked", () => {
    assert.deepStrictEqual(keysOf("\u001b[I\u001b[O\u001b[12;40R"), [
      { _tag: "Focus", here: true },
      { _tag: "Focus", here: false },
      { _tag: "CursorAt", column: 39 }
    ])
  })

  it("it does not matter in which pieces it comes", () => {
    const some = FastCheck.array(
      FastCheck.constantFrom(
        "a",
        "你",
        "\r",
        "\u001b[A",
        "\u001bOP",
        "\u001b[1;5C",
        "\u001b[200~x\ny\u001b[201~",
        "\u001bb",
        "\u007f",
        "\u001b[I"
      )
    )
    FastCheck.assert(
      FastCheck.property(some, FastCheck.infiniteStream(FastCheck.integer({ min: 1, max: 4 })), (sent, sizes) => {
        const whole = sent.join("")
        const pieces: Array<string> = []
        for (let at = 0; at < whole.length; ) {
          const size = sizes.next().value as number
          pieces.push(whole.slice(at, at + size))
          at += size
        }
        assert.deepStrictEqual(keysOf(...pieces), keysOf(whole))
      })
    )
  })

  it("whatever comes, it ends, and no letter is lost", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (sent) => {
        keysOf(sent)
        const letters = sent.replaceAll(/\p{Cc}/gu, "")
        assert.deepStrictEqual(keysOf(letters), letters === "" ? [] : [text(letters)])
      })
    )
  })
})

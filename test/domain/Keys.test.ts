import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { type Key, keysIn, keysLeft, mostPasted, nothing } from "../../src/domain/Keys.ts"

const press = (name: string): Key => ({ _tag: "Press", name })
const text = (typed: string): Key => ({ _tag: "Text", text: typed })
const paste = (pasted: string): Key => ({ _tag: "Paste", text: pasted })

/** The keys in what comes in these pieces; letters that follow each other are one. */
const keysOf = (...chunks: ReadonlyArray<string>): ReadonlyArray<Key> => {
  let unfinished = nothing
  const keys: Array<Key> = []
  for (const chunk of chunks) {
    const found = keysIn(unfinished, chunk)
    unfinished = found.unfinished
    for (const key of found.keys) {
      const last = keys.at(-1)
      if (key._tag === "Text" && last?._tag === "Text") keys[keys.length - 1] = text(last.text + key.text)
      else keys.push(key)
    }
  }
  return [...keys, ...keysLeft(unfinished)]
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
      ["\u001b", "escape"]
    ] as const) {
      assert.deepStrictEqual(keysOf(sent), [press(name)], JSON.stringify(sent))
    }
  })

  it("what is pasted is one piece, with its newlines, and without the last", () => {
    assert.deepStrictEqual(keysOf("a\u001b[200~one\rtwo\r\n\tthree\n\u001b[201~b"), [
      text("a"),
      paste("one\ntwo\n\tthree"),
      text("b")
    ])
    assert.deepStrictEqual(keysOf("\u001b[200~\u0003\u001b[A\u001b[201~"), [paste("\u0003\u001b[A")])
    const [much] = keysOf("\u001b[200~", "x".repeat(mostPasted), "y", "\u001b[201~")
    assert.isTrue(much?._tag === "Paste" && much.text === "x".repeat(mostPasted))
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

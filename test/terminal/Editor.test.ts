import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Complete } from "../../src/terminal/Completion.ts"
import { press } from "../../src/terminal/Editor.ts"
import { type Act, type Editor, empty } from "../../src/terminal/editor/State.ts"
import type { Key } from "../../src/terminal/Keys.ts"
import * as Arbitraries from "../support/arbitraries.ts"

const fruit: Complete = (line, cursor) => {
  const from = line.lastIndexOf(" ", cursor - 1) + 1
  const words = ["apple ", "apricot ", "banana "].filter((word) => word.startsWith(line.slice(from, cursor)))
  return { from, candidates: words.map((text) => ({ text })) }
}

/** A key by its name in angle brackets, or letters. */
const keysOf = (script: string): ReadonlyArray<Key> =>
  [...script.matchAll(/<(alt-[<>]|[^<>]+)>|([^<]+)/g)].map(([, name, text]) =>
    name === undefined ? { _tag: "Text", text: text ?? "" } : { _tag: "Press", name }
  )

const pasteOf = (text: string, whole = false): Key => ({ _tag: "Paste", text, whole })

const typing = (script: string, editor: Editor = empty) => {
  const acts: Array<Act> = []
  let now = editor
  for (const key of keysOf(script)) {
    const { act, editor: next } = press(now, key, fruit)
    now = next
    if (act !== undefined) acts.push(act)
  }
  return { ...now, acts }
}

/** The text with a bar where the cursor is. */
const shown = (script: string) => {
  const { cursor, text } = typing(script)
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`
}

const rings = (script: string) => typing(script).acts.filter(({ _tag }) => _tag === "Ring").length

describe("the editor", () => {
  it("letters go where the cursor is, which moves by letters, by words, and to the ends", () => {
    for (const [script, expected] of [
      ["hello", "hello|"],
      ["hello<left><left>X", "helX|lo"],
      ["ab<ctrl-b><ctrl-b><ctrl-f>X", "aX|b"],
      ["a👍🏽b<left><left>X", "aX|👍🏽b"],
      ["one two three<ctrl-left>X", "one two X|three"],
      ["one two, three<alt-b><alt-b>X", "one X|two, three"],
      ["one two<home><alt-f>X", "oneX| two"],
      ["one two<ctrl-a>X<ctrl-e>Y", "Xone twoY|"],
      ["café 你好 x<alt-b><alt-b>", "café |你好 x"]
    ] as const) {
      assert.strictEqual(shown(script), expected, script)
    }
  })

  it("letters, words and lines are erased, and what was cut comes back", () => {
    for (const [script, expected] of [
      ["abc<backspace>", "ab|"],
      ["ae\u0301<backspace>", "a|"],
      ["abc<home><delete>", "|bc"],
      ["abc<home><ctrl-d>", "|bc"],
      ["one two-three<ctrl-w>", "one |"],
      ["one two-three<alt-backspace>", "one two-|"],
      ["one two<home><alt-d>", "| two"],
      ["one two<alt-b><ctrl-k>", "one |"],
      ["one two<alt-b><ctrl-u>", "|two"],
      ["one two<ctrl-w><home><ctrl-y> ", "two |one "],
      ["teh<ctrl-t>", "the|"],
      ["teh<left><ctrl-t>", "the|"]
    ] as const) {
      assert.strictEqual(shown(script), expected, script)
    }
    assert.strictEqual(rings("<backspace><delete><ctrl-k><ctrl-w><ctrl-t>"), 5)
  })

  it("Enter says the text; Ctrl-D ends on an empty line alone; Ctrl-C, Ctrl-Z and Ctrl-L are told", () => {
    assert.deepStrictEqual(typing("hello<enter>").acts, [{ _tag: "Say", text: "hello" }])
    assert.strictEqual(shown("hello<enter>"), "|")
    assert.deepStrictEqual(typing("<enter><enter>").acts, [])
    assert.deepStrictEqual(typing("<ctrl-d>").acts, [{ _tag: "End" }])
    assert.deepStrictEqual(typing("x<ctrl-c><ctrl-c><ctrl-z><ctrl-l>").acts, [
      { _tag: "Interrupt" },
      { _tag: "Suspend" },
      { _tag: "Clear" }
    ])
  })

  it("what is pasted is one message, however many lines it has; up and down go through them, and beyond", () => {
    const pasted = press(empty, pasteOf("first\nsecond line\nx"), fruit).editor
    assert.deepStrictEqual(typing("<enter>", pasted).acts, [{ _tag: "Say", text: "first\nsecond line\nx" }])
    assert.strictEqual(typing("<up>", pasted).cursor, "first\ns".length)
    assert.strictEqual(typing("<up><up>", pasted).cursor, 1)
    assert.strictEqual(typing("<up><end><up>", pasted).cursor, "first".length)
    assert.strictEqual(typing("<up><up><down>", pasted).cursor, "first\ns".length)
    assert.deepStrictEqual(typing("a<alt-enter>b<enter>").acts, [{ _tag: "Say", text: "a\nb" }])
  })

  it("Ctrl-C clears what is being typed, which undo brings back; with nothing typed it interrupts", () => {
    assert.deepStrictEqual(typing("one<alt-enter>two<ctrl-c>").acts, [])
    assert.strictEqual(shown("one<alt-enter>two<ctrl-c>"), "|")
    assert.strictEqual(shown("one<left><ctrl-c><ctrl-_>"), "on|e")
    assert.deepStrictEqual(typing("one<ctrl-c><ctrl-c>").acts, [{ _tag: "Interrupt" }])
    assert.strictEqual(shown("said<enter>draft<up><ctrl-c><up>"), "said|")
    assert.strictEqual(shown("said<enter>draft<ctrl-r>sa<ctrl-c>"), "draft|")
  })

  it("changes are undone one by one; letters that were typed one after the other are one", () => {
    for (const [script, expected] of [
      ["one two<ctrl-w>three<ctrl-_>", "one |"],
      ["one two<ctrl-w>three<ctrl-_><ctrl-_>", "one two|"],
      ["one two<ctrl-w>three<ctrl-_><ctrl-_><ctrl-_>", "|"],
      ["one<left>X<ctrl-_>", "on|e"],
      ["said<enter>draft<up><ctrl-_>", "draft|"],
      ["said<enter>draft<ctrl-r>sa<enter><ctrl-_>", "draft|"],
      ["said<enter><ctrl-_>", "|"],
      ["a<tab><ctrl-_>", "a|"]
    ] as const) {
      assert.strictEqual(shown(script), expected, script)
    }
    assert.strictEqual(rings("a<ctrl-_><ctrl-_>"), 1)
    const many = typing("x<left>".repeat(1_000))
    assert.isAtMost(many.changes.length, 200)
  })

  it("two pastes of whole lines are the lines of both; anything between joins them", () => {
    const pasted = (...keys: ReadonlyArray<Key>) =>
      keys.reduce((editor, key) => press(editor, key, fruit).editor, empty).text
    const three = pasteOf("2\n3", true)
    assert.strictEqual(pasted(three, pasteOf("1")), "2\n3\n1")
    assert.strictEqual(pasted(three, three), "2\n3\n2\n3")
    assert.strictEqual(pasted(pasteOf("3"), pasteOf("1")), "31")
    assert.strictEqual(pasted(three, { _tag: "Text", text: "!" }, pasteOf("1")), "2\n3!1")
  })

  it("a message of more than 100 lines is asked about first", () => {
    const lines = (count: number) => press(empty, pasteOf(Array(count).fill("x").join("\n")), fruit).editor
    assert.lengthOf(typing("<enter>", lines(100)).acts, 1)
    const asked = typing("<enter>", lines(101))
    assert.deepStrictEqual([asked.acts, asked.asked], [[], true])
    assert.lengthOf(typing("<enter><enter>", lines(101)).acts, 1)
    assert.deepStrictEqual(typing("<enter>y<enter>", lines(101)).acts, [])
  })

  it("history goes back and forth, and what was being typed waits at its end", () => {
    const said = "one<enter>two<enter>two<enter> <enter>"
    for (const [script, expected] of [
      ["<up>", "two|"],
      ["<up><up>", "one|"],
      ["<up><up><up>", "one|"],
      ["dra<up><up><down><down>ft", "draft|"],
      ["dra<alt-<><alt->>ft", "draft|"],
      ["<up><up>!<enter><up>", "one!|"]
    ] as const) {
      assert.strictEqual(shown(said + script), expected, script)
    }
    assert.deepStrictEqual(typing(said).history, ["one", "two"])
    assert.strictEqual(
      typing("x<enter>".repeat(2) + Array.from({ length: 600 }, (_, n) => `${n}<enter>`).join("")).history.length,
      500
    )
  })

  it("Ctrl-R looks for the newest line with what is typed, again for an older one, and gives it up as it was", () => {
    const said = "buy Milk<enter>sell milk<enter>buy bread<enter>"
    for (const [script, expected] of [
      ["<ctrl-r>mil", "sell |milk"],
      ["<ctrl-r>mil<ctrl-r>", "buy |Milk"],
      ["<ctrl-r>mil<ctrl-r><ctrl-r>", "buy |Milk"],
      ["<ctrl-r>b<backspace>sell<right>X", "sX|ell milk"],
      ["draft<ctrl-r>mil<escape>", "draft|"],
      ["draft<left><ctrl-r>nowhere<ctrl-g>", "draf|t"],
      ["draft<ctrl-r>bread<end><down>", "draft|"],
      ["<ctrl-r>sell<end><up>", "buy Milk|"]
    ] as const) {
      assert.strictEqual(shown(said + script), expected, script)
    }
    assert.deepStrictEqual(typing(`${said}<ctrl-r>sell<enter>`).acts.at(-1), { _tag: "Say", text: "buy bread" })
    assert.deepStrictEqual(typing(`${said}<ctrl-r>sell<enter>!<enter>`).acts.at(-1), {
      _tag: "Say",
      text: "!sell milk"
    })
    assert.strictEqual(rings(`${said}<ctrl-r>nowhere`), 1)
    const searched = (keys: string) => typing(`${said}${keys}`).search?.missed
    assert.deepStrictEqual(
      [searched("<ctrl-r>mil"), searched("<ctrl-r>milf"), searched("<ctrl-r>milf<backspace>")],
      [false, true, false]
    )
  })

  it("Tab goes on as far as there is one way, then through the ways, and back", () => {
    for (const [script, expected] of [
      ["b<tab>", "banana |"],
      ["a <left><tab>", "ap| "],
      ["eat a<tab>", "eat ap|"],
      ["eat a<tab><tab>", "eat apple |"],
      ["eat a<tab><tab><tab>", "eat apricot |"],
      ["eat a<tab><tab><tab><tab>", "eat apple |"],
      ["eat a<tab><shift-tab>", "eat apricot |"],
      ["eat a<tab><tab>and b<tab>", "eat apple and banana |"]
    ] as const) {
      assert.strictEqual(shown(script), expected, script)
    }
    assert.deepStrictEqual(
      typing("a<tab>").menu?.candidates.map(({ text }) => text),
      ["apple ", "apricot "]
    )
    assert.isUndefined(typing("a<tab>x").menu)
    assert.strictEqual(rings("x<tab>"), 1)
  })

  it("whatever is pressed, the cursor is in the text, and pairs of surrogates stay whole", () => {
    const names =
      "left right up down home end ctrl-left ctrl-right backspace delete ctrl-w ctrl-u ctrl-k ctrl-y ctrl-t alt-d alt-backspace enter alt-enter ctrl-r ctrl-g escape tab shift-tab ctrl-d page-up ctrl-home ctrl-_ ctrl-c".split(
        " "
      )
    const key: FastCheck.Arbitrary<Key> = FastCheck.oneof(
      FastCheck.string({ unit: "grapheme", minLength: 1 }).map((text): Key => ({ _tag: "Text", text })),
      FastCheck.constantFrom("a👍🏽", "e\u0301", "\u0301", "🇨🇭", "a b").map((text): Key => ({ _tag: "Text", text })),
      FastCheck.constant(pasteOf("one\ntwo 𝄞", true)),
      FastCheck.constantFrom(...names).map((name): Key => ({ _tag: "Press", name }))
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(key, { maxLength: 60 }), (keys) => {
        let editor = empty
        for (const each of keys) {
          editor = press(editor, each, fruit).editor
          const { cursor, text } = editor
          assert.isTrue(cursor >= 0 && cursor <= text.length)
          assert.notMatch(text, /\p{Cs}/u)
          assert.notMatch(text.slice(0, cursor), /\p{Cs}/u)
        }
      })
    )
    FastCheck.assert(
      FastCheck.property(Arbitraries.text, (text) => {
        const typed = press(empty, pasteOf(text), fruit).editor
        const said = text === "" ? undefined : ({ _tag: "Say", text } as const)
        assert.deepStrictEqual(press(typed, { _tag: "Press", name: "enter" }, fruit).act, said)
      })
    )
  })
})

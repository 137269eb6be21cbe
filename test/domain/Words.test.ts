import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { asWord, isQuoted, wordBegun, wordsIn } from "../../src/domain/Words.ts"

const texts = (line: string) => wordsIn(line).map(({ text }) => text)

describe("words of a line", () => {
  it("are split at blanks, but not within quotes or behind a backslash", () => {
    const cases: ReadonlyArray<readonly [line: string, words: ReadonlyArray<string>]> = [
      ["", []],
      ["  ", []],
      ["a.txt", ["a.txt"]],
      [" a.txt  b.txt ", ["a.txt", "b.txt"]],
      ['"my notes.txt" #ops', ["my notes.txt", "#ops"]],
      ["'my notes.txt' bo", ["my notes.txt", "bo"]],
      ["my\\ notes.txt bo", ["my notes.txt", "bo"]],
      ['a"b c"d', ["ab cd"]],
      ['"a \\"b\\" c"', ['a "b" c']],
      ["'a\\b'", ["a\\b"]],
      ['"not closed bo', ["not closed bo"]],
      ["'not closed bo", ["not closed bo"]],
      ['""', [""]],
      ["ends\\", ["ends\\"]]
    ]
    for (const [line, words] of cases) assert.deepStrictEqual(texts(line), [...words], line)
    assert.deepStrictEqual(wordsIn('"a" b').map(isQuoted), [true, false])
  })

  it("of any quoted texts are these texts", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.string({ unit: "grapheme" })), (all) => {
        const line = all.map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`).join(" ")
        assert.deepStrictEqual(texts(line), all)
      })
    )
  })

  it("of any line are found", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (line) => {
        assert.isAtMost(wordsIn(line).length, line.length)
      })
    )
  })
})

describe("the word that a line ends in", () => {
  const begun = (line: string) => {
    const { from, quote, text } = wordBegun(line)
    return [from, text, quote]
  }

  it("is read as in a whole line, with the quote that is open", () => {
    assert.deepStrictEqual(begun(""), [0, "", ""])
    assert.deepStrictEqual(begun("a b"), [2, "b", ""])
    assert.deepStrictEqual(begun("a "), [2, "", ""])
    assert.deepStrictEqual(begun("a my\\ fi"), [2, "my fi", ""])
    assert.deepStrictEqual(begun('a "my fi'), [2, "my fi", '"'])
    assert.deepStrictEqual(begun(`a 'my "fi`), [2, 'my "fi', "'"])
    assert.deepStrictEqual(begun('"a b" "c d"'), [6, "c d", ""])
    assert.deepStrictEqual(begun("a\\"), [0, "a\\", ""])
  })

  it("can be written so that it is read again, whatever is in it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.stringMatching(/^[ab "'\\~/]{1,12}$/),
        FastCheck.constantFrom("" as const, '"' as const, "'" as const),
        (text, quote) => {
          assert.deepStrictEqual(
            wordsIn(`x ${asWord(text, quote, true)} y`).map((word) => word.text),
            ["x", text, "y"]
          )
          assert.strictEqual(wordBegun(`x ${asWord(text, quote, false)}`).text, text)
        }
      )
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { eastAsianWidth } from "get-east-asian-width"
import { fitting, letterAfter, letterBefore, lettersOf, letterWidth, textWidth } from "../../src/terminal/TextWidth.ts"
import * as Arbitraries from "../support/arbitraries.ts"

describe("the width of text", () => {
  it("every letter that Unicode knows is as wide as its East Asian width says, marks and what is invisible aside", () => {
    const wrong: Array<string> = []
    for (let point = 0x20; point <= 0x10ffff; point += 1) {
      const letter = String.fromCodePoint(point)
      if (/[\p{Cn}\p{Cs}\p{Cc}\p{Co}\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u.test(letter)) continue
      if (letterWidth(letter) !== eastAsianWidth(point)) wrong.push(point.toString(16))
    }
    assert.deepStrictEqual(wrong, [])
  })

  it("what a person sees as one letter is one", () => {
    for (const [text, letters, width] of [
      ["plain", 5, 5],
      ["你好", 2, 4],
      ["e\u0301a\u0308\u0323", 2, 2],
      ["שלום", 4, 4],
      ["👍🏽👩‍👩‍👧🇨🇭1️⃣❤️", 5, 10],
      ["한국", 2, 4],
      ["\u1112\u1161\u11ab", 1, 2],
      ["ｱﾞ", 1, 2],
      ["का", 1, 2],
      ["", 0, 0]
    ] as const) {
      assert.strictEqual([...lettersOf(text)].length, letters, text)
      assert.strictEqual(textWidth(text), width, text)
    }
  })

  it("letters are gone through one by one, both ways, and nothing is left out", () => {
    const text = "a👍🏽e\u0301你🇨🇭b"
    const ends: Array<number> = []
    for (let place = 0; place < text.length; place = letterAfter(text, place)) ends.push(place)
    const back: Array<number> = []
    for (let place = letterBefore(text, text.length); ; place = letterBefore(text, place)) {
      back.unshift(place)
      if (place === 0) break
    }
    assert.deepStrictEqual(back, ends)
    assert.strictEqual(ends.length, 6)
    FastCheck.assert(
      FastCheck.property(Arbitraries.text, FastCheck.nat(100), (any, place) => {
        const from = Math.min(place, any.length)
        assert.isTrue(from === any.length || letterAfter(any, from) > from)
        assert.isTrue(from === 0 || letterBefore(any, from) < from)
      })
    )
  })

  it("what fits into some columns is a beginning of the text that is no wider, and as long as can be", () => {
    assert.strictEqual(fitting("你好", 3), "你")
    assert.strictEqual(fitting("plain", 3), "pla")
    FastCheck.assert(
      FastCheck.property(Arbitraries.text, FastCheck.nat(20), (text, columns) => {
        const fits = fitting(text, columns)
        assert.isTrue(text.startsWith(fits))
        assert.isAtMost(textWidth(fits), columns)
        const next = letterAfter(text, fits.length)
        assert.isTrue(next === fits.length || textWidth(text.slice(0, next)) > columns)
      })
    )
  })
})

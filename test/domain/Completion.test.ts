import { assert, describe, it } from "@effect/vitest"
import { type Complete, emojiNames, firstOf, ids } from "../../src/domain/Completion.ts"
import { emoji } from "../../src/domain/Emoji.ts"
import { lettersOf } from "../../src/terminal/TextWidth.ts"
import { id } from "../support/samples.ts"

/** The line as each candidate would make it. */
const lines = (source: Complete, line: string, cursor = line.length) => {
  const { candidates, from } = source(line, cursor)
  return candidates.map(({ text }) => line.slice(0, from) + text + line.slice(cursor))
}

const peers = ids(() => [id("anna"), id("anton"), id("3")])

describe("completion", () => {
  it("an id is called with a colon in front, and with @ anywhere else, whatever its case", () => {
    assert.deepStrictEqual(lines(peers, "an"), ["anna: ", "anton: "])
    assert.deepStrictEqual(lines(peers, "ask ANT"), ["ask @anton "])
    assert.deepStrictEqual(lines(peers, "ask @"), ["ask @anna ", "ask @anton ", "ask @3 "])
    assert.deepStrictEqual(lines(peers, "@3"), ["@3 "])
    assert.deepStrictEqual(lines(peers, "ask ant!", 7), ["ask @anton !"])
    assert.deepStrictEqual(lines(peers, ""), [])
    assert.deepStrictEqual(lines(peers, "bob"), [])
  })

  it("a name of an emoji becomes the emoji, also with its second colon", () => {
    assert.deepStrictEqual(lines(emojiNames, "go :rock"), ["go 🚀"])
    assert.deepStrictEqual(lines(emojiNames, ":smile:"), ["😄"])
    assert.isAbove(lines(emojiNames, ":heart").length, 1)
    assert.deepStrictEqual(lines(emojiNames, ":heart:"), ["❤️"])
    assert.deepStrictEqual(lines(emojiNames, "so :+1"), ["so 👍"])
    assert.deepStrictEqual(lines(emojiNames, "at 10:30"), [])
    assert.deepStrictEqual(lines(emojiNames, ":"), [])
  })

  it("every name stands for one emoji, and the names are such as can be completed", () => {
    assert.isAbove(emoji.size, 200)
    for (const [name, text] of emoji) {
      assert.match(name, /^[a-z0-9_+-]{1,32}$/)
      assert.strictEqual([...lettersOf(text)].length, 1, name)
      assert.include(lines(emojiNames, `:${name}`), text)
    }
  })

  it("the first that has something is asked", () => {
    const pending: Complete = (line) => ({ from: 0, candidates: line === "/p" ? [{ text: "/pending " }] : [] })
    const all = firstOf(pending, emojiNames, peers)
    assert.deepStrictEqual(lines(all, "/p"), ["/pending "])
    assert.deepStrictEqual(lines(all, ":tada"), ["🎉"])
    assert.deepStrictEqual(lines(all, "3"), ["3: "])
    assert.deepStrictEqual(lines(all, "zz"), [])
  })
})

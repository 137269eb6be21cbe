import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { Entry } from "../../src/domain/Entry.ts"
import type { StreamId } from "../../src/domain/Post.ts"
import { doubtAfter, lastAnswered, pairOff, type Said, sortOut } from "../../src/domain/Standing.ts"
import { post, stream } from "../support/samples.ts"

const mine = stream("1")
const typed = (...texts: ReadonlyArray<string>) => texts.map((text) => ({ text }))

/** Lines 1 to n, said at these times. */
const saidAt = (...times: ReadonlyArray<number>): ReadonlyArray<Said<string>> =>
  times.map((at, index) => ({ line: `line ${index + 1}`, post: post(mine, index + 1), saidAt: at }))

const sorted = (lines: ReadonlyArray<Said<string>>, upTo: number, alone: boolean, now: number) => {
  const { delivered, doubtful, waiting } = sortOut(lines, { upTo, alone }, now)
  return [delivered, waiting, doubtful].map((some) => some.map(({ line }) => line))
}

const doubt = Duration.toMillis(doubtAfter)

describe("where a line stands", () => {
  it("every line has the post that it became; what became none is told apart", () => {
    const lines = typed("a", "too long", "b", "b", "too long")
    const posts = ["a", "b", "b"].map((text, index) => post(mine, index + 4, text))
    const sayings = lines.map((line) => ({ line, text: line.text }))
    const { said, unsaid } = pairOff(sayings, posts, 0)
    assert.deepStrictEqual(
      said.map(({ line, post: { n } }) => [lines.indexOf(line), n]),
      [
        [0, 4],
        [2, 5],
        [3, 6]
      ]
    )
    assert.deepStrictEqual(
      unsaid.map((line) => lines.indexOf(line)),
      [1, 4]
    )
    assert.deepStrictEqual(pairOff(sayings, [], 0), { said: [], unsaid: lines })
  })

  it("what some peer has is delivered, up to the number and with it; the rest waits", () => {
    const lines = saidAt(0, 0, 0)
    assert.deepStrictEqual(sorted(lines, 2, false, 0), [["line 1", "line 2"], ["line 3"], []])
    assert.deepStrictEqual(sorted(lines, 0, false, 0), [[], ["line 1", "line 2", "line 3"], []])
    assert.deepStrictEqual(sorted(lines, 9, true, 0), [["line 1", "line 2", "line 3"], [], []])
  })

  it("with somebody there, a line is doubtful once it has waited for long; with nobody, at once", () => {
    const lines = saidAt(0, 1_000)
    assert.deepStrictEqual(sorted(lines, 0, false, doubt - 1)[2], [])
    assert.deepStrictEqual(sorted(lines, 0, false, doubt)[2], ["line 1"])
    assert.deepStrictEqual(sorted(lines, 0, false, doubt + 1_000)[2], ["line 1", "line 2"])
    assert.deepStrictEqual(sorted(lines, 1, false, doubt + 1_000)[2], ["line 2"])
    assert.deepStrictEqual(sorted(lines, 1, true, 0)[2], ["line 2"])
  })

  it("who names a line among what it had seen has it, and all before it; nobody else is known to", () => {
    const said = (...deps: ReadonlyArray<readonly [StreamId, number]>) =>
      Entry.Said({ post: post(stream("2"), 1, "text", deps), own: false })
    assert.strictEqual(lastAnswered(mine, []), 0)
    assert.strictEqual(lastAnswered(mine, [said(), said([stream("3"), 7])]), 0)
    assert.strictEqual(lastAnswered(mine, [said([mine, 4]), said([stream("3"), 7], [mine, 2]), said()]), 4)
  })
})

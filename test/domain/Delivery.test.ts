import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { doubtAfter, lastAnswered, pairUp, type Said, saidAnew, sortOut } from "../../src/domain/Delivery.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { LineTooLong } from "../../src/domain/Errors.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import type { StreamId } from "../../src/domain/Post.ts"
import { post, stream } from "../support/samples.ts"

const mine = stream("1")
const typed = (...texts: ReadonlyArray<string>) => texts.map((text) => ({ text }))

/** Lines 1 to n, said at these times. */
const saidAt = (...times: ReadonlyArray<number>): ReadonlyArray<Said<string>> =>
  times.map((at, index) => ({ line: `line ${index + 1}`, post: post(mine, index + 1), saidAt: at }))

const sorted = (lines: ReadonlyArray<Said<string>>, upTo: number, alone: boolean, now: number) => {
  const { delivered, doubtful, waiting } = sortOut(
    PeerId.make("1"),
    lines,
    { upTo: () => upTo, readBy: () => 0, alone },
    now
  )
  return [delivered, waiting, doubtful].map((some) => some.map(({ line }) => line))
}

const doubt = Duration.toMillis(doubtAfter)

describe("where a line stands", () => {
  it("every line has the post that it became; what became none is told apart", () => {
    const lines = typed("a", "too long", "b", "b", "too long")
    const tooLong = new LineTooLong({ bytes: 2, limit: 1 })
    const results = [post(mine, 4, "a"), tooLong, post(mine, 6, "b"), post(mine, 7, "b"), tooLong]
    const sayings = lines.map((line) => ({ line, text: line.text }))
    const { said, unsaid } = pairUp(sayings, results, 0)
    assert.deepStrictEqual(
      said.map(({ line, post: { n } }) => [lines.indexOf(line), n]),
      [
        [0, 4],
        [2, 6],
        [3, 7]
      ]
    )
    assert.deepStrictEqual(
      unsaid.map((line) => lines.indexOf(line)),
      [1, 4]
    )
    assert.deepStrictEqual(pairUp(sayings, [], 0), { said: [], unsaid: lines })
  })

  it("in another run, the lines go on that were said anew, by their posts: not what has the same text", () => {
    const lines: ReadonlyArray<Said<string>> = [1, 2, 3].map((n) => ({
      line: `line ${n}`,
      post: post(mine, n, "same"),
      saidAt: 0
    }))
    const [, second, third] = lines
    if (second === undefined || third === undefined) return assert.fail()
    const anew = [post(stream("1", 2), 1, "same"), post(stream("1", 2), 2, "same")] as const
    assert.deepStrictEqual(
      saidAnew(
        lines,
        new Map([
          [second.post, anew[0]],
          [third.post, anew[1]]
        ]),
        7
      ),
      {
        said: [
          { line: "line 2", post: anew[0], saidAt: 7 },
          { line: "line 3", post: anew[1], saidAt: 7 }
        ],
        left: ["line 1"]
      }
    )
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

/** When a session shows entries, and when it reports them as shown. */
import { assert, describe, it } from "@effect/vitest"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import type { Put } from "../../services/Console.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { makeShowing } from "../../src/programs/session/Showing.ts"

const entry = (count: number): Entry => Entry.Outlived({ count })
const numberOf = (given: Entry): number => (given._tag === "Outlived" ? given.count : -1)

/** A log that grows, and a console that takes what it was given when it is told to. */
const makeStage = ({ atOnce = false }: { readonly atOnce?: boolean } = {}) => {
  let length = 0
  let position = 0
  let closed = false
  let pulls = 0
  let due = false
  const given: Array<number> = []
  const seen: Array<number> = []
  const ends: Array<Exit.Exit<void>> = []
  const waiting: Array<() => void> = []
  const put: Put<Entry> = (entries, taken) => {
    given.push(...entries.map(numberOf))
    if (atOnce) taken()
    else waiting.push(taken)
  }
  const mark: Put<string> = (_, taken) => {
    if (atOnce) taken()
    else waiting.push(taken)
  }
  const { look, stop } = makeShowing({
    cursor: {
      pull: (atMost) => {
        pulls += 1
        const entries: Array<Entry> = []
        for (; position < length && entries.length < atMost; position += 1) entries.push(entry(position + 1))
        return entries
      },
      isAtEnd: () => closed && position === length
    },
    isDue: () => due,
    show: (entries, hand) => {
      if (due) hand(mark, ["a line"])
      due = false
      hand(put, entries)
    },
    seen: (last) => void seen.push(numberOf(last)),
    end: (exit) => void ends.push(exit)
  })
  return {
    given,
    seen,
    ends,
    stop,
    pulls: () => pulls,
    underWay: () => waiting.length,
    grow: (count: number) => {
      length += count
      look()
    },
    comeDue: () => {
      due = true
      look()
    },
    close: () => {
      closed = true
      look()
    },
    take: () => waiting.shift()?.()
  }
}

describe("a session's screen", () => {
  it("gets entries within the call by which the log grows, and they count as shown when it has taken them", () => {
    const { ends, given, grow, seen, take } = makeStage()
    grow(2)
    assert.deepStrictEqual([given, seen], [[1, 2], []])
    take()
    assert.deepStrictEqual([given, seen, ends], [[1, 2], [2], []])
  })

  it("costs nothing while it takes nothing: nothing is pulled", () => {
    const { given, grow, pulls, take } = makeStage()
    grow(1)
    const before = pulls()
    for (let more = 0; more < 5_000; more += 1) grow(1)
    assert.deepStrictEqual([given, pulls()], [[1], before])
    take()
    assert.lengthOf(given, 1 + 1_024)
  })

  it("that takes everything at once gets all of it, in order, however much there is", () => {
    const { close, ends, given, grow, seen, underWay } = makeStage({ atOnce: true })
    grow(5_000)
    close()
    assert.deepStrictEqual(
      given,
      Array.from({ length: 5_000 }, (_, index) => index + 1)
    )
    assert.deepStrictEqual([seen.at(-1), ends, underWay()], [5_000, [Exit.void], 0])
  })

  it("gets nothing more once it is stopped, and what it takes then does not count as shown", () => {
    const { ends, given, grow, seen, stop, take } = makeStage()
    grow(1)
    stop()
    take()
    grow(1)
    assert.deepStrictEqual([given, seen, ends], [[1], [], [Exit.void]])
  })

  it("ends with its defect, and whoever made the log grow goes on", () => {
    const ends: Array<Exit.Exit<void>> = []
    const { look } = makeShowing({
      cursor: { pull: () => [entry(1)], isAtEnd: () => false },
      isDue: () => false,
      show: () => {
        throw new Error("broken")
      },
      seen: () => {},
      end: (exit) => void ends.push(exit)
    })
    look()
    look()
    assert.deepStrictEqual(ends, [Exit.die(new Error("broken"))])
  })

  it("gets everything once and in order, whatever happens when", () => {
    const moves = FastCheck.oneof(
      FastCheck.record({ move: FastCheck.constant("grow" as const), count: FastCheck.integer({ min: 1, max: 2_000 }) }),
      FastCheck.record({ move: FastCheck.constantFrom("take" as const, "due" as const), count: FastCheck.constant(0) })
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.array(moves), FastCheck.boolean(), (all, atOnce) => {
        const { close, comeDue, ends, given, grow, seen, take, underWay } = makeStage({ atOnce })
        let length = 0
        for (const { count, move } of all) {
          if (move === "take") take()
          else if (move === "due") comeDue()
          else {
            length += count
            grow(count)
          }
          assert.isAtMost(underWay(), 2, "one pull at a time, and the lines that come before it")
          const shown = seen.at(-1) ?? 0
          assert.isAtMost(given.length - shown, 1_024, "what is under way is one pull")
        }
        close()
        assert.strictEqual(ends.length, underWay() === 0 ? 1 : 0, "it ends when everything is taken")
        while (underWay() > 0) take()
        assert.deepStrictEqual(
          given,
          Array.from({ length }, (_, index) => index + 1)
        )
        assert.deepStrictEqual([seen.at(-1) ?? 0, ends], [length, [Exit.void]])
      })
    )
  })
})

/**
 * The lines that a server without its disk is owed, checked on screens made by hand: few schedules reach these cases.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Life, newLife, type Record_, violations } from "./Checker.ts"

const life = (node: string, lineage: number, more: Partial<Life> = {}): Life =>
  newLife(node, lineage, { partakes: new Set(["main"]), streams: 1, ...more })

const seen = (at: number, line: string) => ({ at, line, token: undefined, earlier: undefined })

/** Client 3 was there all the time and has said one line at 20. The server never shows it. */
const unheard = (serversLife: Partial<Life>): ReadonlyArray<string> => {
  const author = life("3", 1)
  const said = { author: "3", life: author, room: "main", at: 20, after: new Set<string>() }
  const record: Record_ = {
    seed: 0,
    forgets: false,
    lives: [
      life("Server", 0, { ended: true }),
      author,
      life("Server", 2, { ended: true, ...serversLife }),
      life("Server", 2)
    ],
    said: new Map([["3.1.0", said]]),
    written: new Map([["3.1.0", 20]]),
    settledAt: 100,
    bodies: [],
    holding: [],
    kills: 1,
    steps: { atOnce: 0, inTurn: 0 }
  }
  return violations(record)
}

const loss = ["I3: Server never shows 3.1.0"]
const newcomer = seen(10, "Client 1: initiated")

describe("what a server that has lost its disk is owed", () => {
  it("is all that was said since it met the first, whoever that was, if nobody told it what was said before", () => {
    assert.deepStrictEqual(unheard({ shown: [newcomer] }), loss)
    assert.deepStrictEqual(unheard({ shown: [newcomer], rooted: { at: 30, takesForSeen: false } }), loss)
  })

  it("is what was said since it met the first who was there all the time and told it", () => {
    const told = (at: number) => ({
      shown: [newcomer, seen(at, "Client 3: reconnected")],
      rooted: { at, takesForSeen: true }
    })
    assert.deepStrictEqual(unheard(told(30)), [])
    assert.deepStrictEqual(unheard(told(15)), loss)
  })

  it("is no more if its screen had ended when it was told", () => {
    assert.deepStrictEqual(unheard({ shown: [newcomer], rooted: { at: 30, takesForSeen: true } }), [])
    assert.deepStrictEqual(unheard({ shown: [newcomer], rooted: { at: 15, takesForSeen: true } }), loss)
  })

  it("is as much as if nobody had told it, if its screen goes on and has not seen that one", () => {
    const shown = [newcomer, seen(40, "Client 1: hello")]
    assert.deepStrictEqual(unheard({ shown, rooted: { at: 30, takesForSeen: true } }), loss)
  })
})

/** The server shows these lines in that order: an answer, the question below it, perhaps the line between. */
const shows = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const authors = ["1", "2", "3"].map((node) => life(node, 1, { ended: true }))
  const line = (author: number, at: number, ...after: ReadonlyArray<string>) => ({
    author: `${author}`,
    life: authors[author - 1] as Life,
    room: "main",
    at,
    after: new Set(after)
  })
  const shown = lines.map((text, at) => ({
    line: text,
    token: text.startsWith("*") ? undefined : text,
    earlier: undefined,
    at
  }))
  return violations({
    seed: 0,
    forgets: false,
    lives: [...authors, life("Server", 2, { shown, ended: true })],
    said: new Map([
      ["question", line(1, 1)],
      ["between", line(2, 2, "question")],
      ["answer", line(3, 3, "question", "between")]
    ]),
    written: new Map(["question", "between", "answer"].map((token) => [token, 0])),
    settledAt: 100,
    bodies: [],
    holding: [],
    kills: 0,
    steps: { atOnce: 0, inTurn: 0 }
  }).filter((each) => each.startsWith("I2"))
}

describe("an answer above its question", () => {
  const gone = "* 1 line of Client 2 is no longer available"
  const broken = ["I2: Server shows answer above question"]

  it("is no fault where the line that tied the two together is gone, and reported", () => {
    assert.deepStrictEqual(shows(gone, "answer", "question"), [])
  })

  it("is one where nothing is reported as gone, or that line is there", () => {
    assert.deepStrictEqual(shows("answer", "question"), broken)
    assert.deepStrictEqual(shows(gone, "between", "answer", "question").at(-1), broken[0])
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { calls } from "../../src/domain/Calling.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { Room, streamOf } from "../../src/domain/Post.ts"
import { notice, recalled, type ScreenLine, screenLineOf } from "../../src/domain/ScreenLine.ts"
import { attended, type Chronicle, clockTime, colourOf, enter } from "../../src/terminal/Chronicle.ts"
import { epoch, id, peer, post, stream } from "../support/samples.ts"

const plain = { colours: false, times: false, columns: 80 }
const minute = 60_000

const noon = new Date(2025, 5, 5, 12, 0).getTime()
const yesterday = new Date(2025, 5, 4, 9, 30).getTime()

const said = (text: string, at = noon, author = "3"): ScreenLine =>
  screenLineOf(peer("1", 6001), Entry.Said({ post: { ...post(stream(author), 1, text), at }, own: false })) ??
  notice("nothing")
const earlier = (text: string, at: number): ScreenLine =>
  screenLineOf(peer("1", 6001), Entry.Earlier({ post: { ...post(stream("3"), 1, text), at } })) ?? notice("nothing")

/** What is shown of these, each as soon as it is said. */
const shown = (steps: ReadonlyArray<readonly [line: ScreenLine, now: number]>, looks = plain, from: Chronicle = {}) => {
  let chronicle = from
  return steps.flatMap(([line, now]) => {
    const next = enter(chronicle, [line], id("1"), looks, now)
    chronicle = next.chronicle
    return next.rows
  })
}

describe("lines on a terminal", () => {
  it("as the screen says them, to the letter; of several lines, the others are set in", () => {
    assert.deepStrictEqual(
      shown([
        [said("hello"), noon],
        [notice("Client 3 left"), noon]
      ]),
      ["Client 3: hello", "* Client 3 left"]
    )
    assert.deepStrictEqual(shown([[said("one\nServer: terminated.\n\u001b[2J\tx"), noon]]), [
      "Client 3: one",
      "  Server: terminated.",
      "  \\u{1b}[2J    x"
    ])
    assert.deepStrictEqual(shown([[earlier("one\ntwo", noon), noon]]), ["(earlier) Client 3: one", "  two"])
  })

  it("an author's name has its colour, however it is found in the line", () => {
    const columns = FastCheck.integer({ min: 4, max: 60 })
    const ids = FastCheck.oneof(
      FastCheck.constantFrom("Server", "Server-east"),
      FastCheck.stringMatching(/^[A-Za-z0-9_-]{1,32}$/)
    )
    const texts = FastCheck.string({ unit: FastCheck.constantFrom(..."abc :.-Client23"), maxLength: 60 })
    FastCheck.assert(
      FastCheck.property(ids, texts, FastCheck.boolean(), columns, (author, text, times, columns) => {
        const line = said(text, noon, author)
        // Without a post its author is looked for in the text.
        const { post: _, ...bare } = line
        const shownIn = (line: ScreenLine) => shown([[line, noon]], { colours: true, times, columns })
        if (!calls(id("1"), [], line)) assert.deepStrictEqual(shownIn(line), shownIn(bare))
      })
    )
  })

  it("the room that a line begins with is dim, with colours; a text that looks like one is not", () => {
    const inOps = { ...said("#dev hello"), text: "#ops Client 3: #dev hello" }
    const colour = colourOf(id("3"))
    assert.deepStrictEqual(shown([[inOps, noon]], { ...plain, colours: true }), [
      `\u001b[2m#ops\u001b[0m \u001b[${colour}mClient 3\u001b[0m: #dev hello`
    ])
    assert.deepStrictEqual(shown([[inOps, noon]]), ["#ops Client 3: #dev hello"])
    const called = { ...said("@1 look"), text: "#ops Client 3: @1 look" }
    assert.deepStrictEqual(shown([[called, noon]]), ["#ops \u001b[1;7mClient 3\u001b[0m: @1 look"])
  })

  it("where the posts without a room are of another one, that room stands between them", () => {
    const here = (room: string, text: string): ScreenLine => {
      const line = said(text)
      return { ...line, post: { ...post(streamOf(id("3"), Room.make(room), epoch(1)), 1, text), at: noon } }
    }
    const there = { ...here("dev", "c"), text: "#dev Client 3: c" }
    const lines = [here("main", "a"), here("ops", "b"), there, notice("d"), here("ops", "e"), there, here("main", "f")]
    assert.deepStrictEqual(shown(lines.map((line) => [line, noon])), [
      "Client 3: a",
      "── #ops ──",
      "Client 3: b",
      "#dev Client 3: c",
      "* d",
      "Client 3: e",
      "#dev Client 3: c",
      "── #main ──",
      "Client 3: f"
    ])
  })

  it("a line that takes more rows than one is coloured in each, and has its time in the first", () => {
    const looks = { colours: true, times: true, columns: 30 }
    const dim = (text: string) => `\u001b[2m${text}\u001b[0m`
    assert.deepStrictEqual(shown([[notice("one two three four five six"), noon]], looks), [
      `${dim("12:00 ")}${dim("* one two three four ")}`,
      dim("  five six")
    ])
    const colour = colourOf(id("3"))
    assert.deepStrictEqual(shown([[said("one two threes four five"), noon]], looks), [
      `${dim("12:00 ")}\u001b[${colour}mClient 3\u001b[0m: one two `,
      "  threes four five"
    ])
    const url = `https://x.org/${"a".repeat(40)}`
    assert.deepStrictEqual(shown([[said(url), noon]], { ...looks, colours: false }), [
      "12:00 Client 3: ",
      `\u001b[?7h  ${url}\u001b[?7l`
    ])
  })

  it("a day that has begun is said, once, whatever authors' clocks say; today's needs no word", () => {
    const wednesday = "── Wednesday, 4 June 2025 ──"
    const thursday = "── Thursday, 5 June 2025 ──"
    assert.deepStrictEqual(
      shown([
        [earlier("a", yesterday), noon],
        [said("b"), noon],
        [said("c", yesterday), noon],
        [said("d", noon + 1e10), noon]
      ]),
      [wednesday, "(earlier) Client 3: a", thursday, "Client 3: b", "Client 3: c", "Client 3: d"]
    )
    const midnight = new Date(2025, 5, 6).getTime()
    assert.deepStrictEqual(
      shown([
        [said("a", midnight - 1), midnight - 1],
        [said("b", midnight), midnight]
      ]),
      ["Client 3: a", "── Friday, 6 June 2025 ──", "Client 3: b"]
    )
  })

  it("after ten minutes without a word it is said how late it is; with times, each line says so", () => {
    const steps = [
      [said("a"), noon],
      [said("b", noon + 9 * minute), noon + 9 * minute],
      [said("c", noon + 19 * minute), noon + 19 * minute]
    ] as const
    assert.deepStrictEqual(shown(steps), ["Client 3: a", "Client 3: b", "── 12:19 ──", "Client 3: c"])
    assert.deepStrictEqual(shown(steps, { ...plain, times: true }), [
      "12:00 Client 3: a",
      "12:09 Client 3: b",
      "12:19 Client 3: c"
    ])
    assert.strictEqual(clockTime(yesterday), "09:30")
  })

  it("what somebody says while nobody reads is marked, once, until somebody reads again", () => {
    const gone = attended({ last: noon }, noon)
    const mark = "── unread since 12:00 ──"
    const steps = [
      [notice("a"), noon],
      [said("b"), noon],
      [said("c"), noon]
    ] as const
    assert.deepStrictEqual(shown(steps, plain, gone), ["* a", mark, "Client 3: b", "Client 3: c"])
    assert.deepStrictEqual(shown(steps, plain, attended(gone, undefined)), ["* a", "Client 3: b", "Client 3: c"])
    const begun = [
      [earlier("a", noon), noon],
      [said("b"), noon]
    ] as const
    assert.deepStrictEqual(shown(begun, plain, gone), ["(earlier) Client 3: a", mark, "Client 3: b"])
    const marked = { ...gone, marked: true }
    assert.deepStrictEqual(shown([[said("d"), noon]], plain, attended(marked, noon)), ["Client 3: d"])
    assert.deepStrictEqual(shown([[said("d"), noon]], plain, attended(marked, noon - minute)), [
      "── unread since 11:59 ──",
      "Client 3: d"
    ])
  })

  it("an id has one colour everywhere; what calls this node stands out; notices stand back", () => {
    const looks = { colours: true, times: false, columns: 80 }
    const colour = colourOf(id("3"))
    assert.deepStrictEqual(shown([[said("hi"), noon]], looks), [`\u001b[${colour}mClient 3\u001b[0m: hi`])
    assert.deepStrictEqual(shown([[said("@1 hi"), noon]], looks), [`\u001b[1;7;${colour}mClient 3\u001b[0m: @1 hi`])
    assert.deepStrictEqual(shown([[said("@1 hi"), noon]]), ["\u001b[1;7mClient 3\u001b[0m: @1 hi"])
    assert.deepStrictEqual(shown([[notice("a"), noon]], looks), ["\u001b[2m* a\u001b[0m"])
    const many = Array.from({ length: 200 }, (_, index) => colourOf(id(`${index}`)))
    assert.strictEqual(new Set(many).size, 8)
  })

  it("what is shown once more has its lines set in, and neither its own time, nor a mark, nor a call", () => {
    const line = recalled({ ...post(stream("3"), 1, "@1 two\nlines"), at: yesterday })
    const gone = attended({ last: noon }, noon)
    assert.deepStrictEqual(
      shown([[line, noon]], { ...plain, times: true }, gone).map((row) => row.replace(/\d{4}-\d\d-\d\d /, "DATE ")),
      ["12:00 * DATE 09:30:00 Client 3: @1 two", "  lines"]
    )
    assert.isFalse(calls(id("1"), [], line))
  })
})

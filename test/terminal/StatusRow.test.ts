import { assert, describe, it } from "@effect/vitest"
import type { RoomNews } from "../../src/domain/Place.ts"
import { mainRoom, type Room } from "../../src/domain/Post.ts"
import { type Editor, empty } from "../../src/terminal/editor/State.ts"
import { statusForms } from "../../src/terminal/StatusForms.ts"
import { statusRow } from "../../src/terminal/StatusRow.ts"
import { id } from "../support/samples.ts"

const down = { self: id("3"), server: { _tag: "Down", since: 0 }, connected: 1, known: 2, room: mainRoom } as const

const forms = (rooms: ReadonlyArray<RoomNews>, undelivered = 0) =>
  statusForms({ ...down, rooms: [news("main", 0), ...rooms] }, undelivered, () => "12:03")

const news = (room: string, lines: number, mentions = 0): RoomNews => ({ room: room as Room, lines, mentions })

const fits = (forms: ReadonlyArray<string>, columns: number) =>
  statusRow(empty, forms, columns, { colours: false, times: false }).text

const status = ["── 3 · server up · 2 of 2 peers", "── 3 · server up · 2/2"]
const row = (some: Partial<Editor>, columns = 80) =>
  statusRow({ ...empty, ...some }, status, columns, { colours: false, times: false })

describe("the row above what is being typed", () => {
  it("has the status in the longest form that fits, or as much of the shortest as fits", () => {
    assert.deepStrictEqual(row({}), { text: status[0] ?? "", width: 31 })
    assert.strictEqual(row({}, 30).text, status[1])
    assert.deepStrictEqual(row({}, 10), { text: "── 3 · se…", width: 10 })
  })

  it("says how many lines a message has, and asks before many are said", () => {
    assert.strictEqual(row({ text: "a\nb" }).text, `${status[0]} · 2 lines in one message`)
    assert.strictEqual(row({ text: "a\nb" }, 40).text, `${status[1]} · 2 lines`)
    const many = { text: "\n".repeat(5_000), asked: true }
    assert.strictEqual(row(many).text, "── 1,000 or more lines in one message: Enter again sends it")
    assert.strictEqual(row(many, 50).text, "── 1,000 or more lines: Enter again sends it")
  })

  it("has what is searched for, and what Tab goes through from what is chosen on", () => {
    const search = { query: "tea\u001b", missed: true, place: 0, before: empty }
    assert.strictEqual(row({ search }).text, "── not found: tea\\u{1b}")
    const candidates = [{ text: "anna: ", label: "anna" }, { text: "anton" }, { text: "ann" }]
    assert.strictEqual(row({ menu: { from: 0, candidates, chosen: -1 } }).text, "── anna  anton  ann")
    assert.strictEqual(row({ menu: { from: 0, candidates, chosen: 1 } }).text, "── [anton]  ann")
  })

  it("says what is new in other rooms, those that mention the person first", () => {
    assert.strictEqual(
      forms([news("lunch", 12), news("ops", 3, 3), news("dev", 7, 1)])[0],
      "── 3 · server down since 12:03 · 1 of 2 peers · #ops: 3 new, for you · #dev: 7 new, 1 for you · #lunch: 12 new"
    )
    assert.strictEqual(
      forms([news("@bo", 1, 1)])[0],
      "── 3 · server down since 12:03 · 1 of 2 peers · @bo: 1 new, for you"
    )
  })

  it("without news has what needs attention in a narrow window too", () => {
    assert.strictEqual(fits(forms([], 2), 50), "── 3 · down 12:03 · 1/2 · 2 undelivered")
    assert.strictEqual(fits(forms([], 2), 35), "── down 12:03 · 2 undelivered")
    assert.strictEqual(fits(forms([]), 15), "── 3 · down 12…")
  })

  it("in a narrow window names fewer rooms, and then only what needs attention", () => {
    const some = forms([news("lunch", 12), news("ops", 3, 3), news("incident-2026-11-28-frontend", 7)], 2)
    for (const [columns, expected] of [
      [110, "── 3 · server down since 12:03 · 1 of 2 peers · 2 undelivered · #ops 3! #lunch 12 #inciden…rontend 7"],
      [80, "── 3 · down 12:03 · 1/2 · 2 undelivered · #ops 3! #lunch 12 #inciden…rontend 7"],
      [70, "── 3 · down 12:03 · 1/2 · 2 undelivered · #ops 3! #lunch 12 +1"],
      [55, "── 3 · down 12:03 · 1/2 · 2 undelivered · #ops 3! +2"],
      [45, "── down 12:03 · 2 undelivered · #ops 3! +2"],
      [30, "── 2 undelivered · #ops 3! +2"],
      [20, "── #ops 3! +2"],
      [10, "── #ops 3…"]
    ] as const) {
      assert.strictEqual(fits(some, columns), expected)
    }
    const up = statusForms({ ...down, server: { _tag: "Up" }, rooms: [news("ops", 3)] }, 0, () => "")
    assert.strictEqual(fits(up, 25), "── 3 · 1/2 · #ops 3")
    assert.strictEqual(fits(up, 15), "── #ops 3")
  })
})

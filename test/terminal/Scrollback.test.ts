import { assert, describe, it } from "@effect/vitest"
import { Room, streamOf } from "../../src/domain/Post.ts"
import { notice, type ScreenLine } from "../../src/domain/ScreenLine.ts"
import { Scrollback } from "../../src/terminal/Scrollback.ts"
import { epoch, id, post, stream } from "../support/samples.ts"

const looks = { colours: false, times: false }
const noon = new Date(2025, 5, 5, 12, 0).getTime()
const view = { self: id("1"), columns: 80 }
const watched = { ...view, awaySince: undefined }
const said = (text: string): ScreenLine => ({
  _tag: "Chat",
  text: `Client 3: ${text}`,
  post: { ...post(stream("3"), 1, text), at: noon }
})

describe("scrollback", () => {
  it("keeps the last lines, and no more than that", () => {
    const scrollback = new Scrollback(looks)
    for (let index = 0; index < 20_000; index += 100) {
      scrollback.keep(
        Array.from({ length: 100 }, (_, row) => notice(`${index} row ${row}`)),
        index
      )
    }
    assert.lengthOf(scrollback.last(), 5_000)
    assert.strictEqual(scrollback.last(1)[0]?.line.text, "* 19900 row 99")
    for (let index = 0; index < 300; index += 1) scrollback.keep([notice("x".repeat(64_000))], 0)
    assert.lengthOf(scrollback.last(), 124)
  })

  it("what is said while nobody looks is marked once, until somebody looks again", () => {
    const scrollback = new Scrollback(looks)
    const away = { ...view, awaySince: noon }
    assert.strictEqual(scrollback.enter([said("a")], noon, watched), "Client 3: a\n")
    assert.strictEqual(scrollback.enter([said("b")], noon, away), "── unread since 12:00 ──\nClient 3: b\n")
    assert.strictEqual(scrollback.enter([said("c")], noon, away), "Client 3: c\n")
    assert.strictEqual(scrollback.enter([said("d")], noon, watched), "Client 3: d\n")
    assert.strictEqual(
      scrollback.enter([said("e")], noon, { ...view, awaySince: noon + 60_000 }),
      "── unread since 12:01 ──\nClient 3: e\n"
    )
  })

  it("lines that were shown come again in rows of another width, below the line that stood above them", () => {
    const scrollback = new Scrollback(looks)
    scrollback.keep([said("one two three four")], noon)
    const narrow = { ...view, columns: 20 }
    const rows = ["Client 3: one two ", "  three four"]
    assert.deepStrictEqual(scrollback.rowsOf(scrollback.last(), narrow), rows)
    assert.deepStrictEqual(scrollback.rowsOf(scrollback.last(), narrow, noon - 600_000), ["── 12:00 ──", ...rows])
  })

  it("the last lines stand in the room that was left or begun above them", () => {
    const scrollback = new Scrollback(looks)
    const inOps = { ...said("a"), post: { ...post(streamOf(id("3"), Room.make("ops"), epoch(1)), 1, "a"), at: noon } }
    scrollback.keep([inOps, said("b"), said("c")], noon)
    const rows = ["── #ops ──", "Client 3: a", "── #main ──", "Client 3: b", "Client 3: c"]
    assert.deepStrictEqual(scrollback.rowsOf(scrollback.last(), view), rows)
    assert.deepStrictEqual(scrollback.rowsOf(scrollback.last(2), view), rows.slice(2))
    assert.deepStrictEqual(scrollback.rowsOf(scrollback.last(1), view), rows.slice(4))
  })
})

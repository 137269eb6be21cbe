import { assert, describe, it } from "@effect/vitest"
import { privatelyTo } from "../../src/domain/Conversation.ts"
import { beginIn, closed, goneTo, opened, placesOf } from "../../src/domain/Place.ts"
import { mainRoom, Room } from "../../src/domain/Post.ts"
import { Unread } from "../../src/domain/Unread.ts"
import { id } from "../support/samples.ts"

const ops = Room.make("ops")
const bo = privatelyTo([id("bo")])

describe("the place of a session", () => {
  it("opens a conversation by what is said there, by whomever, and closes it on request", () => {
    const place = opened(beginIn(mainRoom), bo)
    assert.deepStrictEqual(placesOf(place, [mainRoom, ops]), [mainRoom, ops, bo])
    assert.strictEqual(opened(place, bo), place, "nothing changes, and nobody is told")
    assert.strictEqual(opened(place, ops), place, "a room is no conversation")
    assert.deepStrictEqual(closed(goneTo(place, bo), bo), beginIn(mainRoom))
    assert.deepStrictEqual(closed(goneTo(place, ops), bo), beginIn(ops))
  })

  it("has one conversation with the same people, in whatever order they are named", () => {
    assert.strictEqual(privatelyTo([id("kim"), id("bo"), id("kim")]), privatelyTo([id("bo"), id("kim")]))
  })

  it("keeps a bounded number of conversations open: the first one makes way, but not the one in which it is", () => {
    let place = goneTo(beginIn(mainRoom), bo)
    for (let n = 0; n < 200; n += 1) place = opened(place, privatelyTo([id(`a${n}`)]))
    assert.lengthOf(place.conversations, 50)
    assert.strictEqual(place.conversations[0], bo)
    assert.strictEqual(place.conversations.at(-1), "@a199")
  })
})

describe("what nobody has read", () => {
  it("is counted by place, without those who are muted, until it is read", () => {
    const unread = new Unread()
    const nobody = new Set<never>()
    for (const author of ["1", "2", "2"]) unread.add(ops, id(author), author === "1")
    unread.add(bo, id("bo"), true)
    assert.deepStrictEqual(unread.in(ops, nobody), { lines: 3, mentions: 1 })
    assert.deepStrictEqual(unread.in(ops, new Set([id("1")])), { lines: 2, mentions: 0 })
    assert.deepStrictEqual(unread.in(mainRoom, nobody), { lines: 0, mentions: 0 })
    assert.deepStrictEqual([unread.clear(ops), unread.clear(ops)], [true, false])
    assert.deepStrictEqual(unread.in(ops, nobody), { lines: 0, mentions: 0 })
    assert.deepStrictEqual(unread.in(bo, nobody), { lines: 1, mentions: 1 })
  })
})

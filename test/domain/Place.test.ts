import { assert, describe, it } from "@effect/vitest"
import { privatelyTo } from "../../src/domain/Conversation.ts"
import { beginIn, closed, goneTo, heard, newsIn, type Place, placesOf, spokenIn } from "../../src/domain/Place.ts"
import { mainRoom, Room } from "../../src/domain/Post.ts"
import { id } from "../support/samples.ts"

const ops = Room.make("ops")
const bo = privatelyTo([id("bo")])
const line = (room: Room, isMention = false) => ({ room, isMention })
const countsIn = (place: Place) =>
  newsIn(place, placesOf(place, [mainRoom, ops])).map(({ lines, mentions, room }) => `${room} ${lines} ${mentions}`)

describe("the place of a session", () => {
  it("counts what comes elsewhere, until one goes there", () => {
    const place = heard(beginIn(mainRoom), [line(mainRoom), line(ops), line(ops, true)])
    assert.deepStrictEqual(countsIn(place), ["main 0 0", "ops 2 1"])
    assert.deepStrictEqual(countsIn(goneTo(place, ops)), ["main 0 0", "ops 0 0"])
  })

  it("opens a conversation by what is said there, by whomever, and closes it on request", () => {
    const place = heard(beginIn(mainRoom), [line(bo, true), line(bo, true)])
    assert.deepStrictEqual(countsIn(place), ["main 0 0", "ops 0 0", "@bo 2 2"])
    assert.deepStrictEqual(countsIn(spokenIn(place, bo)), ["main 0 0", "ops 0 0", "@bo 0 0"])
    assert.strictEqual(spokenIn(place, bo).room, mainRoom)
    assert.deepStrictEqual(countsIn(spokenIn(beginIn(ops), bo)), ["main 0 0", "ops 0 0", "@bo 0 0"])
    const there = goneTo(place, bo)
    assert.deepStrictEqual(closed(there, bo), beginIn(mainRoom))
    assert.strictEqual(spokenIn(there, bo), there, "nothing changes, and nobody is told")
  })

  it("has one conversation with the same people, in whatever order they are named", () => {
    assert.strictEqual(privatelyTo([id("kim"), id("bo"), id("kim")]), privatelyTo([id("bo"), id("kim")]))
  })

  it("keeps a bounded number of conversations open: the first one makes way, but not the one in which it is", () => {
    let place = goneTo(beginIn(mainRoom), bo)
    for (let n = 0; n < 200; n += 1) place = heard(place, [line(privatelyTo([id(`a${n}`)]))])
    assert.lengthOf(place.conversations, 50)
    assert.strictEqual(place.conversations[0], bo)
    assert.strictEqual(place.conversations.at(-1), "@a199")
    assert.isAtMost(place.news.size, 50)
  })
})

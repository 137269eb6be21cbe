import { assert, describe, it } from "@effect/vitest"
import { calls, mentions, pause, type Rung, ring } from "../../src/domain/Calling.ts"
import { Entry } from "../../src/domain/Entry.ts"
import type { StreamId } from "../../src/domain/Post.ts"
import { notice, type ScreenLine, screenLineOf } from "../../src/domain/ScreenLine.ts"
import { id, peer, post, stream } from "../support/samples.ts"

const said = (text: string, author = "3", of = stream(author)): ScreenLine =>
  screenLineOf(
    peer("1", 6001),
    Entry.Said({ post: { ...post(of, 1, text), ...(of.includes("/@/") ? { to: [id("1")] } : {}) }, own: false })
  ) ?? notice("nothing")
const earlier = (text: string): ScreenLine =>
  screenLineOf(peer("1", 6001), Entry.Earlier({ post: post(stream("3"), 1, text) })) ?? notice("nothing")

describe("a node is called", () => {
  it("by @ID, by its id in front, and by what the screen calls it; a number alone calls nobody", () => {
    for (const [text, called] of [
      ["@1", true],
      ["well, @1: yes", true],
      ["1: yes", true],
      ["1, yes", true],
      ["I think client 1 knows", true],
      ["1 of them", false],
      ["@12", false],
      ["me@1.org", false],
      ["Client 12", false],
      ["take 1: go", false],
      ["@1-x", false],
      ["", false]
    ] as const) {
      assert.strictEqual(mentions(id("1"), [], text), called, text)
    }
    assert.isTrue(mentions(id("Server"), [], "Server: hello"))
    assert.isFalse(mentions(id("Server"), [], "the server is slow"))
    for (const text of ["Server east: hello", "ask server east", "@Server-east", "is Server-east slow?"]) {
      assert.isTrue(mentions(id("Server-east"), [], text), text)
    }
    for (const text of ["Server: hello", "Server eastern", "the server is slow"]) {
      assert.isFalse(mentions(id("Server-east"), [], text), text)
    }
    assert.isTrue(calls(id("1"), [], said("@1")))
    assert.isFalse(calls(undefined, [], said("@1")))
    assert.isFalse(calls(id("1"), [], earlier("@1")))
    assert.isFalse(calls(id("1"), [], notice("@1")))
  })

  it("by its bare id, if that has two letters or more", () => {
    for (const [self, text, called] of [
      ["bell", "hi bell", true],
      ["bell", "Bell?", true],
      ["bell", "ask bell.", true],
      ["bell", "the bells ring", false],
      ["bell", "doorbell", false],
      ["bell", "mail anna@bell.org", false],
      ["bell", "bell-ringers", false],
      ["bell", "\u00e9bell", false],
      ["x", "x marks the spot", false],
      ["a1", "a1 is a road", false],
      ["bo", "hello bo", true]
    ] as const) {
      assert.strictEqual(mentions(id(self), [], text), called, `${self}: ${text}`)
    }
  })

  it("by the words that its user has named, whatever is in them, and by what somebody does", () => {
    for (const [words, text, called] of [
      [["build"], "the Build is red", true],
      [["build"], "rebuild it", false],
      [["a.b"], "axb", false],
      [["a.b"], "see a.b", true],
      [["c++"], "I like C++!", true],
      [["\u00fcber"], "das ist \u00dcBER", true],
      [["red", "green"], "all green", true],
      [[], "all green", false]
    ] as const) {
      assert.strictEqual(mentions(id("1"), words, text), called, `${words}: ${text}`)
    }
    assert.isTrue(mentions(id("bell"), [], "\u0001ACTION waves at bell\u0001"))
  })
})

describe("the bell", () => {
  const at = (rung: Rung, lines: ReadonlyArray<ScreenLine>, now: number) =>
    ring(rung, lines, { self: id("1"), words: [] }, now)

  it("rings at most once in ten seconds for one author, and tells who calls", () => {
    const first = at(new Map(), [said("hello"), said("@1 hello")], 5)
    assert.strictEqual(first.by, stream("3"))
    assert.isUndefined(at(first.rung, [said("@1 again")], 5 + pause - 1).by)
    assert.strictEqual(at(first.rung, [said("@1 again")], 5 + pause).by, stream("3"))
  })

  it("rings for what is said to oneself alone, whatever the words, and not for what one says to others", () => {
    const privately = (author: string, room: string) =>
      said("hello", author, `${author}/${room}/1000000000001-00000000` as StreamId)
    assert.isDefined(at(new Map(), [privately("3", "1@3")], 0).by)
    assert.isDefined(at(new Map(), [privately("3", "@")], 0).by)
    assert.isUndefined(at(new Map(), [privately("1", "1@3")], 0).by)
    assert.isUndefined(at(new Map(), [said("hello")], 0).by)
  })

  it("rings for another author at once, also if both call together", () => {
    const first = at(new Map(), [said("@1 a")], 0)
    const second = at(first.rung, [said("@1 b"), said("@1 c", "4")], 1)
    assert.strictEqual(second.by, stream("4"))
    assert.isUndefined(at(second.rung, [said("@1 d"), said("@1 e", "4")], 2).by)
  })

  it("remembers nobody for longer than that", () => {
    let rung: Rung = new Map()
    for (let n = 0; n < 100; n += 1) rung = at(rung, [said("@1", `a${n}`)], n * pause).rung
    assert.isAtMost(rung.size, 2)
  })
})

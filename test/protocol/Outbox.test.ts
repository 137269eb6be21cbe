import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { encodePost } from "../../src/protocol/Frame.ts"
import { makeOutbox, type Outbox } from "../../src/protocol/Outbox.ts"
import { Segments } from "../../src/protocol/Segments.ts"
import { textOf } from "../support/bytes.ts"
import { post, stream } from "../support/samples.ts"

const own = stream("1")

/** An outbox over a log of this node's own posts. */
const make = () => {
  const log = new Segments()
  const say = (count: number): void => {
    for (let i = 0; i < count; i++) log.append(encodePost(post(own, log.last + 1)))
  }
  return { log, say, outbox: makeOutbox(own, (of, after, room) => (of === own ? log.slice(after, room) : undefined)) }
}

/** What an outbox sends until it has no more: a post as its number, another frame as its type. */
const sent = (outbox: Outbox): ReadonlyArray<number | string> => {
  const all: Array<number | string> = []
  for (let bytes = outbox.next(); bytes !== undefined; bytes = outbox.next()) {
    for (const line of textOf(bytes).trimEnd().split("\n")) {
      const frame = JSON.parse(line)
      all.push(frame.type === "post" ? frame.n : frame.type === "gap" ? `gap to ${frame.to}` : frame.type)
    }
  }
  return all
}

describe("Outbox", () => {
  it("control frames go first, in their order, then posts, then the goodbye", () => {
    const { outbox, say } = make()
    say(2)
    outbox.leave()
    outbox.start(0)
    outbox.push({ type: "ping" })
    outbox.push({ type: "pong" })
    assert.deepStrictEqual(sent(outbox), ["ping", "pong", 1, 2, "bye"])
  })

  it("a control frame overtakes the posts that were not sent yet", () => {
    const { log, outbox, say } = make()
    say(3_000)
    outbox.start(0)
    const first = outbox.next()
    assert.isDefined(first)
    outbox.push({ type: "pong" })
    const rest = sent(outbox)
    assert.strictEqual(rest[0], "pong")
    assert.strictEqual(rest.at(-1), log.last)
    assert.isAbove(rest.length, 100)
  })

  it("no post goes out before it is started, and then those after where the peer is", () => {
    const { outbox, say } = make()
    say(5)
    assert.deepStrictEqual(sent(outbox), [])
    outbox.start(3)
    assert.deepStrictEqual(sent(outbox), [4, 5])
    assert.deepStrictEqual(sent(outbox), [])
    say(1)
    assert.deepStrictEqual(sent(outbox), [6])
  })

  it("what the log has dropped is told as a gap, before the posts that it still has", () => {
    const { log, outbox, say } = make()
    say(500)
    log.dropTo(400)
    assert.isAbove(log.floor, 1)
    outbox.start(0)
    const all = sent(outbox)
    assert.strictEqual(all[0], `gap to ${log.floor - 1}`)
    assert.deepStrictEqual(
      all.slice(1),
      Array.from({ length: 501 - log.floor }, (_, at) => log.floor + at)
    )
  })

  it("a link that falls behind meanwhile is told of each gap once", () => {
    const { log, outbox, say } = make()
    outbox.start(0)
    say(1)
    assert.deepStrictEqual(sent(outbox), [1])
    say(1)
    log.skipTo(10)
    say(1)
    assert.deepStrictEqual(sent(outbox), ["gap to 10", 11])
  })

  it("a gap of a single post is told too", () => {
    const { log, outbox, say } = make()
    log.skipTo(1)
    say(1)
    outbox.start(0)
    assert.deepStrictEqual(sent(outbox), ["gap to 1", 2])
  })

  it("a goodbye waits for every post, comes once, and nothing is said after it", () => {
    const { outbox, say } = make()
    outbox.start(0)
    say(2)
    outbox.leave()
    say(1)
    assert.deepStrictEqual(sent(outbox), [1, 2, 3, "bye"])
    say(1)
    assert.deepStrictEqual(sent(outbox), [])
  })

  it("a peer that takes no control frame any more is noticed at 1,024 of them, and all of those stand", () => {
    const { outbox } = make()
    const pushed = Array.from({ length: 1_030 }, () => outbox.push({ type: "ping" }))
    assert.strictEqual(pushed.indexOf(false), 1_024)
    assert.isFalse(pushed.at(-1))
    assert.strictEqual(sent(outbox).length, 1_024)
    assert.isTrue(outbox.push({ type: "ping" }), "there is room again")
  })

  it("it takes at most 64 KiB of posts at a time", () => {
    const { outbox, say } = make()
    say(5_000)
    outbox.start(0)
    for (let bytes = outbox.next(); bytes !== undefined; bytes = outbox.next()) assert.isAtMost(bytes.length, 65_536)
  })
})

import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { authorOf, type StreamId } from "../../src/domain/Post.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { makeOutbox, type Outbox } from "../../src/protocol/Outbox.ts"
import { Segments } from "../../src/protocol/Segments.ts"
import { textOf } from "../support/bytes.ts"
import { post, stream } from "../support/samples.ts"

const own = stream("1")
const [two, three] = [stream("2"), stream("3")]

/** An outbox over a log in which this node and others say something. */
const make = () => {
  const logs = new Map<StreamId, Segments>()
  const logOf = (of: StreamId): Segments => {
    const log = logs.get(of) ?? new Segments()
    logs.set(of, log)
    return log
  }
  const say = (count: number, of = own, text = ""): void => {
    const log = logOf(of)
    for (let i = 0; i < count; i++) log.append(encodePost(post(of, log.last + 1, text)))
  }
  return {
    log: logOf(own),
    logOf,
    say,
    outbox: makeOutbox((of, after, room) => logs.get(of)?.slice(after, room))
  }
}

/** What bytes carry: an own post as its number, another's after its author, another frame as its type. */
const carriedBy = (bytes: Uint8Array): ReadonlyArray<number | string> =>
  textOf(bytes)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const frame = JSON.parse(line)
      const prefix = frame.stream === undefined || frame.stream === own ? "" : `${authorOf(frame.stream)}:`
      if (frame.type === "post") return frame.stream === own ? frame.n : `${prefix}${frame.n}`
      return frame.type === "gap" ? `${prefix}gap to ${frame.to}` : frame.type
    })

/** What an outbox sends until it has no more. */
const sent = (outbox: Outbox): ReadonlyArray<number | string> => {
  const all: Array<number | string> = []
  for (let bytes = outbox.next(); bytes !== undefined; bytes = outbox.next()) all.push(...carriedBy(bytes))
  return all
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

describe("Outbox", () => {
  it("control frames go first, in their order, then posts, then the goodbye", () => {
    const { outbox, say } = make()
    say(2)
    outbox.leave()
    outbox.follow(own, 0)
    outbox.push(encode({ type: "ping" }))
    outbox.push(encode({ type: "pong" }))
    assert.deepStrictEqual(sent(outbox), ["ping", "pong", 1, 2, "bye"])
  })

  it("a control frame overtakes the posts that were not sent yet", () => {
    const { log, outbox, say } = make()
    say(3_000)
    outbox.follow(own, 0)
    const first = outbox.next()
    assert.isDefined(first)
    outbox.push(encode({ type: "pong" }))
    const rest = sent(outbox)
    assert.strictEqual(rest[0], "pong")
    assert.strictEqual(rest.at(-1), log.last)
    assert.isAbove(rest.length, 100)
  })

  it("no post goes out before it is started, and then those after where the peer is", () => {
    const { outbox, say } = make()
    say(5)
    assert.deepStrictEqual(sent(outbox), [])
    outbox.follow(own, 3)
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
    outbox.follow(own, 0)
    const all = sent(outbox)
    assert.strictEqual(all[0], `gap to ${log.floor - 1}`)
    assert.deepStrictEqual(
      all.slice(1),
      Array.from({ length: 501 - log.floor }, (_, at) => log.floor + at)
    )
  })

  it("a link that falls behind meanwhile is told of each gap once", () => {
    const { log, outbox, say } = make()
    outbox.follow(own, 0)
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
    outbox.follow(own, 0)
    assert.deepStrictEqual(sent(outbox), ["gap to 1", 2])
  })

  it("a goodbye waits for every post, comes once, and nothing is said after it", () => {
    const { outbox, say } = make()
    outbox.follow(own, 0)
    say(2)
    outbox.leave()
    say(1)
    assert.deepStrictEqual(sent(outbox), [1, 2, 3, "bye"])
    say(1)
    assert.deepStrictEqual(sent(outbox), [])
  })

  it("a peer that takes no control frame any more is noticed at 1,024 of them, and all of those stand", () => {
    const { outbox } = make()
    const pushed = Array.from({ length: 1_030 }, () => outbox.push(encode({ type: "ping" })))
    assert.strictEqual(pushed.indexOf(false), 1_024)
    assert.isFalse(pushed.at(-1))
    assert.strictEqual(sent(outbox).length, 1_024)
    assert.isTrue(outbox.push(encode({ type: "ping" })), "there is room again")
  })

  it("it takes at most 64 KiB of posts at a time", () => {
    const { outbox, say } = make()
    say(5_000)
    outbox.follow(own, 0)
    for (let bytes = outbox.next(); bytes !== undefined; bytes = outbox.next()) assert.isAtMost(bytes.length, 65_536)
  })

  it("own posts go on without an end; what was asked for ends where it was asked to", () => {
    const { outbox, say } = make()
    say(1)
    say(3, two, "x".repeat(40_000))
    outbox.follow(own, 0)
    outbox.start(two, 0, 2)
    assert.deepStrictEqual(sent(outbox), [1, "2:1", "2:2"])
    say(1)
    say(1, two)
    assert.deepStrictEqual(sent(outbox), [2])
  })

  it("what is asked for goes out from where the asker is, and whole slices of it", () => {
    const { outbox, say } = make()
    say(6, two)
    outbox.start(two, 3, 5)
    assert.deepStrictEqual(sent(outbox), ["2:4", "2:5", "2:6"])
    say(1, two)
    assert.deepStrictEqual(sent(outbox), [])
  })

  it("what is asked for and not here yet goes out as it comes, to the end that was asked for", () => {
    const { outbox, say } = make()
    outbox.start(two, 0, 3)
    outbox.start(three, 0, 1)
    assert.deepStrictEqual(sent(outbox), [])
    say(2, two)
    assert.deepStrictEqual(sent(outbox), ["2:1", "2:2"])
    say(1, three)
    say(1, two)
    assert.deepStrictEqual([...sent(outbox)].sort(), ["2:3", "3:1"])
    say(1, two)
    say(1, three)
    assert.deepStrictEqual(sent(outbox), [])
  })

  it("a stream that waits for what is not here holds up no other", () => {
    const { outbox, say } = make()
    outbox.start(two, 0, 100)
    outbox.follow(own, 0)
    say(2)
    assert.deepStrictEqual(sent(outbox), [1, 2])
    say(1, two)
    assert.deepStrictEqual(sent(outbox), ["2:1"])
  })

  it("streams take turns, a slice each: one with a long way to go holds up no other", () => {
    const { outbox, say } = make()
    const text = "x".repeat(50_000)
    for (const of of [own, two, three]) {
      say(30, of, text)
      if (of === own) outbox.follow(of, 0)
      else outbox.start(of, 0, 30)
    }
    const turns = sent(outbox)
    assert.strictEqual(turns.length, 90)
    for (const at of range(0, 29)) {
      assert.sameMembers(turns.slice(3 * at, 3 * at + 3) as Array<number | string>, [
        at + 1,
        `2:${at + 1}`,
        `3:${at + 1}`
      ])
    }
  })

  it("a stream that never pauses leaves room for the others", () => {
    const { outbox, say } = make()
    outbox.follow(own, 0)
    say(20, two, "x".repeat(50_000))
    outbox.start(two, 0, 20)
    const turns = range(1, 40).flatMap(() => {
      say(1)
      return carriedBy(outbox.next() ?? assert.fail("there is always something to send"))
    })
    assert.strictEqual(turns.filter((turn) => typeof turn === "string").length, 20)
  })

  it("a gap in what was asked for is told, and what is kept follows", () => {
    const { logOf, outbox, say } = make()
    logOf(two).skipTo(4)
    say(2, two)
    outbox.start(two, 1, 6)
    assert.deepStrictEqual(sent(outbox), ["2:gap to 4", "2:5", "2:6"])
  })

  it("of what was asked for nothing may be kept any more: that is told, never passed over in silence", () => {
    const { logOf, outbox, say } = make()
    say(3, two)
    logOf(two).dropTo(3)
    logOf(three).skipTo(7)
    outbox.start(two, 0, 3)
    outbox.start(three, 0, 9)
    assert.deepStrictEqual(sent(outbox), ["2:gap to 3", "3:gap to 7"])
    say(1, two)
    say(1, three)
    assert.deepStrictEqual(sent(outbox), ["3:8"])
  })

  it("a gap beyond the end of what was asked for is the end of it", () => {
    const { logOf, outbox, say } = make()
    logOf(two).skipTo(10)
    say(5, two)
    outbox.start(two, 0, 8)
    assert.deepStrictEqual(sent(outbox), ["2:gap to 10"])
  })

  it("asking again sends again what was sent, and takes the place of what was asked for before", () => {
    const { outbox, say } = make()
    outbox.start(two, 0, 5)
    say(2, two)
    assert.deepStrictEqual(sent(outbox), ["2:1", "2:2"])
    outbox.start(two, 1, 3)
    assert.deepStrictEqual(sent(outbox), ["2:2"])
    say(1, two)
    assert.deepStrictEqual(sent(outbox), ["2:3"])
    say(2, two)
    assert.deepStrictEqual(sent(outbox), [])
    outbox.start(two, 4, 5)
    assert.deepStrictEqual(sent(outbox), ["2:5"])
  })

  it("own posts that a peer asks for again go out again, as many as it asked for, and new ones go on without an end", () => {
    const { outbox, say } = make()
    outbox.follow(own, 0)
    say(3)
    assert.deepStrictEqual(sent(outbox), [1, 2, 3])
    outbox.start(own, 2, 3)
    assert.deepStrictEqual(sent(outbox), [3])
    outbox.start(own, 0, 100)
    assert.deepStrictEqual(sent(outbox), [1, 2, 3])
    outbox.start(own, 9, 12)
    say(1)
    assert.deepStrictEqual(sent(outbox), [4], "nobody can ask it to leave some out")
  })

  it("asking for what is sent already sends nothing", () => {
    const { outbox, say } = make()
    say(3, two)
    outbox.start(two, 3, 3)
    outbox.start(three, 5, 2)
    say(1, two)
    say(9, three)
    assert.deepStrictEqual(sent(outbox), [])
  })

  it("the goodbye waits for what was asked for and is here, not for what never comes", () => {
    const { outbox, say } = make()
    say(2)
    say(3, two)
    outbox.follow(own, 0)
    outbox.start(two, 0, 100)
    outbox.push(encode({ type: "ping" }))
    outbox.leave()
    assert.deepStrictEqual(sent(outbox), ["ping", 1, 2, "2:1", "2:2", "2:3", "bye"])
    say(1, two)
    assert.deepStrictEqual(sent(outbox), [])
  })
})

/** What holds of the rooms of every log: each has its own history and its topic, whatever is said in the others. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { mainRoom, mostHistory, type Post, Room, streamOf } from "../../src/domain/Post.ts"
import { topicOf } from "../../src/domain/Topic.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { textOf } from "../support/bytes.ts"
import { epoch, id, inShort, post } from "../support/samples.ts"
import { type Log, type Logs, wholeLog } from "../support/wholeLog.ts"
import { type Bounds, range } from "./MessageLogContract.ts"

const [ops, dev] = [Room.make("ops"), Room.make("dev")]
const both: ReadonlySet<Room> = new Set([mainRoom, ops])

/** What 2 says in a room. */
const said = (room: Room, n: number, text = `${room}${n}`, at = n) => {
  const of: Post = { ...post(streamOf(id("2"), room, epoch(1)), n, text), at }
  return { post: of, line: encodePost(of) }
}
const saidIn = (room: Room, from: number, to: number) => range(from, to).map((n) => said(room, n))

const textsOf = (posts: Iterable<Post>) => Array.from(posts, ({ text }) => text)
const recent = (log: Log, count: number, rooms?: ReadonlySet<Room>) => Effect.map(log.recent(count, rooms), textsOf)
const past = (log: Log, count: number, rooms: ReadonlySet<Room>) =>
  Effect.map(log.past(count, rooms), (lines) => lines.map(({ bytes }) => JSON.parse(textOf(bytes)).text))

/** `logOf` makes an empty log whose author is called 1. */
export const holdsFor = <LE>(logOf: (bounds: Bounds) => Layer.Layer<Logs, LE>): void => {
  const holds = <E>(name: string, test: (log: Log) => Effect.Effect<void, E>, bounds: Bounds = {}) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(wholeLog, test), logOf({ rooms: [ops, dev], ...bounds })))

  holds("the last posts of a room are there, however much was said in others since", (log) =>
    Effect.gen(function* () {
      yield* log.receive(saidIn(ops, 1, 3))
      yield* log.receive(saidIn(mainRoom, 1, 40))
      assert.deepStrictEqual(yield* recent(log, 2, new Set([ops])), ["ops2", "ops3"])
      assert.deepStrictEqual(yield* recent(log, 2, both), ["main39", "main40"])
      assert.deepStrictEqual(yield* past(log, 2, both), ["ops2", "ops3", "main39", "main40"])
      assert.deepStrictEqual(yield* past(log, 2, new Set([ops, Room.make("none")])), ["ops2", "ops3"])
      assert.deepStrictEqual(yield* past(log, 0, both), [])
    })
  )

  holds("what a newcomer can be told is shared by the rooms that it is in", (log) =>
    Effect.gen(function* () {
      yield* log.receive(saidIn(ops, 1, 300))
      yield* log.receive(saidIn(mainRoom, 1, 300))
      assert.strictEqual((yield* log.past(mostHistory, both)).length, mostHistory)
      assert.strictEqual((yield* log.past(mostHistory, new Set([ops]))).length, 300)
    })
  )

  holds(
    "a session begins with the last posts of each room that this node has joined, or of those that it names",
    (log) =>
      Effect.gen(function* () {
        yield* log.takePart(dev, { joined: false })
        yield* log.receive([...saidIn(ops, 1, 3), ...saidIn(dev, 1, 3), ...saidIn(mainRoom, 1, 3)])
        const begins = (...of: Parameters<Log["openReader"]>) =>
          Effect.map(log.openReader(...of), (reader) => reader.open().pull(99).map(inShort))
        assert.deepStrictEqual(
          yield* begins(2),
          ["ops2", "ops3", "main2", "main3"].map((text) => `earlier ${text}`)
        )
        assert.deepStrictEqual(yield* begins(2, [dev]), ["earlier dev2", "earlier dev3"])
      })
  )

  holds("whether a log lacks some of the last posts is looked at in each room", (log) =>
    Effect.gen(function* () {
      yield* log.adopt(new Map([[said(ops, 5).post.stream, 5]]))
      yield* log.receive(saidIn(mainRoom, 1, 9))
      assert.deepStrictEqual([log.lacksOfLast(1), log.lacksOfLast(9, new Set([mainRoom]))], [true, false])
      yield* log.keepPast(saidIn(ops, 4, 5))
      assert.deepStrictEqual([log.lacksOfLast(2), log.lacksOfLast(3)], [false, true])
      // Fewer of one room do not take the place of those that are kept, and the other room has its own.
      yield* log.keepPast([said(ops, 5)])
      assert.deepStrictEqual(yield* recent(log, 3, new Set([ops])), ["ops4", "ops5"])
      yield* log.keepPast(saidIn(ops, 2, 5))
      assert.deepStrictEqual(yield* recent(log, 9, new Set([ops])), ["ops2", "ops3", "ops4", "ops5"])
    })
  )

  holds(
    "the bounds of the log drop what is old, but not all that a quiet room has",
    (log) =>
      Effect.gen(function* () {
        yield* log.receive(saidIn(ops, 1, 20))
        for (const at of range(0, 19)) yield* log.receive(saidIn(mainRoom, 20 * at + 1, 20 * at + 20))
        assert.isAtMost((yield* log.tally).entries, 120)
        assert.deepStrictEqual(
          yield* recent(log, 99, new Set([ops])),
          saidIn(ops, 11, 20).map(({ post: { text } }) => text)
        )
        assert.deepStrictEqual(yield* past(log, 1, both), ["ops20", "main400"])
        // What comes then takes the place of the oldest ones.
        yield* log.receive(saidIn(ops, 21, 24))
        for (const at of range(20, 39)) yield* log.receive(saidIn(mainRoom, 20 * at + 1, 20 * at + 20))
        assert.deepStrictEqual(
          yield* recent(log, 99, new Set([ops])),
          saidIn(ops, 15, 24).map(({ post: { text } }) => text)
        )
      }),
    { entries: 120 }
  )

  holds("the topic of a room is the latest one, by time, and each room has its own", (log) =>
    Effect.gen(function* () {
      assert.isUndefined(log.topicOf(ops))
      yield* log.receive([said(ops, 1, topicOf("first"), 10), said(ops, 2, "a line", 11)])
      assert.strictEqual(log.topicOf(ops)?.text, topicOf("first"))
      assert.isUndefined(log.topicOf(mainRoom))
      yield* log.receive([said(ops, 3, topicOf("of a slow clock"), 9)])
      assert.strictEqual(log.topicOf(ops)?.text, topicOf("first"))
      yield* log.receive([said(ops, 4, topicOf("second"), 12), said(mainRoom, 1, topicOf("else"), 99)])
      assert.deepStrictEqual(
        [ops, mainRoom].map((room) => log.topicOf(room)?.text),
        [topicOf("second"), topicOf("else")]
      )
      yield* log.leave(ops)
      assert.isUndefined(log.topicOf(ops))
      yield* log.takePart(ops, { joined: true })
      assert.strictEqual(log.topicOf(ops)?.text, topicOf("second"))
      yield* log.recall(
        { ...said(ops, 1).post, n: 1 as never, at: 50, text: topicOf("told as history") },
        said(ops, 1).line
      )
      assert.strictEqual(log.topicOf(ops)?.text, topicOf("told as history"))
    })
  )

  holds(
    "a topic outlives the bounds of the log, and is told to newcomers in place of the oldest line",
    (log) =>
      Effect.gen(function* () {
        yield* log.say(ops, [topicOf("own")])
        for (const at of range(1, 200)) yield* log.receive([said(ops, at)])
        assert.notInclude(yield* recent(log, 99), topicOf("own"))
        assert.strictEqual(log.topicOf(ops)?.text, topicOf("own"))
        assert.deepStrictEqual(yield* past(log, 3, new Set([ops])), [topicOf("own"), "ops199", "ops200"])
        assert.deepStrictEqual(yield* past(log, 1, new Set([ops])), [topicOf("own")])
        assert.deepStrictEqual(yield* past(log, 1, new Set([dev])), [])
        yield* log.say(ops, [topicOf("new")])
        assert.deepStrictEqual(yield* past(log, 2, new Set([ops])), ["ops200", topicOf("new")])
      }),
    { entries: 20 }
  )

  holds("a topic that is said anew in another run is that of the other run", (log) =>
    Effect.gen(function* () {
      yield* log.say(ops, [topicOf("own")])
      yield* log.renew(new Map())
      assert.strictEqual(log.topicOf(ops)?.stream, log.streamIn(ops))
    })
  )
}

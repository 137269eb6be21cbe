/** 200 authors in all rooms that there can be, each of them restarted again and again. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import { defaultLimits, mostElsewhere, mostNamed, streamsIn } from "../../src/domain/Limits.ts"
import { mainRoom, Room, type StreamId } from "../../src/domain/Post.ts"
import { encode, encodePost, partsOf } from "../../src/protocol/Frame.ts"
import { epoch, id, post } from "../support/samples.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"

const others = Array.from({ length: defaultLimits.rooms }, (_, at) => Room.make(`room-${at}`))
const rooms = [mainRoom, ...others]
const authors = Array.from({ length: 200 }, (_, at) => id(`author-${at}`))

/** The streams of each run of everybody, in all rooms. */
const runs = Array.from({ length: 5 }, (_, run) =>
  rooms.flatMap((room) => authors.map((author, at) => `${author}/${room}/${epoch(1_000 * run + at)}` as StreamId))
)
const streamsOf = (run: number): ReadonlyArray<StreamId> => runs[run - 1] as ReadonlyArray<StreamId>

const said = (of: StreamId, n = 1) => ({ post: post(of, n), line: encodePost(post(of, n)) })

/** Everybody begins a run, and says something in each room. Who was there before has left. */
const begins = (log: Log, run: number) =>
  Effect.suspend(() => {
    for (const before of run > 1 ? streamsOf(run - 1) : []) log.spareNoMore(before)
    for (const stream of streamsOf(run)) log.meet(stream, 0)
    return log.receive(streamsOf(run).map((stream) => said(stream)))
  })

describe("200 authors in 65 rooms", () => {
  it("stay below what a peer may name, and what is remembered of those that may come back", () => {
    const all = authors.length * rooms.length
    assert.isAtLeast(streamsIn(defaultLimits, rooms.length) / 2, 3 * all)
    assert.isAtLeast(mostNamed(defaultLimits, rooms.length), 5 * all)
    assert.isAtLeast(mostElsewhere(defaultLimits, rooms.length), all)
    assert.strictEqual(streamsIn(defaultLimits, 1), defaultLimits.streams)
    assert.strictEqual(
      streamsIn(defaultLimits, 1_000),
      streamsIn(defaultLimits, rooms.length),
      "conversations add no more"
    )
  })

  it.effect("restarted twice, none of their runs is folded away; restarted again, the oldest are, and no other", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const log = yield* wholeLog
      const spoken = authors.length * rooms.length
      for (const run of [1, 2, 3]) yield* begins(log, run)
      assert.strictEqual(log.listing().folds.size, 0)
      assert.strictEqual(log.listing().summary.size, 3 * spoken + rooms.length)

      for (const run of [4, 5]) yield* begins(log, run)
      const { folds, summary } = log.listing()
      assert.isAtMost(summary.size, streamsIn(defaultLimits, rooms.length) / 2 + spoken)
      assert.strictEqual(folds.size, rooms.length, "one mark for each room, however many runs")
      const listed = [...summary.values()].reduce((sum, n) => sum + n, 0)
      const folded = [...folds.values()].reduce((sum, { lines }) => sum + lines, 0)
      assert.strictEqual(listed + folded, 5 * spoken, "each post counts once")
      assert.isTrue(streamsOf(5).every((stream) => log.have(stream) === 1))
      assert.isTrue(streamsOf(1).every((stream) => log.have(stream) === Number.POSITIVE_INFINITY))
      // Who is here goes on, in each room.
      yield* log.receive(streamsOf(5).map((stream) => said(stream, 2)))
      assert.isTrue(streamsOf(5).every((stream) => log.have(stream) === 2))
    }).pipe(Effect.provide(MemoryMessageLog.layer({ author: id("1"), rooms: others })))
  )

  it.effect("a newcomer takes all of it as seen at once, and a summary has 42 bytes for each stream", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const log = yield* wholeLog
      const told = new Map([1, 2, 3].flatMap((run) => streamsOf(run).map((stream) => [stream, 7] as const)))
      yield* log.adopt(told)
      const { folds, summary } = log.listing()
      assert.deepStrictEqual([folds.size, summary.size], [0, told.size + rooms.length])
      const bytes = partsOf([...summary]).reduce(
        (sum, part) => sum + encode({ type: "have", streams: Object.fromEntries(part), more: true }).length,
        0
      )
      assert.isBelow(bytes, 45 * summary.size)
      assert.isTrue([...told.keys()].every((stream) => log.have(stream) === 7))
    }).pipe(Effect.provide(MemoryMessageLog.layer({ author: id("1"), rooms: others })))
  )
})

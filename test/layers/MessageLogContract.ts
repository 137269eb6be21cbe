/** What holds of every MessageLog. */
import { assert, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scheduler from "effect/Scheduler"
import * as Stream from "effect/Stream"
import type { Cursor, Reader } from "../../services/MessageLog.ts"
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import { isTooLong } from "../../src/domain/Errors.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, isEarlier, mainRoom, type Post, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { textOf } from "../support/bytes.ts"
import { epoch, id, inShort, peer, post, stream } from "../support/samples.ts"
import { type Log, type Logs, wholeLog } from "../support/wholeLog.ts"

/** Posts of another author, of those numbers. */
export const posts = (author: string, ...numbers: ReadonlyArray<number>): ReadonlyArray<EncodedPost> =>
  numbers.map((n) => answer(author, n))

/** A post of another author, who had seen others before. */
export const answer = (
  author: string,
  n: number,
  ...seen: ReadonlyArray<readonly [author: string, n: number]>
): EncodedPost => {
  const said = post(
    stream(author),
    n,
    `${author}${n}`,
    seen.map(([dep, last]) => [stream(dep), last])
  )
  return { post: said, line: encodePost(said) }
}

/** A post of the time before this log comes to it as history. */
export const recalls = (log: Log, said: Post) => log.recall(said, encodePost(said))

/** The posts that a log would send on of a stream, all of them. */
export const sentOn = (log: Log, of: StreamId = log.streamIn(mainRoom)): ReadonlyArray<Post> => {
  const all: Array<Post> = []
  for (let slice = log.slice(of, 0, maxFrameBytes); slice; slice = log.slice(of, slice.last, maxFrameBytes)) {
    for (const line of textOf(slice.bytes).split("\n").filter(Boolean)) {
      const { type, ...said } = JSON.parse(line)
      assert.strictEqual(type, "post")
      all.push(said)
    }
  }
  return all
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

/** The first so many entries that a new follower gets, in short. */
export const firstEntries = (log: Log, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(log.screen.follow(), count)), (entries) =>
    Chunk.toReadonlyArray(entries).map(inShort)
  )

/** All entries, once the log is closed. */
export const allEntries = (log: Log) =>
  Effect.zipRight(
    log.close,
    Effect.map(Stream.runCollect(log.screen.follow()), (entries) => Chunk.toReadonlyArray(entries).map(inShort))
  )

/** The tasks of all fibers, one after the other. */
const makeQueue = () => {
  const tasks: Array<() => void> = []
  const scheduler = (shouldYield: Scheduler.Scheduler["shouldYield"]): Scheduler.Scheduler => ({
    shouldYield,
    scheduleTask: (task) => {
      tasks.push(task)
    }
  })
  return {
    /** Runs a fiber that gives way once, just before its step of that number: whatever can come between two steps does. */
    givingWayAt: (step: number) => {
      let left = step
      return Effect.withScheduler(scheduler(() => (left-- === 0 ? 0 : false)))
    },
    /** Runs to the end, in the same order each time. */
    run: <A>(effect: Effect.Effect<A>): A => {
      const fiber = Effect.runFork(effect, { scheduler: scheduler(() => false) })
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
      const exit = fiber.unsafePoll()
      return exit === null ? assert.fail("nothing can happen any more") : Effect.runSync(exit)
    }
  }
}

/** More steps than a fiber takes until it waits, and how long others let it run before they do something. */
const moments = range(0, 150).flatMap((step) => range(0, 4).map((yields) => ({ step, yields })))

const letOthersRun = Effect.repeatN(Effect.yieldNow(), 10)

/** How much a log keeps, and how much of an earlier run its followers see first. */
export interface Bounds {
  readonly entries?: number
  readonly bytes?: number
  readonly history?: number
  readonly rooms?: ReadonlyArray<Room>
}

/** What is said in a room besides `main`. */
const ops = Room.make("ops")
const dev = Room.make("dev")
const inRoom = (author: string, room: Room, n: number, deps: ReadonlyArray<readonly [StreamId, number]> = []) => {
  const said = post(streamOf(id(author), room, epoch(1)), n, `${author}${n}@${room}`, deps)
  return { post: said, line: encodePost(said) }
}

/** What holds of any log, in any world: `logOf` makes an empty one whose author is called 1. */
export const holdsFor = <LE>(logOf: (bounds: Bounds) => Layer.Layer<Logs, LE>): void => {
  const holds = <E>(name: string, test: (log: Log) => Effect.Effect<void, E>, bounds: Bounds = {}) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(wholeLog, test), logOf(bounds)))

  holds("what this node says has its numbers in its own stream, and is in the log when say returns", (log) =>
    Effect.gen(function* () {
      assert.strictEqual(authorOf(log.streamIn(mainRoom)), id("1"))
      assert.isTrue(log.streamIn(mainRoom).endsWith(log.epoch))
      for (const n of [1, 2, 3]) {
        assert.deepStrictEqual(yield* log.say(mainRoom, [`own ${n}`]), [post(log.streamIn(mainRoom), n, `own ${n}`)])
        assert.deepStrictEqual(sentOn(log).at(-1), post(log.streamIn(mainRoom), n, `own ${n}`))
        assert.strictEqual(log.have(log.streamIn(mainRoom)), n)
        assert.strictEqual((yield* log.summary).get(log.streamIn(mainRoom)), n)
        assert.strictEqual(log.slice(log.streamIn(mainRoom), n - 1, maxFrameBytes)?.last, n)
      }
      assert.deepStrictEqual(yield* allEntries(log), ["own 1", "own 2", "own 3"])
    })
  )

  holds("what is said at once becomes the same as what is said otherwise, or is not said at all", (log) =>
    Effect.gen(function* () {
      const own = log.streamIn(mainRoom)
      const lines = ["a", "ä \u{1f600}", '"\\', "", "b".repeat(9_000)]
      yield* log.receive(posts("2", 1))
      const now = log.sayNow(mainRoom, lines) ?? (yield* log.say(mainRoom, lines))
      assert.deepStrictEqual(now, sentOn(log))
      assert.deepStrictEqual(
        sentOn(log).map(({ deps, n, text }) => ({ deps, n, text })),
        lines.map((text, at) => ({ deps: at === 0 ? { [stream("2")]: 1 } : {}, n: at + 1, text }))
      )
      assert.isUndefined(log.sayNow(mainRoom, ["fits", "x".repeat(maxFrameBytes)]))
      assert.strictEqual(log.have(own), lines.length, "nothing of that is said")
      yield* log.say(mainRoom, ["last"])
      assert.deepStrictEqual(yield* log.own, sentOn(log))
      const { said, steps } = yield* log.tally
      assert.strictEqual(said, lines.length + 1)
      assert.strictEqual(steps.atOnce > 0, !log.keeps, "a disk has to be waited for")
    })
  )

  holds("nothing is said at once while another step is under way, from a listener neither", (log) =>
    Effect.gen(function* () {
      const tries: Array<unknown> = []
      const off = log.onGrowth(() => tries.push(log.sayNow(mainRoom, ["within"])))
      yield* log.say(mainRoom, ["a"])
      off()
      assert.deepStrictEqual(tries, [undefined])
      assert.strictEqual(log.have(log.streamIn(mainRoom)), 1)
    })
  )

  holds("entries tell what this node itself has said from what others have", (log) =>
    Effect.gen(function* () {
      yield* log.say(mainRoom, ["own"])
      yield* log.receive(posts("2", 1))
      yield* log.close
      const entries = Chunk.toReadonlyArray(yield* Stream.runCollect(log.screen.follow()))
      assert.deepStrictEqual(
        entries.map((entry) => entry._tag === "Said" && entry.own),
        [true, false]
      )
    })
  )

  holds(
    "in another run all is there, what others may not have is said anew, and the screen goes on behind the last",
    (log) =>
      Effect.gen(function* () {
        yield* log.adopt(new Map([[stream("3"), 7]]))
        yield* log.say(mainRoom, ["one"])
        yield* log.receive([...posts("2", 1)])
        const saidLast = yield* log.say(mainRoom, ["two", "three"])
        const shown = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(log.screen.follow(), 2)))
        if (shown[1] !== undefined) log.screen.shown(shown[1])
        yield* log.close
        yield* log.receive([...posts("2", 2)])
        const { epoch } = log
        const before = log.streamIn(mainRoom)
        const saidAnew = yield* log.renew(new Map([[log.streamIn(mainRoom), 1]]))
        assert.deepStrictEqual([...saidAnew.keys()], saidLast)
        assert.deepStrictEqual([...saidAnew.values()], sentOn(log))
        assert.notStrictEqual(log.epoch, epoch)
        assert.isTrue(isEarlier(epoch, log.epoch))
        assert.isTrue(log.restored, "it knows the chat")
        assert.deepStrictEqual(
          [before, log.streamIn(mainRoom), stream("2"), stream("3")].map((of) => log.have(of)),
          [1, 2, 2, 7]
        )
        assert.deepStrictEqual(
          [...sentOn(log, before), ...sentOn(log)].map(({ deps, n, text }) => ({ text, n, deps })),
          [
            { text: "one", n: 1, deps: {} },
            { text: "two", n: 1, deps: { [stream("2")]: 1, [before]: 1 } },
            { text: "three", n: 2, deps: {} }
          ] as never
        )
        assert.deepStrictEqual(
          (yield* log.recent(9)).map(({ text }) => text),
          ["one", "21", "two", "three", "22"]
        )
        // What somebody else says in the old run comes as any other.
        const theirs = post(before, 2, "theirs", [[stream("2"), 1]])
        yield* log.receive([{ post: theirs, line: encodePost(theirs) }])
        yield* log.say(mainRoom, ["four"])
        assert.deepStrictEqual(
          (yield* log.own).map(({ n, text }) => [n, text]),
          [
            [1, "two"],
            [2, "three"],
            [3, "four"]
          ]
        )
        assert.deepStrictEqual(yield* allEntries(log), ["22", "theirs", "four"])
      })
  )

  holds("another reader begins with history and what comes next, and is told who said that at this node", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", 1, 2))
      yield* log.say(mainRoom, ["mine"])
      const reader = yield* log.openReader(2)
      yield* log.say(mainRoom, ["at the screen"])
      yield* log.say(mainRoom, ["at the reader"], reader)
      yield* log.receive(posts("2", 3))
      yield* log.close
      const saidBy = (from: Reader, by: Reader) =>
        Effect.map(Stream.runCollect(from.follow((entry) => entry._tag !== "Said" || entry.by !== by)), (entries) =>
          Chunk.toReadonlyArray(entries).map(inShort)
        )
      assert.deepStrictEqual(yield* saidBy(reader, reader), ["earlier 22", "earlier mine", "at the screen", "23"])
      assert.deepStrictEqual(yield* saidBy(log.screen, log.screen), ["21", "22", "at the reader", "23"])
    })
  )

  holds("in another run each reader goes on behind the last entry that was shown there", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", 1))
      const readers = [yield* log.openReader(1), yield* log.openReader(1), log.screen] as const
      yield* log.say(mainRoom, ["mine"], readers[0])
      yield* log.receive(posts("2", 2, 3))
      for (const [index, shown] of [0, 3, 0].entries()) {
        const reader = readers[index] as Reader
        const last = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(reader.follow(), shown))).at(-1)
        if (last !== undefined) reader.shown(last)
      }
      yield* log.close
      yield* log.renew(new Map())
      yield* log.say(mainRoom, ["more"], readers[1])
      yield* log.close
      const isUnseen = (reader: Reader) => (entry: Entry) => entry._tag !== "Said" || entry.by !== reader
      const entries = yield* Effect.forEach(readers, (reader) =>
        Effect.map(Stream.runCollect(reader.follow(isUnseen(reader))), (all) => Chunk.toReadonlyArray(all).map(inShort))
      )
      assert.deepStrictEqual(entries, [["earlier 21", "22", "23", "more"], ["23"], ["21", "mine", "22", "23", "more"]])
    })
  )

  holds(
    "a reader that is too slow is told what it missed, and costs no other reader anything",
    (log) =>
      Effect.gen(function* () {
        const reader = yield* log.openReader(0)
        for (const n of range(1, 1_000)) yield* log.receive(posts("2", n))
        yield* log.close
        const [skipped, ...rest] = Chunk.toReadonlyArray(yield* Stream.runCollect(reader.follow())).map(inShort)
        const lost = Number(skipped?.replace("skipped ", ""))
        assert.isAtLeast(lost, 900)
        assert.strictEqual(rest.length, 1_000 - lost)
      }),
    { entries: 100 }
  )

  holds(
    "a cursor has what came since its last pull, at most so many at a time, and what it does not want is no loss",
    (log) =>
      Effect.gen(function* () {
        const reader = yield* log.openReader(0)
        const all = reader.open()
        const others = reader.open((entry) => entry._tag !== "Said" || !entry.own)
        const pull = (cursor: Cursor, atMost = 1_000) => cursor.pull(atMost).map(inShort)
        assert.deepStrictEqual([pull(all), pull(others)], [[], []])
        let grown: ReadonlyArray<string> = []
        const stop = log.onGrowth(() => {
          grown = [...grown, ...pull(others)]
        })
        yield* log.receive(posts("2", 1, 2, 3))
        assert.deepStrictEqual(grown, ["21", "22", "23"], "within the step by which the log grows")
        assert.deepStrictEqual([pull(all, 2), pull(all, 2), pull(all, 2)], [["21", "22"], ["23"], []])
        for (const n of range(1, 300)) yield* log.say(mainRoom, [`mine ${n}`])
        yield* log.receive(posts("2", 4))
        stop()
        assert.deepStrictEqual(grown, ["21", "22", "23", "24"])
        const skipped = pull(all)
        const rest = pull(all)
        assert.deepStrictEqual(skipped, [`skipped ${301 - rest.length}`])
        assert.strictEqual(rest.at(-1), "24")
        yield* log.receive(posts("2", 5))
        yield* log.close
        assert.deepStrictEqual([others.isAtEnd(), pull(others), others.isAtEnd()], [false, ["25"], true])
      }),
    { entries: 100 }
  )

  holds("of what happened, another run has what happens in it", (log) =>
    Effect.gen(function* () {
      const left = (name: string) => MeshEvent.Left({ peer: peer(name, 4_000) })
      log.note(left("2"))
      yield* log.renew(new Map([[log.streamIn(mainRoom), 0]]))
      log.note(left("3"))
      assert.deepStrictEqual(yield* Effect.map(Stream.runCollect(Stream.take(log.events, 1)), Chunk.toReadonlyArray), [
        left("3")
      ])
      assert.isFalse(log.restored, "it was in no chat yet")
    })
  )

  holds("each post comes once, each stream in order, whatever comes twice or before its turn", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", 2, 1, 1, 3))
      yield* log.receive(posts("3", 1))
      yield* log.receive(posts("2", 1, 2))
      yield* log.receive([...posts("2", 2, 4, 3), ...posts("3", 3, 2)])
      assert.deepStrictEqual(
        yield* log.summary,
        new Map([
          [log.streamIn(mainRoom), 0],
          [stream("2"), 4],
          [stream("3"), 3]
        ])
      )
      assert.deepStrictEqual(yield* allEntries(log), ["21", "22", "23", "31", "24", "32", "33"])
    })
  )

  holds("happenings and posts stand in the order in which they came", (log) =>
    Effect.gen(function* () {
      log.note(MeshEvent.Linked({ peer: peer("2", 6_002), newcomer: true, known: false }))
      yield* log.receive(posts("2", 1))
      log.note(MeshEvent.Left({ peer: peer("2", 6_002) }))
      assert.deepStrictEqual(yield* allEntries(log), ["Linked", "21", "Left"])
    })
  )

  holds("any number follow, each from the oldest and at its own pace, and all see the same", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", ...range(1, 10)))
      const slow = yield* Effect.fork(
        Stream.runCollect(
          Stream.mapEffect(log.screen.follow(), (entry) => Effect.as(Effect.yieldNow(), inShort(entry)))
        )
      )
      const quick = yield* Effect.fork(Stream.runCollect(Stream.map(log.screen.follow(), inShort)))
      const started = yield* firstEntries(log, 10)
      yield* log.receive(posts("2", ...range(11, 3_000)))
      yield* log.close
      const late = yield* allEntries(log)
      const expected = range(1, 3_000).map((n) => `2${n}`)
      assert.deepStrictEqual(started, expected.slice(0, 10))
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(slow)), expected)
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(quick)), expected)
      assert.deepStrictEqual(late, expected)
    })
  )

  holds("a follower waits for what comes, and gets it", (log) =>
    Effect.gen(function* () {
      const following = yield* Effect.fork(firstEntries(log, 3))
      for (const n of [1, 2, 3]) {
        yield* Effect.yieldNow()
        yield* log.receive(posts("2", n))
      }
      assert.deepStrictEqual(yield* Fiber.join(following), ["21", "22", "23"])
    })
  )

  holds(
    "a follower that is too slow is told how many entries it has missed, and goes on with what is kept",
    (log) =>
      Effect.gen(function* () {
        const reading = yield* Deferred.make<void>()
        const goOn = yield* Deferred.make<void>()
        const following = yield* Effect.fork(
          Stream.runCollect(
            Stream.mapEffect(log.screen.follow(), (entry) =>
              inShort(entry) === "21"
                ? Effect.as(Effect.zipRight(Deferred.succeed(reading, undefined), Deferred.await(goOn)), inShort(entry))
                : Effect.succeed(inShort(entry))
            )
          )
        )
        yield* log.receive(posts("2", 1))
        yield* Deferred.await(reading)
        for (const n of range(2, 1_000)) yield* log.receive(posts("2", n))
        yield* log.close
        yield* Deferred.succeed(goOn, undefined)
        const [first, skipped, ...rest] = Chunk.toReadonlyArray(yield* Fiber.join(following))
        assert.strictEqual(first, "21")
        const lost = Number(skipped?.replace("skipped ", ""))
        assert.isAtLeast(lost, 899)
        assert.deepStrictEqual(
          rest,
          range(2 + lost, 1_000).map((n) => `2${n}`)
        )
      }),
    { entries: 100 }
  )

  holds(
    "a follower gets what it wants alone: for the rest it is not woken, and does not miss it",
    (log) =>
      Effect.gen(function* () {
        let chunks = 0
        const others = log.screen.follow((entry) => entry._tag !== "Said" || !entry.own)
        const following = yield* Effect.fork(
          Stream.runCollect(
            Stream.mapChunks(others, (chunk) => {
              chunks += 1
              return chunk
            })
          )
        )
        yield* log.receive(posts("2", 1))
        yield* letOthersRun
        for (const n of range(1, 1_000)) {
          yield* log.say(mainRoom, [`mine ${n}`])
          yield* letOthersRun
        }
        assert.strictEqual(chunks, 1, "own lines wake nobody who does not want them")
        yield* log.receive(posts("2", 2))
        yield* letOthersRun
        yield* log.say(mainRoom, ["mine"])
        yield* log.close
        const entries = Chunk.toReadonlyArray(yield* Fiber.join(following))
        assert.deepStrictEqual(entries.map(inShort), ["21", "22"])
      }),
    { entries: 100 }
  )

  holds("whoever listens is told of all growth within the step that made it, until it stops listening", (log) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const own = log.streamIn(mainRoom)
      const off = log.onGrowth(() => seen.push(log.have(own) * 10 + log.have(stream("2"))))
      yield* log.say(mainRoom, ["a"])
      yield* log.receive(posts("2", 1))
      assert.deepStrictEqual(seen, [10, 11])
      off()
      yield* log.say(mainRoom, ["b"])
      assert.deepStrictEqual(seen, [10, 11])
      const { steps } = yield* log.tally
      assert.strictEqual(steps.atOnce + steps.inTurn, 3)
    })
  )

  holds("growth is told once what matters is there: whoever looks for it finds it then", (log) =>
    Effect.gen(function* () {
      let found = 0
      const off = log.onGrowth(() => {
        if (log.have(log.streamIn(mainRoom)) >= 2) found += 1
      })
      yield* log.receive(posts("2", 1))
      yield* log.say(mainRoom, ["a"])
      yield* log.written
      assert.strictEqual(found, 0)
      yield* log.say(mainRoom, ["b"])
      assert.strictEqual(found, 1)
      off()
    })
  )

  holds(
    "no more entries are kept than it is told, and not much fewer",
    (log) =>
      Effect.gen(function* () {
        for (const n of range(1, 1_000)) {
          yield* log.receive(posts("2", n))
          if (n % 97 === 0) {
            const [first] = yield* firstEntries(log, 1)
            const kept = n - (first?.startsWith("skipped") ? Number(first.replace("skipped ", "")) : 0)
            assert.isAtMost(kept, 100)
            if (n >= 100) assert.isAtLeast(kept, 70)
          }
        }
        assert.strictEqual((yield* log.summary).get(stream("2")), 1_000)
      }),
    { entries: 100 }
  )

  holds(
    "no more bytes of posts are kept than it is told, a segment's worth aside, and what is kept is whole",
    (log) =>
      Effect.gen(function* () {
        const text = "x".repeat(1_000)
        for (const _ of range(1, 2_000)) yield* Effect.orDie(log.say(mainRoom, [text]))
        let kept = 0
        let cursor = 0
        const first = log.slice(log.streamIn(mainRoom), 0, maxFrameBytes)?.first ?? 0
        for (
          let slice = log.slice(log.streamIn(mainRoom), 0, maxFrameBytes);
          slice;
          slice = log.slice(log.streamIn(mainRoom), cursor, maxFrameBytes)
        ) {
          assert.isAtLeast(slice.last, slice.first)
          if (cursor > 0) assert.strictEqual(slice.first, cursor + 1)
          kept += slice.bytes.length
          cursor = slice.last
        }
        assert.strictEqual(cursor, 2_000)
        assert.isAbove(first, 1)
        assert.isAtMost(kept, 500_000 + 65_536)
        assert.isAtLeast(kept, 250_000)
      }),
    { bytes: 500_000 }
  )

  holds("a slice carries the posts after a number, as they stand on the wire", (log) =>
    Effect.gen(function* () {
      const received = posts("2", ...range(1, 5))
      yield* log.receive(received)
      const slice = log.slice(stream("2"), 2, maxFrameBytes)
      assert.deepStrictEqual([slice?.first, slice?.last], [3, 5])
      assert.strictEqual(
        textOf(slice?.bytes ?? new Uint8Array()),
        received
          .slice(2)
          .map(({ line }) => textOf(line))
          .join("")
      )
      assert.isUndefined(log.slice(stream("2"), 5, maxFrameBytes))
      assert.isUndefined(log.slice(stream("9"), 0, maxFrameBytes))
    })
  )

  holds("what was said before it joined is adopted as seen: no entry, and the next number follows", (log) =>
    Effect.gen(function* () {
      yield* log.adopt(
        new Map([
          [stream("2"), 7],
          [stream("3"), 2]
        ])
      )
      assert.deepStrictEqual(
        yield* log.summary,
        new Map([
          [log.streamIn(mainRoom), 0],
          [stream("2"), 7],
          [stream("3"), 2]
        ])
      )
      yield* log.receive(posts("2", 7, 8, 9))
      yield* log.adopt(new Map([[stream("2"), 5]]))
      assert.strictEqual((yield* log.summary).get(stream("2")), 9, "nothing is taken back")
      assert.deepStrictEqual(yield* allEntries(log), ["28", "29"])
    })
  )

  holds("posts that nobody has any more are missed: how many is told once, and the next number follows", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", 1, 2))
      yield* log.skip(stream("2"), 5)
      yield* log.skip(stream("2"), 5)
      yield* log.skip(stream("2"), 1)
      yield* log.receive(posts("2", 5, 6))
      assert.strictEqual((yield* log.summary).get(stream("2")), 6)
      assert.deepStrictEqual(yield* allEntries(log), ["21", "22", "missed 3", "26"])
    })
  )

  holds("closing lets who follows come to an end, after the last entry", (log) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.fork(Stream.runCollect(Stream.map(log.screen.follow(), inShort)))
      yield* Effect.yieldNow()
      yield* log.receive(posts("2", 1))
      yield* Effect.yieldNow()
      yield* log.receive(posts("2", 2))
      yield* log.close
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(waiting)), ["21", "22"])
      assert.deepStrictEqual(yield* firstEntries(log, 10), ["21", "22"])
    })
  )

  holds("a line that is too long for a frame is refused by what it takes, and leaves no trace", (log) =>
    Effect.gen(function* () {
      const room = maxFrameBytes - encodePost({ ...post(log.streamIn(mainRoom), 1, ""), at: 0 }).length
      const refused = yield* log.say(mainRoom, ["x".repeat(room + 1)])
      assert.deepStrictEqual(
        refused.map((result) => isTooLong(result) && [result.bytes, result.limit]),
        [[maxFrameBytes + 1, maxFrameBytes]]
      )
      assert.isTrue((yield* log.say(mainRoom, ["ä".repeat(room / 2 + 1)])).every(isTooLong))
      assert.isTrue((yield* log.say(mainRoom, ["\u0000".repeat(room / 6 + 1)])).every(isTooLong))
      assert.strictEqual((yield* log.summary).get(log.streamIn(mainRoom)), 0)
      assert.isUndefined(log.slice(log.streamIn(mainRoom), 0, 1))
      assert.deepStrictEqual((yield* log.say(mainRoom, ["x".repeat(room)])).map(isTooLong), [false])
      assert.strictEqual(log.have(log.streamIn(mainRoom)), 1)
      assert.strictEqual(log.slice(log.streamIn(mainRoom), 0, 1)?.bytes.length, maxFrameBytes)
    })
  )

  holds(
    "each room has its own numbers, and what is said there stands below what was said there, and nothing else",
    (log) =>
      Effect.gen(function* () {
        yield* log.receive([...posts("2", 1), inRoom("2", ops, 1), inRoom("3", ops, 1)])
        yield* log.say(ops, ["a"])
        yield* log.say(mainRoom, ["b"])
        yield* log.say(ops, ["c"])
        assert.deepStrictEqual(
          sentOn(log, log.streamIn(ops)).map(({ deps, n, text }) => ({ text, n, deps })),
          [
            { text: "a", n: 1, deps: { [inRoom("2", ops, 1).post.stream]: 1, [inRoom("3", ops, 1).post.stream]: 1 } },
            { text: "c", n: 2, deps: {} }
          ] as never
        )
        assert.deepStrictEqual(
          sentOn(log).map(({ deps, n, text }) => ({ text, n, deps })),
          [{ text: "b", n: 1, deps: { [stream("2")]: 1 } }] as never
        )
        assert.deepStrictEqual([log.said(), [...log.rooms]], [3, [mainRoom, ops]])
      }),
    { rooms: [ops] }
  )

  holds(
    "another run has a stream in each room, and says anew in each what others may not have",
    (log) =>
      Effect.gen(function* () {
        yield* log.say(ops, ["a", "b"])
        yield* log.say(mainRoom, ["c", "d"])
        const [inOps, inMain] = [log.streamIn(ops), log.streamIn(mainRoom)]
        yield* log.renew(new Map([[inMain, 1]]))
        assert.deepStrictEqual(
          [inOps, inMain, log.streamIn(ops), log.streamIn(mainRoom)].map((of) =>
            sentOn(log, of).map(({ text }) => text)
          ),
          [[], ["c"], ["a", "b"], ["d"]]
        )
        assert.deepStrictEqual(
          [log.streamIn(ops), log.streamIn(mainRoom)].map((of) => sentOn(log, of)[0]?.deps),
          [{}, { [inMain]: 1 }] as never
        )
        assert.strictEqual(log.said(), 3)
      }),
    { rooms: [ops] }
  )

  holds(
    "what is said in a room in which this node takes no part counts as had: it does not come, nor is it waited for",
    (log) =>
      Effect.gen(function* () {
        const elsewhere = inRoom("2", ops, 1)
        assert.deepStrictEqual(yield* log.receive([elsewhere, inRoom("2", ops, 3)]), [])
        assert.strictEqual(log.have(elsewhere.post.stream), Number.POSITIVE_INFINITY)
        yield* log.adopt(new Map([[elsewhere.post.stream, 5]]))
        log.spare(elsewhere.post.stream)
        log.meet(elsewhere.post.stream, 7)
        const below = post(stream("2"), 1, "21", [[elsewhere.post.stream, 9]])
        assert.deepStrictEqual(yield* log.receive([{ post: below, line: encodePost(below) }]), [])
        assert.deepStrictEqual(yield* log.missing, [])
        assert.deepStrictEqual([...(yield* log.summary).keys()].sort(), [log.streamIn(mainRoom), stream("2")].sort())
        assert.deepStrictEqual(log.lackedOf([elsewhere]), [])
        assert.deepStrictEqual(yield* allEntries(log), ["21"])
      })
  )

  holds("a node takes part in a room, and leaves it: `rooms` and `joined` say so at once, and `main` stays", (log) =>
    Effect.gen(function* () {
      const { joined, rooms } = log
      const seen: Array<ReadonlyArray<Room>> = []
      const off = log.onGrowth(() => seen.push([...rooms]))
      yield* log.takePart(dev, { joined: false })
      assert.deepStrictEqual([[...rooms], [...joined]], [[mainRoom, dev], [mainRoom]])
      yield* log.takePart(ops, { joined: true })
      yield* log.takePart(dev, { joined: true })
      assert.deepStrictEqual(
        [[...rooms], [...joined]],
        [
          [mainRoom, dev, ops],
          [mainRoom, ops, dev]
        ]
      )
      yield* log.takePart(ops, { joined: false })
      assert.deepStrictEqual(
        [[...rooms], [...joined]],
        [
          [mainRoom, dev, ops],
          [mainRoom, dev]
        ]
      )
      yield* log.leave(ops)
      yield* log.leave(ops)
      yield* log.leave(mainRoom)
      yield* log.takePart(mainRoom, { joined: false })
      assert.deepStrictEqual(
        [[...rooms], [...joined]],
        [
          [mainRoom, dev],
          [mainRoom, dev]
        ]
      )
      assert.deepStrictEqual(
        [seen[0], seen.at(-1)],
        [
          [mainRoom, dev],
          [mainRoom, dev]
        ],
        "whoever listens is told"
      )
      off()
    })
  )

  holds("what was said in a room before counts as seen, as far as it is told; what comes then is new", (log) =>
    Effect.gen(function* () {
      const of = inRoom("2", ops, 1).post.stream
      yield* log.takePart(ops, {
        joined: true,
        seen: {
          summary: new Map([
            [of, 3],
            [stream("2"), 9]
          ]),
          folds: new Map([[ops, { upTo: epoch(0), lines: 7 }]])
        }
      })
      assert.deepStrictEqual([log.have(of), log.have(stream("2"))], [3, 0], "of that room alone")
      assert.deepStrictEqual([...log.folds()], [[ops, { upTo: epoch(0), lines: 7 }]])
      yield* log.receive([inRoom("2", ops, 3), inRoom("2", ops, 4)])
      yield* log.takePart(ops, { joined: true, seen: { summary: new Map([[of, 8]]), folds: new Map() } })
      assert.strictEqual(log.have(of), 4, "it takes part already")
      assert.deepStrictEqual(yield* allEntries(log), ["24@ops"])
    })
  )

  holds("a room that was left is as one that there never was, until this node takes part in it again", (log) =>
    Effect.gen(function* () {
      yield* log.takePart(ops, { joined: true })
      const of = inRoom("2", ops, 1).post.stream
      const own = log.streamIn(ops)
      yield* log.receive([inRoom("2", ops, 1), inRoom("2", ops, 3)])
      yield* log.say(ops, ["a", "b"])
      const below = post(stream("3"), 1, "31", [[of, 2]])
      yield* log.receive([{ post: below, line: encodePost(below) }])
      assert.deepStrictEqual(yield* log.missing, [[of, 2]])

      yield* log.leave(ops)
      assert.deepStrictEqual([log.have(of), log.have(own), log.isOwn(own)], [Infinity, Infinity, false])
      assert.deepStrictEqual([yield* log.missing, yield* log.refuse(of, 0)], [[], []], "nothing is held any more")
      assert.deepStrictEqual(log.listing(), { summary: yield* log.summary, folds: new Map() })
      assert.deepStrictEqual(
        [...(yield* log.summary)].sort(),
        [
          [log.streamIn(mainRoom), 0],
          [stream("3"), 1]
        ].sort() as never
      )
      log.meet(of, 0)
      log.spare(of)
      yield* log.skip(of, 9)
      yield* log.adopt(new Map([[of, 9]]), new Map([[of, 9]]))
      yield* log.receive([inRoom("2", ops, 2)])

      yield* log.takePart(ops, { joined: true })
      assert.deepStrictEqual([log.have(of), log.have(own), log.said()], [1, 2, 2])
      assert.deepStrictEqual(
        sentOn(log, own).map(({ text }) => text),
        ["a", "b"]
      )
      yield* log.receive([inRoom("2", ops, 2)])
      const [c] = yield* log.say(ops, ["c"])
      assert.deepStrictEqual(c, { ...post(own, 3, "c"), deps: { [of]: 2 } } as never)
      assert.deepStrictEqual(yield* allEntries(log), ["21@ops", "a", "b", "31", "22@ops", "c"])
    })
  )

  holds("another run says anew what others may not have, but not in rooms that were left, and goes on there", (log) =>
    Effect.gen(function* () {
      yield* log.takePart(ops, { joined: true })
      const own = log.streamIn(ops)
      yield* log.say(ops, ["a", "b"])
      yield* log.leave(ops)
      yield* log.renew(new Map([[own, 1]]))
      yield* log.takePart(ops, { joined: true })
      assert.notStrictEqual(log.streamIn(ops), own)
      assert.deepStrictEqual([log.have(own), log.have(log.streamIn(ops))], [1, 0])
      yield* log.say(ops, ["c"])
      assert.deepStrictEqual(sentOn(log, log.streamIn(ops))[0]?.deps, { [own]: 1 } as never)
    })
  )

  holds("posts that are taken in together are one growth", (log) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const off = log.onGrowth(() => seen.push(log.have(stream("2"))))
      yield* log.receive(posts("2", ...range(1, 100)))
      assert.deepStrictEqual(seen, [100], "within the step")
      for (const _ of range(1, 3)) log.note(MeshEvent.Left({ peer: peer("2", 6_002) }))
      assert.deepStrictEqual(seen, [100, 100, 100, 100])
      off()
    })
  )

  holds("several lines are said at once: numbered in their order, and all of them there together", (log) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const off = log.onGrowth(() => seen.push(log.have(log.streamIn(mainRoom))))
      assert.deepStrictEqual((yield* log.say(mainRoom, ["a", "b", "c"])).map(isTooLong), [false, false, false])
      yield* log.say(mainRoom, ["d", "e"])
      off()
      assert.deepStrictEqual(seen, [3, 5])
      assert.deepStrictEqual(
        sentOn(log).map(({ n, text }) => [n, text]),
        ["a", "b", "c", "d", "e"].map((text, at) => [at + 1, text])
      )
      assert.deepStrictEqual(yield* allEntries(log), ["a", "b", "c", "d", "e"])
    })
  )

  holds("to say nothing says nothing", (log) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* log.say(mainRoom, []), [])
      assert.strictEqual(log.have(log.streamIn(mainRoom)), 0)
      assert.deepStrictEqual(yield* allEntries(log), [])
    })
  )

  holds("of several lines only those that are too long are left out, and no number is", (log) =>
    Effect.gen(function* () {
      yield* log.receive(posts("2", 1))
      const long = "x".repeat(maxFrameBytes)
      const results = yield* log.say(mainRoom, [long, "a", long, "b"])
      const [a, b] = [
        post(log.streamIn(mainRoom), 1, "a", [[stream("2"), 1]]),
        post(log.streamIn(mainRoom), 2, "b")
      ] as const
      assert.deepStrictEqual(
        results.map((result) => (isTooLong(result) ? "too long" : result)),
        ["too long", a, "too long", b]
      )
      assert.deepStrictEqual(sentOn(log), [a, b])
    })
  )

  holds("of two who say the same at once, each knows which posts are its own", (log) =>
    Effect.gen(function* () {
      const speak = Effect.zipWith(log.say(mainRoom, ["same", "same"]), Effect.yieldNow(), (results) =>
        results.map((result) => (isTooLong(result) ? 0 : result.n))
      )
      const [one, other] = yield* Effect.all([speak, speak], { concurrency: 2 })
      assert.sameDeepMembers([one, other], [[1, 2] as never, [3, 4]])
      assert.deepStrictEqual(
        sentOn(log).map(({ n }) => Number(n)),
        [1, 2, 3, 4]
      )
    })
  )

  holds("what is said stands below what was received since this node last spoke, and names nothing else", (log) =>
    Effect.gen(function* () {
      yield* log.receive([...posts("2", 1, 2), ...posts("3", 1), ...posts("4", 2)])
      yield* log.say(mainRoom, ["a", "b"])
      yield* log.say(mainRoom, ["c"])
      yield* log.receive([...posts("3", 2), ...posts("2", 1)])
      yield* log.say(mainRoom, ["d"])
      assert.deepStrictEqual(
        sentOn(log).map(({ deps }) => deps),
        [{ [stream("2")]: 2, [stream("3")]: 1 }, {}, {}, { [stream("3")]: 2 }] as Array<Post["deps"]>
      )
    })
  )

  holds("no answer stands above its question, whatever comes first; what must come first is named", (log) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* log.missing, [])
      assert.deepStrictEqual(yield* log.receive([answer("3", 1, ["2", 2])]), [[stream("2"), 2]])
      assert.deepStrictEqual(yield* log.receive([answer("4", 1, ["3", 1])]), [[stream("2"), 2]])
      assert.deepStrictEqual(yield* log.missing, [[stream("2"), 2]])
      assert.deepStrictEqual(yield* log.receive(posts("2", 2)), [[stream("2"), 1]])
      assert.deepStrictEqual(yield* log.receive(posts("2", 1)), [])
      assert.deepStrictEqual(yield* log.missing, [])
      assert.deepStrictEqual(yield* allEntries(log), ["21", "22", "31", "41"])
    })
  )

  holds("what waits for posts that are gone comes as soon as they are known to be", (log) =>
    Effect.gen(function* () {
      yield* log.receive([answer("3", 1, ["2", 2])])
      yield* log.skip(stream("2"), 2)
      yield* log.receive([answer("4", 1, ["5", 9])])
      yield* log.adopt(new Map([[stream("5"), 9]]))
      assert.deepStrictEqual(yield* log.missing, [])
      assert.deepStrictEqual(yield* allEntries(log), ["missed 2", "31", "41"])
    })
  )

  holds("own posts that come back are dropped, and nobody can skip what this node has yet to say", (log) =>
    Effect.gen(function* () {
      yield* log.say(mainRoom, ["a"])
      const forged = [1, 2].map((n) => post(log.streamIn(mainRoom), n, "forged"))
      yield* log.receive(forged.map((said) => ({ post: said, line: encodePost(said) })))
      yield* log.skip(log.streamIn(mainRoom), 9)
      yield* log.adopt(new Map([[log.streamIn(mainRoom), 9]]))
      yield* log.say(mainRoom, ["b"])
      assert.deepStrictEqual(
        sentOn(log).map(({ n, text }) => [n, text]),
        [
          [1, "a"],
          [2, "b"]
        ]
      )
      assert.deepStrictEqual(yield* allEntries(log), ["a", "b"])
    })
  )

  holds("what was shown as history is not shown again when its author's own, earlier word lets it come", (log) =>
    Effect.gen(function* () {
      const [six, seven, eight] = posts("2", 6, 7, 8) as [EncodedPost, EncodedPost, EncodedPost]
      yield* log.adopt(new Map([[stream("2"), 7]]))
      yield* recalls(log, six.post)
      // Nobody has said that.
      yield* recalls(log, post(stream("2"), 7, "false"))
      log.meet(stream("2"), 5)
      yield* log.receive([six, seven, eight])
      assert.deepStrictEqual(
        sentOn(log, stream("2")).map(({ n }) => n),
        [6, 7, 8]
      )
      assert.deepStrictEqual(yield* allEntries(log), ["earlier 26", "earlier false", "27", "28"])
    })
  )

  holds("what was said before it joined is recalled as history, and is part of no stream", (log) =>
    Effect.gen(function* () {
      yield* recalls(log, post(stream("2"), 7, "before"))
      yield* log.receive(posts("2", 1))
      yield* recalls(log, post(stream("3"), 1, "too"))
      assert.deepStrictEqual(
        yield* log.summary,
        new Map([
          [log.streamIn(mainRoom), 0],
          [stream("2"), 1]
        ])
      )
      assert.deepStrictEqual(yield* allEntries(log), ["earlier before", "21", "earlier too"])
    })
  )

  const textsIn = (all: ReadonlyArray<Post>) => all.map(({ text }) => text)

  holds("what it takes as seen and lacks is kept for others, before all else, and shown to nobody who follows", (log) =>
    Effect.gen(function* () {
      assert.isFalse(log.lacksOfLast(1))
      yield* log.adopt(new Map([[stream("2"), 3]]))
      yield* recalls(log, answer("2", 3).post)
      yield* log.receive(posts("2", 4))
      assert.isFalse(log.lacksOfLast(2))
      assert.isTrue(log.lacksOfLast(3))
      // Number 5 comes as news, and so does what is said in a stream of which nothing is known.
      const told = [...posts("2", 1, 2, 3, 4, 5), ...posts("3", 1)]
      assert.deepStrictEqual(textsIn(log.lackedOf(told).map(({ post }) => post)), ["21", "22"])
      yield* log.keepPast(told)
      yield* log.keepPast(posts("2", 2))
      assert.deepStrictEqual(textsIn(yield* log.recent(9)), ["21", "22", "23", "24"])
      assert.deepStrictEqual(textsIn(yield* log.recent(3)), ["22", "23", "24"])
      assert.deepStrictEqual(
        (yield* log.past(3, log.rooms)).map(({ bytes }) => textOf(bytes)),
        posts("2", 2, 3, 4).map(({ line }) => textOf(line))
      )
      assert.isFalse(log.lacksOfLast(9))
      // It is not what this node has seen: nobody is told that it answers that.
      yield* log.say(mainRoom, ["own"])
      assert.deepStrictEqual(sentOn(log)[0]?.deps, { [stream("2")]: 4 })
      assert.deepStrictEqual(yield* allEntries(log), ["earlier 23", "24", "own"])
    })
  )

  holds(
    "what is kept for others leaves room for what is said, and is what is dropped first",
    (log) =>
      Effect.gen(function* () {
        yield* log.adopt(new Map([[stream("2"), 100]]))
        yield* log.receive(posts("2", ...range(101, 112)))
        yield* log.keepPast(posts("2", ...range(1, 100)))
        assert.deepStrictEqual(
          textsIn(yield* log.recent(99)),
          range(93, 112).map((n) => `2${n}`)
        )
        yield* log.receive(posts("2", ...range(113, 120)))
        assert.strictEqual((yield* log.recent(99)).length, 20 + 8)
        yield* log.receive(posts("2", 121))
        assert.deepStrictEqual(
          textsIn(yield* log.recent(99)),
          range(107, 121).map((n) => `2${n}`)
        )
      }),
    { entries: 20 }
  )

  holds("the last posts are what was said here, by others and before, oldest first; no more than asked for", (log) =>
    Effect.gen(function* () {
      yield* recalls(log, post(stream("2"), 7, "before"))
      log.note(MeshEvent.Left({ peer: peer("2", 6_002) }))
      yield* log.say(mainRoom, ["own"])
      yield* log.receive(posts("3", 1))
      yield* log.skip(stream("3"), 5)
      const recent = (count: number) => Effect.map(log.recent(count), (all) => all.map(({ text }) => text))
      assert.deepStrictEqual(yield* recent(9), ["before", "own", "31"])
      assert.deepStrictEqual(yield* recent(3), ["before", "own", "31"])
      assert.deepStrictEqual(yield* recent(1), ["31"])
      assert.deepStrictEqual(yield* recent(0), [])
    })
  )

  holds(
    "what this node has said in this run is what it said itself, as far as it is kept",
    (log) =>
      Effect.gen(function* () {
        const own = Effect.map(log.own, textsIn)
        assert.deepStrictEqual(yield* own, [])
        yield* log.say(mainRoom, ["a", "b"])
        yield* log.receive(posts("2", 1, 2, 3))
        yield* recalls(log, post(stream("1"), 9, "an earlier run's"))
        yield* log.say(mainRoom, ["c"])
        assert.deepStrictEqual(yield* own, ["a", "b", "c"])
        yield* log.receive(posts("2", ...range(4, 30)))
        assert.deepStrictEqual(yield* own, [])
      }),
    { entries: 20 }
  )

  holds(
    "what is not kept any more is known to be gone: its slice is empty, and begins after it",
    (log) =>
      Effect.gen(function* () {
        yield* log.receive(posts("2", 1, 2))
        yield* log.receive(posts("3", ...range(1, 100)))
        yield* log.adopt(new Map([[stream("4"), 5]]))
        for (const [author, last] of [
          ["2", 2],
          ["4", 5]
        ] as const) {
          const slice = log.slice(stream(author), 0, maxFrameBytes)
          assert.deepStrictEqual([slice?.first, slice?.last, slice?.bytes.length], [last + 1, last, 0])
          assert.isUndefined(log.slice(stream(author), last, maxFrameBytes))
        }
      }),
    { entries: 20 }
  )

  holds(
    "a first run has nothing to restore, and begins with what comes",
    (log) =>
      Effect.gen(function* () {
        assert.isFalse(log.restored)
        yield* log.receive(posts("2", ...range(1, 5)))
        assert.deepStrictEqual(yield* firstEntries(log, 5), ["21", "22", "23", "24", "25"])
      }),
    { history: 2 }
  )

  holds("whatever is said and received at once, all see it in one order, each after what it answers", (log) =>
    Effect.gen(function* () {
      const speaks = Effect.forEach(range(1, 30), (n) =>
        Effect.zipRight(log.say(mainRoom, [`own ${n}`]), Effect.yieldNow())
      )
      const hears = (author: string) =>
        Effect.forEach(range(1, 30), (n) =>
          Effect.zipRight(
            log.receive(author === "2" ? posts("2", n) : [answer(author, n, ["2", n])]),
            Effect.yieldNow()
          )
        )
      const all = [speaks, hears("3"), hears("2"), hears("4")]
      yield* Effect.all(all, { concurrency: "unbounded", discard: true })
      yield* log.close
      const entries = Chunk.toReadonlyArray(yield* Stream.runCollect(log.screen.follow()))
      const place = new Map(entries.map((entry, at) => [inShort(entry), at]))
      assert.strictEqual(entries.length, 120)
      assert.strictEqual(place.size, 120)
      for (const [at, entry] of entries.entries()) {
        if (entry._tag !== "Said") continue
        const { deps, n, stream: of } = entry.post
        for (const [dep, last] of [[of, n - 1] as const, ...Object.entries(deps)]) {
          const before = entries.findIndex(
            (other) => other._tag === "Said" && other.post.stream === dep && other.post.n === last
          )
          assert.isTrue(last === 0 || (before >= 0 && before < at), inShort(entry))
        }
      }
    })
  )
}

/** What holds of a log that waits for nothing outside: whatever comes between two steps, nothing is slept through. */
export const missesNoMomentFor = (logOf: (bounds: Bounds) => Layer.Layer<Logs>): void => {
  const never = (
    what: string,
    sleepsThrough: (
      log: Log,
      givesWay: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>,
      yields: number
    ) => Effect.Effect<boolean>
  ) =>
    it(what, () => {
      for (const { step, yields } of moments) {
        const { givingWayAt, run } = makeQueue()
        const asleep = run(
          Effect.flatMap(wholeLog, (log) => sleepsThrough(log, givingWayAt(step), yields)).pipe(
            Effect.provide(logOf({}))
          )
        )
        assert.isFalse(asleep, `asleep if it gives way at step ${step}, after ${yields} turns`)
      }
    })

  never("no follower sleeps through an entry that comes just when it begins to wait", (log, givesWay, yields) =>
    Effect.gen(function* () {
      const following = yield* Effect.fork(firstEntries(log, 1).pipe(givesWay))
      yield* Effect.repeatN(Effect.yieldNow(), yields)
      yield* log.receive(posts("2", 1))
      yield* letOthersRun
      return following.unsafePoll() === null
    })
  )

  never("no follower sleeps through the end that comes just when it begins to wait", (log, givesWay, yields) =>
    Effect.gen(function* () {
      const following = yield* Effect.fork(Stream.runDrain(log.screen.follow()).pipe(givesWay))
      yield* Effect.repeatN(Effect.yieldNow(), yields)
      yield* log.close
      yield* letOthersRun
      return following.unsafePoll() === null
    })
  )

  never("no growth is missed that comes just when one begins to listen", (log, givesWay, yields) =>
    Effect.gen(function* () {
      let told = 0
      const look = () => {
        told = log.slice(stream("2"), 0, maxFrameBytes)?.last ?? 0
      }
      const listening = Effect.sync(() => log.onGrowth(look)).pipe(Effect.tap(() => Effect.sync(look)))
      yield* Effect.fork(listening.pipe(givesWay))
      yield* Effect.repeatN(Effect.yieldNow(), yields)
      yield* log.receive(posts("2", 1))
      yield* letOthersRun
      const first = told
      yield* log.receive(posts("2", 2))
      yield* letOthersRun
      return first < 1 || told < 2
    })
  )

  it("whatever comes between two steps of taking posts in, the order is the same for all, and nothing is lost", () => {
    for (const { step, yields } of moments) {
      const { givingWayAt, run } = makeQueue()
      const entries = run(
        Effect.gen(function* () {
          const log = yield* wholeLog
          const first = yield* Effect.fork(log.receive(posts("2", 1)).pipe(Effect.asVoid, givingWayAt(step)))
          yield* Effect.repeatN(Effect.yieldNow(), yields)
          const answers = yield* Effect.fork(log.receive([answer("3", 1, ["2", 1])]).pipe(Effect.asVoid))
          const own = yield* Effect.fork(Effect.orDie(log.say(mainRoom, ["own"])).pipe(Effect.asVoid))
          yield* Fiber.joinAll([first, answers, own])
          const said = yield* allEntries(log)
          const place = (short: string) => said.indexOf(short)
          for (const dep of Object.keys(sentOn(log)[0]?.deps ?? {})) {
            assert.isBelow(place(`${authorOf(dep as StreamId)}1`), place("own"), `${step} ${yields}`)
          }
          return said
        }).pipe(Effect.provide(logOf({})))
      )
      assert.sameMembers([...entries], ["21", "31", "own"])
      assert.isBelow(entries.indexOf("21"), entries.indexOf("31"), `given way at step ${step}, after ${yields} turns`)
    }
  })

  it("whenever who takes posts in is interrupted, what is taken is shown, and what is not can come again", () => {
    for (const { step, yields } of moments) {
      const { givingWayAt, run } = makeQueue()
      const entries = run(
        Effect.gen(function* () {
          const log = yield* wholeLog
          const first = yield* Effect.fork(log.receive(posts("2", 1)).pipe(givingWayAt(step)))
          const own = yield* Effect.fork(Effect.orDie(log.say(mainRoom, ["own 1"])).pipe(givingWayAt(step)))
          yield* Effect.repeatN(Effect.yieldNow(), yields)
          yield* Fiber.interruptAll([first, own])
          yield* log.receive(posts("2", 1))
          if (log.have(log.streamIn(mainRoom)) === 0) yield* Effect.orDie(log.say(mainRoom, ["own 1"]))
          return yield* allEntries(log)
        }).pipe(Effect.provide(logOf({})))
      )
      assert.sameMembers([...entries], ["21", "own 1"], `given way at step ${step}, after ${yields} turns`)
    }
  })
}

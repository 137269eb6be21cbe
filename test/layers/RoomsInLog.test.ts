/** A log in a folder is in the same rooms in its next run, and keeps what was said in rooms that it has left. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import type { Settings } from "../../layers/log/Log.ts"
import { conversationOf } from "../../src/domain/Conversation.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import { mainRoom, type Post, Room, roomIn, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { topicOf } from "../../src/domain/Topic.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { epoch, id, inShort, post } from "../support/samples.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"

const [ops, dev] = [Room.make("ops"), Room.make("dev")]
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

const inRoom = (room: Room): StreamId => streamOf(id("2"), room, epoch(1))
const said = (room: Room, ...numbers: ReadonlyArray<number>) =>
  numbers.map((n) => {
    const of = post(inRoom(room), n, `${room}${n}`)
    return { post: of, line: encodePost(of) }
  })

const texts = (log: Log) => Effect.map(log.recent(10_000), (posts) => posts.map(({ text }) => text))

/** A folder, its journal, and the use of the log there as one run of a node does it. */
const world = Effect.gen(function* () {
  const folder = Path.join(
    yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync("/tmp/outlive-rooms-")),
      (made) => Effect.sync(() => Fs.rmSync(made, { recursive: true, force: true }))
    ),
    "data"
  )
  const script = yield* ScriptedConsole.make
  const path = Path.join(folder, "log.ndjson")
  return {
    path,
    lines: () => Fs.readFileSync(path, "utf8").split("\n").filter(Boolean),
    use: <A, E>(body: (log: Log) => Effect.Effect<A, E>, settings: Omit<Settings, "author"> = {}) =>
      Effect.provide(
        Effect.flatMap(wholeLog, body),
        FileMessageLog.layer({ author: id("1"), ...settings }, folder).pipe(Layer.provide(script.layer))
      )
  }
})

const takesPart = (log: Log) => Effect.sync(() => ({ all: [...log.rooms], joined: [...log.joined] }))

describe("rooms in a folder", () => {
  it.scoped("a conversation is there again as soon as something was said in it, and is in nobody's history", () =>
    Effect.gen(function* () {
      const { lines, use } = yield* world
      const talk = conversationOf(id("1"), id("2"))
      const theirs = streamOf(id("2"), talk, epoch(0))
      const receives = (log: Log, n: number) => {
        const of = post(theirs, n, `to you ${n}`)
        return log.receive([{ post: of, line: encodePost(of) }])
      }
      yield* use((log) =>
        Effect.gen(function* () {
          yield* log.say(mainRoom, ["hello"])
          yield* receives(log, 1)
          assert.deepStrictEqual(yield* texts(log), ["hello"], "it takes no part in it")
          yield* log.takePart(talk, { joined: false })
          yield* receives(log, 1)
          yield* log.say(talk, ["and to you"])
          assert.isFalse(lines().some((line) => line.includes('"rooms"')))
        })
      )
      yield* use((log) =>
        Effect.gen(function* () {
          assert.deepStrictEqual([...log.rooms], [mainRoom, talk])
          assert.strictEqual(log.have(theirs), 1)
          yield* receives(log, 2)
          assert.deepStrictEqual(yield* texts(log), ["hello", "to you 1", "and to you", "to you 2"])
          const past = yield* log.past(10, new Set([mainRoom, talk]))
          assert.strictEqual(past.length, 1)
          const gone = streamOf(id("2"), talk, epoch(1))
          yield* log.skip(gone, 1)
          const forged = post(gone, 1, "never said")
          assert.deepStrictEqual(log.lackedOf([{ post: forged, line: encodePost(forged) }]), [])
        })
      )
    })
  )

  it.scoped("the next run is in the same rooms, and in those of its settings, until it leaves them", () =>
    Effect.gen(function* () {
      const { use } = yield* world
      yield* use((log) =>
        Effect.gen(function* () {
          yield* log.takePart(ops, { joined: true })
          yield* log.takePart(dev, { joined: false })
        })
      )
      assert.deepStrictEqual(yield* use(takesPart), { all: [mainRoom, ops, dev], joined: [mainRoom, ops] })
      yield* use((log) => log.leave(ops), { rooms: [dev] })
      const now = { all: [mainRoom, dev], joined: [mainRoom, dev] }
      assert.deepStrictEqual(yield* use(takesPart), now, "the settings made it a room that is joined")
      yield* use((log) => log.leave(dev))
      assert.deepStrictEqual(yield* use(takesPart), { all: [mainRoom], joined: [mainRoom] })
    })
  )

  it.scoped("what counts as seen in a room counts as seen in the next run", () =>
    Effect.gen(function* () {
      const { use } = yield* world
      const folds = new Map([[ops, { upTo: epoch(0), lines: 7 }]])
      yield* use((log) => log.takePart(ops, { joined: true, seen: { summary: new Map([[inRoom(ops), 3]]), folds } }))
      yield* use((log) =>
        Effect.sync(() => {
          assert.strictEqual(log.have(inRoom(ops)), 3)
          assert.deepStrictEqual(log.folds(), folds)
        })
      )
    })
  )

  it.scoped(
    "what was said in a room that was left is there when it is joined again, however often the journal began anew",
    () =>
      Effect.gen(function* () {
        const { lines, use } = yield* world
        const bounds = { entries: 100 }
        yield* use(
          (log) =>
            Effect.gen(function* () {
              yield* log.takePart(ops, { joined: true })
              yield* log.receive(said(ops, 1, 2))
              yield* log.say(ops, ["mine"])
              yield* log.leave(ops)
              for (const _ of range(1, 120)) {
                yield* log.takePart(dev, { joined: true })
                yield* Effect.zipRight(log.leave(dev), log.written)
              }
              assert.isBelow(lines().length, 220, "the journal began anew")
            }),
          bounds
        )
        yield* use(
          (log) =>
            Effect.gen(function* () {
              assert.strictEqual(log.have(inRoom(ops)), Number.POSITIVE_INFINITY)
              yield* log.takePart(ops, { joined: true })
              assert.strictEqual(log.have(inRoom(ops)), 2)
              assert.deepStrictEqual((yield* texts(log)).slice(0, 3), ["ops1", "ops2", "mine"])
              yield* log.receive(said(ops, 2, 3))
              assert.strictEqual((yield* texts(log)).at(-1), "ops3")
            }),
          bounds
        )
      })
  )

  it.scoped("a journal of a version without such lines is read as before, and loses no room", () =>
    Effect.gen(function* () {
      const { lines, path, use } = yield* world
      yield* use(() => Effect.void)
      const before = [...said(mainRoom, 1, 2), ...said(ops, 1, 2)].map(({ line }) => line)
      Fs.writeFileSync(path, Buffer.concat([...before, encode({ type: "gap", stream: inRoom(dev), to: 5 })]))
      // The journal begins anew here.
      yield* use((log) => log.receive(said(mainRoom, ...range(3, 30))), { entries: 10 })
      yield* use((log) => log.receive(said(mainRoom, 31)), { entries: 10 })
      assert.isBelow(lines().length, 30)
      yield* use(
        (log) =>
          Effect.sync(() =>
            assert.deepStrictEqual(
              [ops, dev].map((room) => log.have(inRoom(room))),
              [2, 5]
            )
          ),
        { rooms: [ops, dev] }
      )
    })
  )

  it.scoped("a journal that has nothing but its rooms is not of a chat", () =>
    Effect.gen(function* () {
      const { lines, use } = yield* world
      yield* use((log) => Effect.sync(() => assert.isFalse(log.restored)), { rooms: [ops] })
      assert.strictEqual(lines().at(-1), '{"type":"rooms","joined":["ops"],"carried":[]}')
      const before = lines().length
      yield* use((log) => Effect.sync(() => assert.isFalse(log.restored)), { rooms: [ops] })
      assert.strictEqual(lines().length, before, "the journal says so already")
    })
  )

  it.scoped("the next run has the last posts and the topic of a quiet room, and begins its screen with them", () =>
    Effect.gen(function* () {
      const { use } = yield* world
      const bounds = { entries: 120, rooms: [ops] }
      const topic = { ...said(ops, 1)[0]?.post, text: topicOf("what it is about") } as Post
      yield* use(
        (log) =>
          Effect.gen(function* () {
            yield* log.receive([{ post: topic, line: encodePost(topic) }, ...said(ops, ...range(2, 40))])
            for (const n of range(1, 600)) yield* log.receive(said(mainRoom, n))
          }),
        bounds
      )
      for (const _ of range(1, 3)) {
        yield* use(
          (log) =>
            Effect.gen(function* () {
              for (const n of range(1, 10))
                yield* log.say(
                  mainRoom,
                  range(1, 30).map((of) => `mine ${n}/${of}`)
                )
              assert.deepStrictEqual(
                (yield* log.recent(99, new Set([ops]))).map(({ text }) => text),
                range(26, 40).map((n) => `ops${n}`)
              )
              assert.deepStrictEqual(log.topicOf(ops), topic)
            }),
          bounds
        )
      }
      yield* use(
        (log) =>
          Effect.sync(() =>
            assert.deepStrictEqual(log.screen.open().pull(9).map(inShort), ["earlier ops39", "earlier ops40"])
          ),
        { ...bounds, history: 2 }
      )
    })
  )

  it.scoped("lines of a room that is only carried are not lines that the screen has missed", () =>
    Effect.gen(function* () {
      const { use } = yield* world
      const bounds = { entries: 20, rooms: [ops] }
      const isJoined = (entry: Entry) => isPost(entry) && roomIn(entry.post.stream) !== dev
      yield* use(
        (log) =>
          Effect.gen(function* () {
            yield* log.takePart(dev, { joined: false })
            const cursor = log.screen.open(isJoined)
            yield* log.receive(said(ops, 1))
            yield* log.written
            const [shown] = cursor.pull(9)
            log.screen.shown(shown as Entry)
            for (const n of range(1, 100)) yield* log.receive(said(dev, n))
            yield* log.receive(said(ops, 2))
            for (const n of range(101, 105)) yield* log.receive(said(dev, n))
          }),
        bounds
      )
      yield* use(
        (log) =>
          Effect.sync(() => assert.deepStrictEqual(log.screen.open(isJoined).pull(9).map(inShort), ["earlier ops2"])),
        bounds
      )
    })
  )
})

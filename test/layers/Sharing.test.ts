/** Rooms that a peer enters and leaves while the link is up. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { MessageLog } from "../../services/MessageLog.ts"
import { Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { type Control, encodePost, type Frame } from "../../src/protocol/Frame.ts"
import { epoch, id, post } from "../support/samples.ts"
import { wholeLog } from "../support/wholeLog.ts"
import { make } from "./ServerWithVisitors.ts"

const tea = Room.make("tea")
const calm = { silence: "1 hour" } as const

/** What the peers `a` and `b` say in the tea room. */
const theirs = streamOf(id("a"), tea, epoch(1))
const others = streamOf(id("b"), tea, epoch(1))

/** What frames say of the tea room, and which rooms they name. The stream of the server has its name. */
const ofTea = (heard: ReadonlyArray<Frame>): ReadonlyArray<string> => {
  const nameOf = (stream: string) => stream.split("/")[0]
  const isOfTea = (stream: string) => stream.includes(`/${tea}/`)
  return heard.flatMap((frame) => {
    switch (frame.type) {
      case "post":
        return isOfTea(frame.post.stream) ? [`${nameOf(frame.post.stream)} ${frame.post.n}`] : []
      case "have": {
        const marks = Object.entries(frame.streams).filter(([stream]) => isOfTea(stream))
        const all = frame.room === tea ? ["all"] : []
        return marks.length + all.length === 0
          ? []
          : [`has ${[...all, ...marks.map(([stream, n]) => `${nameOf(stream)} ${n}`)].join(", ")}`]
      }
      case "want":
      case "gap":
        return isOfTea(frame.stream) ? [`${frame.type} ${nameOf(frame.stream)} to ${frame.to}`] : []
      case "rooms":
        return [`rooms ${frame.rooms.join(" ")}`]
      case "dropped":
        return [`dropped ${frame.limit}`]
      default:
        return []
    }
  })
}

/** The server in the tea room, where it has said two lines; a peer `a` that is not there; and what it hears of it. */
const world = Effect.gen(function* () {
  const { log, visit } = yield* make(calm, undefined, [tea])
  yield* log.say(tea, ["kettle", "cups"])
  const all = yield* Effect.provide(wholeLog, Context.make(MessageLog, log))
  const { heard, put, say } = yield* visit("a")
  let seen = 0
  const said = (...frames: ReadonlyArray<Control>) =>
    Effect.gen(function* () {
      say(...frames)
      yield* TestClock.adjust("20 millis")
      const news = ofTea(heard.slice(seen))
      seen = heard.length
      return news
    })
  yield* said()
  return { log: all, own: all.streamIn(tea), put, said, visit }
})

const entering = (streams: Record<StreamId, number>): ReadonlyArray<Control> => [
  { type: "have", streams, more: false, room: tea },
  { type: "rooms", rooms: [tea] }
]
const leaving: Control = { type: "rooms", rooms: [] }

describe("a room that a peer enters while the link is up", () => {
  it.scoped("brings it the whole summary of the room, and own lines from where it is", () =>
    Effect.gen(function* () {
      const { log, own, said } = yield* world
      assert.deepStrictEqual(yield* said(), [], "nothing of a room in which it is not")
      assert.deepStrictEqual(yield* said(...entering({ [own]: 1 } as Record<StreamId, number>)), [
        "has all, Server 2",
        "Server 2"
      ])
      yield* log.say(tea, ["milk"])
      assert.deepStrictEqual(yield* said(), ["Server 3"])
    })
  )

  it.scoped("brings what the peer has folded away there: old lines that this node lacks count as gone, once", () =>
    Effect.gen(function* () {
      const { log, own, said } = yield* world
      const gone = () =>
        log.screen
          .open()
          .pull(100)
          .flatMap((entry) => (entry._tag === "Outlived" ? [entry.count] : []))
      const folded = { upTo: epoch(5), lines: 3 }
      yield* said(
        { type: "have", streams: { [own]: 2 }, more: false, room: tea, folded },
        { type: "rooms", rooms: [tea] }
      )
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(gone(), [3])
      assert.strictEqual(log.folds().get(tea)?.lines, 3)
      yield* said(leaving)
      yield* said(
        { type: "have", streams: { [own]: 2 }, more: false, room: tea, folded },
        { type: "rooms", rooms: [tea] }
      )
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(gone(), [3])
    })
  )

  it.scoped("needs both: own lines wait until the peer has said where it is", () =>
    Effect.gen(function* () {
      const { own, said } = yield* world
      const [have, rooms] = entering({ [own]: 1 } as Record<StreamId, number>)
      assert.deepStrictEqual(yield* said(rooms as Control), ["has all, Server 2"])
      assert.deepStrictEqual(yield* said(have as Control), ["Server 2"])
    })
  )

  it.scoped("is asked for what it has of others there, and believed with what it says itself", () =>
    Effect.gen(function* () {
      const { log, put, said } = yield* world
      const news = yield* said(...entering({ [theirs]: 1, [others]: 2 } as Record<StreamId, number>))
      assert.deepStrictEqual(news, ["has all, Server 2", "Server 1", "Server 2", "want b to 2"])
      put(encodePost(post(theirs, 1)))
      yield* said()
      assert.strictEqual((yield* log.tally).received, 1)
    })
  )

  it.scoped("is left with nothing more: no line, no summary, and nothing that is asked for", () =>
    Effect.gen(function* () {
      const { log, own, said } = yield* world
      yield* said(...entering({}))
      assert.deepStrictEqual(yield* said(leaving), [])
      yield* log.say(tea, ["milk"])
      assert.deepStrictEqual(yield* said({ type: "want", stream: own, after: 0, to: 9 }), ["gap Server to 9"])
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(yield* said(), [])
    })
  )

  it.scoped("is entered again from where the peer is then, with all that was said meanwhile", () =>
    Effect.gen(function* () {
      const { log, own, said } = yield* world
      yield* said(...entering({}))
      yield* said(leaving)
      yield* log.say(tea, ["milk"])
      assert.deepStrictEqual(yield* said(...entering({ [own]: 2 } as Record<StreamId, number>)), [
        "has all, Server 3",
        "Server 3"
      ])
    })
  )

  it.scoped("that is left in the middle is asked for elsewhere", () =>
    Effect.gen(function* () {
      const { said, visit } = yield* world
      const having = entering({ [others]: 2 } as Record<StreamId, number>)
      assert.include(yield* said(...having), "want b to 2")
      const c = yield* visit("c")
      c.say(...having)
      yield* TestClock.adjust("20 millis")
      assert.notInclude(ofTea(c.heard), "want b to 2")
      yield* said(leaving)
      assert.include(ofTea(c.heard), "want b to 2")
    })
  )

  it.scoped("is one of a bounded number: who names more is dropped", () =>
    Effect.gen(function* () {
      const { said } = yield* world
      const rooms = Array.from({ length: 65 }, (_, at) => Room.make(`r${at}`))
      assert.deepStrictEqual(yield* said({ type: "rooms", rooms: rooms.slice(0, 64) }), [])
      assert.deepStrictEqual(yield* said({ type: "rooms", rooms }), ["dropped rooms"])
    })
  )

  it.scoped("is charged: who enters and leaves again and again is not read for a while", () =>
    Effect.gen(function* () {
      const { log, said, visit } = yield* world
      // Each summary that it has sent has a hundred streams of others.
      const having = Object.fromEntries(
        Array.from({ length: 100 }, (_, n) => [streamOf(id(`p${n}`), tea, epoch(1)), 1])
      ) as Record<StreamId, number>
      const c = yield* visit("c", (frame) =>
        frame.type === "want" ? [{ type: "gap", stream: frame.stream, to: 0 }] : []
      )
      c.say(...entering(having))
      yield* TestClock.adjust("20 millis")
      for (const stream of Object.keys(having) as unknown as ReadonlyArray<StreamId>) c.put(encodePost(post(stream, 1)))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* log.tally).received, 100)
      const answers = (news: ReadonlyArray<string>) => news.filter((each) => each.startsWith("has all")).length
      const many = Array.from({ length: 2_000 }, () => [...entering({}), leaving]).flat()
      // 50,000 streams in one go, and what else came before that was noticed.
      assert.isBelow(answers(yield* said(...many)), 1_200)
    })
  )
})

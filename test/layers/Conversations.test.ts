/** Conversations in a plain chat, with peers that say what they should not. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { MessageLog } from "../../services/MessageLog.ts"
import { conversationOf } from "../../src/domain/Conversation.ts"
import { mainRoom, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { type Control, encodePost, type Frame } from "../../src/protocol/Frame.ts"
import { epoch, id, post } from "../support/samples.ts"
import { wholeLog } from "../support/wholeLog.ts"
import { make } from "./ServerWithVisitors.ts"

const talk = conversationOf(id("Server"), id("a"))
const theirs = streamOf(id("a"), talk, epoch(1))

/** What frames have of conversations. */
const ofTalks = (heard: ReadonlyArray<Frame>): ReadonlyArray<string> =>
  heard.flatMap((frame) => {
    switch (frame.type) {
      case "post":
        return frame.post.stream.includes("@") ? [`post ${frame.post.text}`] : []
      case "have":
        return Object.keys(frame.streams).some((stream) => stream.includes("@")) ? ["have"] : []
      case "rooms":
        return frame.rooms.some((room) => room.includes("@")) ? ["rooms"] : []
      case "want":
      case "gap":
        return frame.stream.includes("@") ? [frame.type] : []
      default:
        return []
    }
  })

/** A server with two peers, `a` and `b`, to the first of which it has said something in private. */
const world = Effect.gen(function* () {
  const { log, status, visit } = yield* make({ silence: "1 hour" } as const)
  const all = yield* Effect.provide(wholeLog, Context.make(MessageLog, log))
  const [a, b] = [yield* visit("a"), yield* visit("b")]
  yield* TestClock.adjust("20 millis")
  yield* log.confide([id("a")], ["only you"])
  const later = TestClock.adjust("2 seconds")
  yield* later
  const texts = Effect.map(log.recent(100), (posts) => posts.map(({ text }) => text))
  return { a, all, b, later, own: all.streamIn(talk), status, texts }
})

describe("a conversation", () => {
  it.scoped("is between two: the other one hears of it, and nobody else does, nor is given anything of it", () =>
    Effect.gen(function* () {
      const { a, b, later, own } = yield* world
      assert.deepStrictEqual(ofTalks(a.heard).slice(0, 1), ["post only you"])
      const want = (stream: StreamId): Control => ({ type: "want", stream, after: 0, to: 9 })
      b.say(want(own), want(theirs))
      yield* TestClock.adjust("40 seconds")
      yield* later
      assert.deepStrictEqual(ofTalks(b.heard), ["gap"])
    })
  )

  it.scoped("is not taken over by a third: neither its streams nor what it says in them", () =>
    Effect.gen(function* () {
      const { a, b, later, own, status, texts } = yield* world
      const named = { [own]: 1, [theirs]: 3 } as Record<StreamId, number>
      b.say({ type: "have", streams: named, more: false })
      for (const stream of [theirs, streamOf(id("b"), talk, epoch(1))]) b.put(encodePost(post(stream, 1, "forged")))
      yield* later
      assert.deepStrictEqual(yield* texts, ["only you"])
      assert.isEmpty(ofTalks(b.heard))
      assert.strictEqual(status.deliveryNow().upTo(own), 0, "only its reader confirms it")
      a.put(encodePost(post(theirs, 1, "and only you")))
      a.say({ type: "have", streams: { [own]: 1 } as Record<StreamId, number>, more: false })
      yield* later
      assert.deepStrictEqual(yield* texts, ["only you", "and only you"])
      assert.strictEqual(status.deliveryNow().readBy(id("a"), own), 1)
    })
  )

  it.scoped("holds up nothing that others say, whatever they depend on", () =>
    Effect.gen(function* () {
      const { all, b, later, texts } = yield* world
      const open = streamOf(id("b"), mainRoom, epoch(1))
      b.put(encodePost(post(open, 1, "to all", [[theirs, 7]])))
      yield* later
      assert.deepStrictEqual(yield* texts, ["only you", "to all"])
      assert.strictEqual(all.have(theirs), 0)
    })
  )
})

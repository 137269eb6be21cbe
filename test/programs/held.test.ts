/** What is held does not wait for ever for what nobody can bring: rule 9 of the rules of delivery. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { StreamId } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { peer, post, stream } from "../support/samples.ts"
import { joinAs, type Stranger } from "./Stranger.ts"
import { gather, story, type World } from "./World.ts"

/** Says a line that stands below so much of a stream. */
const answers = (stranger: Stranger, below: StreamId, n: number) =>
  stranger.sends(encodePost(post(stranger.stream, 1, "an answer", [[below, n]])))

/** The stream of somebody, once that stranger was told of it. */
const streamOf = (stranger: Stranger, author: string): Effect.Effect<StreamId> => {
  const named = () =>
    stranger
      .heard("have")
      .flatMap(({ streams }) => Object.keys(streams).map((each) => StreamId.make(each)))
      .find((each) => each.startsWith(`${author}/`))
  return Effect.map(
    stranger.until(() => named() !== undefined),
    () => named() as StreamId
  )
}

/** Gives signs of life until the scope closes. */
const lives = (stranger: Stranger) =>
  Effect.forkScoped(Effect.repeat(stranger.says({ type: "pong" }), Schedule.spaced("1 second")))

/** A server, two clients and a stranger, all in the chat; client 1 has said a line. */
const withStranger = (world: World) =>
  Effect.gen(function* () {
    const { one, server, two } = yield* gather(world)
    const stranger = yield* joinAs(world, peer("x", 7_000))
    yield* lives(stranger)
    yield* one.type("hello")
    yield* server.sees("Client 1: hello")
    return { one, server, stranger, two }
  })

/** Claims that a million posts were said in a stream, and that they are not kept. */
const claimsGone = (stranger: Stranger, of: StreamId) =>
  stranger.says({ type: "have", streams: { [of]: 1_000_000 }, more: false }, { type: "gap", stream: of, to: 1_000_000 })

describe("what is held", () => {
  story("for a stream that nobody has ever named is shown soon after its author has left", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const stranger = yield* joinAs(world, peer("x", 7_000))
      yield* lives(stranger)
      yield* answers(stranger, stream("y"), 3)
      yield* Effect.sleep("20 seconds")
      for (const node of [server, one, two]) assert.notInclude(yield* node.screen, "Client x: an answer")
      yield* stranger.says({ type: "bye" })
      for (const node of [server, one, two]) {
        yield* node.sees("* 3 lines of Client y are no longer available", "Client x: an answer")
      }
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story(
    "for a line whose author is cut off is shown before its author counts as lost: another one brings it",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        const three = yield* world.client("3")
        for (const node of [server, one, two]) yield* node.sees("Client 3: initiated")
        yield* one.type("all is well")
        yield* three.sees("Client 1: all is well")
        yield* world.network.cut((from, to) => [from, to].includes("1") && [from, to].includes("3"))
        yield* one.type("a question")
        yield* two.sees("Client 1: a question")
        yield* two.type("an answer")
        yield* Effect.sleep("2100 millis")
        const lines = ["Client 1: a question", "Client 2: an answer"]
        assert.deepStrictEqual((yield* three.screen).slice(-2), lines)
        assert.notInclude((yield* three.screen).join("\n"), "is lost")
      })
  )

  story("for a line that a peer was asked for which is cut off is shown as soon: a third one brings it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const three = yield* world.client("3")
      for (const node of [server, one, two]) yield* node.sees("Client 3: initiated")
      const apart = (from: string, to: string) => [from, to].includes("1") && [from, to].includes("3")
      yield* world.network.cut(apart)
      yield* three.sees("* Client 1 is lost: it stopped answering")
      // It hears of the line from the server, which does not hear that it is asked for it, and then is cut off.
      yield* one.type("a question")
      yield* two.sees("Client 1: a question")
      yield* world.network.cut((from, to) => apart(from, to) || (from === "3" && to === "Server"))
      yield* Effect.sleep("500 millis")
      yield* world.network.cut(
        (from, to) => apart(from, to) || [from, to].every((end) => ["3", "Server"].includes(end))
      )
      yield* two.type("an answer")
      yield* Effect.sleep("2100 millis")
      assert.deepStrictEqual((yield* three.screen).slice(-2), ["Client 1: a question", "Client 2: an answer"])
      assert.notInclude((yield* three.screen).join("\n"), "Server is lost")
    })
  )

  story("for a line whose author dies with the only one that had it is shown once both are given up", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const three = yield* world.client("3")
      for (const node of [server, one, two]) yield* node.sees("Client 3: initiated")
      yield* world.network.cut((from, to) => [from, to].includes("1") && ![from, to].includes("2"))
      yield* one.type("a question")
      yield* two.sees("Client 1: a question")
      yield* two.type("an answer")
      yield* Effect.sleep("5 millis")
      yield* one.kill
      yield* two.kill
      yield* Effect.sleep("30 seconds")
      for (const node of [server, three]) assert.notInclude(yield* node.screen, "Client 2: an answer")
      for (const node of [server, three]) {
        yield* node.sees("* 1 line of Client 1 is no longer available", "Client 2: an answer")
      }
    })
  )

  story("below more than its author has said costs nobody a line", (world) =>
    Effect.gen(function* () {
      const { one, server, stranger, two } = yield* withStranger(world)
      yield* answers(stranger, yield* streamOf(stranger, "1"), 1_000_000)
      yield* Effect.sleep("10 seconds")
      yield* stranger.says({ type: "bye" })
      yield* Effect.sleep("1 minute")
      yield* one.type("still heard")
      for (const node of [server, two]) yield* node.sees("Client 1: still heard")
      for (const node of [server, one, two]) {
        assert.deepStrictEqual(
          (yield* node.screen).filter((line) => line.includes("can't be had")),
          [],
          node.name
        )
      }
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("and what a peer claims to have of somebody who is here, and not to keep, is not gone", (world) =>
    Effect.gen(function* () {
      const { one, server, stranger, two } = yield* withStranger(world)
      const ofOne = yield* streamOf(stranger, "1")
      yield* claimsGone(stranger, ofOne)
      yield* Effect.sleep("1 minute")
      yield* one.type("still heard")
      for (const node of [server, two]) yield* node.sees("Client 1: still heard")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("and what a peer claims of somebody who was given up is taken back when that one is there again", (world) =>
    Effect.gen(function* () {
      const { one, server, stranger, two } = yield* withStranger(world)
      const ofOne = yield* streamOf(stranger, "1")
      yield* world.network.cut((from, to) => (from === "1") !== (to === "1"))
      yield* server.sees("* Client 1 can't be reached at localhost:6001 any more")
      yield* two.sees("* Client 1 can't be reached any more")
      yield* claimsGone(stranger, ofOne)
      for (const node of [server, two]) yield* node.sees("* 999999 lines of Client 1 are no longer available")
      yield* one.type("all alone")
      yield* world.network.heal
      for (const node of [server, two]) yield* node.sees("Client 1: all alone")
      yield* one.type("here again")
      for (const node of [server, two]) yield* node.sees("Client 1: here again")
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

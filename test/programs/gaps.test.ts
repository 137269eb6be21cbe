/** Who does not keep the first posts of a stream sends the others behind a gap: they are taken, and asked for again. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { peer, post, stream } from "../support/samples.ts"
import { joinAs, type Stranger } from "./Stranger.ts"
import { gather, story } from "./World.ts"

const absent = stream("absent")

/** Gives signs of life until the scope closes. */
const lives = (stranger: Stranger) =>
  Effect.forkScoped(Effect.repeat(stranger.says({ type: "pong" }), Schedule.spaced("1 second")))

const claims = (stranger: Stranger, last: number) =>
  stranger.says({ type: "have", streams: { [absent]: last }, more: false })

const gapTo5 = encode({ type: "gap", stream: absent, to: 5 })

const posts = (from: number, to: number, text: string) =>
  Array.from({ length: to - from + 1 }, (_, index) => encodePost(post(absent, from + index, `${text} ${from + index}`)))

const linesOf = (screen: ReadonlyArray<string>) => screen.filter((line) => line.includes("Client absent"))

const gone = "* 5 lines of Client absent are no longer available"

describe("what stands behind a gap", () => {
  story("is taken if it comes in a later read, and is not asked for twice", (world) =>
    Effect.gen(function* () {
      const { server } = yield* gather(world)
      const stranger = yield* joinAs(world, peer("x", 7_000))
      yield* lives(stranger)
      yield* claims(stranger, 10)
      yield* stranger.hears("want")
      yield* stranger.sends(gapTo5)
      yield* Effect.sleep("50 millis")
      yield* stranger.sends(...posts(6, 10, "line"))
      yield* Effect.sleep("8 seconds")
      assert.deepStrictEqual(linesOf(yield* server.screen), [
        gone,
        ...[6, 7, 8, 9, 10].map((n) => `Client absent: line ${n}`)
      ])
      assert.lengthOf(stranger.heard("want"), 1)
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("is asked for again as soon as what is missing counts as gone", (world) =>
    Effect.gen(function* () {
      yield* gather(world)
      const stranger = yield* joinAs(world, peer("x", 7_000))
      yield* lives(stranger)
      yield* claims(stranger, 10)
      yield* stranger.hears("want")
      yield* stranger.sends(gapTo5)
      yield* Effect.sleep("8 seconds")
      assert.deepStrictEqual(
        stranger.heard("want").map(({ after, to }) => [after, to]),
        [
          [0, 10],
          [5, 10]
        ]
      )
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("is not taken once somebody else is asked, even if it came in the same read", (world) =>
    Effect.gen(function* () {
      const { server } = yield* gather(world)
      const first = yield* joinAs(world, peer("x", 7_000))
      yield* lives(first)
      yield* claims(first, 6)
      yield* first.hears("want")
      const second = yield* joinAs(world, peer("y", 7_001))
      yield* lives(second)
      yield* claims(second, 6)
      yield* Effect.sleep("100 millis")
      yield* first.sends(gapTo5, ...posts(6, 6, "line of the first"))
      yield* second.hears("want")
      yield* second.sends(...posts(1, 5, "line"))
      yield* server.sees("Client absent: line 5")
      yield* second.sends(...posts(6, 6, "line"))
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(
        linesOf(yield* server.screen),
        [1, 2, 3, 4, 5, 6].map((n) => `Client absent: line ${n}`)
      )
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

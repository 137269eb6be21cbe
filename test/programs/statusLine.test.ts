/** What whoever sits at a terminal is told at a glance, and what can be completed there. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { story } from "./World.ts"

describe("at a glance", () => {
  story("one sees how the server is, and how many of all peers are there", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      yield* one.tells("── 1 · no server yet · 0 of 0 peers")
      const server = yield* world.server
      yield* one.tells("── 1 · server up · 1 of 1 peer")
      yield* server.tells("── Server · 1 of 1 peer")
      const two = yield* world.client("2")
      yield* one.tells("── 1 · server up · 2 of 2 peers")
      yield* server.kill
      const since = Math.round((yield* Clock.currentTimeMillis) / 1_000)
      yield* one.tells(`── 1 · server down since ${since} s · 1 of 2 peers`)
      yield* two.kill
      yield* one.tells(`── 1 · server down since ${since} s · 0 of 2 peers`)
      yield* world.server
      yield* one.tells("── 1 · server up · 1 of 2 peers")
    })
  )

  story("who is there can be completed, who has left can't", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      const anna = yield* world.client("2a")
      yield* anna.sees("Client 1: initiated")
      yield* one.tells("── 1 · server up · 2 of 2 peers")
      assert.deepStrictEqual(yield* one.completions("2"), ["2a: "])
      assert.deepStrictEqual(yield* one.completions("hi @s"), ["@Server "])
      assert.deepStrictEqual(yield* one.completions("/p"), ["/pending "])
      yield* anna.interrupt
      yield* server.sees("* Client 2a left")
      yield* one.tells("── 1 · server up · 1 of 1 peer")
      assert.deepStrictEqual(yield* one.completions("2"), [])
    })
  )
})

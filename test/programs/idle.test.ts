/** What wakes a node in a chat where nobody says anything. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather, type Node, story } from "./World.ts"

const hour = 3_600

/** How often a silent link is pinged within an hour: after three fifths of the limit of silence, which is 3 s here. */
const pings = hour / 1.8

/** How often the nodes are woken within an hour that follows a quiet minute. */
const wakesOf = (nodes: ReadonlyArray<Node>) =>
  Effect.gen(function* () {
    yield* Effect.sleep("1 minute")
    const before = yield* Effect.forEach(nodes, (node) => node.wakes)
    yield* Effect.sleep(`${hour} seconds`)
    const after = yield* Effect.forEach(nodes, (node) => node.wakes)
    return after.map(({ arrivals, timers }, at) => ({
      arrivals: arrivals - (before[at]?.arrivals ?? 0),
      timers: timers - (before[at]?.timers ?? 0)
    }))
  })

describe("a node at rest", () => {
  story("in a chat of three is woken once a ping by a timer and by each peer, and by nothing else", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const { arrivals, timers } of yield* wakesOf([server, one, two])) {
        assert.isAtMost(timers, 1.02 * pings)
        assert.isAtMost(arrivals, 2 * 1.02 * pings)
      }
    })
  )

  story("in a chat where something was said is woken no more often", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* one.type("hello")
      yield* two.type("hi")
      yield* server.sees("Client 1: hello", "Client 2: hi")
      for (const { arrivals, timers } of yield* wakesOf([server, one, two])) {
        assert.isAtMost(timers, 1.02 * pings)
        assert.isAtMost(arrivals, 2 * 1.02 * pings)
      }
    })
  )

  story("that is alone sleeps", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      assert.deepStrictEqual(yield* wakesOf([server]), [{ arrivals: 0, timers: 0 }])
    })
  )

  story("whose server is away dials it every 2.5 s on average, and does nothing else more often", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* server.kill
      for (const { arrivals, timers } of yield* wakesOf([one, two])) {
        assert.isAtMost(timers, 1.02 * pings + 1.1 * (hour / 2.5))
        assert.isAtMost(arrivals, 1.02 * pings)
      }
    })
  )
})

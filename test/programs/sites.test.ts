/** One chat over several sites: each is a server and the clients near it, and servers are linked with each other. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Node, story, type World } from "./World.ts"

const nameOf = ({ name }: Node): string => (name.startsWith("Server-") ? `Server ${name.slice(7)}` : `Client ${name}`)

/** Each says a line, which all others see, once. */
const talk = (all: ReadonlyArray<Node>, word: string) =>
  Effect.gen(function* () {
    for (const node of all) yield* node.type(`${word} of ${node.name}`)
    for (const node of all) {
      const line = `${nameOf(node)}: ${word} of ${node.name}`
      for (const other of all) {
        if (other === node) continue
        yield* other.sees(line)
        assert.strictEqual((yield* other.screen).filter((each) => each === line).length, 1)
      }
    }
  })

/** Two sites with two clients each, who know of each other. */
const twoSites = (world: World) =>
  Effect.gen(function* () {
    const east = yield* world.site("east", 4000)
    const one = yield* world.client("1", { server: 4000 })
    yield* east.sees("Client 1: initiated")
    const west = yield* world.site("west", 4100)
    yield* east.sees("Server west: initiated")
    yield* west.sees("Server east: initiated", "Client 1: initiated")
    const two = yield* world.client("2", { server: 4000 })
    yield* one.sees("Server west: initiated", "Client 2: initiated")
    const [three, four] = [yield* world.client("3", { server: 4100 }), yield* world.client("4", { server: 4100 })]
    yield* west.sees("Client 2: initiated", "Client 3: initiated", "Client 4: initiated")
    for (const near of [one, two]) yield* near.sees("Client 3: initiated", "Client 4: initiated")
    for (const near of [three, four]) yield* near.sees("* 3 nodes (Server-east, 1, 2) take part through Server east")
    return { east, west, one, two, three, four }
  })

describe("sites", () => {
  story("all talk with all, and see where each is", (world) =>
    Effect.gen(function* () {
      const { east, four, one, three, two, west } = yield* twoSites(world)
      yield* talk([east, west, one, two, three, four], "hello")
      yield* one.type("/who")
      yield* one.sees("* Server west, of another site, since 2026-01-01 00:00:00")
      yield* one.sees("* Client 3, through Server west, since 2026-01-01 00:00:00")
      assert.include(yield* one.screen, "* Client 2, localhost:6002, direct, 0.0 ms, since 2026-01-01 00:00:00")
    })
  )
})

/** Who says goodbye to some alone is known to have left by all who have heard of it. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Epoch } from "../../src/domain/Post.ts"
import { id, listed, peer } from "../support/samples.ts"
import { helloOf, joinAs } from "./Stranger.ts"
import { gather, type Node, story, type World } from "./World.ts"

/** What `/who` shows of somebody else. */
const who = (node: Node, other: string) =>
  Effect.gen(function* () {
    const before = (yield* node.screen).length
    yield* node.type("/who")
    yield* Effect.sleep("100 millis")
    return (yield* node.screen).slice(before).filter((line) => line.startsWith(`* Client ${other},`))
  })

/** Nothing gets from client c to those, nor back. */
const cutOff = (world: World, from: string, ...others: ReadonlyArray<string>) =>
  world.network.cut((a, b) => (a === from && others.includes(b)) || (b === from && others.includes(a)))

const linesOn = (node: Node, other: string) =>
  Effect.map(node.screen, (lines) => lines.filter((line) => line.includes(`Client ${other}`)))

/** No node shows or seeks client c: it never had a link to it. */
const isNoGhost = (...nodes: ReadonlyArray<Node>) =>
  Effect.forEach(
    nodes,
    (node) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* who(node, "c"), [], `${node.name} still looks for c`)
        assert.notInclude((yield* linesOn(node, "c")).join("\n"), "left")
        assert.notInclude((yield* linesOn(node, "c")).join("\n"), "reached")
      }),
    { discard: true }
  )

describe("who leaves", () => {
  story("before it has a link to all leaves no ghost", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* cutOff(world, "c", "1", "2")
      const c = yield* world.client("c")
      yield* server.sees("Client c: initiated")
      yield* Effect.sleep("1 second")
      yield* c.type("hi")
      for (const node of [one, two]) yield* node.sees("Client c: hi")
      yield* c.endInput
      yield* c.ended
      yield* server.sees("* Client c left")
      yield* Effect.sleep("8 seconds")
      yield* isNoGhost(one, two)
      yield* Effect.sleep("2 minutes")
      yield* isNoGhost(one, two)
    })
  )

  story("leaves no ghost if the one who introduced it dies before that", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* cutOff(world, "c", "2")
      const c = yield* world.client("c")
      yield* one.sees("Client c: initiated")
      // By then, c has asked for 2.
      yield* Effect.sleep("4 seconds")
      assert.lengthOf(yield* who(two, "c"), 1)
      yield* server.kill
      yield* c.type("Exit")
      yield* c.ended
      yield* one.sees("* Client c left")
      yield* Effect.sleep("8 seconds")
      yield* isNoGhost(two)
    })
  )

  story("is said to have left, once, by who has lost it and could not hear its goodbye", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const c = yield* world.client("c")
      for (const node of [one, two]) yield* node.sees("Client c: initiated")
      yield* cutOff(world, "c", "2")
      yield* two.sees("* Client c is lost: it stopped answering")
      yield* c.type("Exit")
      yield* c.ended
      yield* two.sees("* Client c left")
      yield* Effect.sleep("2 minutes")
      assert.deepStrictEqual(yield* linesOn(two, "c"), [
        "Client c: initiated",
        "* Client c is lost: it stopped answering",
        "* Client c left"
      ])
      assert.deepStrictEqual(
        (yield* linesOn(one, "c")).filter((line) => line.includes("left")),
        ["* Client c left"]
      )
    })
  )

  story("while the server is away is not called back by the next", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      yield* two.type("Exit")
      yield* two.ended
      const next = yield* world.server
      yield* next.sees("* Calling back 1, 2", "Client 1: reconnected")
      yield* Effect.sleep("8 seconds")
      assert.deepStrictEqual(yield* world.records, ["1 6001"])
      assert.deepStrictEqual(yield* linesOn(next, "2"), [])
    })
  )

  story("and is introduced afterwards is not looked for, but its next run is", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const nine = peer("9", 6_109)
      const gone = yield* joinAs(world, nine, 6001)
      yield* one.sees("Client 9: initiated")
      const hello = helloOf(nine)
      yield* gone.says({ type: "bye" })
      yield* one.sees("* Client 9 left")
      const other = yield* joinAs(world, peer("8", 6_108), 6001)
      if (hello.type !== "hello") return assert.fail()
      yield* other.says({ type: "introduce", peers: [listed(nine, hello.epoch)] })
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(yield* who(one, "9"), [])
      const later = Epoch.make("1767225600001-00c0ffee")
      yield* other.says({ type: "introduce", peers: [listed(nine, later)] })
      yield* Effect.sleep("100 millis")
      assert.lengthOf(yield* who(one, "9"), 1)
      yield* other.says({ type: "left", peers: [{ id: nine.id, epoch: hello.epoch }] })
      yield* Effect.sleep("100 millis")
      assert.lengthOf(yield* who(one, "9"), 1)
      yield* other.says({ type: "left", peers: [{ id: nine.id, epoch: later }] })
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(yield* who(one, "9"), [])
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("has not left for those who are linked with it, whatever others say", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const liar = yield* joinAs(world, peer("8", 6_108), 6002)
      const { peers } = yield* liar.hears("roster")
      const run = peers.find(([each]) => each === id("1"))?.[2]
      if (run === undefined) return assert.fail("the roster does not name 1")
      yield* liar.says({ type: "left", peers: [{ id: id("1"), epoch: Epoch.make(`1-${run}`) }] })
      yield* one.type("still here")
      yield* two.sees("Client 1: still here")
      assert.match((yield* who(two, "1")).join(), /direct/)
      assert.notInclude((yield* two.screen).join("\n"), "Client 1 left")
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

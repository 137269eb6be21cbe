/** Rooms that nodes join and leave while they run, over the real mesh. */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { gather, type Node, story, type World } from "./World.ts"

const isOfOps = (line: string) => /Client \d: o\d/.test(line)

/** What the screen of a node has of the room, in the order in which it came. */
const ofOps = (node: Node) => Effect.map(node.screen, (screen) => screen.filter(isOfOps))

const join = (node: Node) =>
  Effect.zipRight(
    node.type("/join ops"),
    node.glances(({ room }) => room === "ops")
  )

/** Types these lines one after the other, each once the one before has come to that node. */
const tell = (from: Node, to: Node, ...lines: ReadonlyArray<string>) =>
  Effect.forEach(lines, (line) => Effect.zipRight(from.type(line), to.sees(`Client 1: ${line}`)), { discard: true })

/** Clients 1 and 2 in ops, where client 1 has said three lines, and client 3, which is not there. */
const withThree = (world: World) =>
  Effect.gen(function* () {
    const { one, server, two } = yield* gather(world)
    const three = yield* world.client("3", { history: 2 })
    yield* three.sees("Client 1: initiated", "Client 2: initiated", "Client 3: initiated")
    yield* join(one)
    yield* join(two)
    yield* Effect.sleep("1 second")
    yield* tell(one, two, "o1", "o2", "o3")
    return { one, server, three, two }
  })

describe("joining a room while the node runs", () => {
  story("shows the last lines as history, and everything that is said from then on", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* withThree(world)
      yield* join(three)
      yield* three.sees("(earlier) Client 1: o2", "(earlier) Client 1: o3")
      yield* one.type("o4")
      for (const node of [two, three]) yield* node.sees("Client 1: o4")
      yield* three.type("o5")
      for (const node of [one, two]) yield* node.sees("Client 3: o5")
      yield* Effect.sleep("40 seconds")
      assert.deepStrictEqual(yield* ofOps(three), ["(earlier) Client 1: o2", "(earlier) Client 1: o3", "Client 1: o4"])
      assert.deepStrictEqual(yield* ofOps(server), [])
    })
  )

  story("shows what was typed above the history that it brings", (world) =>
    Effect.gen(function* () {
      const { three } = yield* withThree(world)
      yield* join(three)
      yield* three.sees("(earlier) Client 1: o2", "(earlier) Client 1: o3")
      const shown = (yield* three.screen).filter((line) => line.includes("/join") || isOfOps(line))
      assert.deepStrictEqual(shown, ["> /join ops", "(earlier) Client 1: o2", "(earlier) Client 1: o3"])
    })
  )

  story("brings nothing twice and nothing old to who leaves and comes back", (world) =>
    Effect.gen(function* () {
      const { one, three, two } = yield* withThree(world)
      yield* join(three)
      yield* three.type("o4")
      yield* one.sees("Client 3: o4")
      yield* Effect.sleep("2 seconds")
      yield* three.type("/leave")
      yield* three.glances(({ room }) => room === "main")
      yield* tell(one, two, "o5", "o6", "o7")
      yield* join(three)
      yield* three.sees("(earlier) Client 1: o6", "(earlier) Client 1: o7")
      yield* three.type("o8")
      const [took] = yield* Effect.timed(one.sees("Client 3: o8"))
      assert.isBelow(Duration.toSeconds(took), 1, "it comes by itself, and not when summaries are compared")
      yield* two.sees("Client 3: o8")
      yield* one.type("o9")
      yield* three.sees("Client 1: o9")
      yield* Effect.sleep("40 seconds")
      assert.deepStrictEqual(
        yield* ofOps(three),
        ["(earlier) Client 1: o2", "(earlier) Client 1: o3", "(earlier) Client 1: o6", "(earlier) Client 1: o7"].concat(
          "Client 1: o9"
        )
      )
    })
  )

  story("that two create at the same moment makes one room of it", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* Effect.all([join(one), join(two)], { concurrency: "unbounded" })
      yield* one.type("o1")
      yield* two.type("o2")
      yield* one.sees("Client 2: o2")
      yield* two.sees("Client 1: o1")
    })
  )

  story("asks another peer when the first one does not answer", (world) =>
    Effect.gen(function* () {
      const { three, two } = yield* withThree(world)
      yield* world.network.cut((from, to) => [from, to].includes("1") && [from, to].includes("3"))
      yield* join(three)
      yield* three.sees("(earlier) Client 1: o2", "(earlier) Client 1: o3")
      yield* two.type("o4")
      yield* three.sees("Client 2: o4")
    })
  )

  story("of nobody who answers ends all the same", (world) =>
    Effect.gen(function* () {
      const { three } = yield* withThree(world)
      yield* world.network.cut((from, to) => from !== to && [from, to].includes("3"))
      const [took] = yield* Effect.timed(
        Effect.zipRight(three.type("/join ops"), three.sees("* You are in #ops. Nobody else is there."))
      )
      assert.isAtMost(Duration.toSeconds(took), 15)
    })
  )

  story("and leaving at once leaves nothing behind", (world) =>
    Effect.gen(function* () {
      const { one, three, two } = yield* withThree(world)
      yield* three.type("/join ops")
      yield* three.type("/leave ops")
      yield* tell(one, two, "o4")
      yield* Effect.sleep("20 seconds")
      assert.notInclude(yield* three.screen, "Client 1: o4")
    })
  )
})

describe("a server that carries every room", () => {
  story(
    "tells who joins later, when all who were there have gone, and shows none of it itself",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        yield* join(one)
        yield* one.type("o1")
        yield* one.type("o2")
        yield* one.type("/quit")
        yield* two.sees("* Client 1 left")
        const three = yield* world.client("3", { history: 5 })
        yield* three.sees("Client 3: initiated")
        yield* join(three)
        yield* three.sees("(earlier) Client 1: o1", "(earlier) Client 1: o2")
        yield* join(two)
        yield* three.type("o3")
        yield* two.sees("Client 3: o3")
        assert.deepStrictEqual(yield* ofOps(server), [])
      }),
    { carries: "all" }
  )
})

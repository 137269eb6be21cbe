/** A chat in which the disk of a node is slow, or does not answer any more. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { mostWaiting } from "../../layers/log/WriteBehind.ts"
import { maxFrameBytes } from "../../src/protocol/Frame.ts"
import { VirtualDisk } from "../support/VirtualDisk.ts"
import { type AtConsole, story, type World } from "./World.ts"

/** A server and two clients; the log of the second is on that disk. */
const gatherOver = (world: World, disk: VirtualDisk) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const one = yield* world.client("1")
    yield* server.sees("Client 1: initiated")
    const two = yield* world.client("2", { disk })
    yield* two.sees("Client 1: initiated", "Client 2: initiated")
    yield* one.sees("Client 2: initiated")
    return { server, one, two }
  })

/** How long something takes, in ms. */
const timed = <E>(effect: Effect.Effect<unknown, E>): Effect.Effect<number, E> =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    yield* effect
    return (yield* Clock.currentTimeMillis) - begun
  })

const hasSeen = ({ screen }: AtConsole, line: string) => Effect.map(screen, (lines) => lines.includes(line))

/** Whether somebody was told that a node is lost. */
const lost = ({ screen }: AtConsole) => Effect.map(screen, (lines) => lines.filter((line) => line.includes("lost")))

describe("a slow disk", () => {
  story("delays what its node shows and says until it is written, and nothing else", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, server, two } = yield* gatherOver(world, disk)
      disk.millis = 2_000
      yield* one.type("theirs")
      assert.isBelow(yield* timed(server.sees("Client 1: theirs")), 100)
      yield* Effect.sleep("1500 millis")
      assert.deepStrictEqual([disk.texts, yield* hasSeen(two, "Client 1: theirs")], [[], false])
      yield* two.sees("Client 1: theirs")
      assert.deepStrictEqual(disk.texts, ["theirs"])

      yield* two.type("mine")
      yield* one.type("meanwhile")
      assert.isBelow(yield* timed(server.sees("Client 1: meanwhile")), 100)
      yield* Effect.sleep("1500 millis")
      assert.deepStrictEqual([disk.texts, yield* hasSeen(one, "Client 2: mine")], [["theirs"], false])
      yield* Effect.all([one.sees("Client 2: mine"), server.sees("Client 2: mine")])
      assert.deepStrictEqual(disk.texts, ["theirs", "mine"])
      yield* two.sees("Client 1: meanwhile")
      assert.deepStrictEqual(disk.texts, ["theirs", "mine", "meanwhile"])
    })
  )

  story("takes what several sessions say meanwhile in one write", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, two } = yield* gatherOver(world, disk)
      const others = yield* Effect.replicateEffect(two.attach(), 4)
      disk.millis = 2_000
      const took = yield* timed(
        Effect.gen(function* () {
          for (const [at, session] of [two, ...others].entries()) yield* session.type(`from ${at}`)
          yield* one.sees(...[0, 1, 2, 3, 4].map((at) => `Client 2: from ${at}`))
        })
      )
      assert.isBelow(took, 4_500, "the first line is on its way, and all others go together")
      assert.deepStrictEqual(disk.texts.length, 5)
      for (const session of others) yield* session.endInput
      for (const session of others) yield* session.ended
    })
  )
})

describe("a disk that is stuck", () => {
  story("keeps its node's lines back, and holds up neither its links nor the others", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, server, two } = yield* gatherOver(world, disk)
      yield* disk.stick
      yield* two.type("mine")
      yield* Effect.sleep("1 second")
      yield* one.type("theirs")
      assert.isBelow(yield* timed(server.sees("Client 1: theirs")), 100)
      yield* Effect.sleep("1 minute")
      for (const node of [one, server, two]) assert.deepStrictEqual(yield* lost(node), [])
      assert.deepStrictEqual(
        [yield* hasSeen(one, "Client 2: mine"), yield* hasSeen(two, "Client 1: theirs")],
        [false, false]
      )
      yield* disk.free
      yield* one.sees("Client 2: mine")
      yield* two.sees("Client 1: theirs")
      assert.deepStrictEqual(disk.texts, ["mine", "theirs"])
    })
  )

  story("does not hold up the end for ever; what it lacks comes again at the next start", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, two } = yield* gatherOver(world, disk)
      yield* disk.stick
      yield* two.type("mine")
      yield* one.type("theirs")
      yield* Effect.sleep("5 seconds")
      assert.isBelow(yield* timed(Effect.zipRight(two.askToEnd, two.ended)), 20_000)
      assert.deepStrictEqual(disk.texts, [])
      yield* disk.free
      const again = yield* world.client("2", { disk })
      yield* again.sees("Client 1: theirs")
      yield* again.type("new")
      yield* one.sees("Client 2: new")
      assert.isFalse(yield* hasSeen(one, "Client 2: mine"))
    })
  )

  story("has a bounded queue, and everything comes once it goes on", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, server, two } = yield* gatherOver(world, disk)
      yield* disk.stick
      const letters = "x".repeat(16_000)
      const count = 300
      for (let n = 1; n <= count; n += 1) yield* one.type(`${n} ${letters}`)
      yield* server.sees(`Client 1: ${count} ${letters}`)
      yield* Effect.sleep("20 seconds")
      assert.isBelow(disk.waiting, mostWaiting + maxFrameBytes)
      assert.isAbove(disk.waiting, mostWaiting / 2)
      yield* disk.free
      yield* two.sees(`Client 1: ${count} ${letters}`)
      assert.strictEqual(disk.texts.length, count)
    })
  )

  story("does not hold up the end when its queue is full either", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const { one, server, two } = yield* gatherOver(world, disk)
      yield* disk.stick
      const letters = "x".repeat(16_000)
      for (let n = 1; n <= 300; n += 1) yield* one.type(`${n} ${letters}`)
      yield* server.sees(`Client 1: 300 ${letters}`)
      yield* two.type("mine")
      yield* Effect.sleep("20 seconds")
      assert.isBelow(yield* timed(Effect.zipRight(two.askToEnd, two.ended)), 20_000)
    })
  )
})

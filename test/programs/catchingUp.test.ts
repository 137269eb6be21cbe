/** A node that has missed more than it can hold: it catches up at the speed of the links all the same. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { PeerId, title } from "../../src/domain/Peer.ts"
import { gather, type Node, story, type World } from "./World.ts"

/** So few that nearly all that is missed finds no room. */
const limits = { pending: 10 }

const others = ["3", "4"]
const lines = 60

/** In ms, each way. */
const latency = 20

const said = (node: Node, line: number): string => `${title(PeerId.make(node.name))}: line ${line}`

/** Client 2 is cut off while all others talk, each below the line of another. Returns them, and the last line that was said. */
const talkWithoutTwo = (world: World) =>
  Effect.gen(function* () {
    const { server, one, two } = yield* gather(world)
    const talkers: Array<Node> = [server, one]
    for (const id of others) {
      talkers.push(yield* world.client(id))
      yield* two.sees(`Client ${id}: initiated`)
    }
    yield* world.network.cut((from, to) => (from === "2") !== (to === "2"))
    for (const id of ["1", ...others]) yield* two.sees(`* Client ${id} is lost: it stopped answering`)
    let last = ""
    for (let line = 1; line <= lines; line += 1) {
      const talker = talkers[line % talkers.length] as Node
      yield* talker.type(`line ${line}`)
      last = said(talker, line)
      yield* (talkers[(line + 1) % talkers.length] as Node).sees(last)
    }
    yield* world.network.delay(() => latency)
    return { server, two, talkers, last }
  })

/** How long a node takes from the first line that it missed to the last, in ms. Each has come once, in order. */
const timeToCatchUp = (node: Node, talkers: ReadonlyArray<Node>, last: string) =>
  Effect.gen(function* () {
    yield* node.sees(said(talkers[1] as Node, 1))
    const begun = yield* Clock.currentTimeMillis
    yield* node.sees(last)
    const took = (yield* Clock.currentTimeMillis) - begun
    const shown = (yield* node.screen).filter((line) => line.includes(": line "))
    assert.deepStrictEqual(
      shown,
      Array.from({ length: lines }, (_, at) => said(talkers[(at + 1) % talkers.length] as Node, at + 1))
    )
    return took
  })

describe("whoever has missed more than it can hold catches up at the speed of the links", () => {
  story(
    "when those who said it are there",
    (world) =>
      Effect.gen(function* () {
        const { last, talkers, two } = yield* talkWithoutTwo(world)
        yield* world.network.heal
        assert.isAtMost(yield* timeToCatchUp(two, talkers, last), lines * 2 * latency)
      }),
    { limits }
  )

  story(
    "when one alone is left who has it",
    (world) =>
      Effect.gen(function* () {
        const { last, server, talkers, two } = yield* talkWithoutTwo(world)
        for (const talker of talkers) if (talker !== server) yield* talker.kill
        yield* world.network.heal
        assert.isAtMost(yield* timeToCatchUp(two, talkers, last), lines * 2 * latency)
      }),
    { limits }
  )
})

import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import { nowhere } from "../../layers/log/Journal.ts"
import * as Log from "../../layers/log/Log.ts"
import * as FanOut from "../../layers/replication/FanOut.ts"
import type { Link } from "../../layers/replication/Ground.ts"
import { Replica } from "../../layers/replication/Replica.ts"
import { Pump } from "../../layers/transport/Pump.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { encode } from "../../src/protocol/Frame.ts"
import { makeOutbox } from "../../src/protocol/Outbox.ts"
import { textOf } from "../support/bytes.ts"
import { id, stream } from "../support/samples.ts"
import { posts } from "./MessageLogContract.ts"

/** A link over an outlet that accepts bytes as long as it is told to. */
const linkTo = (name: string, log: Log.Log) => {
  const written: Array<Uint8Array> = []
  const state = { accepts: true }
  const pump = new Pump({
    write: (bytes) => {
      written.push(bytes)
      return state.accepts
    },
    end: (done) => done()
  })
  const outbox = makeOutbox(log.slice)
  pump.drain(outbox.next)
  const link = {
    peer: { id: id(name) },
    rooms: log.rooms,
    connection: pump,
    outbox,
    replica: new Replica(id(name), log.rooms, 0)
  } as unknown as Link
  return {
    link,
    outbox,
    written,
    /** From now on, each write but the first fills the outlet. */
    hold: () => {
      state.accepts = false
    },
    drain: () => {
      state.accepts = true
      pump.resume()
    },
    accepts: () => state.accepts,
    /** What was written: own posts by their numbers, others with their author, other frames by their type. */
    got: () =>
      written.flatMap((bytes) =>
        textOf(bytes)
          .trimEnd()
          .split("\n")
          .map((line) => {
            const { n, stream: of, type } = JSON.parse(line)
            return type !== "post" ? type : of === log.streamIn(mainRoom) ? n : `${of.split("/")[0]}:${n}`
          })
      )
  }
}

/** A log, the fan-out that feeds these links from it, and the links. */
const make = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const log = yield* Log.make({ author: id("1") }, nowhere)
    const links = names.map((name) => linkTo(name, log))
    const current = new Map(links.map(({ link }) => [link.peer.id, link]))
    // Nobody asks for posts that must be proven, so the other parts of a node are not needed.
    const [ground, needs] = [
      { log, links: { current }, membership: {} },
      { siteList: { isHandedOn: () => false } }
    ] as unknown as Parameters<typeof FanOut.make>
    const fanOut = FanOut.make(ground, needs, 16_384)
    for (const { link } of links) fanOut.follow(link, mainRoom)
    yield* Effect.forkScoped(fanOut.run)
    yield* Effect.yieldNow()
    return { log, links, fanOut }
  })

type Linked = ReturnType<typeof linkTo>

const withTwo = (test: (log: Log.Log, one: Linked, other: Linked, fanOut: FanOut.FanOut) => void) =>
  Effect.map(make("2", "3"), ({ fanOut, links: [one, other], log }) => {
    if (one !== undefined && other !== undefined) test(log, one, other, fanOut)
  })

const say = (log: Log.Log, ...lines: ReadonlyArray<string>) => Effect.runSync(log.say(mainRoom, lines))

describe("the fan-out", () => {
  it.scoped("hands one slice to all links that keep up, within the step by which the log grows", () =>
    withTwo((log, one, other, fanOut) => {
      say(log, "a", "b")
      assert.deepStrictEqual(
        [one.got(), other.got()],
        [
          [1, 2],
          [1, 2]
        ]
      )
      assert.strictEqual(one.written[0], other.written[0], "the very same bytes")
      assert.strictEqual(fanOut.sent(), 4)
      say(log, "c")
      assert.deepStrictEqual(one.got(), [1, 2, 3])
    })
  )

  it.scoped("lets a slow link go on from where it is, and a control frame go first", () =>
    withTwo((log, slow, controlled) => {
      slow.hold()
      say(log, "a")
      slow.outbox.push(encode({ type: "ping" }))
      controlled.outbox.push(encode({ type: "pong" }))
      say(log, "b")
      say(log, "c")
      assert.deepStrictEqual([slow.got(), controlled.got()], [[1], [1, "pong", 2, 3]])
      slow.drain()
      assert.deepStrictEqual(slow.got(), [1, "ping", 2, 3])
      say(log, "d")
      assert.deepStrictEqual(
        [slow.got(), controlled.got()],
        [
          [1, "ping", 2, 3, 4],
          [1, "pong", 2, 3, 4]
        ]
      )
    })
  )

  it.scoped("leaves what is more than a slice to its Stream", () =>
    Effect.gen(function* () {
      const { links, log } = yield* make("2")
      const [link] = links as [Linked]
      const long = "x".repeat(1_000)
      say(log, ...Array.from({ length: 400 }, () => long))
      assert.isBelow(link.got().length, 400)
      for (let times = 0; times < 100; times += 1) yield* Effect.yieldNow()
      assert.deepStrictEqual(
        link.got(),
        Array.from({ length: 400 }, (_, at) => at + 1)
      )
    })
  )

  it.scoped("sends posts of others to those alone that asked, as they come", () =>
    Effect.gen(function* () {
      const { fanOut, links, log } = yield* make("2", "3")
      const [asking, other] = links as [Linked, Linked]
      yield* log.receive(posts("4", 1))
      yield* fanOut.heardWant(asking.link, { type: "want", stream: stream("4"), after: 0, to: 2 })
      assert.deepStrictEqual(asking.got(), ["4:1"])
      Effect.runSync(log.receive(posts("4", 2, 3)))
      say(log, "a")
      assert.deepStrictEqual([asking.got(), other.got()], [["4:1", "4:2", 1], [1]])
    })
  )

  it.effect("brings each link each own post once and in order, whatever is slow, asked for or sent between", () => {
    const step = FastCheck.record({
      link: FastCheck.nat(2),
      what: FastCheck.constantFrom("say", "say", "say many", "hold", "drain", "ping", "ask", "receive", "rest")
    })
    return Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(step, { maxLength: 60 }), (all) =>
          Effect.runPromise(Effect.scoped(play(all)))
        ),
        { numRuns: 150 }
      )
    )
  })
})

interface Step {
  readonly link: number
  readonly what: string
}

const play = (steps: ReadonlyArray<Step>): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { fanOut, links, log } = yield* make("2", "3", "4")
    let said = 0
    let received = 0
    for (const { link: at, what } of steps) {
      const link = links[at] as Linked
      if (what === "say") say(log, `${++said}`)
      else if (what === "say many") say(log, ...Array.from({ length: 40 }, () => `${++said}`.padEnd(1_000)))
      else if (what === "hold") link.hold()
      else if (what === "drain") link.drain()
      else if (what === "ping") {
        link.outbox.push(encode({ type: "ping" }))
        link.link.connection.wake()
      } else if (what === "ask") {
        yield* fanOut.heardWant(link.link, { type: "want", stream: stream("9"), after: 0, to: received + 2 })
      } else if (what === "receive") yield* log.receive(posts("9", ++received))
      else for (let times = 0; times < 20; times += 1) yield* Effect.yieldNow()
    }
    for (let times = 0; times < 200; times += 1) yield* Effect.yieldNow()
    // Nothing is left to do for links that keep up, although the log does not grow any more.
    for (const link of links) {
      if (!link.accepts()) link.drain()
      const own = link.got().filter((each) => typeof each === "number")
      assert.deepStrictEqual(
        own,
        Array.from({ length: said }, (_, n) => n + 1)
      )
    }
    assert.strictEqual(
      fanOut.sent(),
      links.reduce((sum, link) => sum + link.got().filter((each) => each !== "ping").length, 0)
    )
  })

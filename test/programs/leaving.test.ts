/** Who leaves stays as long as others take what it has said, and says what is lost. */
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import { peer } from "../support/samples.ts"
import { joinAs } from "./Stranger.ts"
import { gather, type Node, story, type World } from "./World.ts"

/** How it ended: in words if it failed. */
const endOf = (node: Node) =>
  Effect.map(node.ended, (exit) => {
    if (Exit.isSuccess(exit)) return "well"
    const error = Cause.squash(exit.cause)
    return error instanceof Error ? error.message : String(error)
  })

/** How many seconds that takes. */
const secondsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    const result = yield* effect
    return [result, ((yield* Clock.currentTimeMillis) - before) / 1_000] as const
  })

const leaving = (count: string, how: string) =>
  `* Leaving: no peer has your ${count} yet. Waiting until one has, or until none has taken more for 10 s (--within); ${how} leaves at once.`
const lost = (which: string, what: string) =>
  `${which} lost: no peer received ${what}. Wait longer with --within, or keep your log in a folder with --data.`
const oneLost = lost("Your last line is", "it")

/** A client whose server is away. */
const alone = (world: World) =>
  Effect.gen(function* () {
    const one = yield* world.client("1")
    yield* one.sees(
      "* The server at localhost:4000 can't be reached (nothing listens there). Retrying; what you type is sent as soon as it works."
    )
    return one
  })

describe("who leaves", () => {
  for (const goodbye of ["Exit", "/quit"]) {
    story(`by ${goodbye} with a line that nobody has says so, and that it is lost in the end`, (world) =>
      Effect.gen(function* () {
        const one = yield* alone(world)
        yield* one.type("x")
        yield* one.type(goodbye)
        yield* one.sees(leaving("last line", "Exit again, or Ctrl-C,"))
        const [end, seconds] = yield* secondsOf(endOf(one))
        assert.strictEqual(end, oneLost)
        assert.isAtLeast(seconds, 9)
        assert.isAtMost(seconds, 12)
      })
    )
  }

  story("at the end of input too, while the server is away", (world) =>
    Effect.gen(function* () {
      const one = yield* alone(world)
      yield* one.type("x")
      yield* one.type("y")
      yield* one.endInput
      yield* one.sees(leaving("last 2 lines", "Ctrl-C"))
      assert.strictEqual(yield* endOf(one), lost("Your last 2 lines are", "them"))
    })
  )

  story("on Ctrl-C begins to leave, and leaves at once on the next", (world) =>
    Effect.gen(function* () {
      const one = yield* alone(world)
      yield* one.type("x")
      yield* Effect.sleep("1 second")
      yield* one.askToEnd
      yield* one.sees(leaving("last line", "Ctrl-C again"))
      yield* Effect.sleep("1 second")
      yield* one.askToEnd
      const [end, seconds] = yield* secondsOf(endOf(one))
      assert.strictEqual(end, oneLost)
      assert.isAtMost(seconds, 0.5)
    })
  )

  story("on Ctrl-C pressed twice at once leaves at once; a signal that comes twice is one wish", (world) =>
    Effect.gen(function* () {
      const one = yield* alone(world)
      yield* one.type("x")
      yield* Effect.sleep("1 second")
      yield* Effect.all([one.pressCtrlC, one.pressCtrlC])
      const [end, seconds] = yield* secondsOf(endOf(one))
      assert.strictEqual(end, oneLost)
      assert.isAtMost(seconds, 0.1)
      const two = yield* world.client("2")
      yield* two.type("x")
      yield* Effect.sleep("1 second")
      yield* two.endInput
      yield* Effect.sleep("10 millis")
      yield* two.askToEnd
      const [, longer] = yield* secondsOf(endOf(two))
      assert.isAtLeast(longer, 9)
    })
  )

  story("leaves at once when it is told a second time, by Exit or Ctrl-C", (world) =>
    Effect.gen(function* () {
      for (const again of [(node: Node) => node.type("Exit"), (node: Node) => node.askToEnd]) {
        const one = yield* alone(world)
        yield* one.type("x")
        yield* one.type("Exit")
        yield* one.sees(leaving("last line", "Exit again, or Ctrl-C,"))
        yield* Effect.sleep("2 seconds")
        yield* again(one)
        const [end, seconds] = yield* secondsOf(endOf(one))
        assert.strictEqual(end, oneLost)
        assert.isAtMost(seconds, 0.5)
      }
    })
  )

  story("takes no more lines: they are neither said nor shown as said", (world) =>
    Effect.gen(function* () {
      const one = yield* alone(world)
      yield* one.type("x")
      yield* one.type("Exit")
      yield* one.type("typed ahead")
      yield* one.sees(leaving("last line", "Exit again, or Ctrl-C,"))
      yield* one.type("too late")
      yield* one.type("/who")
      yield* one.stands("… x", "> Exit")
      const server = yield* world.server
      yield* server.sees("Client 1: x", "* Client 1 left")
      assert.strictEqual(yield* endOf(one), "well")
      assert.notInclude((yield* server.screen).join("\n"), "too late")
      assert.notInclude((yield* server.screen).join("\n"), "ahead")
    })
  )

  story("waits as long as somebody takes more, however long that takes", (world) =>
    Effect.gen(function* () {
      const one = yield* alone(world)
      yield* one.type("a")
      const server = yield* world.server
      yield* one.sees("Client 1: initiated")
      yield* one.stands()
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      const reader = yield* joinAs(world, peer("9", 6_109), 6001)
      const { post } = yield* reader.hears("post")
      const have = (n: number) => reader.says({ type: "have", streams: { [post.stream]: n }, more: false })
      yield* Effect.forkScoped(Effect.repeat(reader.says({ type: "ping" }), Schedule.spaced("1 second")))
      for (const line of ["b", "c", "d"]) yield* one.type(line)
      yield* one.type("Exit")
      yield* one.sees(leaving("last 3 lines", "Exit again, or Ctrl-C,"))
      for (const n of [2, 3, 4]) yield* Effect.delay(have(n), "8 seconds")
      assert.strictEqual(yield* endOf(one), "well")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("does not wait where somebody has everything", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.type("hello")
      yield* two.sees("Client 1: hello")
      yield* Effect.sleep("2 seconds")
      yield* one.type("Exit")
      const [end, seconds] = yield* secondsOf(endOf(one))
      assert.strictEqual(end, "well")
      assert.isAtMost(seconds, 0.1)
      yield* two.type("just now")
      yield* two.type("Exit")
      const [its, most] = yield* secondsOf(endOf(two))
      assert.strictEqual(its, "well")
      assert.isAtMost(most, 1.5)
      assert.notInclude((yield* two.screen).join("\n"), "Leaving")
    })
  )

  story("at the server says what is lost, and does not wait if nobody is left who could take it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.type("is anybody there?")
      yield* server.type("Exit")
      const [end, seconds] = yield* secondsOf(endOf(server))
      assert.strictEqual(end, oneLost)
      assert.isAtMost(seconds, 0.5)
      const { one, server: next, two } = yield* gather(world)
      yield* two.type("Exit")
      yield* next.sees("* Client 2 left")
      yield* one.kill
      yield* next.sees("* Client 1 is lost: the connection broke")
      yield* next.type("hello?")
      yield* next.type("Exit")
      const [again, longer] = yield* secondsOf(endOf(next))
      assert.strictEqual(again, oneLost)
      assert.isAtLeast(longer, 9)
    })
  )

  story("tells before what it has got, so that others need not take that for lost", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      yield* Effect.sleep("1500 millis")
      yield* server.type("hello")
      yield* one.sees("Server: hello")
      yield* one.type("Exit")
      yield* server.sees("* Client 1 left")
      yield* server.type("Exit")
      assert.strictEqual(yield* endOf(server), "well")
    })
  )

  story("with send says on Ctrl-C that nobody has the line", (world) =>
    Effect.gen(function* () {
      const sent = yield* world.send("9", "hello?", 1)
      yield* Effect.sleep("1 second")
      yield* sent.askToEnd
      const [end, seconds] = yield* secondsOf(endOf(sent))
      assert.match(end, /^None of 1 peer confirmed the message/)
      assert.isAtMost(seconds, 0.5)
    })
  )
})

/** Clocks that are wrong, or set while a program runs: nothing that takes its time depends on the time of day. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Host, Port } from "../../src/domain/Peer.ts"
import { gather, story } from "./World.ts"

const hour = Duration.toMillis("1 hour")

describe("a clock that is set", () => {
  story("back: who answers and says nothing is left after 5 s, and the server is found", (world) =>
    Effect.gen(function* () {
      const silent = world.network
        .transport("silent")
        .listen({ host: Host.make("localhost"), port: Port.make(4000) }, () => Effect.never)
      const one = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.orDie(silent)
          const calling = yield* world.client("1")
          yield* Effect.sleep("1 second")
          yield* calling.setClock(-hour)
          yield* calling.sees(
            "* The server at localhost:4000 can't be reached (no answer within 5 s). Retrying; what you type is sent as soon as it works."
          )
          return calling
        })
      )
      const server = yield* world.server
      yield* server.sees("Client 1: initiated")
      yield* one.type("found")
      yield* server.sees("Client 1: found")
    })
  )

  story(
    "back: a line that nobody tells of is marked after 2 s, and /status says how long the program has run",
    (world) =>
      Effect.gen(function* () {
        const { one, two, server } = yield* gather(world)
        yield* world.network.cut((from, to) => from === "1" || to === "1")
        yield* one.type("cut off")
        yield* one.stands("> cut off")
        yield* one.setClock(-hour)
        const before = yield* Clock.currentTimeMillis
        yield* one.stands("… cut off")
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 2_500)
        yield* world.network.heal
        yield* two.sees("Client 1: cut off")
        yield* server.sees("Client 1: cut off")
        yield* Effect.sleep("20 seconds")
        yield* one.type("/status")
        yield* Effect.sleep("1 second")
        const [age] = (yield* one.screen).flatMap(
          (line) => /^\* This is Client 1 at .*, running for (.*)\.$/.exec(line)?.[1] ?? []
        )
        assert.match(age ?? "", /^2\d s$/)
      })
  )

  story("back, on both who lose each other: each hears once through whom the other comes", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.setClock(-hour)
      yield* two.setClock(hour)
      const between = (from: string, to: string) => `${from}${to}` === "12" || `${from}${to}` === "21"
      yield* world.network.cut(between)
      yield* one.sees("* Client 2 is lost: it stopped answering")
      yield* Effect.sleep("6 seconds")
      yield* one.type("slow")
      yield* two.type("fast")
      yield* one.sees("* Client 2 has no direct link: its lines come through Server", "Client 2: fast")
      yield* two.sees("* Client 1 has no direct link: its lines come through Server", "Client 1: slow")
    })
  )
})

/** Hostile input at a node: it ends nothing, costs nobody else anything, and makes no second line. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gather } from "../programs/World.ts"
import { connect, enter, ircStory } from "./Guest.ts"

describe("a hostile client", () => {
  ircStory(
    "may send NUL, CR alone, endless tags, broken UTF-8 and 10,000 unknown commands: nobody else notices",
    (world) =>
      Effect.gen(function* () {
        const { one, two } = yield* gather(world)
        const guest = yield* enter(world, one)
        const hostile = yield* enter(world, one, { capabilities: "draft/multiline batch labeled-response" })
        yield* hostile.send(
          "PRIVMSG #main :a\u0000b",
          "PRIVMSG #main :a\rPRIVMSG #main :b",
          `@${"t".repeat(8_190)} PRIVMSG #main :c`,
          `PRIVMSG #main :${"d".repeat(9_000)}`,
          `@label=${"l".repeat(4_000)} PING long`,
          "@batch=none PRIVMSG #main :e",
          ""
        )
        yield* hostile.sendBytes(Uint8Array.of(0x50, 0xff, 0x0a))
        yield* hostile.sees(/ 417 /)
        yield* hostile.sees(/ 417 /)
        assert.isAtMost((yield* hostile.sees(/ PONG 1\.outlive long$/)).length, 120)
        yield* hostile.sees(/ FAIL BATCH MULTILINE_INVALID /)
        yield* hostile.sees(/ FAIL \* INVALID_UTF8 /)
        yield* hostile.send(...Array.from({ length: 10_000 }, (_, at) => `UNKNOWN${"x".repeat(at % 9)}`))
        yield* hostile.sees(/ 421 /)
        yield* guest.send("PRIVMSG #main :meanwhile")
        yield* two.sees("Client 1: meanwhile")
        const heard = (yield* two.screen).filter((line) => line.startsWith("Client 1: "))
        assert.deepStrictEqual(heard, ["Client 1: initiated", "Client 1: meanwhile"])
      })
  )

  ircStory("that sends a byte a second is let go like one that sends none", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const slow = yield* connect(world, one)
      const bytes = new TextEncoder().encode("NICK joe\r\nUSER u 0 * :a name that has no end")
      yield* Effect.forkIn(
        Effect.forEach(bytes, (byte) => Effect.delay(slow.sendBytes(Uint8Array.of(byte)), "1 second")),
        world.scope
      )
      yield* slow.sees(/^ERROR :Closing link: Registration took too long/)
      yield* slow.ended
    })
  )
})

/** What becomes of a chat when something is wrong with the server's folder. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { gather, story } from "./World.ts"

describe("the server's folder", () => {
  story(
    "what is wrong with the disk is said once, however often somebody comes, and so is that it works again",
    (world) =>
      Effect.gen(function* () {
        const { server } = yield* gather(world)
        yield* world.disk(Option.some(["the disk is full", "free some space"]))
        const three = yield* world.client("3")
        const four = yield* world.client("4")
        yield* three.sees(
          "* Server admits nobody right now (the disk is full). Retrying; what you type is sent as soon as it works."
        )
        yield* Effect.sleep("20 seconds")
        yield* world.disk(Option.some(["this machine has too many files open", "stop other programs"]))
        yield* Effect.sleep("20 seconds")
        yield* world.disk(Option.none())
        for (const client of [three, four]) yield* client.sees("Client 3: initiated", "Client 4: initiated")
        assert.deepStrictEqual(
          (yield* server.screen).filter((line) => line.includes("ports.txt")),
          [
            "* ports.txt can't be used (the disk is full): free some space.",
            "* ports.txt can't be used (this machine has too many files open): stop other programs.",
            "* ports.txt can be used again."
          ]
        )
      })
  )
})

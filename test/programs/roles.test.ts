/** A server is one by its role, which nobody gives to another, nor takes from it. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { id, listed, peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import { joinAs } from "./Stranger.ts"
import { gather, story } from "./World.ts"

describe("whatever a peer says of roles", () => {
  story("a client looks for its server where that was, and calls nobody else a server", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const liar = yield* joinAs(world, peer("8", 6_108), 6001)
      yield* one.sees("Client 8: initiated")
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      const dialled: Array<number> = []
      const { address } = peer("trap", 7_001)
      yield* listen(world.network.transport("trap"), address, () => Effect.sync(() => void dialled.push(address.port)))
      yield* liar.says({ type: "introduce", peers: [listed({ id: id("Server"), role: "client", address })] })
      yield* Effect.sleep("30 seconds")
      assert.isEmpty(dialled)
      yield* world.server
      yield* one.sees("Server: initiated")
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

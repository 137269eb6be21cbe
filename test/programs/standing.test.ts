/** Where one's own lines stand: what nobody has yet can be seen, and what somebody has is an ordinary line. */
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { story } from "./World.ts"

describe("one's own lines", () => {
  story("/pending lists what no peer has; what a peer had before it died is not among it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      yield* one.type("heard")
      yield* server.sees("Client 1: heard")
      yield* Effect.sleep("1 second")
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; everybody goes on without it")
      yield* one.type("/pending")
      yield* one.sees("* Every line of yours has reached somebody.")
      yield* one.type("unheard")
      yield* one.type("unheard too")
      yield* one.type("/pending")
      yield* one.sees("* nobody has yet: unheard", "* nobody has yet: unheard too")
      const two = yield* world.client("2", { peer: "1" })
      yield* two.sees("Client 2: initiated")
      yield* Effect.sleep("1 second")
      yield* one.type("/pending")
      yield* one.sees("* Every line of yours has reached somebody.", "* Every line of yours has reached somebody.")
    })
  )
})

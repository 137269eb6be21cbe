/** A secure chat of two sites, as its people make it. */
import * as Effect from "effect/Effect"
import type { World } from "./World.ts"

/** The owner's site, `east`, with client 1; and with client 2, who has joined and is still there. */
export const ownSite = (world: World) =>
  Effect.gen(function* () {
    const east = yield* world.site("east", 4000)
    const one = yield* world.client("1", { link: yield* world.safe.inviteBy("Server-east") })
    yield* east.sees("Client 1: initiated")
    const before = yield* world.client("2", { link: yield* world.safe.inviteBy("Server-east") })
    yield* east.sees("Client 2: initiated")
    return { east, one, before }
  })

/** `west` is invited, and client 2 goes there. */
export const furtherSite = (world: World, { before, east, one }: Effect.Effect.Success<ReturnType<typeof ownSite>>) =>
  Effect.gen(function* () {
    const west = yield* world.site("west", 4100, yield* world.safe.inviteBy("Server-east", "west"))
    yield* east.sees("Server west: initiated")
    yield* before.sees("Server west: initiated")
    yield* before.type("Exit")
    yield* before.ended
    const two = yield* world.client("2", { server: 4100 })
    yield* west.sees("Client 2: initiated")
    yield* one.sees("Client 2: initiated")
    return { east, west, one, two }
  })

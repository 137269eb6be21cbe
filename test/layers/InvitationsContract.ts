/** What holds of all Invitations. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Keys from "../../layers/identity/Keys.ts"
import { Invitations } from "../../services/Invitations.ts"
import type { StateUnavailable } from "../../src/domain/Errors.ts"
import { Token } from "../../src/domain/Invitation.ts"
import { Site } from "../../src/domain/Site.ts"
import { id } from "../support/samples.ts"

/** The key that a token makes. */
const keyOf = (token: Token) => Keys.prove(token, "").key

export const holdsFor = (world: Layer.Layer<Invitations, unknown>): void => {
  const holds = (name: string, test: (invitations: Invitations["Type"]) => Effect.Effect<void, StateUnavailable>) =>
    it.scoped(name, () => Effect.flatMap(Invitations, test).pipe(Effect.provide(world)))

  holds("as many come by one as it is for, and it tells who", (invitations) =>
    Effect.gen(function* () {
      const key = keyOf(yield* invitations.issue({ uses: 2, expires: 1_000 }))
      assert.deepStrictEqual(yield* Effect.forEach(["1", "2", "3"], (who) => invitations.redeem(key, id(who))), [
        true,
        true,
        false
      ])
      const [invitation] = yield* invitations.all
      assert.deepInclude(invitation, { key, uses: 2, expires: 1_000, usedBy: [id("1"), id("2")] })
    })
  )

  holds("one for the server of a site lets in that alone, and all others let in no server", (invitations) =>
    Effect.gen(function* () {
      const site = Site.make("west")
      const key = keyOf(yield* invitations.issue({ uses: 3, expires: 1_000, site }))
      for (const other of ["1", "Server-east", "Server"])
        assert.isFalse(yield* invitations.redeem(key, id(other)), other)
      assert.isTrue(yield* invitations.redeem(key, id("Server-west")))
      const [invitation] = yield* invitations.all
      assert.deepInclude(invitation, { site, usedBy: [id("Server-west")] })
      const usual = keyOf(yield* invitations.issue({ uses: 1, expires: 1_000 }))
      for (const server of ["Server-west", "Server"]) assert.isFalse(yield* invitations.redeem(usual, id(server)))
      assert.isTrue(yield* invitations.redeem(usual, id("1")))
    })
  )

  holds("nobody comes by one that has run out", (invitations) =>
    Effect.gen(function* () {
      const key = keyOf(yield* invitations.issue({ uses: 2, expires: 1_000 }))
      yield* TestClock.adjust("999 millis")
      assert.isTrue(yield* invitations.redeem(key, id("1")))
      yield* TestClock.adjust("1 millis")
      assert.isFalse(yield* invitations.redeem(key, id("2")))
    })
  )

  holds("nobody comes by one that is revoked, or was never issued; the others stay", (invitations) =>
    Effect.gen(function* () {
      const [one, other] = [
        keyOf(yield* invitations.issue({ uses: 1, expires: 1_000 })),
        keyOf(yield* invitations.issue({ uses: 1, expires: 1_000 }))
      ]
      assert.isTrue(yield* invitations.revoke(one))
      assert.isFalse(yield* invitations.revoke(one))
      assert.isFalse(yield* invitations.redeem(one, id("1")))
      assert.isFalse(yield* invitations.redeem(keyOf(Token.make("A".repeat(22))), id("1")))
      assert.isTrue(yield* invitations.redeem(other, id("1")))
    })
  )
}

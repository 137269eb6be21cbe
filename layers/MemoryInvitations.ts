/** Invitations in memory, lost when the process ends: for tests. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Invitations } from "../services/Invitations.ts"
import { type Invitation, isFor, isOpen } from "../src/domain/Invitation.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import * as Keys from "./identity/Keys.ts"

/** Makes the memory of such invitations, which may outlive the layer. */
export const makeMemory = Effect.sync(() => new Map<PublicKey, Invitation>())

/** Invitations in a given memory. */
export const over = (all: Map<PublicKey, Invitation>): Layer.Layer<Invitations> =>
  Layer.succeed(
    Invitations,
    Invitations.of({
      issue: (terms) =>
        Effect.sync(() => {
          const { key, token } = Keys.makeToken()
          all.set(key, { ...terms, key, usedBy: [] })
          return token
        }),
      all: Effect.sync(() => [...all.values()]),
      revoke: (key) => Effect.sync(() => all.delete(key)),
      redeem: (key, by) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const found = all.get(key)
          if (found === undefined || !isFor(found, by) || !isOpen(found, now)) return false
          all.set(key, { ...found, usedBy: [...found.usedBy, by] })
          return true
        })
    })
  )

export const layer: Layer.Layer<Invitations> = Layer.unwrapEffect(Effect.map(makeMemory, over))

/** A Membership that asks nobody for anything: for plain connections, over which nobody can prove anything. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Membership } from "../services/Membership.ts"

export const layer: Layer.Layer<Membership> = Layer.succeed(
  Membership,
  Membership.of({
    meets: () => Effect.void,
    isCalled: () => true,
    knows: () => true,
    pass: () => undefined,
    admits: () => Effect.succeed(true),
    sign: undefined,
    judge: () => "accepted",
    version: () => 0,
    since: () => [],
    learn: () => Effect.succeed(false),
    changes: Stream.empty,
    events: Stream.empty,
    compare: () => ({ known: undefined, refused: undefined }),
    trust: () => Effect.succeed(false),
    decide: () => Effect.succeed(false),
    listensAt: () => Effect.void,
    owns: false
  })
)

/** One sitting at a node's screen: what of it is not in the log. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { PeerId } from "../../domain/Peer.ts"
import * as Standing from "../standing.ts"

export class Sitting extends Context.Tag("outlive/Sitting")<
  Sitting,
  {
    /** When it began, in ms since 1970. */
    readonly since: number
    readonly standing: Standing.Standing
    /** Whose lines are not shown. */
    readonly muted: Ref.Ref<ReadonlySet<PeerId>>
  }
>() {}

/** One that begins now, and ends with the scope. */
export const make = Effect.all({
  since: Clock.currentTimeMillis,
  standing: Standing.make,
  muted: Ref.make<ReadonlySet<PeerId>>(new Set())
})

/** One sitting at a node's screen: what of it is not in the log. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Monotonic from "../../domain/Monotonic.ts"
import type { PeerId } from "../../domain/Peer.ts"
import * as Standing from "./ownLines.ts"

/** Whose lines are not shown at this screen: as long as the program runs, also if its node begins anew. */
export class Muted extends Context.Tag("outlive/Muted")<Muted, Ref.Ref<ReadonlySet<PeerId>>>() {
  static readonly nobody: Layer.Layer<Muted> = Layer.effect(Muted, Ref.make<ReadonlySet<PeerId>>(new Set()))
}

/** Words that call whoever sits there, besides the node's own id. */
export class Highlights extends Context.Reference<Highlights>()("outlive/Highlights", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Session extends Context.Tag("outlive/Session")<
  Session,
  {
    /** When it began, in ms since 1970; and in monotonic ms. */
    readonly since: number
    readonly begun: number
    readonly standing: Standing.Standing
    readonly muted: Muted["Type"]
    readonly highlights: ReadonlyArray<string>
    /** What was typed last, if it was asked whether that is meant. */
    readonly questioned: Ref.Ref<string | undefined>
  }
>() {}

/** What outlasts the node at a screen where nobody has sat yet. */
export const fresh: Layer.Layer<Muted | Standing.Followed> = Layer.merge(Muted.nobody, Standing.Followed.none)

/** One that begins now, and ends with the scope. */
export const make = Effect.all({
  since: Clock.currentTimeMillis,
  begun: Effect.clockWith((clock) => Effect.sync(() => Monotonic.millis(clock))),
  standing: Standing.make,
  muted: Muted,
  highlights: Highlights,
  questioned: Ref.make<string | undefined>(undefined)
})

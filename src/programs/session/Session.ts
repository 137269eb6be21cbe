/** A session: one person or program at one console of a node. It goes on if the node begins anew. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Console, Typed } from "../../../services/Console.ts"
import type { Said } from "../../domain/Delivery.ts"
import type { PeerId } from "../../domain/Peer.ts"

/** Words that call whoever sits there, besides the node's own id. */
export class Highlights extends Context.Reference<Highlights>()("outlive/Highlights", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Session extends Context.Tag("outlive/Session")<
  Session,
  {
    readonly console: Console["Type"]
    /** Whose lines are not shown here. */
    readonly muted: Ref.Ref<ReadonlySet<PeerId>>
    readonly highlights: ReadonlyArray<string>
    /** What was typed last, if it was asked whether that is meant. */
    readonly questioned: Ref.Ref<string | undefined>
    /** The lines typed here that no peer is known to have. */
    readonly waiting: Ref.Ref<ReadonlyArray<Said<Typed>>>
  }
>() {}

/** One that begins now at that console. */
export const make = (console: Console["Type"]) =>
  Effect.all({
    console: Effect.succeed(console),
    muted: Ref.make<ReadonlySet<PeerId>>(new Set()),
    highlights: Highlights,
    questioned: Ref.make<string | undefined>(undefined),
    waiting: Ref.make<ReadonlyArray<Said<Typed>>>([])
  })

/** A session: one person or program at one console of a node. It goes on if the node begins anew. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Console, Typed } from "../../../services/Console.ts"
import type { Reader } from "../../../services/MessageLog.ts"
import type { Said } from "../../domain/Delivery.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { mainRoom, type Room } from "../../domain/Post.ts"

/** Words that call whoever sits there, besides the node's own id. */
export class Highlights extends Context.Reference<Highlights>()("outlive/Highlights", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Session extends Context.Tag("outlive/Session")<
  Session,
  {
    readonly console: Console["Type"]
    /** Where it stands in the log. What is typed here is said from there. */
    readonly reader: Reader
    /** The room in which it speaks. */
    readonly room: Room
    /** Whose lines are not shown here. */
    readonly muted: Ref.Ref<ReadonlySet<PeerId>>
    readonly highlights: ReadonlyArray<string>
    /** What was typed last, if it was asked whether that is meant. */
    readonly questioned: Ref.Ref<string | undefined>
    /** The lines typed here that no peer is known to have. */
    readonly waiting: Ref.Ref<ReadonlyArray<Said<Typed>>>
    /** How many lines of a script could not be said. */
    readonly refused: Ref.Ref<number>
  }
>() {}

/** One that begins now. `refused`: where its lines are counted that could not be said. */
export const make = (console: Console["Type"], reader: Reader, refused: Ref.Ref<number>) =>
  Effect.all({
    console: Effect.succeed(console),
    reader: Effect.succeed(reader),
    room: Effect.succeed(mainRoom),
    muted: Ref.make<ReadonlySet<PeerId>>(new Set()),
    highlights: Highlights,
    questioned: Ref.make<string | undefined>(undefined),
    waiting: Ref.make<ReadonlyArray<Said<Typed>>>([]),
    refused: Effect.succeed(refused)
  })

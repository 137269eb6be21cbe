/** A session: one person or program at one console of a node. It goes on when the node begins another run. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Ref from "effect/Ref"
import type { Console, Typed } from "../../../services/Console.ts"
import type { Reader } from "../../../services/MessageLog.ts"
import type { Said } from "../../domain/Delivery.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { mainRoom, type Room } from "../../domain/Post.ts"

/** Words that count as a mention of the person at the console, besides the node's own id. */
export class Highlights extends Context.Reference<Highlights>()("outlive/Highlights", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

export class Session extends Context.Tag("outlive/Session")<
  Session,
  {
    readonly console: Console["Type"]
    /** Its place in the log, from which it reads and speaks. */
    readonly reader: Reader
    /** The room in which typed lines are said. */
    readonly room: Room
    /** The ids whose lines are not shown here. */
    readonly muted: MutableRef.MutableRef<ReadonlySet<PeerId>>
    readonly highlights: ReadonlyArray<string>
    /** The last typed line, if the session asked whether to send it. Typed again, it is sent. */
    readonly questioned: Ref.Ref<string | undefined>
    /** The lines typed here that no peer is known to have. */
    readonly waiting: MutableRef.MutableRef<ReadonlyArray<Said<Typed>>>
    /** How many lines of a script could not be said. */
    readonly refused: Ref.Ref<number>
  }
>() {}

/** Makes a session that begins now. `refused` counts its lines that could not be said. */
export const make = (console: Console["Type"], reader: Reader, refused: Ref.Ref<number>) =>
  Effect.all({
    console: Effect.succeed(console),
    reader: Effect.succeed(reader),
    room: Effect.succeed(mainRoom),
    muted: Effect.sync(() => MutableRef.make<ReadonlySet<PeerId>>(new Set())),
    highlights: Highlights,
    questioned: Ref.make<string | undefined>(undefined),
    waiting: Effect.sync(() => MutableRef.make<ReadonlyArray<Said<Typed>>>([])),
    refused: Effect.succeed(refused)
  })

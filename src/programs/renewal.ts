/** Begins a node anew, in another run. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Console } from "../../services/Console.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { type Forked, isForked, type LogUnavailable } from "../domain/Errors.ts"
import { redial } from "../domain/Redial.ts"
import { notice } from "../domain/ScreenLine.ts"
import { Leaving } from "./leaving.ts"
import { carryOver } from "./session/ownLines.ts"
import * as Sessions from "./session/Session.ts"

/**
 * Begins a program anew, on a fresh mesh, when its stream turns out to be somebody else's too. Its log goes on in another run.
 * The session that the program was started for goes on: at the same console, behind what was shown there, with the same ids muted.
 * A program that is leaving goes on to leave.
 */
export const anewWhenForked = <A, E, R>(
  program: Effect.Effect<A, E | Forked, R>
): Effect.Effect<A, E | Forked | LogUnavailable, Exclude<R, Sessions.Session | Leaving> | Console | MessageLog> =>
  Effect.gen(function* () {
    const session = yield* Sessions.make(yield* Console)
    return yield* program.pipe(
      Effect.tapError((error) => (isForked(error) ? beginAnother(session, error) : Effect.void)),
      Effect.retry({ schedule: redial, while: isForked }),
      Effect.provide(Layer.merge(Layer.succeed(Sessions.Session, session), Leaving.notYet))
    )
  })

const beginAnother = (
  session: Sessions.Session["Type"],
  fork: Forked
): Effect.Effect<void, LogUnavailable, MessageLog> =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    yield* session.console.show([notice(fork.message)])
    const moved = yield* log.renew(fork.shared, fork._tag === "RunOutlived" ? fork.after : undefined)
    yield* carryOver(session, moved)
  })

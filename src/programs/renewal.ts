/** Begins another run of a node. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Console } from "../../services/Console.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { type Forked, isForked, type LogUnavailable } from "../domain/Errors.ts"
import { within } from "../domain/Limit.ts"
import { redial } from "../domain/Redial.ts"
import { notice } from "../domain/ScreenLine.ts"
import { Leaving } from "./leaving.ts"
import type { Reading } from "./reading.ts"
import { Refused } from "./refused.ts"
import { carryOver } from "./session/ownLines.ts"
import * as Session from "./session/Session.ts"
import { Attached } from "./sessions.ts"

/** A console that is stuck delays the next run by no more than this, once before the log is renewed and once after. */
const lastNotice = "1 second"

/**
 * Runs a program, and runs it again on a fresh mesh when another process turns out to use the same stream. The log goes
 * on in another run. The sessions go on too: at the same consoles, after what was shown there, with the same ids muted.
 * They end when the program does. A program that was leaving still leaves.
 */
export const anewWhenForked = <A, E, R>(
  program: Effect.Effect<A, E | Forked, R>
): Effect.Effect<
  A,
  E | Forked | LogUnavailable,
  Exclude<R, Session.Session | Leaving> | Attached | Console | MessageLog | Reading
> =>
  Effect.gen(function* () {
    const attached = yield* Attached
    const { screen } = yield* MessageLog
    const session = yield* Session.make(yield* Console, screen, yield* Refused)
    return yield* program.pipe(
      Effect.tapError((error) => (isForked(error) ? beginAnother(session, attached.all(), error) : Effect.void)),
      Effect.retry({ schedule: redial, while: isForked }),
      Effect.provide(Layer.merge(Layer.succeed(Session.Session, session), Leaving.notYet)),
      Effect.ensuring(attached.end)
    )
  })

/** Tells all sessions, renews the log, and carries pending lines over. `guests`: all sessions but the main one. */
const beginAnother = (
  main: Session.Session["Type"],
  guests: ReadonlyArray<Session.Session["Type"]>,
  fork: Forked
): Effect.Effect<void, LogUnavailable, MessageLog> =>
  Effect.gen(function* () {
    const log = yield* MessageLog
    /**
     * Shows something in every session. A console that is stuck is not waited for. A broken console of a guest is no
     * failure of the program.
     */
    const inEach = (show: (session: Session.Session["Type"]) => Effect.Effect<void>) => {
      const shown = [
        within(lastNotice)(show(main)),
        ...guests.map((each) => Effect.exit(within(lastNotice)(show(each))))
      ]
      return Effect.all(shown, { concurrency: "unbounded", discard: true })
    }
    const words = [notice(fork.message)]
    yield* inEach(({ console }) => console.show(words))
    const moved = yield* log.renew(fork.shared, fork._tag === "RunOutlived" ? fork.after : undefined)
    yield* inEach((session) => carryOver(session, moved))
  })

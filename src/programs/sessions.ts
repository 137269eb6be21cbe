/** The sessions of a node in one of its runs. */
import * as Effect from "effect/Effect"
import { Interrupts } from "../../services/Interrupts.ts"
import * as Run from "./Run.ts"
import * as OwnLines from "./session/ownLines.ts"
import { Session } from "./session/Session.ts"
import { type Ending, sayWhatIsTyped } from "./session/say.ts"
import { showWhatHappens } from "./session/show.ts"
import { tellHowItIs } from "./session/statusLine.ts"

/**
 * Begins a run of the node, with the session that the program was started for: it shows what happens until the scope closes.
 * `ended` says what is typed there, until the end is asked for: by a line, by the end of input, or from outside.
 */
export const begin = Effect.gen(function* () {
  const session = yield* Session
  const run = yield* Run.make
  const ownLines = yield* Effect.provideService(OwnLines.make(session), Run.Run, run)
  yield* tellHowItIs(session.console)
  yield* showWhatHappens(session, ownLines)
  const { next } = yield* Interrupts
  const ended: Effect.Effect<Ending | "interrupt", never, Needs> = Effect.raceFirst(
    Effect.provideService(sayWhatIsTyped(session, ownLines), Run.Run, run),
    Effect.as(next, "interrupt" as const)
  )
  return { ended, ownLines, undelivered: run.undelivered }
})

type Needs = Exclude<Effect.Effect.Context<ReturnType<typeof sayWhatIsTyped>>, Run.Run>

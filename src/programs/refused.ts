/** Counts the lines of a script that could not be said, for the exit status. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { LinesRefused } from "../domain/Errors.ts"
import type { Session } from "./session/Session.ts"

/** How many lines could not be said in the session that the program was started for. */
export class Refused extends Context.Reference<Refused>()("outlive/Refused", {
  defaultValue: () => Ref.unsafeMake(0)
}) {}

/** Counts lines that could not be said. A person has seen why, and types them again. */
export const refuse = (count: number, { console, refused }: Session["Type"]): Effect.Effect<void> =>
  count === 0 || console.isPerson ? Effect.void : Ref.update(refused, (before) => before + count)

/** Fails at the end of a program if lines could not be said. */
export const failingIfRefused = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E | LinesRefused, R> =>
  Effect.tap(program, () =>
    Effect.flatMap(Effect.flatMap(Refused, Ref.get), (count) =>
      count === 0 ? Effect.void : new LinesRefused({ count })
    )
  ).pipe(Effect.provideServiceEffect(Refused, Ref.make(0)))

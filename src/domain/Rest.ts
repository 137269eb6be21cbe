/** Steps that are taken at once wherever nothing has to be waited for. */
import * as Effect from "effect/Effect"

/** What remains to be done of a step, in a fiber; undefined if it is done already. */
export type Rest<E = never> = Effect.Effect<void, E> | undefined

/** Takes the next step: now if nothing remains of the last one, or else after it. */
export const after = <E1, E2>(rest: Rest<E1>, next: () => Rest<E2>): Rest<E1 | E2> =>
  rest === undefined ? next() : Effect.flatMap(rest, () => next() ?? Effect.void)

/** A step as an effect. */
export const effectOf = <E>(step: () => Rest<E>): Effect.Effect<void, E> => Effect.suspend(() => step() ?? Effect.void)

/** Waiting for what real programs do. */
import * as Effect from "effect/Effect"

/** What has not come within this time never will, in ms: on a busy machine too. */
const limit = 120_000

/** Waits until that holds. Dies if it does not within two minutes. */
export const until = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    const since = Date.now()
    while (!holds() && Date.now() - since < limit) yield* Effect.sleep(10)
    if (!holds()) yield* Effect.dieMessage(`not within ${limit} ms: ${what}`)
  })

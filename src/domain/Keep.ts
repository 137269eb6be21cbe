/** What a node keeps for its next run besides its log: a text in a place of its own. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { makeSignal } from "./Signal.ts"

/** A place for a text. Failures are no concern of anybody: the next run then begins with less. */
export interface Keep {
  /** The text that was saved last; undefined if there is none. */
  readonly load: Effect.Effect<string | undefined>
  /** Replaces the text. It is the old one or the new one, whenever the program dies. */
  readonly save: (text: string) => Effect.Effect<void>
}

export const nowhere: Keep = { load: Effect.succeed(undefined), save: () => Effect.void }

/**
 * Saves something `after` it has changed, once for all changes until then, and when the scope closes. Returns the plain
 * function that tells of a change.
 */
export const saveChanges = (
  save: Effect.Effect<void>,
  after?: Duration.DurationInput
): Effect.Effect<() => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const changes = makeSignal()
    let isDirty = false
    const write = Effect.suspend(() => {
      isDirty = false
      return save
    })
    const pause = after === undefined ? Effect.void : Effect.sleep(after)
    yield* Effect.addFinalizer(() => write)
    yield* Effect.forkScoped(
      Effect.forever(changes.until(() => isDirty).pipe(Effect.zipRight(pause), Effect.zipRight(write)))
    )
    return () => {
      if (isDirty) return
      isDirty = true
      changes.changed()
    }
  })

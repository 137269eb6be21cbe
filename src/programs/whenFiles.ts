/** Waits for what becomes of files that are fetched or given. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Files } from "../../services/Files.ts"
import { whileOpen } from "../domain/Signal.ts"

/** Returns as soon as that holds. It may come to hold whenever a transfer changes. */
export const whenFiles = ({ onChange }: Files["Type"], holds: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    const held = yield* Deferred.make<void>()
    const look = (): void => {
      if (holds()) Deferred.unsafeDone(held, Exit.void)
    }
    yield* whileOpen(() => onChange(look))
    look()
    yield* Deferred.await(held)
  }).pipe(Effect.scoped)

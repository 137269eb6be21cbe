/** A TrustStore in a file, which is replaced at each change. */
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { TrustStore } from "../services/TrustStore.ts"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import { nobody, Trust } from "../src/domain/Trust.ts"
import * as StateFolder from "./identity/StateFolder.ts"

const fileName = "trust.json"

const TrustFile = Schema.parseJson(Trust, { space: 2 })

const make = (folder: string): Effect.Effect<TrustStore["Type"], StateUnavailable> =>
  Effect.gen(function* () {
    const path = Path.join(folder, fileName)
    yield* StateFolder.make(folder)
    const text = yield* StateFolder.readSecret(path)
    let trust =
      text === undefined
        ? nobody
        : // An empty store would trust whoever comes next.
          yield* Effect.mapError(
            Schema.decode(TrustFile)(text),
            StateFolder.unavailable(path, "it can't be read: restore it, or remove it and get a new invitation")
          )
    const oneAtATime = yield* Effect.makeSemaphore(1)
    return TrustStore.of({
      current: () => trust,
      change: Effect.fn("TrustStore.change")(
        function* (next: (trust: Trust) => Trust) {
          const changed = next(trust)
          if (changed === trust) return
          yield* StateFolder.replace(path, yield* Effect.orDie(Schema.encode(TrustFile)(changed)))
          trust = changed
        },
        oneAtATime.withPermits(1),
        Effect.uninterruptible
      ),
      assume: (next) =>
        Effect.sync(() => {
          trust = next(trust)
        }).pipe(oneAtATime.withPermits(1))
    })
  })

/** The TrustStore in that folder. */
export const layer = (folder: string): Layer.Layer<TrustStore, StateUnavailable> =>
  Layer.effect(TrustStore, make(folder))

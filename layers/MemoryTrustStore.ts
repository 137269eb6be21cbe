/** A TrustStore that forgets when the process ends: for tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TrustStore } from "../services/TrustStore.ts"
import { nobody, type Trust } from "../src/domain/Trust.ts"

/** Makes the memory of such a store, which may outlive the store. */
export const makeMemory = Effect.sync((): { trust: Trust } => ({ trust: nobody }))

/** A store over a given memory. */
export const over = (memory: { trust: Trust }): Layer.Layer<TrustStore> => {
  const change = (next: (trust: Trust) => Trust) =>
    Effect.sync(() => {
      memory.trust = next(memory.trust)
    })
  return Layer.succeed(TrustStore, TrustStore.of({ current: () => memory.trust, change, assume: change }))
}

export const layer: Layer.Layer<TrustStore> = Layer.unwrapEffect(Effect.map(makeMemory, over))

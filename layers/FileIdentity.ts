/** An Identity in a folder, made there at first use. */
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Identity } from "../services/Identity.ts"
import type { StateUnavailable } from "../src/domain/Errors.ts"
import * as Keys from "./identity/Keys.ts"
import * as StateFolder from "./identity/StateFolder.ts"

const fileName = "key.pem"

/** A private key and its certificate, in this order. */
const blocks =
  /^(-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n)(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n)$/

const make = (folder: string): Effect.Effect<Identity["Type"], StateUnavailable> => {
  const path = Path.join(folder, fileName)
  const read = StateFolder.readSecret(path)

  /** If two processes create it at the same time, the second uses the one that the first has created. */
  const create = Effect.gen(function* () {
    const { certificate, privateKey } = (yield* Keys.generate).credentials
    yield* StateFolder.create(path, `${privateKey}${certificate}`)
    return yield* read
  })

  return Effect.gen(function* () {
    yield* StateFolder.make(folder)
    const text = (yield* read) ?? (yield* create) ?? ""
    return yield* Effect.try({
      try: () => {
        const [, privateKey = "", certificate = ""] = blocks.exec(text) ?? []
        return Keys.identityOf(privateKey, certificate)
      },
      catch: StateFolder.unavailable(
        path,
        "it holds no key of outlive: restore it, or remove it and get a new invitation"
      )
    })
  })
}

/** The identity in that folder. */
export const layer = (folder: string): Layer.Layer<Identity, StateUnavailable> => Layer.effect(Identity, make(folder))

/** A certificate and its key, from files. */
import * as Fs from "node:fs/promises"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import { CertificateUnusable } from "../../src/domain/Errors.ts"

export interface Paths {
  /** The file with the certificate and those of its authorities, in PEM. */
  readonly certificate: string
  /** The file with the private key, in PEM. */
  readonly key: string
}

/** Both in PEM, and what TLS makes of them. */
export interface Pair {
  readonly certificate: Buffer
  readonly key: Buffer
  readonly secureContext: Tls.SecureContext
}

/** Reads both files, and checks that they belong together. `of`: which options have named them. */
export const readPair = (of: CertificateUnusable["of"], paths: Paths): Effect.Effect<Pair, CertificateUnusable> =>
  Effect.gen(function* () {
    const read = (path: string) =>
      Effect.tryPromise({
        try: () => Fs.readFile(path),
        catch: (error) =>
          new CertificateUnusable({ of, path, detail: (error as NodeJS.ErrnoException).code ?? String(error) })
      })
    const pair = yield* Effect.all({ certificate: read(paths.certificate), key: read(paths.key) })
    const secureContext = yield* Effect.try({
      try: () => Tls.createSecureContext({ cert: pair.certificate, key: pair.key, minVersion: "TLSv1.2" }),
      catch: () =>
        new CertificateUnusable({ of, path: paths.certificate, detail: `it and ${paths.key} are no pair of PEM files` })
    })
    return { ...pair, secureContext }
  })

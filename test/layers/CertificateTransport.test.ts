/** TLS for IRC clients: a certificate and a key of files, and no key of the other side. */
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Path from "node:path"
import * as Tls from "node:tls"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { describe } from "vitest"
import * as CertificateTransport from "../../layers/CertificateTransport.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import { Transport } from "../../services/Transport.ts"
import { defaultLimits } from "../../src/domain/Limits.ts"
import { bytesOf } from "../support/bytes.ts"
import { temporaryFolder } from "../support/folder.ts"
import { peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"

/** A pair of files, and a transport with them. */
const made = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const { credentials } = yield* Keys.generate
  const [certificate, key] = [Path.join(folder, "cert.pem"), Path.join(folder, "key.pem")]
  yield* Effect.promise(() => Fs.writeFile(certificate, credentials.certificate))
  yield* Effect.promise(() => Fs.writeFile(key, credentials.privateKey))
  const room = { ...defaultLimits, handshake: Duration.millis(300) }
  return { folder, certificate, key, credentials, settings: { certificate, key, room } }
})

/** All that comes from a socket, until it ends. */
const heardFrom = (socket: Net.Socket) =>
  Effect.async<string>((resume) => {
    let heard = ""
    socket.on("data", (bytes) => {
      heard += bytes.toString()
    })
    socket.on("error", () => {}).on("close", () => resume(Effect.succeed(heard)))
  }).pipe(Effect.timeout("20 seconds"))

describe("CertificateTransport", () => {
  it.scopedLive("serves whoever speaks TLS and trusts the certificate, and nobody who is plain or silent", () =>
    Effect.gen(function* () {
      const { credentials, settings } = yield* made
      const transport = yield* Effect.provide(Transport, CertificateTransport.layer(settings))
      const { port } = yield* listen(transport, peer("1", 0, "127.0.0.1").address, (visitor) =>
        Effect.zipRight(Sources.send(visitor, bytesOf("welcome")), visitor.finish)
      )
      const to = { host: "127.0.0.1", port }
      const known = { ...to, ca: credentials.certificate, checkServerIdentity: () => undefined }
      assert.strictEqual(yield* heardFrom(Tls.connect(known)), "welcome")
      assert.strictEqual(yield* heardFrom(Tls.connect({ ...known, maxVersion: "TLSv1.2" })), "welcome")
      assert.strictEqual(yield* heardFrom(Tls.connect({ ...to, checkServerIdentity: () => undefined })), "")
      const plain = Net.connect(to)
      plain.write("NICK joe\r\n")
      assert.strictEqual(yield* heardFrom(plain), "")
      assert.strictEqual(yield* heardFrom(Net.connect(to)), "")
    })
  )

  it.scopedLive("says which file can't be used", () =>
    Effect.gen(function* () {
      const { certificate, folder, key, settings } = yield* made
      const wrong = (files: { readonly certificate?: string; readonly key?: string }) =>
        Effect.map(
          Effect.either(Effect.provide(Transport, CertificateTransport.layer({ ...settings, ...files }))),
          Either.match({ onLeft: ({ message }) => message, onRight: () => "" })
        )
      const none = Path.join(folder, "none.pem")
      const see = "see --irc-cert and --irc-key."
      assert.strictEqual(yield* wrong({ key: none }), `${none} can't be used (ENOENT): ${see}`)
      const noPair = `${key} can't be used (it and ${certificate} are no pair of PEM files): ${see}`
      assert.strictEqual(yield* wrong({ certificate: key, key: certificate }), noPair)
    })
  )
})

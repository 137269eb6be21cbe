/** What NATS may want to be shown, and what it shows: users, tokens, credentials and certificates. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { look } from "../../../layers/nats/Look.ts"
import type { Settings } from "../../../layers/nats/NatsBus.ts"
import { temporaryFolder } from "../../support/folder.ts"
import { natsAccount } from "../../support/natsAccount.ts"
import * as NatsServer from "../../support/natsServer.ts"

const isHere = NatsServer.missing === undefined && spawnSync("openssl", ["version"]).status === 0

/** What the doctor says of a chat there: the version of NATS, or why it can't be used. No password is ever in it. */
const said = (url: string, more: Partial<Settings> = {}) =>
  Effect.map(
    Effect.match(look({ servers: [url], chat: "accounts", name: "outlive test", ...more }), {
      onSuccess: () => "fine",
      onFailure: ({ message }) => message
    }),
    (text) => {
      assert.notMatch(text, /s3cret|t0ken|wr0ng/)
      return text
    }
  )

const refused =
  "NATS can't be used (it does not accept this server): mend the user, the password or the token in --nats, or the file of --nats-creds."
const untrusted =
  "NATS can't be used (its certificate is not trusted): name the file with the certificates that it must show one of with --nats-ca."

describe.skipIf(!isHere)("accounts of NATS (skipped where there is no nats-server or openssl)", () => {
  it.scopedLive("users with passwords, and TLS", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const [cert, key] = [Path.join(folder, "cert.pem"), Path.join(folder, "key.pem")]
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
      const names = ["-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1"]
      spawnSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert])
      const account = ["--user", "ann", "--pass", "s3cret"]
      const server = yield* NatsServer.natsServer([...account, "--tls", "--tlscert", cert, "--tlskey", key])
      const at = (user: string, scheme = "tls") => server.url.replace("nats://", `${scheme}://${user}`)
      assert.strictEqual(yield* said(at("ann:s3cret@"), { ca: cert }), "fine")
      assert.strictEqual(yield* said(at("ann:s3cret@", "nats"), { ca: cert }), "fine")
      assert.strictEqual(yield* said(at("ann:wr0ng@"), { ca: cert }), refused)
      assert.strictEqual(yield* said(at(""), { ca: cert }), refused)
      assert.strictEqual(yield* said(at("ann:s3cret@")), untrusted)
      assert.strictEqual(yield* said(at("ann:s3cret@", "nats")), untrusted)
      assert.strictEqual(
        yield* said(at("ann:s3cret@"), { ca: key }),
        `NATS can't be used (--nats-ca: there are no certificates in PEM in ${key}): name a file with certificates in PEM.`
      )
    })
  )

  it.scopedLive("tokens, and no TLS where it is wanted", () =>
    Effect.gen(function* () {
      const server = yield* NatsServer.natsServer(["--auth", "t0ken"])
      assert.strictEqual(yield* said(server.url.replace("//", "//t0ken@")), "fine")
      assert.strictEqual(yield* said(server.url.replace("//", "//wr0ng@")), refused)
      assert.strictEqual(
        yield* said(server.url.replace("nats://", "tls://t0ken@")),
        "NATS can't be used (it has no TLS): give it a certificate, or use nats:// without --nats-ca."
      )
    })
  )

  it.scopedLive("credentials", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { configuration, ...credentials } = natsAccount()
      const file = (name: string, text: string) => {
        Fs.writeFileSync(Path.join(folder, name), text)
        return Path.join(folder, name)
      }
      const { url } = yield* NatsServer.natsServer(["-c", file("nats.conf", configuration)])
      assert.strictEqual(yield* said(url, { creds: file("right", credentials.right) }), "fine")
      assert.strictEqual(yield* said(url, { creds: file("wrong", credentials.wrong) }), refused)
      assert.strictEqual(yield* said(url, { creds: file("expired", credentials.expired) }), refused)
      assert.strictEqual(yield* said(url), refused)
      const nothing = Path.join(folder, "nothing")
      assert.strictEqual(
        yield* said(url, { creds: nothing }),
        `NATS can't be used (--nats-creds: can't read ${nothing}): name a file with credentials of NATS.`
      )
    })
  )
})

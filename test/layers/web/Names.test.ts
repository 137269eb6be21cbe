import "reflect-metadata"

import * as Crypto from "node:crypto"
import { assert, it } from "@effect/vitest"
import * as X509 from "@peculiar/x509"
import { describe } from "vitest"
import { namesOf } from "../../../layers/web/Names.ts"
import { Host } from "../../../src/domain/Peer.ts"

const certificateFor = async (names: ReadonlyArray<X509.JsonGeneralName>): Promise<Buffer> => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const keys = await Crypto.webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const made = await X509.X509CertificateGenerator.createSelfSigned({
    name: "CN=somebody",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new X509.SubjectAlternativeNameExtension([...names])]
  })
  return Buffer.from(made.toString("pem"))
}

describe("what a browser may call this machine", () => {
  it("is a loopback name, on loopback", () => {
    const { best, isName } = namesOf(Host.make("127.0.0.1"), undefined)
    assert.strictEqual(best, "127.0.0.1")
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) assert.isTrue(isName(name), name)
    for (const name of ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1", ""])
      assert.isFalse(isName(name), name)
    assert.strictEqual(namesOf(Host.make("::1"), undefined).best, "[::1]")
  })

  it("is what the certificate is for, beyond loopback", async () => {
    const pem = await certificateFor([
      { type: "dns", value: "*.example.org" },
      { type: "dns", value: "chat.example.net" },
      { type: "ip", value: "192.0.2.7" }
    ])
    const { best, isName } = namesOf(Host.make("0.0.0.0"), pem)
    assert.strictEqual(best, "chat.example.net")
    for (const name of ["a.example.org", "chat.example.net", "192.0.2.7"]) assert.isTrue(isName(name), name)
    for (const name of ["example.org", "a.b.example.org", "chat.example.net.evil", "192.0.2.8", "somebody"]) {
      assert.isFalse(isName(name), name)
    }
  })

  it("is in links one that is answered, whatever the certificate says", async () => {
    const { best, isName } = namesOf(
      Host.make("0.0.0.0"),
      await certificateFor([{ type: "dns", value: "*.example.org" }])
    )
    assert.isTrue(isName(best), best)
  })

  it("is the host of --web, whatever the certificate says", async () => {
    const { best, isName } = namesOf(Host.make("Chat.Example.ORG"), await certificateFor([{ type: "dns", value: "x" }]))
    assert.strictEqual(best, "chat.example.org")
    assert.isTrue(isName("chat.example.org"))
    assert.isFalse(isName("example.org"))
  })
})

/** Ed25519 keys, what they sign, and the certificates that show them. */
import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import type { Identity } from "../../services/Identity.ts"
import { PublicKey, Signature } from "../../src/domain/Key.ts"

/** The public key that a key object holds; undefined if it is of another kind. */
export const publicKeyOf = (key: Crypto.KeyObject): PublicKey | undefined =>
  key.asymmetricKeyType === "ed25519" ? PublicKey.make(key.export({ format: "jwk" }).x ?? "") : undefined

export const signWith =
  (key: Crypto.KeyObject) =>
  (bytes: Uint8Array): Signature =>
    Signature.make(Crypto.sign(null, bytes, key).toString("base64url"))

/** Whether the owner of that key has signed these bytes. */
export const verify = (key: PublicKey, bytes: Uint8Array, signature: Signature): boolean =>
  Crypto.verify(null, bytes, objectOf(key), Buffer.from(signature, "base64url"))

const objectOf = (key: PublicKey): Crypto.KeyObject =>
  Crypto.createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: key } })

/** The identity that a private key and its certificate are, as PEM. Throws if they are none. */
export const identityOf = (privateKey: string, certificate: string): Identity["Type"] => {
  const signing = Crypto.createPrivateKey(privateKey)
  const key = publicKeyOf(Crypto.createPublicKey(signing))
  if (key === undefined || publicKeyOf(new Crypto.X509Certificate(certificate).publicKey) !== key) {
    throw new Error("it holds no Ed25519 key with its certificate")
  }
  return { key, sign: signWith(signing), credentials: { privateKey, certificate } }
}

/** A new identity. */
export const generate: Effect.Effect<Identity["Type"]> = Effect.promise(async () => {
  // Needed once in the life of an identity, and too heavy to be loaded at each start.
  await import("reflect-metadata")
  const { X509CertificateGenerator } = await import("@peculiar/x509")
  const signingAlgorithm = { name: "Ed25519" }
  const { privateKey, publicKey } = (await Crypto.webcrypto.subtle.generateKey(signingAlgorithm, true, [
    "sign",
    "verify"
  ])) as Crypto.webcrypto.CryptoKeyPair
  // The key alone counts: no name that could be read on the way, and no end of which people would have to take care.
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=outlive",
      notBefore: new Date(0),
      notAfter: new Date("9999-12-31T23:59:59Z"),
      signingAlgorithm,
      keys: { privateKey, publicKey }
    },
    Crypto.webcrypto
  )
  const pem = Crypto.KeyObject.from(privateKey).export({ format: "pem", type: "pkcs8" })
  return identityOf(pem.toString(), `${certificate.toString("pem")}\n`)
})

/** Ed25519 keys, their signatures, and their certificates. */
import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import type { Identity } from "../../services/Identity.ts"
import { type Proof, Token } from "../../src/domain/Invitation.ts"
import { PublicKey, Signature } from "../../src/domain/Key.ts"
import type { Seals } from "../../src/domain/Roster.ts"

/** The public key in a key object; undefined if it is not an Ed25519 key. */
export const publicKeyOf = (key: Crypto.KeyObject): PublicKey | undefined =>
  key.asymmetricKeyType === "ed25519" ? PublicKey.make(key.export({ format: "jwk" }).x ?? "") : undefined

export const signWith =
  (key: Crypto.KeyObject) =>
  (bytes: Uint8Array): Signature =>
    Signature.make(Crypto.sign(null, bytes, key).toString("base64url"))

/** Whether a signature of these bytes was made with that key. */
export const verify = (key: PublicKey, bytes: Uint8Array, signature: Signature): boolean =>
  Crypto.verify(null, bytes, objectOf(key), Buffer.from(signature, "base64url"))

/** Whether a signature of that text was made with that key. */
export const verifyText = (key: PublicKey, text: string, signature: Signature): boolean =>
  verify(key, Buffer.from(text), signature)

/** The SHA-256 digest of all pieces in a row, as base64url. */
export const digestOf = (pieces: Iterable<Uint8Array>): string => {
  const hash = Crypto.createHash("sha256")
  for (const piece of pieces) hash.update(piece)
  return hash.digest("base64url")
}

/** The functions that check the signatures of a roster. */
export const seals: Seals = {
  digest: (text) => Crypto.createHash("sha256").update(text).digest("base64url"),
  verify: verifyText
}

/** The prefix of the 32 bytes of an Ed25519 private key in PKCS #8 form (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex")

/** The key pair that is derived from a token. */
const keyOf = (token: Token): Crypto.KeyObject => {
  const seed = Crypto.createHash("sha256").update(`outlive invitation key\n${token}\n`).digest()
  return Crypto.createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" })
}

/** A new token, and the public key that is derived from it. */
export const makeToken = (): { readonly token: Token; readonly key: PublicKey } => {
  const token = Token.make(Crypto.randomBytes(16).toString("base64url"))
  return { token, key: publicHalf(keyOf(token)) }
}

/** Proves possession of a token without revealing it. */
export const prove = (token: Token, claim: string): Proof => {
  const key = keyOf(token)
  return { key: publicHalf(key), signature: signWith(key)(Buffer.from(claim)) }
}

/** The public key of a private Ed25519 key. */
const publicHalf = (key: Crypto.KeyObject): PublicKey =>
  PublicKey.make(Crypto.createPublicKey(key).export({ format: "jwk" }).x ?? "")

const objectOf = (key: PublicKey): Crypto.KeyObject =>
  Crypto.createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: key } })

/** The identity of a private key and its certificate, both as PEM. Throws if they are invalid or don't match. */
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
  // This library is needed once per identity, and is too large to load at each start.
  const { X509CertificateGenerator } = await import("./x509.ts")
  const signingAlgorithm = { name: "Ed25519" }
  const { privateKey, publicKey } = (await Crypto.webcrypto.subtle.generateKey(signingAlgorithm, true, [
    "sign",
    "verify"
  ])) as Crypto.webcrypto.CryptoKeyPair
  // Only the key matters: the certificate has no name that an eavesdropper could read, and no expiry that people would
  // have to watch.
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

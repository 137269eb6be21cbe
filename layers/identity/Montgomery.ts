/**
 * X25519 keys (RFC 7748) for Ed25519 keys (RFC 8032): a node has one key, with which it signs, and with which others
 * seal for it.
 */
import * as Crypto from "node:crypto"
import type { PublicKey } from "../../src/domain/Key.ts"

const prime = 2n ** 255n - 19n

const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime

/** The inverse modulo the prime, by Fermat's little theorem; 0 of 0. */
const inverse = (value: bigint): bigint => {
  let result = 1n
  let power = modulo(value)
  for (let left = prime - 2n; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * power) % prime
    power = (power * power) % prime
  }
  return result
}

/** A number from 32 bytes, the lowest first, and back. */
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`)
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse()

/** The X25519 public key of an Ed25519 public key: u = (1 + y) / (1 - y), as in RFC 7748, section 4.1. */
export const publicOf = (key: PublicKey): Buffer => {
  // The highest bit is the sign of x, which u does not depend on.
  const y = modulo(BigInt.asUintN(255, numberOf(Buffer.from(key, "base64url"))))
  return bytesOf(modulo((1n + y) * inverse(1n - y)))
}

/** The X25519 private key of an Ed25519 private key: the first half of the digest of its seed (RFC 8032, 5.1.5). */
export const privateOf = (key: Crypto.KeyObject): Buffer => {
  const seed = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url")
  return Crypto.createHash("sha512").update(seed).digest().subarray(0, 32)
}

/** The prefix of the 32 bytes of an X25519 private key in PKCS #8 form (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex")

export const privateObject = (bytes: Uint8Array): Crypto.KeyObject =>
  Crypto.createPrivateKey({ key: Buffer.concat([pkcs8, bytes]), format: "der", type: "pkcs8" })

export const publicObject = (bytes: Uint8Array): Crypto.KeyObject =>
  Crypto.createPublicKey({
    format: "jwk",
    key: { kty: "OKP", crv: "X25519", x: Buffer.from(bytes).toString("base64url") }
  })

/** The bytes of an X25519 public key. */
export const bytesIn = (key: Crypto.KeyObject): Buffer =>
  Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url")

/** SHA-256, as it is used for offers. */
import * as Crypto from "node:crypto"
import type { Digest } from "../../src/domain/Offer.ts"

export const sha256 = (bytes: Uint8Array): Buffer => Crypto.createHash("sha256").update(bytes).digest()

/** The digest of a manifest. */
export const digestOf = (manifest: Uint8Array): Digest => sha256(manifest).toString("base64url") as Digest

export const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && Buffer.compare(one, other) === 0

/** SHA-256, as it is used for offers. */
import * as Crypto from "node:crypto"
import type { Digest } from "../../src/domain/Offer.ts"

export const sha256 = (bytes: Uint8Array): Buffer => Crypto.createHash("sha256").update(bytes).digest()

/** The digest of a manifest. */
export const digestOf = (manifest: Uint8Array): Digest => sha256(manifest).toString("base64url") as Digest

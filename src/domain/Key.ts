/** Keys: Ed25519 (RFC 8032), as base64url text (RFC 4648, section 5). */
import * as Schema from "effect/Schema"

/** A public key: 32 bytes. It is short enough to be its own fingerprint. */
export const PublicKey = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, { message: () => "a key has 43 letters, digits, - and _" }),
  Schema.brand("PublicKey")
)
export type PublicKey = typeof PublicKey.Type

/** A signature by such a key: 64 bytes. */
const signature = /^[A-Za-z0-9_-]{85}[AQgw]$/
export const Signature = Schema.String.pipe(Schema.pattern(signature), Schema.brand("Signature"))
export type Signature = typeof Signature.Type

/** The check of `Signature`, by hand. */
export const isSignature = (value: unknown): value is Signature => typeof value === "string" && signature.test(value)

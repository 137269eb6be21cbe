/** The key with which a server seals what it publishes for others. */
import * as Schema from "effect/Schema"

/** 32 bytes as base64url. */
export const SiteKey = Schema.String.pipe(
  Schema.pattern(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/),
  Schema.brand("SiteKey")
)
export type SiteKey = typeof SiteKey.Type

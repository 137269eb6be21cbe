/** How posts look to the message system. */
import * as Crypto from "node:crypto"
import type { Room } from "../../src/domain/Post.ts"
import type { Site } from "../../src/domain/Site.ts"

export interface Wrapping {
  readonly subjectOf: (site: Site, room: Room) => string
  /** The name of a message, of bounded length: another one for each content. `content`: what is in it, in words. */
  readonly idOf: (content: string) => string
  readonly wrap: (bytes: Uint8Array) => Uint8Array
  /** Undefined if it can't be read here. */
  readonly unwrap: (bytes: Uint8Array) => Uint8Array | undefined
}

/** In a plain chat the message system can read everything. */
export const open: Wrapping = {
  subjectOf: (site, room) => `post.${site}.${room}`,
  idOf: (content) => Crypto.createHash("sha256").update(content).digest("base64url"),
  wrap: (bytes) => bytes,
  unwrap: (bytes) => bytes
}

/** How posts look to the message system. */
import type { Mark } from "../../src/domain/EncodedPost.ts"
import type { Room } from "../../src/domain/Post.ts"
import type { Site } from "../../src/domain/Site.ts"

export interface Wrapping {
  readonly subjectOf: (site: Site, room: Room) => string
  /** The name of a message that ends with that post. */
  readonly idOf: (last: Mark) => string
  readonly wrap: (bytes: Uint8Array) => Uint8Array
  /** Undefined if it can't be read here. */
  readonly unwrap: (bytes: Uint8Array) => Uint8Array | undefined
}

/** In a plain chat the message system can read everything. */
export const open: Wrapping = {
  subjectOf: (site, room) => `post.${site}.${room}`,
  idOf: ([stream, n]) => `${stream}/${n}`,
  wrap: (bytes) => bytes,
  unwrap: (bytes) => bytes
}

/** Seals: an author signs the posts that it said in one go with one signature, so that others can pass them on. */
import * as Schema from "effect/Schema"
import { isSignature, Signature } from "./Key.ts"
import { isPostNumber, PostNumber, type StreamId } from "./Post.ts"

/** The seal at the end of a block. It signs all posts of the stream from number `from` to the post that has it. */
export const Seal = Schema.Struct({ from: PostNumber, sig: Signature })
export type Seal = typeof Seal.Type

/** Decodes a seal by hand, with the same result as its Schema; undefined if it is none. Every block has one. */
export const sealOf = (value: unknown): Seal | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  const { from, sig } = value as Record<string, unknown>
  return isPostNumber(from) && isSignature(sig) ? { from, sig } : undefined
}

/**
 * The greatest number of posts in a block. A node that waits for the end of a block holds no more. A block also has no
 * more bytes than a frame may have.
 */
export const mostSealed = 64

/** The text that an author signs for a block. `digest`: the SHA-256 of its lines without the seal, as base64url. */
export const claimOn = (stream: StreamId, from: number, to: number, digest: string): string =>
  ["outlive posts", stream, from, to, digest, ""].join("\n")

/**
 * The result of checking a signature. `proven`: valid under the key that the owner names for the author, and that this
 * node knows. `accepted`: valid under the key that this node knows, although the owner names another one, or none.
 * `unsure`: valid under a key that the author had or may have, or no key of the author is known. `forged`: valid under
 * no key of the author.
 */
export type Proof = "proven" | "accepted" | "unsure" | "forged"

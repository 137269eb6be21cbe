/** How an author vouches for what it says, so that others can hand it on: posts that were said in one go have one signature. */
import * as Schema from "effect/Schema"
import { Signature } from "./Key.ts"
import { PostNumber, type StreamId } from "./Post.ts"

/** What closes a block: it vouches for all posts of its stream from number `from` to the one that has it. */
export const Seal = Schema.Struct({ from: PostNumber, sig: Signature })
export type Seal = typeof Seal.Type

/** A block has no more posts than this, so that whoever waits for its end holds no more. In bytes it is no longer than a frame. */
export const mostSealed = 64

/** What an author signs of a block. `digest`: the SHA-256 of its lines as they are without the seal, as base64url. */
export const claimOn = (stream: StreamId, from: number, to: number, digest: string): string =>
  ["outlive posts", stream, from, to, digest, ""].join("\n")

/**
 * What a node thinks of a claim and its signature. `proven`: by the key that the owner of the chat names for the author, and
 * that this node knows it by. `accepted`: by the key that this node knows it by, though the owner names another, or none.
 * `unsure`: by one that the author has had, or may have, or none of it is known. `forged`: by no key of the author's.
 */
export type Proof = "proven" | "accepted" | "unsure" | "forged"

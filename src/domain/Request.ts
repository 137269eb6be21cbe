/** What a program asks about what its node keeps and knows. A person sees that, or runs a command. */
import * as Data from "effect/Data"
import type { Bound, PostName } from "./KeptPosts.ts"
import type { Digest } from "./Offer.ts"
import type { Room } from "./Post.ts"

/** What a session can watch. */
export type Aspect = "chat" | "rooms" | "peers" | "delivery"

/** `place`: a room, or `@` and the ids of those with whom one talks in private. `ref`: what the answer repeats. */
export type Request = Data.TaggedEnum<{
  /** Be told of these from now on, and of nothing else. */
  Watch: { readonly what: ReadonlyArray<Aspect> }
  /** Lines of a place. Without a bound: the last ones. */
  History: {
    readonly ref: string
    readonly place: Room | undefined
    readonly bound: Bound | undefined
    readonly limit: number
  }
  /** The last lines that contain a text. `before`: those before that line. */
  Search: {
    readonly ref: string
    readonly place: Room | undefined
    readonly text: string
    readonly before: PostName | undefined
    readonly limit: number
  }
  /** The person has seen everything there. */
  Read: { readonly place: Room | undefined }
  /** What is known of these offers, and from now on who has them. */
  Seek: { readonly digests: ReadonlyArray<Digest> }
  /** Fetch an offer. */
  Get: { readonly digest: Digest }
  /** Fetch it no further. */
  Cancel: { readonly digest: Digest }
}>

export const Request = Data.taggedEnum<Request>()

/** The offers that a node keeps, and what it knows of each. */
import * as Effect from "effect/Effect"
import { Files } from "../../services/Files.ts"
import { type Offer, offerIn } from "../domain/Offer.ts"
import { authorOf, type Post } from "../domain/Post.ts"
import type { KnownOffer } from "../domain/Transfer.ts"
import { kept } from "./commands/kept.ts"

/** An offer that is kept here, and the post that has made it. */
export interface Known {
  readonly offer: Offer
  readonly post: Post
}

/** The offers in the posts that are kept, oldest first. What was offered again counts once, as it was offered first. */
export const known = Effect.map(kept, (posts): ReadonlyArray<Known> => {
  const all = new Map<string, Known>()
  for (const post of posts) {
    const offer = offerIn(post.text)
    if (offer !== undefined && !all.has(offer.digest)) all.set(offer.digest, { offer, post })
  }
  return [...all.values()]
})

/** What is known of an offer at this node. `at`: its number in the list. */
export const statusOf = ({ offer, post }: Known, at: number) =>
  Effect.map(
    Files,
    (files): KnownOffer => ({
      number: at + 1,
      offer,
      by: authorOf(post.stream),
      transfer: files.transfers().get(offer.digest),
      holders: [...files.holders(offer.digest).keys()]
    })
  )

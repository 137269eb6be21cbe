/** The offers that a node keeps, and what it knows of each. */
import * as Effect from "effect/Effect"
import { Files } from "../../services/Files.ts"
import { type Offer, offerIn } from "../domain/Offer.ts"
import { authorOf, type Post } from "../domain/Post.ts"
import { notice, type ScreenLine } from "../domain/ScreenLine.ts"
import type { KnownOffer } from "../domain/Transfer.ts"
import { kept } from "./commands/kept.ts"

/** An offer that is kept here, and the post that has made it. */
export interface Known {
  readonly offer: Offer
  readonly post: Post
  /** Its place in the list, from 1. */
  readonly number: number
}

/** The offers in the posts that are kept, oldest first. What was offered again counts once, as it was offered first. */
export const known = Effect.map(kept, (posts): ReadonlyArray<Known> => {
  const all = new Map<string, Known>()
  for (const post of posts) {
    const offer = offerIn(post.text)
    if (offer !== undefined && !all.has(offer.digest)) all.set(offer.digest, { offer, post, number: all.size + 1 })
  }
  return [...all.values()]
})

/** Asks peers for those of which nothing is here. Returns whether there are any. */
export const seekMissing = (offers: ReadonlyArray<Known>) =>
  Effect.gen(function* () {
    const { seek, transfers } = yield* Files
    const missing = offers.filter(({ offer }) => !transfers().has(offer.digest))
    yield* Effect.forEach(missing, ({ offer }) => seek(offer), { discard: true })
    return missing.length > 0
  })

/** What could not be offered with the rest. */
export const leftOut = (skipped: ReadonlyArray<string>): ReadonlyArray<ScreenLine> =>
  skipped.map((each) => notice(`Left out: ${each}.`))

/** What is known of an offer at this node. */
export const statusOf = ({ number, offer, post }: Known) =>
  Effect.map(
    Files,
    (files): KnownOffer => ({
      number,
      offer,
      by: authorOf(post.stream),
      transfer: files.transfers().get(offer.digest),
      holders: [...files.holders(offer.digest).keys()]
    })
  )

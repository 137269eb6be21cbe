/** Announcements: posts that set a topic or offer files, in place of saying something. */
import { actionIn } from "./Action.ts"
import { isPrivate } from "./Conversation.ts"
import { offerIn } from "./Offer.ts"
import { offerInWords, offeringInWords } from "./OfferWords.ts"
import type { Room } from "./Post.ts"
import { topicIn, topicInWords } from "./Topic.ts"

const mark = "\u0001".charCodeAt(0)

/**
 * What a text announces that is said in that room, in words that follow the author's name. Not escaped yet. Undefined if
 * it is a line or an action, as nearly all are. What is said in private sets no topic.
 */
export const announcedIn = (room: Room, text: string): string | undefined => {
  if (text.charCodeAt(0) !== mark) return undefined
  const topic = isPrivate(room) ? undefined : topicIn(text)
  if (topic !== undefined) return topicInWords(room, topic)
  const offer = offerIn(text)
  return offer === undefined ? undefined : offeringInWords(room, offer)
}

/** What the author does with a text, in words that follow its name: an action, or an offer. Undefined if it says something. */
export const deedIn = (text: string): string | undefined => {
  if (text.charCodeAt(0) !== mark) return undefined
  const offer = offerIn(text)
  return offer === undefined ? actionIn(text) : `offers ${offerInWords(offer)}`
}

/** The words of a text, whatever its form: what people search for. */
export const wordsOf = (text: string): string => {
  if (text.charCodeAt(0) !== mark) return text
  const offer = offerIn(text)
  return offer === undefined ? (actionIn(text) ?? topicIn(text) ?? text) : offerInWords(offer)
}

/** Offers and transfers in the words that people read. */
import { absurd } from "./Absurd.ts"
import {
  contentInWords,
  havingInWords,
  percentOf,
  rateInWords,
  readersInWords,
  sizeInWords,
  timeLeft
} from "./Amounts.ts"
import { isPrivate } from "./Conversation.ts"
import type { Offer } from "./Offer.ts"
import { type PeerId, title, titlesOf } from "./Peer.ts"
import { mainRoom, type Room, roomTitle } from "./Post.ts"
import type { Making, Transfer, TransferEvent } from "./Transfer.ts"

/** What is offered: `notes.txt (1.2 kB)`, or `logs (12 files, 3.4 MB)`. Not escaped; the name of an offer is safe. */
export const offerInWords = ({ files, name, size }: Offer): string => `${name} (${contentInWords(size, files)})`

/** What the author of such a post has done, in words that follow the author's name. */
export const offeringInWords = (room: Room, offer: Offer): string =>
  `offers ${offerInWords(offer)}${room === mainRoom ? "" : isPrivate(room) ? " in private" : ` in ${roomTitle(room)}`}`

/** The parts that there are, with commas between them. */
const listed = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined).join(", ")

/** How far a transfer is, as a part of a sentence. */
export const transferInWords = (transfer: Transfer): string => {
  const { bytes, from, offer, paths, rate, readers, state, why } = transfer
  const far = `${percentOf(bytes, offer.size)} %`
  switch (state) {
    case "Done": {
      const [path] = paths
      const where = path === undefined ? "here" : `here, ${path}`
      return readers === 0 ? where : `${where}; ${readersInWords(readers)} from here`
    }
    case "Fetching": {
      const sources = from.length === 0 ? undefined : `from ${titlesOf(from)}`
      return listed(far, rateInWords(rate), timeLeft(offer.size - bytes, rate), sources)
    }
    case "Waiting":
      return `${far}, waiting for somebody who has the rest`
    case "Failed":
      return `${far}, stopped${why === undefined ? "" : `: ${why}`}`
    default:
      return absurd(state)
  }
}

/** How an offer of this node is fetched. `having`: who has all of it; `rate`: the bytes that are given in a second. */
export const givingInWords = (
  { given, offer, readers }: Transfer,
  having: ReadonlyArray<PeerId>,
  rate: number
): string => {
  const rest = offer.size - given
  const fetching =
    readers === 0
      ? having.length === 0
        ? "nobody fetches it yet"
        : undefined
      : readers === 1 && having.length === 0 && rest >= 0
        ? listed(readersInWords(1), `${percentOf(given, offer.size)} %`, rateInWords(rate), timeLeft(rest, rate))
        : listed(readersInWords(readers), `${sizeInWords(given)} given`, rateInWords(rate))
  const there = having.length === 0 ? undefined : havingInWords(titlesOf(having), having.length)
  return `${offerInWords(offer)}: ${listed(fetching, there)}`
}

/** How far something is read that is to be offered. */
export const makingInWords = ({ bytes, names, of }: Making): string =>
  `${names.join(", ")}: being read, ${percentOf(bytes, of)} %`

/** What has happened to a transfer, in a sentence. */
export const transferEventInWords = (event: TransferEvent): string => {
  const { name } = event.offer
  switch (event._tag) {
    case "Fetched": {
      const [path] = event.paths
      return `${name} is here${path === undefined ? "" : `: ${path}`}`
    }
    case "Failed":
      return `${name} is not fetched any further: ${event.why} /get ${name} goes on where it stopped.`
    case "Waiting":
      return `${name}: nobody who is here has what is missing. It goes on when somebody has.`
    case "Lied":
      return `${title(event.peer)} sent something that is not in ${name}: nothing more of it is fetched from there.`
    case "Withdrawn":
      return `${name} can't be fetched from here as a whole any more: ${event.why}`
    default:
      return absurd(event)
  }
}

/** Offers and transfers in the words that people read. */
import { absurd } from "./Absurd.ts"
import { isPrivate } from "./Conversation.ts"
import type { Offer } from "./Offer.ts"
import { title, titlesOf } from "./Peer.ts"
import { mainRoom, type Room, roomTitle } from "./Post.ts"
import type { Transfer, TransferEvent } from "./Transfer.ts"

const units = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const

/** A number of bytes with two or three digits that count: `999 bytes`, `1.2 kB`, `34 MB`. A kB is 1,000 bytes. */
export const sizeInWords = (bytes: number): string => {
  if (bytes < 1_000) return bytes === 1 ? "1 byte" : `${bytes} bytes`
  let [size, unit] = [bytes, 0]
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000
    unit += 1
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

/** What is offered: `notes.txt (1.2 kB)`, or `logs (12 files, 3.4 MB)`. Not escaped; the name of an offer is safe. */
export const offerInWords = ({ files, name, size }: Offer): string => {
  const count = files === undefined ? "" : files === 1 ? "1 file, " : `${files} files, `
  return `${name} (${count}${sizeInWords(size)})`
}

/** What the author of such a post has done, in words that follow the author's name. */
export const offeringInWords = (room: Room, offer: Offer): string =>
  `offers ${offerInWords(offer)}${room === mainRoom ? "" : isPrivate(room) ? " in private" : ` in ${roomTitle(room)}`}`

/** How much of it is here, in percent. It is 100 only if everything is here. */
const percentOf = ({ bytes, offer: { size } }: Transfer): number =>
  size === 0 ? 0 : Math.min(bytes < size ? 99 : 100, Math.floor((100 * bytes) / size))

const timeLeft = ({ bytes, offer: { size }, rate }: Transfer): string => {
  if (rate <= 0) return ""
  const seconds = Math.ceil((size - bytes) / rate)
  if (seconds < 60) return `, ${seconds} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `, ${minutes} min left` : `, ${Math.floor(minutes / 60)} h ${minutes % 60} min left`
}

/** How far a transfer is, as a part of a sentence. */
export const transferInWords = (transfer: Transfer): string => {
  const { from, paths, readers, state, why } = transfer
  switch (state) {
    case "Done": {
      const [path] = paths
      const where = path === undefined ? "here" : `here, ${path}`
      return readers === 0 ? where : `${where}; ${readers === 1 ? "1 fetches" : `${readers} fetch`} it from here`
    }
    case "Fetching": {
      const sources = from.length === 0 ? "" : `, from ${titlesOf(from)}`
      const rate = transfer.rate > 0 ? `, ${sizeInWords(transfer.rate)}/s` : ""
      return `${percentOf(transfer)} %${rate}${timeLeft(transfer)}${sources}`
    }
    case "Waiting":
      return `${percentOf(transfer)} %, waiting for somebody who has the rest`
    case "Failed":
      return `${percentOf(transfer)} %, stopped${why === undefined ? "" : `: ${why}`}`
    default:
      return absurd(state)
  }
}

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

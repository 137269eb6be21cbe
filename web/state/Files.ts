/** Files that are offered: what the page knows of each, by its digest, and says of it. */
import {
  contentInWords,
  havingInWords,
  percentOf,
  rateInWords,
  readersInWords,
  timeLeft
} from "../../src/domain/Amounts.ts"
import type { State } from "./State.ts"
import { type Step, sending, still } from "./Step.ts"
import type { FileDeed, FileNews, Files } from "./Transfer.ts"
import type { Line, Said } from "./Window.ts"
import type { OfferSeen } from "./Wire.ts"

/** Of how many offers something is remembered: the last ones. */
const mostKnown = 500

/** How many are sought at once: docs/JSON.md. */
const mostSought = 20

const isOffer = (line: Line): line is Said & { readonly offer: OfferSeen } =>
  line._tag === "Said" && line.offer !== undefined

/** Whoever offers something has it. So nobody need be asked of offers that come now, however many there are. */
export const offered = (files: Files, lines: ReadonlyArray<Line>): Files => {
  const fresh = lines.filter(isOffer).filter(({ offer }) => !files.has(offer.digest))
  if (fresh.length === 0) return files
  const known = fresh.map(
    ({ from, offer, own }) => [offer.digest, { holders: own === true ? [] : [from], transfer: undefined }] as const
  )
  return new Map([...files, ...known].slice(-mostKnown))
}

/** Something is known of an offer now. */
export const withNews = (files: Files, digest: string, news: Partial<FileNews>): Files =>
  new Map(files).set(digest, { holders: undefined, transfer: undefined, ...files.get(digest), ...news })

/** Asks about the last offers of the open place of which nothing is known. */
export const seekOffers = (state: State): Step => {
  const lines = state.windows.get(state.open)?.lines ?? []
  const digests = lines.flatMap((line) =>
    isOffer(line) && state.files.get(line.offer.digest)?.holders === undefined ? [line.offer.digest] : []
  )
  return digests.length === 0
    ? still(state)
    : sending(state, { type: "seek", digests: [...new Set(digests)].slice(-mostSought) })
}

export interface FileWords {
  /** How much it is, and who has it. */
  readonly facts: string
  /** How far it is here, or where. */
  readonly how: string
  readonly deed: FileDeed | undefined
  /** The name of that deed. */
  readonly button: string
  /** How much of it is here, from 0 to 1; undefined if it is not being fetched. */
  readonly part: number | undefined
  /** Whether it can be saved in the browser. */
  readonly isHere: boolean
}

const joined = (parts: ReadonlyArray<string | undefined>): string => parts.filter((part) => part).join(", ")

/** An offer in words. `news`: undefined before anything is known of it. */
export const fileInWords = ({ files, size }: OfferSeen, news: FileNews | undefined): FileWords => {
  const content = contentInWords(size, files)
  const transfer = news?.transfer
  const still = { facts: content, deed: undefined, button: "", part: undefined, isHere: false }
  if (transfer === undefined) {
    return {
      ...still,
      facts: joined([content, news?.holders && havingInWords(news.holders.join(", "), news.holders.length)]),
      how: "",
      deed: "get",
      button: "Get"
    }
  }
  const { bytes, from, paths, rate, readers, state, why } = transfer
  const far = `${percentOf(bytes, size)} %`
  if (state === "done") {
    const given = readers === 0 ? "" : `; ${readersInWords(readers)} from here`
    return { ...still, how: `Here: ${paths.join(", ")}${given}`, isHere: paths.length > 0 && files === undefined }
  }
  if (state === "failed") {
    return { ...still, how: `Stopped at ${far}${why === undefined ? "" : `: ${why}`}`, deed: "get", button: "Go on" }
  }
  const coming = [rateInWords(rate), timeLeft(size - bytes, rate), from.length > 0 ? `from ${from.join(", ")}` : ""]
  const how = joined([far, ...(state === "waiting" ? ["waiting for somebody who has the rest"] : coming)])
  return { ...still, how, deed: "cancel", button: "Cancel", part: bytes / (size || 1) }
}

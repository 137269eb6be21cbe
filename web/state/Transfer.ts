/** Files on their way, as data: those that are offered, and those that the person hands over. */
import type { Place } from "./Place.ts"
import type { TransferNews } from "./Wire.ts"

/** What is known of an offer. */
export interface FileNews {
  /** The peers that have it; undefined if nobody has been asked. */
  readonly holders: ReadonlyArray<string> | undefined
  /** What is here of it; undefined if nothing is. */
  readonly transfer: TransferNews | undefined
}

export type Files = ReadonlyMap<string, FileNews>

/** What can be done about a file. */
export type FileDeed = "get" | "cancel"

/** A file as the browser has it. `path`: its name, behind the names of the folders that were dropped with it. */
export interface Attached {
  readonly path: string
  readonly blob: Blob
}

/** What is on its way to the node, as one offer. */
export interface Upload {
  readonly ref: string
  readonly place: Place
  readonly name: string
  /** In bytes, and how many of them the node has. */
  readonly size: number
  readonly sent: number
  /** How many files it has; undefined if it is one, and no folder. */
  readonly files: number | undefined
  /** `offering`: the node has all of it. */
  readonly state: "sending" | "offering" | "failed"
  /** Why it has failed. */
  readonly why: string
}

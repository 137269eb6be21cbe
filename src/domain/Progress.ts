/** How far something is that takes its time, for people who look at a terminal. */

import { namesIn } from "./Path.ts"
import type { Making, Transfer } from "./Transfer.ts"

export interface Progress {
  readonly name: string
  /** How many bytes of how many there are. */
  readonly bytes: number
  readonly of: number
  /** Bytes a second; 0 if that is not known. */
  readonly rate: number
  /** From how many peers it comes; undefined if it is read here, to be offered. */
  readonly from: number | undefined
}

/** What is read to be offered, and what is being fetched. A transfer that waits may wait for days: it is not among them. */
export const progressOf = (
  makings: ReadonlyArray<Making>,
  transfers: ReadonlyMap<unknown, Transfer>
): ReadonlyArray<Progress> => [
  ...makings.map(({ bytes, names, of }) => ({
    name: namesIn(names),
    bytes,
    of,
    rate: 0,
    from: undefined
  })),
  ...[...transfers.values()].flatMap(({ bytes, from, offer: { name, size }, rate, state }) =>
    state === "Fetching" ? [{ name, bytes, of: size, rate, from: from.length }] : []
  )
]

/** What outlives a reload of the page: the place that is open, what is being typed, and what was not sent. */
import { main, type Place } from "./Place.ts"

export interface Kept {
  readonly open: Place
  readonly drafts: ReadonlyMap<Place, string>
  readonly unsent: ReadonlyArray<{ readonly place: Place; readonly text: string; readonly at: number }>
}

export const nothingKept: Kept = { open: main, drafts: new Map(), unsent: [] }

export const encode = ({ drafts, open, unsent }: Kept): string =>
  JSON.stringify({ open, drafts: [...drafts].filter(([, text]) => text !== ""), unsent })

const isText = (value: unknown): value is string => typeof value === "string"

const isUnsent = (value: unknown): value is Kept["unsent"][number] => {
  const { at, place, text } = Object(value) as Record<string, unknown>
  return isText(place) && isText(text) && typeof at === "number"
}

const isDraft = (value: unknown): value is readonly [Place, string] =>
  Array.isArray(value) && value.length === 2 && value.every(isText)

const listOf = <A>(value: unknown, is: (each: unknown) => each is A): ReadonlyArray<A> =>
  Array.isArray(value) ? value.filter(is) : []

/** What is kept in such a text. What it does not hold, or holds wrongly, counts as not kept. */
export const decode = (text: string | null): Kept => {
  try {
    const { drafts, open, unsent } = Object(JSON.parse(text ?? "{}")) as Record<string, unknown>
    return {
      open: isText(open) ? open : main,
      drafts: new Map(listOf(drafts, isDraft)),
      unsent: listOf(unsent, isUnsent)
    }
  } catch {
    return nothingKept
  }
}

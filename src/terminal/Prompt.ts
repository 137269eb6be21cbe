/** What stands before text that is typed: the room in which it is said, and a mark. */
import { mainRoom } from "../domain/Post.ts"

/** Ends the prefix of typed text. */
const end = "> "

/** Ends the prefix of a pending line that is marked as undelivered. Must be as wide as `end`. */
const mark = "… "

/** Prefix of every row of a line but the first. Must be as wide as `end`. */
export const indent = "  "

/** A room or a conversation, as it is written: `#ops`, `@bo`. */
export const nameOf = (room: string): string => (room.startsWith("@") ? room : `#${room}`)

/** A name of ASCII in at most so many columns. What is left out is in the middle, since names often differ at the end. */
export const shortened = (name: string, columns: number): string => {
  if (name.length <= columns) return name
  const behind = Math.max(0, Math.floor((columns - 2) / 2))
  return `${name.slice(0, Math.max(0, columns - 1 - behind))}…${behind === 0 ? "" : name.slice(-behind)}`
}

/**
 * The prefix of text that is typed in a room: nothing but `> ` in `main`, so that who uses no other room never sees
 * one. With `columns` it takes a third of a row at most. In a very narrow window there is no place for a room.
 */
export const promptOf = (room: string, marked = false, columns = Number.POSITIVE_INFINITY): string => {
  const ending = marked ? mark : end
  const place = Math.floor(columns / 3) - ending.length
  return room === mainRoom || place < 2 ? ending : shortened(nameOf(room), place) + ending
}

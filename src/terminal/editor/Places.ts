/** Places in a text with a cursor: where words, lines and letters begin and end. */
import { letterAfter, letterBefore } from "../TextWidth.ts"
import type { Typing } from "./State.ts"

const isWordy = (letter: string): boolean => /[\p{L}\p{N}\p{M}_]/u.test(letter)
/** Whether a letter is not whitespace. */
export const isBlack = (letter: string): boolean => /\S/.test(letter)

/** Where the last word before the cursor begins. `belongs`: whether a letter is part of a word. */
export const wordBefore = ({ cursor, text }: Typing, belongs = isWordy): number => {
  let place = cursor
  const letter = () => text.slice(letterBefore(text, place), place)
  while (place > 0 && !belongs(letter())) place = letterBefore(text, place)
  while (place > 0 && belongs(letter())) place = letterBefore(text, place)
  return place
}

/** Where the word at the cursor ends, or the next word if the cursor is in none. */
export const wordAfter = ({ cursor, text }: Typing): number => {
  let place = cursor
  const letter = () => text.slice(place, letterAfter(text, place))
  while (place < text.length && !isWordy(letter())) place = letterAfter(text, place)
  while (place < text.length && isWordy(letter())) place = letterAfter(text, place)
  return place
}

/** Where the line with the cursor begins. */
export const lineStart = ({ cursor, text }: Typing): number =>
  cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1

/** Where the line with the cursor ends. */
export const lineEnd = ({ cursor, text }: Typing): number => {
  const end = text.indexOf("\n", cursor)
  return end === -1 ? text.length : end
}

/**
 * The place at this distance from the start of a line, or the end of the line if that is nearer. Never inside a letter.
 */
export const inLine = (text: string, start: number, distance: number): number => {
  const end = lineEnd({ text, cursor: start })
  const place = Math.min(start + distance, end)
  return letterAfter(text, letterBefore(text, place)) === place || place === start ? place : letterBefore(text, place)
}

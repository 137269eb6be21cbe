/** Wraps lines at word ends. Every row but the first is indented, so that it does not look like a line of its own. */
import { indent } from "./Prompt.ts"
import { isPlain, lettersOf, widestLetter, widestWidth } from "./TextWidth.ts"

/** Words, each with the blanks after it. Invisible letters count as blanks. */
const words =
  /[^\s\u115f\u1160\u2800\u3164\uffa0]+[\s\u115f\u1160\u2800\u3164\uffa0]*|[\s\u115f\u1160\u2800\u3164\uffa0]+/g

/**
 * Whether a word is a URL that the terminal may wrap if it is longer than a row. The terminal then treats it as one
 * word, for clicking and copying. Its rows are not indented, so it must contain nothing that looks like the beginning
 * of a line.
 */
const isLeftToTerminal = (word: string): boolean =>
  /^[("'<[]?[a-z][a-z0-9+.-]{1,16}:\/\/[\x21-\x7e]+\s*$/i.test(word) &&
  !/[*>|]|(?:server|client)[\w-]*[:.]*:/i.test(word.slice(1))

/** Whether a row is longer than the terminal is wide, and is left for the terminal to wrap. */
export const isLong = (row: string, columns: number): boolean => row.length > columns && isPlain(row)

/**
 * The letters of a word. A letter that is wider than a row, as can happen in a tiny window, is split into its code
 * points.
 */
const partsOf = (word: string, columns: number): ReadonlyArray<string> =>
  Array.from(lettersOf(word)).flatMap((letter) => (widestLetter(letter) <= columns ? letter : Array.from(letter)))

const wrap = (line: string, first: string, columns: number): ReadonlyArray<string> => {
  const room = Math.max(columns, 2 * indent.length)
  const rows: Array<string> = []
  let row = first
  let width = first.length
  const begin = () => {
    if (row !== indent) rows.push(row)
    row = indent
    width = indent.length
  }
  const append = (text: string, columns: number) => {
    row += text
    width += columns
  }
  for (const [word] of line.matchAll(words)) {
    const wide = widestWidth(word)
    if (width + wide <= room) append(word, wide)
    else if (indent.length + wide <= room) {
      begin()
      append(word, wide)
    } else if (isLeftToTerminal(word)) {
      if (width > indent.length) begin()
      append(word, wide)
      begin()
    } else {
      for (const part of partsOf(word, room - indent.length)) {
        const wide = widestLetter(part)
        if (width + wide > room && width > indent.length) begin()
        append(part, wide)
      }
    }
  }
  return row === indent && rows.length > 0 ? rows : [...rows, row]
}

/**
 * Wraps a line, which must be safe to show, into rows of at most `columns` columns, even on a terminal that draws some
 * letters wider. The exception is a long URL (`isLong`), which has a row of its own. Blanks at row ends stay, so that a
 * copy has the whole text.
 */
export const rowsOf = (text: string, columns: number): ReadonlyArray<string> =>
  isPlain(text) && text.length <= columns
    ? [text]
    : text.split("\n").flatMap((line, index) => {
        if (widestWidth(line) <= columns) return line
        return index === 0 ? wrap(line, "", columns) : wrap(line.slice(indent.length), indent, columns)
      })

/** Lines in rows of a terminal: cut at word ends, with each row but the first set in, so that none looks like a line of its own. */
import { indent } from "./LiveArea.ts"
import { isPlain, lettersOf, widestLetter, widestWidth } from "./TextWidth.ts"

/** Words, each with the blanks behind it. Letters that are drawn as nothing are blanks. */
const words =
  /[^\s\u115f\u1160\u2800\u3164\uffa0]+[\s\u115f\u1160\u2800\u3164\uffa0]*|[\s\u115f\u1160\u2800\u3164\uffa0]+/g

/**
 * A URL that takes more than a row is left to the terminal, which knows that it is one word, and copies it as one. Its rows
 * are not set in: what could pass for the beginning of a line must not stand in it.
 */
const isLeftToTerminal = (word: string): boolean =>
  /^[("'<[]?[a-z][a-z0-9+.-]{1,16}:\/\/[\x21-\x7e]+\s*$/i.test(word) &&
  !/[*>|]|(?:server|client)[\w-]*[:.]*:/i.test(word.slice(1))

/** Whether a row is one that the terminal itself is to wrap. */
export const isLong = (row: string, columns: number): boolean => row.length > columns && isPlain(row)

/** The letters of a word. One that is wider than a row, as some are in a tiny window, is taken apart. */
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
 * A line that is safe to show, in rows of so many columns at most. No row is wider on a terminal that thinks letters wider;
 * a row that is `isLong` is one URL. Blanks stay at the ends of rows: what is copied has all that was said.
 */
export const rowsOf = (text: string, columns: number): ReadonlyArray<string> =>
  isPlain(text) && text.length <= columns
    ? [text]
    : text.split("\n").flatMap((line, index) => {
        if (widestWidth(line) <= columns) return line
        return index === 0 ? wrap(line, "", columns) : wrap(line.slice(indent.length), indent, columns)
      })

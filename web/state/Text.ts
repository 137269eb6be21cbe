/** The text of a line as the page shows it: text, and links to the web and to mail. */
import { escape } from "../../src/domain/Escape.ts"

/** A piece of a text; with `href` it is a link. Both are safe to show. */
export interface Piece {
  readonly text: string
  readonly href?: string
}

const candidates = /\b(?:https?:\/\/|mailto:)[^\s<>"]+/giu

/** A longer text is no link, in UTF-16 units. */
const longest = 2_000

const count = (text: string, character: string): number => text.split(character).length - 1

/** The end of a sentence, and a parenthesis that was opened before the link, belong to no link. */
const withoutEnd = (link: string): string => {
  let closed = count(link, ")") - count(link, "(")
  let end = link.length
  for (; end > 0; end -= 1) {
    const last = link.charAt(end - 1)
    if (last === ")" && closed > 0) closed -= 1
    else if (!".,;:!?'*_".includes(last)) break
  }
  return link.slice(0, end)
}

/** The address of a link; undefined if it hides something, or is none that the page opens. */
const hrefOf = (link: string): string | undefined => {
  const isLink = link.length <= longest && escape(link) === link && URL.canParse(link)
  return isLink ? new URL(link).href : undefined
}

/** The pieces of a text without line breaks. What could hide, or act on other text, is shown as `\u{202e}`. */
export const piecesOf = (text: string): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let done = 0
  for (const { 0: found, index } of text.matchAll(candidates)) {
    if (found.length > 2 * longest) continue
    const link = withoutEnd(found)
    const href = hrefOf(link)
    if (href === undefined) continue
    if (index > done) pieces.push({ text: shown(text.slice(done, index)) })
    pieces.push({ text: link, href })
    done = index + link.length
  }
  if (done < text.length) pieces.push({ text: shown(text.slice(done)) })
  return pieces
}

const shown = (text: string): string => text.split("\t").map(escape).join("\t")

/** The lines of a text. A message of several lines is shown as it was typed. */
export const linesOf = (text: string): ReadonlyArray<string> => text.split("\n")

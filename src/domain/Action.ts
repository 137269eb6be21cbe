/** Actions: something that the author does rather than says, as in `/me waves`. */
import { type PeerId, title } from "./Peer.ts"

const before = "\u0001ACTION "
const behind = "\u0001"

/**
 * An action is the text of a post, wrapped like IRC's CTCP ACTION. So clients that do not know it still show it, and
 * nobody can type it by mistake.
 */
export const actionOf = (text: string): string => `${before}${text}${behind}`

/** The action in a text; undefined if the text is an ordinary line. */
export const actionIn = (text: string): string | undefined =>
  text.startsWith(before) && text.endsWith(behind) ? text.slice(before.length, -behind.length) : undefined

/** Stands between the author and the action where people read. No notice looks like this. */
export const deedMark = " · "

/** A line or an action as it stands on a pipe; `mark` replaces the blank before an action. Not escaped yet. */
export const utterance = (author: PeerId, text: string, mark = " "): string => {
  const action = actionIn(text)
  return action === undefined ? `${title(author)}: ${text}` : `${title(author)}${mark}${action}`
}

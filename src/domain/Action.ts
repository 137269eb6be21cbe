/** What somebody does rather than says: `/me waves`. */
import { type PeerId, title } from "./Peer.ts"

const before = "\u0001ACTION "
const behind = "\u0001"

/**
 * It travels as the text of a post, wrapped as IRC's clients do (CTCP ACTION), so that whoever knows nothing of it still
 * shows it, and nobody can type it by mistake.
 */
export const actionOf = (text: string): string => `${before}${text}${behind}`

/** What somebody who said that does; undefined if it was said, as nearly everything is. */
export const actionIn = (text: string): string | undefined =>
  text.startsWith(before) && text.endsWith(behind) ? text.slice(before.length, -behind.length) : undefined

/** Stands between who does something and what, where people read: no notice without its star looks so. */
export const deedMark = " · "

/** What somebody said or did, as a pipe has it, or with another mark before a deed: not yet escaped. */
export const utterance = (author: PeerId, text: string, mark = " "): string => {
  const action = actionIn(text)
  return action === undefined ? `${title(author)}: ${text}` : `${title(author)}${mark}${action}`
}

/** Masks of IRC: `*` stands for any text, `?` for one character, and case makes no difference. Pure. */
import { fold } from "./CaseMapping.ts"

/**
 * Whether a mask fits a text. It takes at most as many steps as both are long, multiplied: a mask of many stars costs
 * nothing more.
 */
export const fits = (mask: string, text: string): boolean => {
  const [pattern, letters] = [fold(mask), fold(text)]
  let at = 0
  let next = 0
  /** Where the last star is, and how much of the text it stands for. */
  let star = -1
  let taken = 0
  while (next < letters.length) {
    if (pattern[at] === "*") {
      star = at++
      taken = next
    } else if (pattern[at] === "?" || pattern[at] === letters[next]) {
      at += 1
      next += 1
    } else if (star >= 0) {
      at = star + 1
      next = ++taken
    } else return false
  }
  return /^\**$/.test(pattern.slice(at))
}

/** A mask as `nick!user@host`: what is left out fits everybody. */
export const wholeMask = (text: string): string => {
  const [, first = "", user, host] = /^([^!@]*)(?:!([^@]*))?(?:@(.*))?$/.exec(text) ?? []
  // What stands before `@` alone is the user.
  if (user === undefined && host !== undefined) return `*!${first || "*"}@${host || "*"}`
  return `${first || "*"}!${user || "*"}@${host || "*"}`
}

/** What a command line asks for, before any command reads it: to run a command, or to show help. */
import { isName, type Name } from "./all.ts"

export type Asked =
  /** Run the command. */
  | { readonly _tag: "Run" }
  /** Show help, for one command or all. `whole`: with all options, not only those that most people need. */
  | { readonly _tag: "Help"; readonly of: Name | undefined; readonly whole: boolean }
  /** The first word is no command. */
  | { readonly _tag: "Unknown"; readonly word: string }
  /** The command line is empty. */
  | { readonly _tag: "Nothing" }

/** Options that may stand before a command, or without one. */
const beforeCommand = /^--(version|log-level|completions|wizard)(=|$)/

/** What the words after the program's name ask for. */
export const askedFor = (words: ReadonlyArray<string>): Asked => {
  const [first] = words
  if (first === undefined) return { _tag: "Nothing" }
  const end = words.indexOf("--")
  const before = end === -1 ? words : words.slice(0, end)
  const isCommand = isName(first)
  const whole = before.includes("--help")
  if (whole || before.includes("-h")) return { _tag: "Help", of: isCommand ? first : undefined, whole }
  return isCommand || beforeCommand.test(first) ? { _tag: "Run" } : { _tag: "Unknown", word: first }
}

/**
 * Removes a lone dash in place of TEXT. It means stdin, as no TEXT does, but @effect/cli takes it for an option and
 * finds none after it. After `--` a dash is a TEXT and stays.
 */
export const withoutDash = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = words.indexOf("--")
  return words[0] === "send" ? words.filter((word, index) => word !== "-" || (end !== -1 && index > end)) : words
}

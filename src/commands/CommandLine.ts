/** What a command line asks for, before any command is looked at: it may ask for help, and not mean to run anything. */
import { isName, type Name } from "./all.ts"

export type Asked =
  /** To run what it says. */
  | { readonly _tag: "Run" }
  /** To be told how it is used: of one command or of all; wholly, or what most people need of it. */
  | { readonly _tag: "Help"; readonly of: Name | undefined; readonly whole: boolean }
  /** Something that there is not. */
  | { readonly _tag: "Unknown"; readonly word: string }
  /** Nothing. */
  | { readonly _tag: "Nothing" }

/** What these words ask for, which follow the program's name. */
export const askedFor = (words: ReadonlyArray<string>): Asked => {
  const [first] = words
  if (first === undefined) return { _tag: "Nothing" }
  const end = words.indexOf("--")
  const before = end === -1 ? words : words.slice(0, end)
  const isCommand = isName(first)
  const whole = before.includes("--help")
  if (whole || before.includes("-h")) return { _tag: "Help", of: isCommand ? first : undefined, whole }
  return isCommand || first.startsWith("--") ? { _tag: "Run" } : { _tag: "Unknown", word: first }
}

/**
 * A lone dash in place of TEXT stands for stdin, as no TEXT does. It is left out: @effect/cli takes it for an option, and
 * finds none behind it. Behind `--` it is a TEXT.
 */
export const withoutDash = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const end = words.indexOf("--")
  return words[0] === "send" ? words.filter((word, index) => word !== "-" || (end !== -1 && index > end)) : words
}

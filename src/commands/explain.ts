/** Explains what is wrong with a command line, in a sentence that says what to do. */
import * as Option from "effect/Option"
import { escape } from "../domain/Escape.ts"
import { nearest } from "../domain/Nearest.ts"
import { names } from "./all.ts"
import { type Described, type OptionDescribed, usageOf } from "./describe.ts"

const didYouMean = (meant: string | undefined): string => (meant === undefined ? "" : `; did you mean ${meant}?`)

/** The sentence about a word that stands in the place of a command and is none. */
export const unknownCommand = (word: string): string =>
  word.startsWith("--")
    ? `'${escape(word)}' stands where a command should stand: options come behind it. See outlive --help.`
    : `There is no command '${escape(word)}'${didYouMean(nearest(word, names)) || "."} See outlive --help.`

/** An option on the command line, with the value that follows it. */
interface Given {
  readonly name: string
  readonly option: OptionDescribed | undefined
  readonly value: string | undefined
}

/** Sorts the words after a command's name into options and other words. Words after `--` are no options. */
const sorted = (words: ReadonlyArray<string>, { options }: Described) => {
  const given: Array<Given> = []
  const others: Array<string> = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ""
    if (word === "--") return { given, others: [...others, ...words.slice(index + 1)] }
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) {
      others.push(word)
      continue
    }
    const option = options.find((each) => each.name === name)
    const takesNext = option?.value !== undefined && value === undefined
    if (takesNext) index += 1
    given.push({ name, option, value: takesNext ? words[index] : value })
  }
  return { given, others }
}

const onOption = (
  { name, option, value }: Given,
  { name: command, options }: Described,
  dashes = "--"
): Option.Option<string> => {
  if (option === undefined) {
    const meant = nearest(
      name,
      options.map((each) => each.name)
    )
    return Option.some(
      `outlive ${command} has no option ${dashes}${escape(name)}${didYouMean(meant && `--${meant}`) || "."}`
    )
  }
  if (option.value !== undefined && (value === undefined || value.startsWith("--"))) {
    return Option.some(`--${name} needs a value: --${name} ${option.value}.`)
  }
  const choices = option.value?.split(" | ") ?? []
  if (choices.length > 1 && value !== undefined && !choices.includes(value)) {
    return Option.some(`--${name} is one of ${choices.join(", ")}, not '${escape(value)}'.`)
  }
  return Option.none()
}

const onArguments = (others: ReadonlyArray<string>, command: Described): Option.Option<string> => {
  const usage = `Usage: ${usageOf(command)}.`
  const needed = command.arguments.filter(({ optional }) => !optional)
  const missing = needed.slice(others.length)
  if (missing.length > 0) {
    const words = missing.map(({ name }) => name).join(" and ")
    return Option.some(`${words} ${missing.length === 1 ? "is" : "are"} missing. ${usage}`)
  }
  const surplus = others.slice(command.arguments.length)
  // A single letter after a dash is an option in other programs.
  const [first] = surplus.length === 0 ? [] : [...others.filter((word) => /^-[A-Za-z]/.test(word)), ...surplus]
  if (first === undefined) return Option.none()
  return /^-[A-Za-z]/.test(first)
    ? onOption({ name: first.slice(1), option: undefined, value: undefined }, command, "-")
    : Option.some(`'${escape(first)}' is one argument too many. ${usage}`)
}

/**
 * What is wrong with the words after the name of a command; none if their number and the names of options are right.
 */
export const explained = (words: ReadonlyArray<string>, command: Described): Option.Option<string> => {
  const { given, others } = sorted(words, command)
  for (const each of given) {
    const wrong = onOption(each, command)
    if (Option.isSome(wrong)) return Option.map(wrong, (text) => `${text} See outlive ${command.name} --help.`)
  }
  const twice = given.find(
    ({ name, option }, index) => option?.repeatable === false && given.findIndex((each) => each.name === name) < index
  )
  return Option.map(
    twice !== undefined ? Option.some(`--${twice.name} is given twice.`) : onArguments(others, command),
    (text) => `${text} See outlive ${command.name} --help.`
  )
}

/** Whether a command that needs arguments was given no words at all. Then its help says more than a sentence. */
export const lacksAll = (words: ReadonlyArray<string>, { arguments: given }: Described): boolean =>
  words.length === 0 && given.some(({ optional }) => !optional)

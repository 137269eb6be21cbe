/** Shows help, and explains what is wrong with a command line. Loaded only when needed. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isName, type Name, names } from "../commands/all.ts"
import type { Asked } from "../commands/CommandLine.ts"
import { described } from "../commands/describe.ts"
import { explained, lacksAll, unknownCommand } from "../commands/explain.ts"
import { commandPage, listPage } from "../commands/page.ts"
import { CommandLineWrong } from "../domain/Errors.ts"

/** The width of help in columns where the width of the screen is unknown, as on a pipe. */
const usualColumns = 80

const columnsOf = (output: { readonly isTTY?: boolean; readonly columns?: number }): number =>
  (output.isTTY === true ? output.columns : undefined) || usualColumns

const pageOn = (of: Name | undefined, whole: boolean, version: string, columns: number): string =>
  of === undefined ? listPage(names.map(described), version, columns) : commandPage(described(of), whole, columns)

/** Shows help on stdout, because somebody asked for it. */
export const show = (of: Name | undefined, whole: boolean, version: string): Effect.Effect<void> =>
  Effect.sync(() => process.stdout.write(`${pageOn(of, whole, version, columnsOf(process.stdout))}\n`))

/** Shows the help of a command, or fails if there is no such command. */
export const showNamed = (word: Option.Option<string>, version: string): Effect.Effect<void, CommandLineWrong> =>
  Option.match(word, {
    onNone: () => show(undefined, true, version),
    onSome: (name) =>
      isName(name) ? show(name, true, version) : Effect.fail(new CommandLineWrong({ sentence: unknownCommand(name) }))
  })

/** The error for a command that was given no arguments: the short form of its help. */
export const briefly = (name: Name): CommandLineWrong =>
  new CommandLineWrong({ sentence: "", page: pageOn(name, false, "", columnsOf(process.stderr)) })

/** The error for a command line that can't be run. */
export const refusal = (asked: Asked, version: string): CommandLineWrong =>
  asked._tag === "Unknown"
    ? new CommandLineWrong({ sentence: unknownCommand(asked.word) })
    : new CommandLineWrong({ sentence: "", page: pageOn(undefined, false, version, columnsOf(process.stderr)) })

/**
 * The error for a wrong command line, whose first word is the name of a command. `otherwise` is its sentence if the
 * number of words and the names of options are right.
 */
export const explanation = ([name = "", ...words]: ReadonlyArray<string>, otherwise: string): CommandLineWrong => {
  if (!isName(name)) return new CommandLineWrong({ sentence: otherwise })
  const command = described(name)
  return lacksAll(words, command)
    ? briefly(name)
    : new CommandLineWrong({ sentence: Option.getOrElse(explained(words, command), () => otherwise) })
}

/**
 * Prints the man page in the language of man(7), made from the descriptions of the commands. Usage: `node
 * scripts/run.mjs scripts/man.ts VERSION`
 */
import { names } from "../src/commands/all.ts"
import { type Described, described, type OptionDescribed, usageOf as usageOfCommand } from "../src/commands/describe.ts"
import { usageOf } from "../src/domain/Described.ts"
import { settings, variableOf } from "../src/domain/Settings.ts"
import { commands } from "../src/programs/commands/all.ts"

/** Escapes text for troff. */
const plain = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&")

const definition = (term: string, text: string): string => `.TP\n.B ${plain(term)}\n${plain(text)}`

/** The entry of an option: its form, and its meaning. */
const optionOn = ({ name, text, usual, value, variable }: OptionDescribed): string =>
  definition(
    value === undefined ? `--${name}` : `--${name} ${value}`,
    [
      text,
      ...(usual === undefined ? [] : [`Default: ${usual}.`]),
      ...(variable === undefined ? [] : [`Variable: ${variable}.`])
    ].join(" ")
  ).trimEnd()

/** The section of one command: usage, description, arguments, options, examples. */
const sectionOn = (command: Described): string =>
  [
    `.SS outlive ${command.name}`,
    plain(command.summary),
    plain(command.details),
    ".PP",
    `.B ${plain(usageOfCommand(command))}`,
    ...command.arguments.map(({ name, text }) => definition(name, text)),
    ...command.options.map(optionOn),
    ...command.examples.map(([line, what]) => `.PP\n.B ${plain(line)}\n.br\n${plain(what)}`)
  ].join("\n")

/** Breaks a long line into several, none of which begins like a macro. A line in bold stays whole. */
const wrapped = (line: string): string =>
  line.startsWith(".") ? line : line.replace(/(.{1,78})(?: (?![.'])|$)/g, "$1\n").trimEnd()

const [version = ""] = process.argv.slice(2)
console.log(
  [
    `.TH OUTLIVE 1 "${new Date().toISOString().slice(0, 10)}" "outlive ${plain(version)}" "User Commands"`,
    ".SH NAME",
    "outlive \\- a team chat for terminals that outlives its server",
    ".SH SYNOPSIS",
    ".B outlive",
    ".I command",
    "[options] [arguments]",
    ".SH COMMANDS",
    ...names.map(described).map(sectionOn),
    ".SH WHAT CAN BE TYPED",
    "A line is sent to everybody, unless it begins with a slash. Begin it with // to send a line with a slash. Exit leaves.",
    ...commands.map((command) =>
      definition(
        usageOf(command),
        [command.help, ...(command.details === undefined ? [] : [command.details])].join(" ")
      )
    ),
    ".SH SETTINGS",
    "Each is an option, a variable, and a line of the settings file, in this order of precedence.",
    ...settings.map(({ name, usual }) => definition(`${name}, ${variableOf(name)}`, `Default: ${usual}.`)),
    ".SH FILES",
    definition(
      "~/.config/outlive/config.toml",
      'The settings file, or where OUTLIVE_CONFIG says: server = "192.168.1.5:4000"'
    ),
    definition("ports.txt", "Where a server records its clients, in the folder where it was started."),
    ".SH EXIT STATUS",
    "0: all went well. 1: it failed while it ran, or lines are lost that no peer has taken. 2: the command line, or a setting, was wrong."
  ]
    .join("\n")
    .replace(/.{79,}/g, wrapped)
)

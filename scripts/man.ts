/** Prints the man page, in the language of man(7), made of what the commands say of themselves. `node scripts/run.mjs scripts/man.ts VERSION` */
import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import * as Usage from "@effect/cli/Usage"
import * as Effect from "effect/Effect"
import * as Client from "../src/commands/client.ts"
import * as Completions from "../src/commands/completions.ts"
import * as Config from "../src/commands/config.ts"
import * as Doctor from "../src/commands/doctor.ts"
import * as Send from "../src/commands/send.ts"
import * as Server from "../src/commands/server.ts"
import * as Tail from "../src/commands/tail.ts"
import { settings, variableOf } from "../src/domain/Settings.ts"
import { usageOf } from "../src/domain/SlashCommand.ts"
import { commands } from "../src/programs/commands/all.ts"

/** Text that troff takes as it is. */
const plain = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&")

const flat = (doc: HelpDoc.HelpDoc): string =>
  plain(stripVTControlCharacters(HelpDoc.toAnsiText(doc)).replace(/\s+/g, " ").trim())

const textOf = (span: Span.Span): string => flat(HelpDoc.p(span))

/** What the library says of every option, and nobody has to read. */
const noise =
  /^(A user\\-defined piece of text\.|A true or false value\.|This option can be set .*|This setting is optional\.|)$/

const paragraphsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (doc._tag) {
    case "Sequence":
      return [...paragraphsOf(doc.left), ...paragraphsOf(doc.right)]
    case "Paragraph": {
      const text = textOf(doc.value)
      return noise.test(text) ? [] : [text]
    }
    case "DescriptionList":
      return doc.definitions.flatMap(([term, definition]) => [
        `.TP\n.B ${textOf(term)}\n${paragraphsOf(definition).join("\n.sp\n")}`.trimEnd()
      ])
    case "Enumeration":
      return doc.elements.flatMap(paragraphsOf)
    default:
      return []
  }
}

const definition = (term: string, text: string): string => `.TP\n.B ${plain(term)}\n${plain(text)}`

const shape = CliConfig.make({ showBuiltIns: false })

/** A section on one command: how it is used, what it does, its options. */
const sectionOn = <Name extends string, R, E, A>(command: Command.Command<Name, R, E, A>): string => {
  const [usage = HelpDoc.empty] = Usage.enumerate(Command.getUsage(command), shape).map(HelpDoc.p)
  const [about = "", ...rest] = paragraphsOf(Command.getHelp(command, shape))
  const used = flat(usage)
  return [`.SS outlive ${used.split(" ", 1)[0]}`, about, ".PP", `.B outlive ${used}`, ...rest].join("\n")
}

const doesNothing = () => Effect.void
const sections = [
  sectionOn(Server.make(doesNothing)),
  sectionOn(Client.make(doesNothing)),
  sectionOn(Send.make(doesNothing)),
  sectionOn(Tail.make(doesNothing)),
  sectionOn(Doctor.make(doesNothing)),
  sectionOn(Config.make(doesNothing)),
  sectionOn(Completions.make(doesNothing))
]

/** A long line as several, none of which begins as a macro does. What is bold is one line. */
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
    ...sections,
    ".SH WHAT CAN BE TYPED",
    "A line is said to all, unless it begins with a slash; // at its beginning says one. Exit leaves.",
    ...commands.map((command) => definition(usageOf(command), command.help)),
    ".SH SETTINGS",
    "Each is an option, a variable, and a line of the settings file, in this order of precedence.",
    ...settings.map(({ name, usual }) => definition(`${name}, ${variableOf(name)}`, `Default: ${usual}.`)),
    ".SH FILES",
    definition(
      "~/.config/outlive/config.toml",
      'The settings file, or where OUTLIVE_CONFIG says: server = "192.168.1.5:4000"'
    ),
    definition("ports.txt", "Where a server remembers its clients, in the folder where it was started."),
    ".SH EXIT STATUS",
    "0: all went well. 1: it failed while it ran. 2: the command line, or a setting, was wrong."
  ]
    .join("\n")
    .replace(/.{79,}/g, wrapped)
)

/** The help of one command, and of all commands, as text of a given width. */
import type { Part } from "./About.ts"
import { type Described, type OptionDescribed, usageOf } from "./describe.ts"

/** The least and the largest width of help in columns. Less leaves no room to lay out; more is hard to read. */
const leastColumns = 40
const mostColumns = 100

/** The least room for the text beside its term, in columns. With less, the text stands below the term. */
const leastRoom = 30

const indent = "  "

/** Breaks text between words, into rows of at most `columns` letters. */
export const wrap = (text: string, columns: number): ReadonlyArray<string> => {
  const rows: Array<string> = []
  let row = ""
  for (const word of text.split(" ")) {
    if (row === "") row = word
    else if (row.length + 1 + word.length <= columns) row += ` ${word}`
    else {
      rows.push(row)
      row = word
    }
  }
  return row === "" ? rows : [...rows, row]
}

interface Term {
  readonly term: string
  readonly text: string
  /** A text at the right end of the last row, or of one more row. */
  readonly right?: string
}

const withRight = (rows: ReadonlyArray<string>, right: string, columns: number): ReadonlyArray<string> => {
  if (right === "") return rows
  const last = rows.at(-1) ?? ""
  return last.length + 2 + right.length <= columns
    ? [...rows.slice(0, -1), last + right.padStart(columns - last.length)]
    : [...rows, right.padStart(columns)]
}

/** Terms in one column, and their texts in another. */
const table = (terms: ReadonlyArray<Term>, columns: number): ReadonlyArray<string> => {
  const widest = Math.max(0, ...terms.map(({ term }) => term.length))
  const first = indent.length + Math.min(widest, columns - leastRoom - indent.length - 2) + 2
  return terms.flatMap(({ right = "", term, text }) => {
    const [beside = "", ...below] = withRight(wrap(text, columns - first), right, columns - first)
    const named = `${indent}${term}`
    const rows = below.map((row) => `${" ".repeat(first)}${row}`)
    return named.length + 2 <= first
      ? [`${named.padEnd(first)}${beside}`.trimEnd(), ...rows]
      : [named, `${" ".repeat(first)}${beside}`, ...rows]
  })
}

const section = (title: string, rows: ReadonlyArray<string>, columns: number): ReadonlyArray<string> =>
  rows.length === 0 ? [] : ["", ...wrap(`${title}:`, columns), ...rows]

const isLimit = /^limit-/

/**
 * An option as a term. The variables of limits are left out: they follow one rule, which the page states above them.
 */
const asTerm = ({ name, text, usual, value, variable }: OptionDescribed): Term => ({
  term: value === undefined ? `--${name}` : `--${name} ${value}`,
  text,
  right: [usual, isLimit.test(name) ? undefined : variable].filter((each) => each !== undefined).join(" ")
})

/** The title of the options that only one command has. */
export const otherOptions = "Other options"

/** The groups of options. Options in none of them come last. */
const groups: ReadonlyArray<readonly [title: string, names: RegExp]> = [
  ["Connections", /^(server|peer|host|port|ports|id|wait|within|silence|patience)$/],
  ["What was said", /^(room|rooms|room-notices|data|history)$/],
  ["Files", /^(downloads|share|accept(-from)?)$/],
  ["At a terminal", /^(highlight|no-bell|times|plain)$/],
  ["Security", /^(secure|insecure|state)$/],
  ["For programs and logs", /^(json|metrics|log-level|log-file)$/],
  ["For IRC clients and browsers", /^(irc|web)(-|$)/],
  ["Several servers, linked by NATS", /^(nats|site|invited)(-|$)/],
  ["Limits on what others may do (variables: OUTLIVE_LIMIT_NAME)", isLimit],
  [otherOptions, /^/]
]

/** The options of a command in groups, those that most people need first. */
export const grouped = ({
  options,
  usual
}: Pick<Described, "options" | "usual">): ReadonlyArray<
  readonly [title: string, options: ReadonlyArray<OptionDescribed>]
> => {
  const first = usual.flatMap((name) => options.filter((option) => option.name === name))
  let left = options.filter((option) => !first.includes(option))
  const others = groups.map(([title, names]) => {
    const group = left.filter(({ name }) => names.test(name))
    left = left.filter((option) => !group.includes(option))
    return [title, group] as const
  })
  return [["Options", first] as const, ...others].filter(([, group]) => group.length > 0)
}

/** The rows of options. If none has a text, they stand side by side. */
const optionRows = (options: ReadonlyArray<OptionDescribed>, columns: number): ReadonlyArray<string> =>
  options.every(({ text }) => text === "")
    ? wrap(options.map((option) => asTerm(option).term.replace(" ", "\u00a0")).join(", "), columns - indent.length).map(
        (row) => indent + row.replaceAll("\u00a0", " ")
      )
    : table(options.map(asTerm), columns)

const examplesOf = (examples: Described["examples"], columns: number): ReadonlyArray<string> => {
  const widest = Math.max(0, ...examples.map(([line]) => line.length))
  const rows = examples.map(([line, what]) => `${indent}${line.padEnd(widest)}  # ${what}`)
  return rows.every((row) => row.length <= columns)
    ? rows
    : examples.flatMap(([line, what]) => [`${indent}# ${what}`, `${indent}${line}`])
}

const within = (columns: number): number => Math.min(mostColumns, Math.max(leastColumns, columns))

/** The help of one command. `whole`: with all options, not only those that most people need. */
export const commandPage = (command: Described, whole: boolean, width: number): string => {
  const columns = within(width)
  const all = grouped(command)
  const shown = whole || command.usual.length === 0 ? all : all.slice(0, 1)
  const hidden = command.options.length - shown.reduce((sum, [, options]) => sum + options.length, 0)
  const hasVariables = shown.some(([, options]) => options.some(({ variable }) => variable !== undefined))
  return [
    ...wrap(command.summary, columns),
    "",
    `Usage: ${usageOf(command)}`,
    "",
    ...wrap(command.details, columns),
    ...section(
      "Arguments",
      table(
        command.arguments.map(({ name, text }) => ({ term: name, text })),
        columns
      ),
      columns
    ),
    ...shown.flatMap(([title, options]) => section(title, optionRows(options, columns), columns)),
    ...section("Examples", examplesOf(command.examples, columns), columns),
    "",
    ...(hidden === 0 ? [] : wrap(`${hidden} more options: outlive ${command.name} --help.`, columns)),
    ...(hasVariables
      ? wrap("At the right: the default, and the environment variable that sets the option.", columns)
      : []),
    ...wrap("More: man outlive, docs/MANUAL.md.", columns)
  ].join("\n")
}

const parts: ReadonlyArray<Part> = ["Talk", "For scripts", "Set up"]

/** The list of all commands. */
export const listPage = (all: ReadonlyArray<Described>, version: string, width: number): string => {
  const columns = within(width)
  const widest = Math.max(...all.map(({ name }) => name.length))
  return [
    ...wrap(`outlive ${version}: a team chat for terminals that outlives its server.`, columns),
    "",
    "Usage: outlive COMMAND [ARGUMENTS] [OPTIONS]",
    ...parts.flatMap((part) =>
      section(
        part,
        table(
          all
            .filter((command) => command.part === part)
            .map(({ name, summary }) => ({ term: name.padEnd(widest), text: summary })),
          columns
        ),
        columns
      )
    ),
    ...section(
      "Examples",
      examplesOf(
        [
          ["outlive server", "or ./server"],
          ["outlive client anna 5001 6001", "or ./client.out anna 5001 6001"]
        ],
        columns
      ),
      columns
    ),
    "",
    ...wrap("outlive help COMMAND explains one command. outlive --version shows the version.", columns)
  ].join("\n")
}

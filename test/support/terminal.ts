/** Terminals without a window: a pseudo-terminal for a process, and an emulator that renders its screen. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Unicode11Addon } from "@xterm/addon-unicode11"
import Xterm from "@xterm/headless"

export interface Size {
  readonly rows: number
  readonly columns: number
}

/** Whether the program that runs a process at a terminal is installed: `script`, of util-linux. */
export const hasTerminals = (process.env["PATH"] ?? "")
  .split(Path.delimiter)
  .some((folder) => Fs.existsSync(Path.join(folder, "script")))

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/** A command that runs the given one at a terminal of its own. Stdin is the keyboard and stdout the screen. */
export const atTerminal = (command: ReadonlyArray<string>, { columns, rows }: Size): ReadonlyArray<string> => [
  "script",
  "--quiet",
  "--flush",
  "--return",
  "--command",
  `stty rows ${rows} cols ${columns}; exec ${command.map(quoted).join(" ")}`,
  "/dev/null"
]

/** A terminal emulator that knows the widths of Unicode 11 and keeps the rows that have scrolled up. */
export const emulator = ({ columns, rows }: Size): Xterm.Terminal => {
  const terminal = new Xterm.Terminal({ rows, cols: columns, scrollback: 10_000, allowProposedApi: true })
  // The types of the addon are written for the terminal that draws in a browser.
  terminal.loadAddon(new Unicode11Addon() as unknown as Parameters<typeof terminal.loadAddon>[0])
  terminal.unicode.activeVersion = "11"
  return terminal
}

/** How many rows are returned at most: a few screens. */
const mostRows = 100

/** The last rows of a terminal, including rows that have scrolled up. */
export const rowsOf = ({ buffer: { active } }: Xterm.Terminal): ReadonlyArray<string> => {
  const from = Math.max(0, active.length - mostRows)
  return Array.from(
    { length: active.length - from },
    (_, row) => active.getLine(from + row)?.translateToString(true) ?? ""
  )
}

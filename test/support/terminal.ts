/** Terminals without a window: a pseudo-terminal for a process, and an emulator that knows what would be seen on it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Unicode11Addon } from "@xterm/addon-unicode11"
import Xterm from "@xterm/headless"

export interface Size {
  readonly rows: number
  readonly columns: number
}

/** Whether there is a program that gives a process a terminal: script, of util-linux. */
export const hasTerminals = (process.env["PATH"] ?? "")
  .split(Path.delimiter)
  .some((folder) => Fs.existsSync(Path.join(folder, "script")))

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/** The command that runs that one at a terminal of its own, whose keyboard and screen are its stdin and stdout. */
export const atTerminal = (command: ReadonlyArray<string>, { columns, rows }: Size): ReadonlyArray<string> => [
  "script",
  "--quiet",
  "--flush",
  "--return",
  "--command",
  `stty rows ${rows} cols ${columns}; exec ${command.map(quoted).join(" ")}`,
  "/dev/null"
]

/** A terminal that knows how wide today's letters are, and keeps all that scrolls up. */
export const emulator = ({ columns, rows }: Size): Xterm.Terminal => {
  const terminal = new Xterm.Terminal({ rows, cols: columns, scrollback: 10_000, allowProposedApi: true })
  // Its types are those of the terminal that draws.
  terminal.loadAddon(new Unicode11Addon() as unknown as Parameters<typeof terminal.loadAddon>[0])
  terminal.unicode.activeVersion = "11"
  return terminal
}

/** So many rows are looked at: a few screens full. */
const mostRows = 100

/** The last rows of a terminal, those that have scrolled up included. */
export const rowsOf = ({ buffer: { active } }: Xterm.Terminal): ReadonlyArray<string> => {
  const from = Math.max(0, active.length - mostRows)
  return Array.from(
    { length: active.length - from },
    (_, row) => active.getLine(from + row)?.translateToString(true) ?? ""
  )
}

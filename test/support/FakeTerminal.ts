/** A terminal in this process: streams for a console, an emulator that shows what it writes, and a person's keys. */
import { PassThrough } from "node:stream"
import * as Effect from "effect/Effect"
import type { Terminal } from "../../layers/console/RawTerminal.ts"
import { emulator, rowsOf, type Size } from "./terminal.ts"

export interface FakeTerminal {
  readonly terminal: Terminal
  /** Sends the characters of keys. */
  readonly types: (keys: string) => Effect.Effect<void>
  /** Ends the input. */
  readonly hangUp: Effect.Effect<void>
  /** Breaks the screen: it accepts no more output. */
  readonly breaks: Effect.Effect<void>
  readonly resize: (size: Size) => Effect.Effect<void>
  /** Returns as soon as `holds` is true of the rows. */
  readonly shows: (holds: (rows: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** The present rows, without blanks at the end. */
  readonly rows: () => ReadonlyArray<string>
  /** Whether the terminal is in raw mode, in which keys arrive one by one. */
  readonly isRaw: () => boolean
  /** Everything written so far. */
  readonly written: () => string
}

/** The rows without trailing blanks, and without empty rows at the end. */
const trimmed = (rows: ReadonlyArray<string>): ReadonlyArray<string> => {
  const all = rows.map((row) => row.trimEnd())
  return all.slice(0, all.findLastIndex((row) => row !== "") + 1)
}

export const make = (size: Size): FakeTerminal => {
  const screen = emulator(size)
  let isRaw = false
  let written = ""
  const input = Object.assign(new PassThrough(), {
    setRawMode(mode: boolean) {
      isRaw = mode
      return this
    }
  })
  const output = Object.assign(new PassThrough({ decodeStrings: false, encoding: "utf8" }), {
    // No file descriptor: all output goes through the stream.
    fd: -1,
    isTTY: true,
    columns: size.columns,
    rows: size.rows
  })
  output.on("data", (text: string) => {
    written += text
    // A terminal's driver turns a newline into these two characters.
    screen.write(text.replaceAll(/(?<!\r)\n/g, "\r\n"))
  })
  screen.onData((answer) => input.write(answer))
  const rows = () => trimmed(rowsOf(screen))
  return {
    terminal: { input, output } as unknown as Terminal,
    types: (keys) => Effect.sync(() => void input.write(keys)),
    hangUp: Effect.sync(() => void input.end()),
    breaks: Effect.sync(() => void output.destroy(new Error("EIO"))),
    resize: ({ columns, rows }) =>
      Effect.sync(() => {
        screen.resize(columns, rows)
        Object.assign(output, { columns, rows })
        output.emit("resize")
      }),
    shows: (holds) =>
      Effect.async<void>((resume) => {
        const look = () => {
          if (holds(rows())) resume(Effect.void)
        }
        const watching = screen.onWriteParsed(look)
        look()
        return Effect.sync(() => watching.dispose())
      }).pipe(
        Effect.timeoutTo({
          duration: "10 seconds",
          onSuccess: () => Effect.void,
          onTimeout: () => Effect.dieMessage(["The screen is still:", ...rows()].join("\n  "))
        }),
        Effect.flatten
      ),
    rows,
    isRaw: () => isRaw,
    written: () => written
  }
}

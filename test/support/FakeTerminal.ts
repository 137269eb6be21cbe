/** A terminal in this process: streams for a console, an emulator that shows what it writes, and a person's keys. */
import { PassThrough } from "node:stream"
import * as Effect from "effect/Effect"
import type { Terminal } from "../../layers/console/RawTerminal.ts"
import { emulator, rowsOf, type Size } from "./terminal.ts"

export interface FakeTerminal {
  readonly terminal: Terminal
  /** Sends what keys send. */
  readonly types: (keys: string) => Effect.Effect<void>
  /** Nothing is typed any more. */
  readonly hangUp: Effect.Effect<void>
  /** The screen takes nothing any more. */
  readonly breaks: Effect.Effect<void>
  readonly resize: (size: Size) => Effect.Effect<void>
  /** Returns as soon as the rows are as that says. */
  readonly shows: (holds: (rows: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** The rows as they are, without blanks at the end. */
  readonly rows: () => ReadonlyArray<string>
  /** Whether keys come one by one. */
  readonly isRaw: () => boolean
  /** All that was written so far. */
  readonly written: () => string
}

/** The rows without blanks behind them, and without empty ones at the end. */
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
    // Nothing can be written past the stream.
    fd: -1,
    isTTY: true,
    columns: size.columns,
    rows: size.rows
  })
  output.on("data", (text: string) => {
    written += text
    // A terminal's driver makes a newline of these two.
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

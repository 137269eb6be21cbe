/** Formats lines for an output: for people if it is a terminal, unchanged if it is a pipe. */
import type { WriteStream } from "node:tty"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { rowsToRead } from "../../src/terminal/Reading.ts"
import { rowsOf } from "../../src/terminal/Wrap.ts"

export const textOf = (output: WriteStream, lines: ReadonlyArray<ScreenLine>): string => {
  let text = ""
  for (const line of lines) {
    if (!output.isTTY) text += `${line.text}\n`
    else for (const row of rowsToRead(line, output.columns || usualColumns)) text += `${row}\n`
  }
  return text
}

/** Wraps a text at word ends for a terminal. For a pipe the text stays one row. */
export const rowsFor = (output: WriteStream, text: string): ReadonlyArray<string> =>
  output.isTTY ? rowsOf(text, output.columns || usualColumns) : [text]

/** The number of columns assumed if the terminal does not tell. */
export const usualColumns = 80

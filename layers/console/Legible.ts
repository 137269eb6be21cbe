/** Lines as text for an output: for people where a terminal takes it, as they are on a pipe. */
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

/** A line of text in rows that end where words do, at a terminal; as it is on a pipe. */
export const rowsFor = (output: WriteStream, text: string): ReadonlyArray<string> =>
  output.isTTY ? rowsOf(text, output.columns || usualColumns) : [text]

/** Of a terminal that does not say how wide it is. */
export const usualColumns = 80

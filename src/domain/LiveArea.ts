/** The rows between what has scrolled up and what is being typed: lines of one's own that still stand there. */
import { escape } from "./ScreenLine.ts"

/** Stands before what is typed. */
export const prompt = "> "

/** Stands in its place before a line that nobody seems to have. As wide: the line wraps at the same letters. */
const mark = "… "

/** The line that asks which of one's own nobody has yet. */
export const pendingCommand = "/pending"

/** No more lines than this stand there at a time. */
const most = 5

export interface StandingLine {
  readonly text: string
  readonly marked: boolean
}

/** A line of one's own, safe to show. */
export const ownLine = ({ marked, text }: StandingLine): string => `${marked ? mark : prompt}${escape(text)}`

/** The last of these lines, as many as fit, one at least; how many there are above them, if any; and what does not fit of one alone is cut off. */
export const liveArea = (
  lines: ReadonlyArray<StandingLine>,
  fits: (rows: ReadonlyArray<string>) => boolean
): ReadonlyArray<string> => {
  for (let count = Math.min(most, lines.length); count > 1; count -= 1) {
    const rows = [...hidden(lines.length - count), ...lines.slice(-count).map(ownLine)]
    if (fits(rows)) return rows
  }
  const [last] = lines.slice(-1)
  if (last === undefined) return []
  const above = hidden(lines.length - 1)
  let row = ownLine(last)
  for (let letters = [...row]; !fits([...above, row]) && letters.length > 1; row = `${letters.join("")}…`) {
    letters = letters.slice(0, letters.length / 2)
  }
  return [...above, row]
}

const hidden = (count: number): ReadonlyArray<string> =>
  count === 0 ? [] : [`… and ${count} more above (${pendingCommand} lists them)`]

/** What terminals show as a picture: each letter in its cell and colour, in windows side by side. */
import type Xterm from "@xterm/headless"

/** A window of a picture: what stands in its title, and what its terminal shows. */
export interface Window {
  readonly title: string
  readonly terminal: Xterm.Terminal
}

export interface Look {
  readonly page: string
  readonly bar: string
  readonly edge: string
  readonly text: string
  readonly cursor: string
  /** The terminal's own colours, by their numbers; the others are as the text is. */
  readonly colours: Readonly<Record<number, string>>
}

const light: Look = {
  page: "#ffffff",
  bar: "#f0f2f4",
  edge: "#c8ced4",
  text: "#1f2328",
  cursor: "#57606a",
  colours: {
    1: "#cf222e",
    2: "#116329",
    3: "#9a6700",
    5: "#8250df",
    6: "#1b7c83",
    9: "#a40e26",
    12: "#0969da",
    13: "#bf3989"
  }
}

const dark: Look = {
  page: "#0d1117",
  bar: "#1c2128",
  edge: "#3d444d",
  text: "#e6edf3",
  cursor: "#9198a1",
  colours: {
    1: "#ff7b72",
    2: "#3fb950",
    3: "#d29922",
    5: "#bc8cff",
    6: "#39c5cf",
    9: "#ffa198",
    12: "#79c0ff",
    13: "#f778ba"
  }
}

export const looks = { light, dark }

/** In pixels: a cell, the bar with a title, and the space in a window and between windows. */
const cell = { width: 8.4, height: 18 }
const bar = 26
const inset = 10
const gap = 14

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const pixels = (value: number): string => `${Math.round(value * 10) / 10}`

const box = (x: number, y: number, width: number, height: number, rest: string): string =>
  `<rect x="${pixels(x)}" y="${pixels(y)}" width="${pixels(width)}" height="${pixels(height)}" ${rest}/>`

/** Letters that stand side by side and look alike. */
interface Run {
  readonly at: number
  text: string
  columns: number
  readonly fill: string
  readonly back: string | undefined
  readonly rest: string
}

type Line = NonNullable<ReturnType<Xterm.Terminal["buffer"]["active"]["getLine"]>>

/** Every time of day is drawn as this one. */
const oneTime = "21:52"

/** The letters that stand in their place, by their columns. */
const timesIn = (line: Line): ReadonlyMap<number, string> => {
  // A cell a letter, so that each stands in its column.
  const letters = Array.from({ length: line.length }, (_, at) => (line.getCell(at)?.getChars() || " ").slice(0, 1))
  return new Map(
    [...letters.join("").matchAll(/(?<![\d:])\d\d:\d\d(?![\d:])/g)].flatMap(({ index }) =>
      Array.from(oneTime, (letter, at) => [index + at, letter] as const)
    )
  )
}

const runsOf = (line: Line, look: Look): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  const times = timesIn(line)
  for (let at = 0; at < line.length; at += 1) {
    const each = line.getCell(at)
    const columns = each?.getWidth() ?? 0
    if (each === undefined || columns === 0) continue
    const colour = each.isFgPalette() ? (look.colours[each.getFgColor()] ?? look.text) : look.text
    const [fill, back] = each.isInverse() ? [look.page, colour] : [colour, undefined]
    const rest = `${each.isBold() ? ' font-weight="bold"' : ""}${each.isDim() ? ' opacity="0.65"' : ""}`
    const text = times.get(at) ?? (each.getChars() || " ")
    const last = runs.at(-1)
    const isPlain = columns === 1 && /^[\x20-\x7e]$/.test(text)
    // Whatever the font makes of a wide letter, what follows it stands in its own cell.
    if (
      last !== undefined &&
      isPlain &&
      last.fill === fill &&
      last.back === back &&
      last.rest === rest &&
      /^[\x20-\x7e]+$/.test(last.text)
    ) {
      last.text += text
      last.columns += columns
    } else runs.push({ at, text, columns, fill, back, rest })
  }
  return runs.filter(({ back, text }) => back !== undefined || text.trim() !== "")
}

const screen = (
  { buffer, cols, rows }: Xterm.Terminal,
  look: Look,
  left: number,
  top: number
): ReadonlyArray<string> => {
  const parts: Array<string> = []
  const x = (column: number) => left + column * cell.width
  const { active } = buffer
  for (let row = 0; row < rows; row += 1) {
    const line = active.getLine(active.baseY + row)
    if (line === undefined) continue
    const y = top + row * cell.height
    for (const { at, back, columns, fill, rest, text } of runsOf(line, look)) {
      const width = columns * cell.width
      if (back !== undefined) parts.push(box(x(at), y + 1, width, cell.height, `fill="${back}"`))
      const place = `x="${pixels(x(at))}" y="${pixels(y + 13.5)}" fill="${fill}"${rest}`
      parts.push(`<text ${place} textLength="${pixels(width)}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`)
    }
  }
  const { cursorX, cursorY } = active
  if (cursorX < cols && !isEmpty(active, cursorY)) {
    parts.push(box(x(cursorX), top + cursorY * cell.height + 2, cell.width, cell.height - 3, `fill="${look.cursor}"`))
  }
  return parts
}

/** Nobody types there any more. */
const isEmpty = (buffer: Xterm.Terminal["buffer"]["active"], row: number): boolean =>
  buffer.getLine(buffer.baseY + row)?.translateToString(true) === ""

/** Windows of one size, so many side by side. */
export const picture = (title: string, windows: ReadonlyArray<Window>, across: number, look: Look): string => {
  const [first] = windows
  if (first === undefined) throw new Error("a picture of nothing")
  const wide = first.terminal.cols * cell.width + 2 * inset
  const high = first.terminal.rows * cell.height + bar + inset
  const width = across * (wide + gap) + gap
  const height = Math.ceil(windows.length / across) * (high + gap) + gap
  const drawn = windows.flatMap(({ terminal, title: name }, index) => {
    const left = gap + (index % across) * (wide + gap)
    const top = gap + Math.floor(index / across) * (high + gap)
    return [
      box(left, top, wide, high, `rx="8" fill="${look.page}" stroke="${look.edge}"`),
      `<path d="M${pixels(left)} ${pixels(top + bar)}v-${bar - 8}a8 8 0 0 1 8-8h${pixels(wide - 16)}a8 8 0 0 1 8 8v${bar - 8}z" fill="${look.bar}" stroke="${look.edge}"/>`,
      `<text x="${pixels(left + inset + 2)}" y="${pixels(top + 18)}" fill="${look.text}" font-size="13">${escaped(name)}</text>`,
      ...screen(terminal, look, left + inset, top + bar + 4)
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pixels(width)} ${pixels(height)}" width="${pixels(width)}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    `<title>${escaped(title)}</title>`,
    ...drawn,
    "</svg>\n"
  ].join("\n")
}

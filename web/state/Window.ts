/**
 * The lines of one place that the page has: a window into what the node keeps, in the order of the node's log, each line
 * once. The window is bounded. Whoever reads back loses its end, and gets it again on the way down.
 */
import type { LineName, WireLine } from "./Wire.ts"

export interface Said extends WireLine {
  readonly _tag: "Said"
}

/** What the program itself has to say. It has no place in the node's log. */
export interface Notice {
  readonly _tag: "Notice"
  readonly key: string
  readonly at: number
  readonly text: string
}

export type Line = Said | Notice

/** Why lines were asked for: the last ones, those before or behind the window, around one, or missed ones. */
export type Why = "last" | "older" | "newer" | "around" | "missed"

export interface Window {
  readonly lines: ReadonlyArray<Line>
  /** Whether the node keeps more before the window, and behind it. Live lines follow only if nothing is between. */
  readonly older: boolean
  readonly newer: boolean
  /** The request that has no answer yet. */
  readonly asked: { readonly ref: string; readonly why: Why } | undefined
  /** The live lines that came meanwhile. */
  readonly held: ReadonlyArray<Line>
  /** The name of the first line that the person has not seen. */
  readonly firstNew: string | undefined
  /** How many lines came while the person was reading further up. */
  readonly below: number
}

/** The most lines of a window whose end is looked at, and of one that is read back. */
export const mostAtEnd = 300
export const mostInAll = 1_000

export const empty: Window = {
  lines: [],
  older: false,
  newer: false,
  asked: undefined,
  held: [],
  firstNew: undefined,
  below: 0
}

export const nameOf = ({ n, stream }: LineName): string => `${stream} ${n}`

export const keyOf = (line: Line): string => (line._tag === "Said" ? nameOf(line) : line.key)

/** These lines with those behind them that are not among them yet. */
const joined = (lines: ReadonlyArray<Line>, more: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  if (more.length === 0) return lines
  const keys = new Set(lines.map(keyOf))
  const fresh: Array<Line> = []
  for (const line of more) {
    const key = keyOf(line)
    if (keys.has(key)) continue
    keys.add(key)
    fresh.push(line)
  }
  return fresh.length === 0 ? lines : [...lines, ...fresh]
}

/** The window without its beginning, if it has more lines than `most`. */
export const cutAbove = (window: Window, most: number): Window =>
  window.lines.length <= most ? window : { ...window, lines: window.lines.slice(-most), older: true }

const cutBelow = (window: Window, most: number): Window =>
  window.lines.length <= most ? window : { ...window, lines: window.lines.slice(0, most), newer: true }

/** The window after lines have come. `isFollowing`: whether its end is looked at. */
export const withLive = (window: Window, lines: ReadonlyArray<Line>, isFollowing: boolean): Window => {
  if (window.asked !== undefined && window.asked.why !== "older") {
    return { ...window, held: [...window.held, ...lines].slice(-mostInAll) }
  }
  if (window.newer) return { ...window, below: window.below + lines.length }
  const all = joined(window.lines, lines)
  if (all === window.lines) return window
  const grown = { ...window, lines: all }
  if (isFollowing) return { ...cutAbove(grown, mostAtEnd), below: 0 }
  return { ...cutBelow(grown, mostInAll), below: window.below + all.length - window.lines.length }
}

/** The window while an answer is awaited. */
export const asking = (window: Window, ref: string, why: Why): Window => ({ ...window, asked: { ref, why } })

export interface Answer {
  readonly lines: ReadonlyArray<Said>
  /** Whether the node keeps lines of the place before these, and behind them. */
  readonly older: boolean
  readonly newer: boolean
  /** Whether the line from which they were asked for is kept. If it is not, these are the last lines. */
  readonly found: boolean
}

/** The window after the answer to what it asked for. */
export const answered = (window: Window, why: Why, answer: Answer): Window => {
  const { found, lines, newer, older } = answer
  const settled: Window = { ...window, asked: undefined, held: [] }
  const anew: Window = { ...settled, lines: newer ? lines : joined(lines, window.held), older, newer, below: 0 }
  if (why === "older") {
    // Lines that a peer had to send again may stand further up than where they were seen first.
    if (found) return cutBelow({ ...settled, lines: joined(lines, window.lines), older }, mostInAll)
    // The node keeps the first line of the window no more, and so nothing before it.
    return { ...settled, older: false }
  }
  if (why === "last" || why === "around" || !found) return anew
  const all = joined(window.lines, lines)
  const below = newer ? window.below + all.length - window.lines.length : 0
  return cutAbove({ ...settled, lines: newer ? all : joined(all, window.held), newer, below }, mostInAll)
}

const isSaid = (line: Line): line is Said => line._tag === "Said"

export const firstSaid = ({ lines }: Window): Said | undefined => lines.find(isSaid)

export const lastSaid = ({ lines }: Window): Said | undefined => lines.findLast(isSaid)

/** The window with a mark before the last `count` lines of others. If they begin further up, there is no mark. */
export const markedNew = (window: Window, count: number): Window => {
  const others = window.lines.filter((line): line is Said => isSaid(line) && line.own !== true)
  const isAbove = count > others.length && window.older
  const first = count === 0 || isAbove ? undefined : others.at(-Math.min(count, others.length))
  return { ...window, firstNew: first === undefined ? undefined : nameOf(first) }
}

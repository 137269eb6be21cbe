/**
 * Formats lines for a terminal: colours, times, and the separators between lines (a new day, a pause, unread lines,
 * another room).
 */
import { calls, isNews } from "../domain/Calling.ts"
import { colourIndex } from "../domain/Colour.ts"
import { type PeerId, serverId, title } from "../domain/Peer.ts"
import { authorOf, mainRoom, roomIn } from "../domain/Post.ts"
import type { ScreenLine } from "../domain/ScreenLine.ts"
import { type Site, serverOf } from "../domain/Site.ts"
import { nameOf as roomName } from "./Prompt.ts"
import { rowsToRead } from "./Reading.ts"
import { isLong } from "./Wrap.ts"

export interface Looks {
  readonly colours: boolean
  /** Whether each line begins with its time. */
  readonly times: boolean
  /** Words that count as a mention of the local user, besides the node's own id. */
  readonly words?: ReadonlyArray<string>
}

/** The terminal's width, and how lines are formatted. */
export interface Page extends Looks {
  readonly columns: number
  /** Whether long URLs are cut into rows of `columns` too, instead of being left for the terminal to wrap. */
  readonly cut?: boolean
}

/**
 * What the separators depend on: when the last line was shown, in which room it was said, and whether the user is away.
 * Times are in ms since 1970.
 */
export interface Chronicle {
  /** The time of the latest line; undefined if there is none. */
  readonly last?: number | undefined
  /** The room of the latest post that was shown without its room; undefined if there is none. */
  readonly room?: string | undefined
  /** Since when the user is away; undefined while the user reads. */
  readonly awaySince?: number | undefined
  /** Whether the unread lines since then have been marked already. */
  readonly marked?: boolean
}

/** After a pause of this length (in ms) the time is shown as a separator, if lines don't show their times. */
const pause = 10 * 60_000

const two = (number: number): string => `${number}`.padStart(2, "0")

/** The local time of day, as HH:MM. */
export const clockTime = (at: number): string => {
  const time = new Date(at)
  return `${two(time.getHours())}:${two(time.getMinutes())}`
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
const months = "January February March April May June July August September October November December".split(" ")

const dayOf = (at: number): string => {
  const day = new Date(at)
  return `${weekdays[day.getDay()]}, ${day.getDate()} ${months[day.getMonth()]} ${day.getFullYear()}`
}

const isSameDay = (one: number, other: number): boolean =>
  Math.floor(one / 60_000) === Math.floor(other / 60_000) || dayOf(one) === dayOf(other)

const between = (text: string): string => `── ${text} ──`

/** SGR colour codes that are readable on both black and white. Blue (34) and bright yellow, green and cyan are not. */
const palette = [31, 32, 33, 35, 36, 91, 94, 95]

/** The colour of a peer: an SGR code. */
export const colourOf = (id: PeerId): number => palette[colourIndex(id, palette.length)] ?? 39

const inColour = (text: string, codes: string): string => `\u001b[${codes}m${text}\u001b[0m`

export const dim = ({ colours }: Looks, text: string): string => (colours ? inColour(text, "2") : text)

/** What a line of another room begins with, and a private line. */
const placed = /^(?:#[A-Za-z0-9_-]{1,32}|\(private\)) /

const titled = /^((?:\(earlier\) )?)((?:Client ([A-Za-z0-9_-]{1,32})|Server(?: ([A-Za-z0-9_-]{1,24})(?=:))?)(?=[: ]))/

/**
 * Colours the author's name, and dims the room that stands before it. A line that mentions the local user has its author in bold and inverse, even without
 * colours.
 */
const coloured = (looks: Looks, self: PeerId | undefined, line: ScreenLine, row: string): string => {
  const place = placeIn(row)
  if (place === undefined) return named(looks, self, line, row)
  return `${dim(looks, place.trimEnd())} ${named(looks, self, line, row.slice(place.length))}`
}

const hash = "#".charCodeAt(0)
const parenthesis = "(".charCodeAt(0)

const placeIn = (row: string): string | undefined => {
  const first = row.charCodeAt(0)
  return first === hash || first === parenthesis ? placed.exec(row)?.[0] : undefined
}

/** The room of the latest post that was shown without its room, once this line is shown too. */
export const roomBelow = (line: ScreenLine, above: string | undefined): string | undefined =>
  line._tag === "Chat" && line.post !== undefined && placeIn(line.text) === undefined ? roomIn(line.post.stream) : above

const named = (looks: Looks, self: PeerId | undefined, line: ScreenLine, row: string): string => {
  // Most lines are posts, whose author need not be looked for in the text.
  if (line.post !== undefined) {
    const id = authorOf(line.post.stream)
    const name = title(id)
    if (row.startsWith(name) && row.charCodeAt(name.length) === colon) {
      return nameOf(looks, self, line, name, id) + row.slice(name.length)
    }
  }
  return row.replace(
    titled,
    (_, before: string, name: string, client?: PeerId, site?: Site) =>
      before + nameOf(looks, self, line, name, client ?? (site === undefined ? serverId : serverOf(site)))
  )
}

const colon = ":".charCodeAt(0)

const nameOf = (looks: Looks, self: PeerId | undefined, line: ScreenLine, name: string, id: PeerId): string => {
  const isCalled = calls(self, looks.words ?? [], line)
  if (!looks.colours) return isCalled ? inColour(name, "1;7") : name
  return inColour(name, isCalled ? `1;7;${colourOf(id)}` : `${colourOf(id)}`)
}

const cutInto = (row: string, columns: number): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(row.length / columns) }, (_, index) =>
    row.slice(index * columns, (index + 1) * columns)
  )

/**
 * The rows of a line as they are sent to the terminal. No row needs the terminal's own wrapping, except a long URL,
 * which turns it on for itself and off again. With `cut` there is no such exception.
 */
const rowsFor = (page: Page, self: PeerId | undefined, line: ScreenLine, time: string): ReadonlyArray<string> =>
  rowsToRead(time === "" ? line : { ...line, text: time + line.text }, page.columns)
    .flatMap((row) => (page.cut && isLong(row, page.columns) ? cutInto(row, page.columns) : row))
    .map((row, index) => {
      const before = index === 0 ? time : ""
      const rest = row.slice(before.length)
      const sent =
        (before === "" ? "" : dim(page, before)) +
        (line._tag === "Notice" ? dim(page, rest) : index === 0 ? coloured(page, self, line, rest) : rest)
      return isLong(row, page.columns) ? `\u001b[?7h${sent}\u001b[?7l` : sent
    })

/** Formats one line, with the separators above it. `now` is when it is shown. */
const entered = (
  before: Chronicle,
  line: ScreenLine,
  self: PeerId | undefined,
  looks: Page,
  now: number
): { readonly chronicle: Chronicle; readonly rows: ReadonlyArray<string> } => {
  const said = line._tag === "Chat" ? line.post?.at : undefined
  // Authors' clocks may be wrong. A time in the future counts as now, and a day separator never goes back to an earlier
  // day.
  const at = Math.min(said ?? now, now)
  const latest = Math.max(at, before.last ?? at)
  const marks: Array<string> = []
  const isUnread = before.awaySince !== undefined && said !== undefined && isNews(line)
  if (before.awaySince !== undefined && before.marked !== true && isUnread) {
    marks.push(between(`unread since ${clockTime(before.awaySince)}`))
  }
  if (!isSameDay(latest, before.last ?? now)) marks.push(between(dayOf(latest)))
  else if (!looks.times && before.last !== undefined && latest - before.last >= pause) {
    marks.push(between(clockTime(latest)))
  }
  const room = roomBelow(line, before.room)
  if (room !== undefined && room !== (before.room ?? mainRoom)) marks.push(between(roomName(room)))
  const time = looks.times ? `${clockTime(at)} ` : ""
  const rows = rowsFor(looks, self, line, time)
  return {
    chronicle: {
      last: latest,
      room,
      awaySince: before.awaySince,
      marked: before.awaySince !== undefined && (before.marked === true || isUnread)
    },
    rows: marks.length === 0 ? rows : [...marks.map((mark) => dim(looks, mark)), ...rows]
  }
}

/**
 * Formats lines for a terminal, with the separators between them. No row but a long URL takes more columns than the
 * page has, even on a terminal that draws some letters wider than others do.
 */
export const enter = (
  before: Chronicle,
  lines: ReadonlyArray<ScreenLine>,
  self: PeerId | undefined,
  looks: Page,
  now: number
): { readonly chronicle: Chronicle; readonly rows: ReadonlyArray<string> } => {
  let chronicle = before
  const rows: Array<string> = []
  for (const line of lines) {
    const next = entered(chronicle, line, self, looks, now)
    chronicle = next.chronicle
    for (const row of next.rows) rows.push(row)
  }
  return { chronicle, rows }
}

/**
 * Records that the user reads, or since when the user is away. Unread lines after a new `awaySince` are marked once.
 */
export const attended = (before: Chronicle, awaySince: number | undefined): Chronicle =>
  before.awaySince === awaySince ? before : { ...before, awaySince, marked: false }

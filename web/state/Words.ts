/** What the page says in words: the banner, the delivery of a line, notices. */
import { lossInWords } from "../../src/domain/Losses.ts"
import type { Place } from "./Place.ts"
import { titleOf } from "./Place.ts"
import type { State } from "./State.ts"
import type { LineName, Report, StreamNews, WireLine } from "./Wire.ts"

export interface Banner {
  readonly text: string
  /** `trouble`: nothing goes on until it is over. `news`: the chat goes on. */
  readonly kind: "trouble" | "news"
}

const two = (number: number): string => String(number).padStart(2, "0")

/** The time of day, on this machine's clock: `12:03`. */
export const clock = (at: number): string => {
  const time = new Date(at)
  return `${two(time.getHours())}:${two(time.getMinutes())}`
}

const trouble = (text: string): Banner => ({ kind: "trouble", text })
const news = (text: string): Banner => ({ kind: "news", text })

/** What the person must know about the connection and the server; undefined if all is well. */
export const bannerOf = ({ chat, connection }: Pick<State, "chat" | "connection">): Banner | undefined => {
  switch (connection._tag) {
    case "Connecting":
      return undefined
    case "Refused":
      return trouble(
        "This browser needs a fresh link. Type /web at the node, and open the link that it prints within a minute."
      )
    case "Left":
      return news("You have left the chat. Reload this page to come back.")
    case "Away":
      return trouble(
        `The node of this page has been away since ${clock(connection.since)}. What you type is kept; the page goes on when the node is back.`
      )
    case "Open":
      return chat === undefined ? undefined : ofServer(chat.server)
  }
}

const ofServer = ({ since, state }: NonNullable<State["chat"]>["server"]): Banner | undefined => {
  const sinceWhen = since === undefined ? "" : ` since ${clock(since)}`
  switch (state) {
    case "self":
    case "up":
      return undefined
    case "sought":
      return news("No server yet: the node looks for it.")
    case "down":
      return news(
        `Server ${since === undefined ? "is" : "has been"} away${sinceWhen}: everything goes on between those who are here.`
      )
    case "returning":
      return news("Server is coming back.")
  }
}

export interface Delivery {
  readonly state: "waiting" | "some" | "all"
  readonly short: string
  readonly long: string
}

/** Those for whom a line is, and how far each has its stream: the peers of a room, or the readers of a private line. */
const readersOf = ({ to }: Pick<WireLine, "to">, { readers }: StreamNews): ReadonlyArray<readonly [string, number]> =>
  to === undefined ? Object.entries(readers) : to.map((id) => [id, readers[id] ?? 0])

/** Who has an own line; undefined if that is not known, as of lines of an earlier run. */
export const deliveryOf = (
  line: LineName & Pick<WireLine, "to">,
  streams: ReadonlyArray<StreamNews>
): Delivery | undefined => {
  const stream = streams.find((each) => each.stream === line.stream)
  if (stream === undefined) return undefined
  const readers = readersOf(line, stream)
  const having = readers.filter(([, upTo]) => upTo >= line.n).map(([id]) => id)
  const lacking = readers.filter(([, upTo]) => upTo < line.n).map(([id]) => id)
  if ((line.to !== undefined || stream.upTo < line.n) && having.length === 0) {
    return { state: "waiting", short: "waiting", long: "Nobody has this line yet" }
  }
  if (lacking.length === 0) return { state: "all", short: "", long: `Delivered to ${listOf(having)}` }
  return {
    state: "some",
    short: `${having.length} of ${readers.length}`,
    long: `${having.length === 0 ? "Somebody who is not here has this line" : `${listOf(having)} ${having.length === 1 ? "has" : "have"} this line`}; ${listOf(lacking)} not yet`
  }
}

const listOf = (ids: ReadonlyArray<string>): string => (ids.length === 0 ? "somebody who is not here" : ids.join(", "))

/** A node of a later version may have other reasons. */
const reasons: Readonly<Record<string, string>> = lossInWords

const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

/** More names than this are counted. */
const mostNamed = 10

const nodesOf = (ids: ReadonlyArray<string>): string =>
  ids.length > mostNamed ? `${ids.length} nodes` : ids.join(", ")

const areOrIs = ({ length }: ReadonlyArray<string>): string => (length === 1 ? "is" : "are")

/** What else happens to a transfer stands where it is offered. */
const transferEventOf = ({ event, name, paths, peer }: Extract<Report, { type: "transfer-event" }>) => {
  if (event === "fetched") return `${name} is here: ${paths?.join(", ")}`
  return event === "lied" ? `${peer} sent something that is not in ${name}: it is asked for no more of it` : undefined
}

/** A report in words, as a notice; undefined if it is none. */
export const noticeOf = (report: Report): string | undefined => {
  switch (report.type) {
    case "notice":
    case "error":
      return report.text
    case "missed": {
      const whose = report.from === undefined ? "" : ` of ${report.from}`
      return `${counted(report.count, "line")}${whose} ${report.count === 1 ? "is" : "are"} no longer available`
    }
    case "skipped":
      return `${counted(report.count, "line")} came too fast to be shown`
    case "linked":
      return `${report.id} ${report.known ? "is back" : report.newcomer ? "joined" : "is here"}`
    case "left":
      return `${report.id} left`
    case "lost":
      return `${report.id} is lost${report.reason in reasons ? `: ${reasons[report.reason]}` : ""}`
    case "given-up":
      return `${report.id} can't be reached any more`
    case "far":
      return report.known ? `${nodesOf(report.ids)} ${areOrIs(report.ids)} back at the site ${report.site}` : undefined
    case "far-left":
      return `${nodesOf(report.ids)} ${report.lost ? `${areOrIs(report.ids)} lost at the site ${report.site}` : "left"}`
    case "through":
      return `${report.id} has no direct link: its lines come through ${report.by}`
    case "catching-up":
      return `${report.from} sends ${counted(report.count, "missed line")}`
    case "transfer-event":
      return transferEventOf(report)
    case "unkept":
      return `The log can't be written to disk (${report.detail}); the chat goes on without it`
    case "expelled":
      return `${report.id} was ${report.barred ? "banned" : "kicked"} by the server`
    case "key-changed":
      return `${report.id} IS REFUSED: its key is not the one known here. /verify ${report.id} shows its digits.`
    case "contradicted":
      return `${report.id} SENT TWO DIFFERENT LINES under one number: others may see another line than you`
    case "forged":
      return report.id === report.by
        ? `${report.id} DOES NOT SIGN ITS LINES CORRECTLY: others can't pass them on`
        : `${report.by} PASSES ON LINES OF ${report.id} WITHOUT A VALID SIGNATURE: they are not shown`
    default:
      return undefined
  }
}

/** The title of the tab: how many lines call the person, and where they are. */
export const tabTitle = (calls: number, open: Place): string =>
  `${calls === 0 ? "" : `(${calls}) `}${titleOf(open)} · outlive`

/** A length of time on the way to a peer and back: `0.4 ms`, `12 ms`, `1.2 s`. */
export const roundTripInWords = (ms: number): string =>
  ms < 10 ? `${Math.max(0.1, ms).toFixed(1)} ms` : ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`

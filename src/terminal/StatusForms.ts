/** The status in words: the state of the server, and the number of peers. */
import { absurd } from "../domain/Absurd.ts"
import { type RoomNews, withNews } from "../domain/Place.ts"
import type { ServerState, Status } from "../domain/Status.ts"
import { nameOf, shortened } from "./Prompt.ts"

const serverInWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["no server yet"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`server down since ${clock(server.since)}`]
    case "Returning":
      return [`server returning, down since ${clock(server.since)}`]
    default:
      return absurd(server)
  }
}

const serverInFewWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["no server"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`down ${clock(server.since)}`]
    case "Returning":
      return ["returning"]
    default:
      return absurd(server)
  }
}

/** The longest name of a room in the status where there is little space, in columns. */
const longestName = 16

const newsInWords = ({ lines, mentions, room }: RoomNews): string => {
  const calls = mentions === 0 ? "" : mentions === lines ? ", for you" : `, ${mentions} for you`
  return `${nameOf(room)}: ${lines} new${calls}`
}

const newsInShort = ({ lines, mentions, room }: RoomNews): string =>
  `${shortened(nameOf(room), longestName)} ${lines}${mentions === 0 ? "" : "!"}`

/** The first `most` rooms, and how many there are besides. */
const firstNews = (news: ReadonlyArray<RoomNews>, most: number): string =>
  [...news.slice(0, most).map(newsInShort), ...(news.length > most ? [`+${news.length - most}`] : [])].join(" ")

type Parts = ReadonlyArray<string>

const form = (...parts: ReadonlyArray<Parts>): string => `── ${parts.flat().join(" · ")}`

/**
 * The status with the number of undelivered lines and the news of other rooms: the full form first, then shorter forms
 * for narrow terminals. The last ones have only what needs attention.
 */
export const statusForms = (
  { connected, known, rooms, self, server }: Status,
  undelivered: number,
  clock: (at: number) => string
): readonly [string, ...ReadonlyArray<string>] => {
  const waiting = (words: string): Parts => (undelivered === 0 ? [] : [`${undelivered} ${words}`])
  const whole: Parts = [
    self,
    ...serverInWords(server, clock),
    `${connected} of ${known} ${known === 1 ? "peer" : "peers"}`
  ]
  const few = serverInFewWords(server, clock)
  const short: Parts = [self, ...few, `${connected}/${known}`]
  const inFull = waiting(`${undelivered === 1 ? "line" : "lines"} not yet delivered`)
  const undone = waiting("undelivered")
  const news = withNews(rooms)
  const all = news.length
  const trouble: Parts = server._tag === "Up" ? [] : few
  if (all === 0) {
    const least = undelivered === 0 ? [] : [form(trouble, undone)]
    return [form(whole, inFull), form(whole, undone), form(short, undone), ...least]
  }
  const fewer = Array.from({ length: all }, (_, index) => form(short, undone, [firstNews(news, all - index)]))
  const first = [firstNews(news, 1)]
  return [
    form(whole, inFull, news.map(newsInWords)),
    form(whole, undone, news.map(newsInWords)),
    form(whole, undone, [firstNews(news, all)]),
    ...fewer,
    form([self, ...trouble, `${connected}/${known}`], undone, first),
    form(trouble, undone, first),
    form(undone, first),
    form(first)
  ]
}

/** The longest form. */
export const statusInWords = (...of: Parameters<typeof statusForms>): string => statusForms(...of)[0]

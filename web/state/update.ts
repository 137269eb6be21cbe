/** How the state of the page changes: what happens, to the state after it and what is to be done. Pure. */
import { absurd } from "../../src/domain/Absurd.ts"
import { attach, stopUpload, uploaded, uploadFailed, uploadOver, uploadSent, uploadsInterrupted } from "./Attaching.ts"
import type { Effect, Event } from "./Event.ts"
import { offered, seekOffers, withNews } from "./Files.ts"
import { othersIn, type Place, placeOf, titleOf } from "./Place.ts"
import {
  go,
  goBy,
  goToEnd,
  goToLine,
  resume,
  said,
  scrolled,
  stayInRooms,
  takeAnswer,
  takeIn,
  tellRead
} from "./Reading.ts"
import type { State } from "./State.ts"
import { andThen, doing, type Step, sending, still } from "./Step.ts"
import type { Line, Said } from "./Window.ts"
import type { Command, Report, WireLine } from "./Wire.ts"
import { noticeOf } from "./Words.ts"
import {
  accepted,
  arrived,
  choose,
  complete,
  discard,
  interrupted,
  sendAgain,
  sentAfterAll,
  settled,
  submit,
  take,
  typed
} from "./Writing.ts"

/** How many lines a search finds in one go. */
const foundAtOnce = 50

/** What the page wants to be told of. The node answers with all of it at once. */
export const watching: Command = { type: "watch", what: ["chat", "rooms", "peers", "delivery"] }

const connected = (state: State): Step =>
  andThen(sending({ ...state, connection: { _tag: "Open" }, files: new Map() }, watching), (after) =>
    andThen(resume({ ...after, search: { ...after.search, ref: undefined } }), (resumed) =>
      resumed.search.lines === undefined && resumed.search.text !== ""
        ? search(resumed, resumed.search.text)
        : still(resumed)
    )
  )

const disconnected = (state: State, now: number): Step => {
  const { connection } = state
  const away =
    connection._tag === "Away"
      ? { ...connection, attempts: connection.attempts + 1 }
      : { _tag: "Away" as const, since: now, attempts: 0 }
  return doing(
    { ...uploadsInterrupted(interrupted(state)), connection: away },
    { _tag: "Redial", attempts: away.attempts },
    { _tag: "Keep" }
  )
}

/** The lines of one place that came in one go. */
type Came = Map<Place, Array<Line>>

const add = (came: Came, place: Place, line: Line): void => {
  const lines = came.get(place)
  if (lines === undefined) came.set(place, [line])
  else lines.push(line)
}

const lineIn = (report: Report): WireLine | undefined => {
  switch (report.type) {
    case "said":
    case "earlier":
      return report
    case "topic":
      return { ...report, topic: true }
    default:
      return undefined
  }
}

/** Tells a person who looks elsewhere that somebody calls. */
const callOf = (state: State, report: Report, place: Place): ReadonlyArray<Effect> => {
  if (report.type !== "said" || report.own === true || (report.mention !== true && report.to === undefined)) return []
  if (state.isVisible || state.notifying !== "granted") return []
  const title = othersIn(place) === undefined ? `${report.from} in ${titleOf(place)}` : report.from
  return [{ _tag: "Notify", title, text: report.text, place }]
}

/** Takes in reports that came in one go: lines by place at once, so that many lines are one change. */
const heard = (state: State, reports: ReadonlyArray<Report>, now: number): Step => {
  let step = still(state)
  const came: Came = new Map()
  for (const report of reports) {
    const [here] = step
    const line = lineIn(report)
    if (line !== undefined) {
      const self = here.chat?.self.id
      // Whose conversation it is can't be told yet: it comes with the history of its place.
      if (self === undefined && line.to !== undefined) continue
      const place = placeOf(line, self ?? "")
      add(came, place, said(line))
      const calls = callOf(here, report, place)
      if (calls.length > 0) step = andThen(step, (each) => doing(each, ...calls))
      continue
    }
    const notice = noticeOf(report)
    if (notice !== undefined) {
      const place = report.type === "missed" ? (report.room ?? here.open) : here.open
      add(came, place, { _tag: "Notice", key: `notice-${here.names}`, at: now, text: notice })
      step = andThen(step, (each) => still({ ...each, names: each.names + 1 }))
      continue
    }
    step = andThen(step, (each) => told(each, report))
  }
  return andThen(step, (each) => still(takeAll(each, came)))
}

/** Takes the lines into their places. */
const takeAll = (state: State, came: Came): State => {
  let after = state
  for (const [place, lines] of came) {
    after = takeIn(after, place, lines)
    const files = offered(after.files, lines)
    if (files !== after.files) after = { ...after, files }
    after = arrived(
      after,
      lines.filter((line): line is Said => line._tag === "Said")
    )
  }
  return after
}

/** Takes in a report that is no line and no notice. */
const told = (state: State, report: Report): Step => {
  switch (report.type) {
    case "chat": {
      const { type: _, ...chat } = report
      return still({ ...state, chat })
    }
    case "rooms":
      return stayInRooms({ ...state, rooms: report.rooms, conversations: report.conversations })
    case "peers":
      return still({ ...state, peers: report.peers })
    case "delivery":
      return still({ ...state, streams: report.streams })
    case "history":
      return takeHistory(state, report)
    case "found":
      return still(
        report.ref === state.search.ref
          ? {
              ...state,
              search: {
                ...state.search,
                ref: undefined,
                lines: [...report.lines.map(said), ...(state.search.lines ?? [])],
                more: report.more
              }
            }
          : state
      )
    case "accepted":
      return still(uploadOver(accepted(state, report.ref, `${report.stream} ${report.n}`), report.ref))
    case "settled":
      return still(uploadOver(settled(state, report.ref), report.ref))
    case "file": {
      const { digest, holders, transfer } = report
      return still({ ...state, files: withNews(state.files, digest, { holders, transfer }) })
    }
    case "transfer": {
      const transfer = report.state === "none" ? undefined : report
      return still({ ...state, files: withNews(state.files, report.digest, { transfer }) })
    }
    case "room": {
      const { here, type: _, ...room } = report
      const others = state.rooms.filter((each) => each.room !== room.room)
      const isNew = others.length === state.rooms.length
      const rooms = isNew
        ? [...others, room]
        : state.rooms.map((each) => (each.room === room.room ? { ...each, ...room } : each))
      return here && room.joined ? go({ ...state, rooms }, room.room) : still({ ...state, rooms })
    }
    default:
      return still(state)
  }
}

const takeHistory = (state: State, report: Extract<Report, { type: "history" }>): Step => {
  const lines = report.lines.map(said)
  const [place, window] = [...state.windows].find(([, each]) => each.asked?.ref === report.ref) ?? []
  const why = window?.asked?.why
  return andThen(takeAnswer(state, report.ref, { ...report, lines }), (taken) => {
    const known = arrived(taken, lines)
    return seekOffers(
      place !== undefined && (why === "missed" || why === "last") ? sentAfterAll(known, place, lines) : known
    )
  })
}

const search = (state: State, text: string): Step => {
  const wanted = text.trim()
  const cleared: State = { ...state, search: { text, ref: undefined, lines: undefined, more: false } }
  if (wanted === "") return still(cleared)
  const ref = `search-${state.names}`
  return sending(
    { ...cleared, search: { ...cleared.search, ref }, names: state.names + 1 },
    { type: "search", text: wanted, limit: foundAtOnce, ref }
  )
}

const searchFurther = (state: State): Step => {
  const first = state.search.lines?.[0]
  if (first === undefined || !state.search.more || state.search.ref !== undefined) return still(state)
  const ref = `search-${state.names}`
  const before = { stream: first.stream, n: first.n }
  return sending(
    { ...state, search: { ...state.search, ref }, names: state.names + 1 },
    { type: "search", text: state.search.text.trim(), before, limit: foundAtOnce, ref }
  )
}

const join = (state: State, room: string): Step =>
  sending(
    { ...state, names: state.names + 1 },
    { type: "run", command: "join", arguments: room, ref: `run-${state.names}` }
  )

const react = (state: State, event: Event, now: number): Step => {
  switch (event._tag) {
    case "Connected":
      return connected(state)
    case "Disconnected":
      return disconnected(state, now)
    case "Refused":
    case "Left":
      return doing({ ...interrupted(state), connection: { _tag: event._tag } }, { _tag: "Keep" })
    case "Heard":
      return heard(state, event.reports, now)
    case "Go":
      return andThen(go(state, event.place), seekOffers)
    case "GoToLine":
      return goToLine(state, event.place, event.line)
    case "GoBy":
      return goBy(state, event.step, event.onlyUnread)
    case "GoToEnd":
      return goToEnd(state)
    case "Join":
      return join(state, event.room)
    case "Scrolled":
      return scrolled(state, event.isAtEnd, event.wants)
    case "Revealed":
      return still({ ...state, sought: undefined })
    case "Typed":
      return typed(state, event.text, event.cursor)
    case "Complete":
      return complete(state, event.cursor)
    case "Choose":
      return choose(state, event.step)
    case "Take":
      return take(state, event.index)
    case "CloseMenu":
      return still({ ...state, menu: undefined })
    case "Submit":
      return submit(state, now)
    case "SendAgain":
      return sendAgain(state, event.ref, now)
    case "Discard":
      return discard(state, event.ref)
    case "OnFile":
      return sending(state, { type: event.deed, digest: event.digest })
    case "Dragging":
      return still(event.isOver === state.isDropping ? state : { ...state, isDropping: event.isOver })
    case "Attach":
      return attach({ ...state, isDropping: false }, event.files)
    case "StopUpload":
      return stopUpload(state, event.ref)
    case "UploadSent":
      return still(uploadSent(state, event.ref, event.sent))
    case "Uploaded":
      return uploaded(state, event.ref, event.path)
    case "UploadFailed":
      return still(uploadFailed(state, event.ref, event.why))
    case "Show":
      return still({ ...state, panel: event.panel, isListOpen: false })
    case "ShowList":
      return still({ ...state, isListOpen: event.isOpen })
    case "Search":
      return search(state, event.text)
    case "SearchFurther":
      return searchFurther(state)
    case "Visible":
      return still({ ...state, isVisible: event.isVisible })
    case "Notifying":
      return still({ ...state, notifying: event.notifying })
    default:
      return absurd(event)
  }
}

/** `now`: the time of day, in ms since 1970. */
export const update = (state: State, event: Event, now: number): Step =>
  andThen(react(state, event, now), tellRead(state))

/** Reading a place: going there, asking for its lines, taking in what comes, and telling the node what is read. */
import { main, onWire, othersIn, type Place } from "./Place.ts"
import { entriesOf, isReading, placesOf, type State, unreadIn } from "./State.ts"
import { andThen, doing, type Step, sending, still } from "./Step.ts"
import {
  type Answer,
  answered,
  asking,
  cutAbove,
  empty,
  firstSaid,
  type Line,
  lastSaid,
  markedNew,
  mostAtEnd,
  nameOf,
  type Said,
  type Why,
  type Window,
  withLive
} from "./Window.ts"
import type { Command, LineName, WireLine } from "./Wire.ts"

/** How many lines are asked for in one go. */
const limits: Readonly<Record<Why, number>> = { last: 100, older: 100, newer: 100, around: 100, missed: 500 }

const withWindow = (state: State, place: Place, window: Window | undefined): State => {
  const windows = new Map(state.windows)
  if (window === undefined) windows.delete(place)
  else windows.set(place, window)
  return { ...state, windows }
}

/** Asks for lines of the place that is open. */
const ask = (state: State, why: Why, from: Partial<Record<"before" | "after" | "around", LineName>> = {}): Step => {
  if (state.connection._tag !== "Open") return still(state)
  const ref = `history-${state.names}`
  const command: Command = { type: "history", ...onWire(state.open), ...from, limit: limits[why], ref }
  const window = asking(state.windows.get(state.open) ?? empty, ref, why)
  return sending({ ...withWindow(state, state.open, window), names: state.names + 1 }, command)
}

const named = ({ n, stream }: LineName): LineName => ({ stream, n })

/** Asks for more in that direction, unless something was asked for already or there is no more. */
export const askFor = (state: State, wants: "older" | "newer" | undefined): Step => {
  const window = state.windows.get(state.open)
  if (window === undefined || window.asked !== undefined || wants === undefined || !window[wants]) return still(state)
  const edge = wants === "older" ? firstSaid(window) : lastSaid(window)
  if (edge === undefined) return still(state)
  return ask(state, wants, { [wants === "older" ? "before" : "after"]: named(edge) })
}

/** After the connection has come back: what was missed where the person is. Other places are asked for when they open. */
export const resume = (state: State): Step => {
  const window = state.windows.get(state.open)
  const alone: State = { ...state, windows: new Map(window === undefined ? [] : [[state.open, window]]) }
  if (window === undefined) return ask(alone, "last")
  const last = lastSaid(window)
  const settled = withWindow(alone, state.open, { ...window, asked: undefined, held: [] })
  if (window.newer && window.asked?.why !== "missed") return still(settled)
  return last === undefined ? ask(settled, "last") : ask(settled, "missed", { after: named(last) })
}

/** Opens a place at its end. */
export const go = (state: State, place: Place): Step => {
  if (place === state.open) return still({ ...state, isListOpen: false })
  const before = state.windows.get(state.open)
  // What is not looked at is not read back: it is asked for anew, or ends where the log ends.
  const left =
    before === undefined
      ? state
      : withWindow(
          state,
          state.open,
          before.newer || before.asked !== undefined
            ? undefined
            : { ...cutAbove(before, mostAtEnd), firstNew: undefined, below: 0 }
        )
  const opened: State = {
    ...left,
    open: place,
    opened: othersIn(place) === undefined || left.opened.includes(place) ? left.opened : [...left.opened, place],
    menu: undefined,
    isListOpen: false,
    isFollowing: true,
    sought: undefined
  }
  const window = opened.windows.get(place)
  const marked = window === undefined ? opened : withWindow(opened, place, markedNew(window, unreadIn(opened, place)))
  return andThen(window === undefined ? ask(marked, "last") : still(marked), (shown) =>
    doing(shown, { _tag: "Keep" }, { _tag: "FocusInput" })
  )
}

/** Goes to a line, and shows what stands around it. */
export const goToLine = (state: State, place: Place, line: LineName): Step =>
  andThen(go(state, place), (there) => {
    const window = there.windows.get(place)
    const sought: State = { ...there, sought: named(line), isFollowing: false }
    if (
      window?.asked === undefined &&
      window?.lines.some((each) => each._tag === "Said" && nameOf(each) === nameOf(line))
    ) {
      return still(sought)
    }
    return ask(sought, "around", { around: named(line) })
  })

/** Goes up or down the list. */
export const goBy = (state: State, step: 1 | -1, onlyUnread: boolean): Step => {
  const places = placesOf(state)
  const unread = new Set(
    [...entriesOf(state).rooms, ...entriesOf(state).conversations].flatMap((each) =>
      each.unread > 0 ? [each.place] : []
    )
  )
  const from = Math.max(0, places.indexOf(state.open))
  for (let far = 1; far <= places.length; far += 1) {
    const place = places[(from + step * far + places.length * far) % places.length]
    if (place !== undefined && (!onlyUnread || unread.has(place))) return go(state, place)
  }
  return still(state)
}

export const goToEnd = (state: State): Step => {
  const window = state.windows.get(state.open)
  const following: State = { ...state, isFollowing: true, sought: undefined }
  if (window === undefined || !window.newer || state.connection._tag !== "Open") {
    return still(window === undefined ? following : withWindow(following, state.open, { ...window, below: 0 }))
  }
  return ask(withWindow(following, state.open, undefined), "last")
}

export const scrolled = (state: State, isAtEnd: boolean, wants: "older" | "newer" | undefined): Step => {
  const window = state.windows.get(state.open)
  const isFollowing = isAtEnd && window?.newer !== true
  const looked =
    isFollowing && window !== undefined && window.below > 0
      ? withWindow(state, state.open, { ...window, below: 0 })
      : state
  return askFor(isFollowing === looked.isFollowing ? looked : { ...looked, isFollowing }, wants)
}

export const said = (line: WireLine): Said => ({ ...line, _tag: "Said" })

/** Takes lines into the window of a place, if the page has one. */
export const takeIn = (state: State, place: Place, lines: ReadonlyArray<Line>): State => {
  const window = state.windows.get(place)
  if (window === undefined) return state
  const isOpen = place === state.open
  const after = withLive(window, lines, !isOpen || state.isFollowing)
  if (after === window) return state
  if (!isOpen || isReading(state) || after.firstNew !== undefined) return withWindow(state, place, after)
  const first = lines.find((line): line is Said => line._tag === "Said" && line.own !== true)
  return withWindow(state, place, first === undefined ? after : { ...after, firstNew: nameOf(first) })
}

/** Takes in the answer to a request for lines. */
export const takeAnswer = (state: State, ref: string, answer: Answer): Step => {
  const place = [...state.windows].find(([, window]) => window.asked?.ref === ref)?.[0]
  const window = place === undefined ? undefined : state.windows.get(place)
  if (place === undefined || window?.asked === undefined) return still(state)
  const { why } = window.asked
  // More was missed than one answer has: whoever looks at the end wants the end.
  if (why === "missed" && answer.newer && answer.found && state.isFollowing && place === state.open) {
    return ask(withWindow(state, place, { ...empty, firstNew: window.firstNew }), "last")
  }
  const after = answered(window, why, answer)
  return still(withWindow(state, place, why === "last" ? markedNew(after, unreadIn(state, place)) : after))
}

/** A room that was left is not open any more. If it is joined again, what was missed is asked for. */
export const stayInRooms = (state: State): Step => {
  const joined = new Set<Place>([main, ...state.rooms.flatMap((each) => (each.joined ? [each.room] : []))])
  const isThere = (place: Place): boolean => joined.has(place) || othersIn(place) !== undefined
  return andThen(isThere(state.open) ? still(state) : go(state, main), (there) =>
    still(
      [...there.windows.keys()].every(isThere)
        ? there
        : { ...there, windows: new Map([...there.windows].filter(([place]) => isThere(place))) }
    )
  )
}

/** Tells the node that the place that is open is read, if it counts something there as unread. */
export const tellRead =
  (before: State) =>
  (state: State): Step => {
    if (!isReading(state) || unreadIn(state, state.open) === 0) return still(state)
    const isNews =
      before.rooms !== state.rooms ||
      before.conversations !== state.conversations ||
      before.open !== state.open ||
      !isReading(before)
    return isNews ? sending(state, { type: "read", ...onWire(state.open) }) : still(state)
  }

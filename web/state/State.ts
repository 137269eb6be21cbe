/** What the page knows and shows, as data. `update.ts` says how it changes, and the view draws it. */
import type { Described } from "../../src/domain/Described.ts"
import type { Candidate } from "../../src/terminal/Completion.ts"
import type { Kept } from "./Kept.ts"
import { main, onWire, othersIn, type Place, privatelyWith } from "./Place.ts"
import type { Files, Upload } from "./Transfer.ts"
import type { Said, Window } from "./Window.ts"
import type { Chat, ConversationNews, Ids, LineName, PeerNews, RoomNews, StreamNews } from "./Wire.ts"

/**
 * The connection to the node. `Refused`: the node does not know this browser, so the person needs a fresh link. `Left`:
 * the person has typed /quit. Times in ms since 1970.
 */
export type Connection =
  | { readonly _tag: "Connecting" }
  | { readonly _tag: "Open" }
  | { readonly _tag: "Away"; readonly since: number; readonly attempts: number }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Left" }

/** A line that was typed here and that the node has not shown yet. */
export interface Outgoing {
  readonly ref: string
  readonly place: Place
  readonly text: string
  readonly at: number
  /** Its name, once the node has accepted it. */
  readonly name: string | undefined
  /** Whether it is not known to have reached the node. Only the person says it again. */
  readonly unsent: boolean
}

/** What may replace the text between `from` and the cursor. */
export interface Menu {
  readonly from: number
  readonly cursor: number
  readonly candidates: ReadonlyArray<Candidate>
  readonly chosen: number
}

export interface Search {
  readonly text: string
  readonly ref: string | undefined
  /** What was found, the newest line last; undefined before the first answer. */
  readonly lines: ReadonlyArray<Said> | undefined
  readonly more: boolean
}

export type Panel = "people" | "search"

/** Whether the person wants notifications. `unasked`: they have not been asked. */
export type Notifying = "unasked" | "granted" | "denied" | "impossible"

export interface State {
  readonly connection: Connection
  readonly chat: Chat | undefined
  readonly rooms: ReadonlyArray<RoomNews>
  readonly conversations: ReadonlyArray<ConversationNews>
  readonly peers: ReadonlyArray<PeerNews>
  readonly streams: ReadonlyArray<StreamNews>
  /** The place that is open, and the conversations that were opened here. */
  readonly open: Place
  readonly opened: ReadonlyArray<Place>
  /** The windows of the places that were open. */
  readonly windows: ReadonlyMap<Place, Window>
  readonly outgoing: ReadonlyArray<Outgoing>
  /** What is known of files that are offered, by digest. */
  readonly files: Files
  /** What is on its way to the node, to be offered. */
  readonly uploads: ReadonlyArray<Upload>
  /** Whether something is being dragged over the page that could be offered. */
  readonly isDropping: boolean
  readonly drafts: ReadonlyMap<Place, string>
  readonly menu: Menu | undefined
  readonly panel: Panel | undefined
  /** Whether the list of rooms is shown where there is no space for it all the time. */
  readonly isListOpen: boolean
  readonly search: Search
  /** The line to which the person wants to go, once it is there. */
  readonly sought: LineName | undefined
  readonly isVisible: boolean
  /** Whether the end of the log is looked at. */
  readonly isFollowing: boolean
  readonly notifying: Notifying
  readonly commands: ReadonlyArray<Described>
  /** How many names this page has given so far: refs of requests, and keys of notices. */
  readonly names: number
}

export const initial = (
  kept: Kept,
  commands: ReadonlyArray<Described>,
  { isVisible, notifying }: Pick<State, "isVisible" | "notifying">
): State => ({
  connection: { _tag: "Connecting" },
  chat: undefined,
  rooms: [],
  conversations: [],
  peers: [],
  streams: [],
  open: kept.open,
  opened: othersIn(kept.open) === undefined ? [] : [kept.open],
  windows: new Map(),
  outgoing: kept.unsent.map((each, index) => ({ ...each, ref: `kept-${index}`, name: undefined, unsent: true })),
  files: new Map(),
  uploads: [],
  isDropping: false,
  drafts: kept.drafts,
  menu: undefined,
  panel: undefined,
  isListOpen: false,
  search: { text: "", ref: undefined, lines: undefined, more: false },
  sought: undefined,
  isVisible,
  isFollowing: true,
  notifying,
  commands,
  names: 0
})

/** A room or a conversation, as the list shows it. */
export interface Entry {
  readonly place: Place
  readonly unread: number
  readonly mentions: number
  readonly joined: boolean
}

/** Whether the person sees what comes in the place that is open. */
export const isReading = ({ connection, isFollowing, isVisible, open, windows }: State): boolean =>
  connection._tag === "Open" && isVisible && isFollowing && windows.get(open)?.newer === false

/** The unread lines of a place, as the node counts them. */
export const unreadIn = ({ conversations, rooms }: Pick<State, "conversations" | "rooms">, place: Place): number =>
  (othersIn(place) === undefined
    ? rooms.find(({ room }) => room === place)
    : conversations.find((each) => privatelyWith(each.with) === place)
  )?.unread ?? 0

/** Rooms that the node has joined, conversations, and the other rooms. */
export const entriesOf = (state: State): Record<"rooms" | "conversations" | "others", ReadonlyArray<Entry>> => {
  const isSeen = (place: Place) => place === state.open && isReading(state)
  const rooms = state.rooms.map(({ joined, mentions, room, unread }) => ({
    place: room,
    joined,
    ...(isSeen(room) ? { unread: 0, mentions: 0 } : { unread, mentions })
  }))
  const joined = rooms.filter((each) => each.joined)
  const places = new Set([...state.conversations.map((each) => privatelyWith(each.with)), ...state.opened])
  return {
    rooms: joined.some(({ place }) => place === main)
      ? joined
      : [{ place: main, joined: true, unread: 0, mentions: 0 }, ...joined],
    conversations: Array.from(places, (place) => {
      const unread = isSeen(place) ? 0 : unreadIn(state, place)
      return { place, unread, mentions: unread, joined: true }
    }),
    others: rooms.filter((each) => !each.joined)
  }
}

/** The places among which the keyboard goes, in the order of the list. */
export const placesOf = (state: State): ReadonlyArray<Place> => {
  const { conversations, rooms } = entriesOf(state)
  return [...rooms, ...conversations].map(({ place }) => place)
}

export const draftOf = ({ drafts, open }: Pick<State, "drafts" | "open">): string => drafts.get(open) ?? ""

/** Where a line of the open place is said. */
export const addressOf = (place: Place): { readonly room: string } | { readonly to: Ids } => {
  const at = onWire(place)
  return "room" in at ? at : { to: at.with }
}

/** How many lines call the person: lines of rooms that mention them, and private ones. */
export const callsIn = ({ conversations, rooms }: Pick<State, "conversations" | "rooms">): number =>
  rooms.reduce((sum, { mentions }) => sum + mentions, 0) + conversations.reduce((sum, { unread }) => sum + unread, 0)

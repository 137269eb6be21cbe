/** What the page hears from its node and says to it: the JSON of docs/JSON.md. Types alone: the node has the Schemas. */
import type { EventLine, InputLine } from "../../src/protocol/BotLine.ts"

/** A line's name: the same on every node and after every restart. */
export interface LineName {
  readonly stream: string
  readonly n: number
}

/** A chat line. It has a room, or if it is private, its readers besides the author. */
export interface WireLine extends LineName {
  readonly from: string
  readonly text: string
  readonly action?: boolean
  /** The author's clock, in ms since 1970. */
  readonly at: number
  readonly room?: string
  readonly to?: ReadonlyArray<string>
  readonly own?: boolean
  /** Whether somebody else calls the person at this node. */
  readonly mention?: boolean
  /** Whether the text is a new topic of the room. */
  readonly topic?: boolean
  /** What the line offers. */
  readonly offer?: OfferSeen
}

/** What the node reports. A node that is newer than this page may report other things too. */
export type Report = EventLine

/** What the page asks of the node. */
export type Command = InputLine

type Of<Type extends Report["type"]> = Extract<Report, { readonly type: Type }>

export type Chat = Omit<Of<"chat">, "type">
export type RoomNews = Of<"rooms">["rooms"][number]
export type ConversationNews = Of<"rooms">["conversations"][number]
export type PeerNews = Of<"peers">["peers"][number]
/** How far others have a stream of this node. */
export type StreamNews = Of<"delivery">["streams"][number]

/** Files that are offered, and how far they are here. */
export type OfferSeen = NonNullable<Of<"said">["offer"]>
export type TransferNews = NonNullable<Of<"file">["transfer"]>

/** One id or more. */
export type Ids = readonly [string, ...ReadonlyArray<string>]

/** A line that the node keeps. */
export type KeptLine = Of<"history">["lines"][number]

/** A room, or the others of a private conversation. */
export type WirePlace = { readonly room: string } | { readonly with: Ids }

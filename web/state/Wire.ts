/** What the page hears from its node and says to it: the JSON of docs/JSON.md, as far as the page uses it. */

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
}

export interface ServerState {
  readonly state: "self" | "sought" | "up" | "down" | "returning"
  /** In ms since 1970. */
  readonly since?: number
}

export interface Chat {
  readonly self: { readonly id: string; readonly role: "server" | "client" }
  readonly server: ServerState
  readonly connected: number
  readonly known: number
  readonly secure: boolean
  /** `text`: the longest text of a line, in bytes. */
  readonly limits: { readonly text: number }
}

export interface RoomNews {
  readonly room: string
  readonly joined: boolean
  readonly peers: ReadonlyArray<string>
  readonly topic: string | null
  readonly unread: number
  readonly mentions: number
}

export interface ConversationNews {
  readonly with: ReadonlyArray<string>
  readonly unread: number
}

export interface PeerNews {
  readonly id: string
  readonly role: "server" | "client"
  readonly link: { readonly since: number; readonly roundTrip: number | null; readonly behind: number } | null
  /** The node that last passed on lines of this peer. */
  readonly through: string | null
  readonly givenUp: boolean
}

/** How far others have a stream of this node. */
export interface StreamNews {
  readonly stream: string
  /** The last number that some peer has. */
  readonly upTo: number
  readonly readers: Readonly<Record<string, number>>
}

/** A room, or the others of a private conversation. */
export type WirePlace = { readonly room: string } | { readonly with: ReadonlyArray<string> }

export type Report =
  | ({ readonly type: "said" | "earlier" | "topic"; readonly earlier?: boolean } & WireLine)
  | ({ readonly type: "chat" } & Chat)
  | {
      readonly type: "rooms"
      readonly rooms: ReadonlyArray<RoomNews>
      readonly conversations: ReadonlyArray<ConversationNews>
    }
  | { readonly type: "peers"; readonly peers: ReadonlyArray<PeerNews> }
  | { readonly type: "delivery"; readonly streams: ReadonlyArray<StreamNews> }
  | {
      readonly type: "history"
      readonly ref: string
      readonly lines: ReadonlyArray<WireLine>
      readonly older: boolean
      readonly newer: boolean
      readonly found: boolean
    }
  | { readonly type: "found"; readonly ref: string; readonly lines: ReadonlyArray<WireLine>; readonly more: boolean }
  | ({ readonly type: "accepted"; readonly ref: string } & LineName)
  | { readonly type: "settled"; readonly ref: string }
  | ({ readonly type: "room"; readonly here: boolean } & RoomNews)
  | { readonly type: "missed"; readonly from?: string; readonly room?: string; readonly count: number }
  | { readonly type: "skipped"; readonly count: number }
  | { readonly type: "notice" | "error"; readonly text: string }
  | { readonly type: "linked"; readonly id: string; readonly newcomer: boolean; readonly known: boolean }
  | { readonly type: "lost"; readonly id: string; readonly reason: string }
  | { readonly type: "left" | "given-up" | "key-changed" | "contradicted"; readonly id: string }
  | { readonly type: "through" | "forged"; readonly id: string; readonly by: string }
  | { readonly type: "catching-up"; readonly from: string; readonly count: number }
  | { readonly type: "expelled"; readonly id: string; readonly barred: boolean }
  | { readonly type: "unkept"; readonly detail: string }
  /** What a node reports that is newer than this page, or that the page shows in another way. */
  | { readonly type: "other" }

export type Command =
  | { readonly type: "watch"; readonly what: ReadonlyArray<string> }
  | ({
      readonly type: "history"
      readonly before?: LineName
      readonly after?: LineName
      readonly around?: LineName
      readonly limit: number
      readonly ref: string
    } & WirePlace)
  | {
      readonly type: "search"
      readonly text: string
      readonly before?: LineName
      readonly limit: number
      readonly ref: string
    }
  | ({ readonly type: "read" } & WirePlace)
  | {
      readonly type: "say"
      readonly text: string
      readonly room?: string
      readonly to?: ReadonlyArray<string>
      readonly ref: string
    }
  | {
      readonly type: "run"
      readonly command: string
      readonly arguments: string
      readonly room?: string
      readonly ref: string
    }

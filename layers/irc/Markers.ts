/**
 * MARKREAD (IRCv3, draft/read-marker): up to when the person at this node has read each channel and conversation. It is
 * the node's own mark, which its page and its screen move too. A client may set it to a time in between: that holds for
 * all clients of the node, until the node ends or more is read.
 */
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Post, Room } from "../../src/domain/Post.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"
import { markText, readUpTo, timeIn } from "../../src/protocol/irc/ReadMarker.ts"

/** What all clients of a node share: the times that they have set, by place. */
export interface Markers {
  readonly times: Map<Room, number>
  /** Called when a time was set. */
  readonly listeners: Set<(place: Room) => void>
}

export const makeMarkers = (): Markers => ({ times: new Map(), listeners: new Set() })

export interface Marking {
  /** So many lines are unread in these places. Tells the client where that changes its mark. */
  readonly take: (unread: ReadonlyMap<Room, number>) => void
  /** Calls a function when it is known what is unread. */
  readonly whenKnown: (then: () => void) => void
  /** What a client is told when it has joined a channel. */
  readonly onJoin: (room: Room) => ReadonlyArray<Outgoing>
  /** Answers `MARKREAD TARGET [TIMESTAMP]`. `place`: that of the target; undefined if there is none. */
  readonly perform: (place: Room | undefined, target: string, text: string | undefined) => ReadonlyArray<Outgoing>
  /** Another client may have set a time. */
  readonly look: (place: Room) => void
}

interface Needs {
  readonly self: PeerId
  readonly server: string
  readonly markers: Markers
  /** Whether the client asks for marks, and is shown that place. */
  readonly isWanted: (place: Room) => boolean
  readonly nameOf: (place: Room) => string
  /** What the log keeps of a place, oldest first. */
  readonly posts: (place: Room) => ReadonlyArray<Post>
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  /** Asks to be told what is unread. Done once. */
  readonly watch: () => void
  /** Everything in a place is read. */
  readonly read: (place: Room) => void
}

/** Mutable: one client's view, in synchronous steps. */
export const makeMarking = (needs: Needs): Marking => {
  const { isWanted, markers, nameOf, posts, read, self, send, server, watch } = needs
  let unread: ReadonlyMap<Room, number> | undefined
  let isWatching = false
  let waiting: Array<() => void> = []
  /** What the client was told. */
  const told = new Map<Room, number | undefined>()

  const markOf = (place: Room, some = posts(place)): number | undefined => {
    const mark = readUpTo(some, self, unread?.get(place) ?? 0)
    const set = markers.times.get(place)
    return mark === undefined || set === undefined ? (mark ?? set) : Math.max(mark, set)
  }
  const markread = (place: Room, some = posts(place)): Outgoing => {
    const mark = markOf(place, some)
    told.set(place, mark)
    return { source: server, command: "MARKREAD", params: [nameOf(place), markText(mark)] }
  }
  const look = (place: Room): void => {
    if (!isWanted(place) || !told.has(place) || told.get(place) === markOf(place)) return
    send([markread(place)])
  }
  const fail = (code: string, target: string, words: string): ReadonlyArray<Outgoing> => [
    { source: server, command: "FAIL", params: ["MARKREAD", code, target, words] }
  ]
  return {
    take: (now) => {
      const before = unread
      unread = now
      // What comes makes more unread, and moves no mark. Only where less is unread something was read.
      for (const [place, count] of before ?? []) if ((now.get(place) ?? 0) < count) look(place)
      const ready = waiting
      waiting = []
      for (const then of ready) then()
    },
    whenKnown: (then) => {
      if (unread !== undefined) return then()
      waiting.push(then)
      if (isWatching) return
      isWatching = true
      watch()
    },
    onJoin: (room) => (unread === undefined || !isWanted(room) ? [] : [markread(room)]),
    perform: (place, target, text) => {
      if (target === "") return fail("NEED_MORE_PARAMS", "*", "Missing parameters")
      if (place === undefined) return fail("INVALID_PARAMS", target, "Nobody and nothing has that name")
      if (text === undefined) return [markread(place)]
      const at = timeIn(text)
      if (at === undefined) return fail("INVALID_PARAMS", target, "A time is timestamp=2026-01-01T00:00:00.000Z")
      // A mark never moves back, and not into the future.
      const all = posts(place)
      const last = all.reduce((latest, post) => Math.max(latest, post.at), Number.NEGATIVE_INFINITY)
      const before = markOf(place, all)
      if (before !== undefined && at <= before) return [markread(place, all)]
      if (at >= last) read(place)
      if (last !== Number.NEGATIVE_INFINITY) markers.times.set(place, Math.min(at, last))
      const answer = [markread(place, all)]
      for (const hear of markers.listeners) hear(place)
      return answer
    },
    look
  }
}

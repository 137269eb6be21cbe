/** What is read at a node: by one of its sessions, and so for all of them. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Cursor, MessageLog, Reader } from "../../services/MessageLog.ts"
import { ReadMarks } from "../../services/ReadMarks.ts"
import { mentions } from "../domain/Calling.ts"
import { isClosed, isFor, isPrivate, isPrivateStream, placeOf } from "../domain/Conversation.ts"
import type { Entry } from "../domain/Entry.ts"
import { saveChanges } from "../domain/Keep.ts"
import type { PostName } from "../domain/KeptPosts.ts"
import { decodeMarks, encodeMarks, indexesOf, lastOf, type Marks } from "../domain/Marks.ts"
import type { PeerId } from "../domain/Peer.ts"
import { authorOf, type Post, type Room, roomIn, roomReader } from "../domain/Post.ts"
import { makeSignal, type Signal } from "../domain/Signal.ts"
import { type News, Unread } from "../domain/Unread.ts"

/** What a run of the node tells, whose log goes on in the next run. */
export interface Followed {
  readonly self: PeerId
  readonly log: Pick<MessageLog["Type"], "kept" | "openReader">
  readonly isJoined: (room: Room) => boolean
  /** Words that count as a mention besides the node's id. */
  readonly highlights: ReadonlyArray<string>
}

/**
 * What is new is counted only when somebody asks, or `look`s: so nothing is counted where nobody wants to know. Lines
 * that the log has dropped by then do not count. Plain functions: each is one synchronous step.
 */
export class Reading extends Context.Tag("outlive/Reading")<
  Reading,
  {
    /** Follows the log in another run of the node. */
    readonly follow: (followed: Followed) => Effect.Effect<void>
    /** Counts what the log has got since the last time. */
    readonly look: () => void
    /** What nobody has read in a place, without the lines of these authors. */
    readonly newsIn: (place: Room, muted: ReadonlySet<PeerId>) => News
    /** The conversations of which this node keeps a line, the last one first. */
    readonly conversations: () => ReadonlyArray<Room>
    /** Everything in a place is read. */
    readonly read: (place: Room) => void
    /** Somebody is in that place from now on, and reads what comes there; nowhere any more if it is undefined. */
    readonly attend: (who: object, place: Room | undefined) => void
    /** Calls a function when something has become new or read, until the function that is returned is called. */
    readonly onChange: Signal["listen"]
  }
>() {}

/** The maximum number of entries that are looked at in one go. */
const atATime = 1_024

/** What is read is saved so long after it has changed. */
const savedAfter = "1 second"

/** Made once for a node. It lasts as long as its log, however often the node begins another run. */
export const make = Effect.gen(function* () {
  const kept = yield* ReadMarks
  if (kept === undefined) return makeWith(undefined)
  const { load, save } = kept
  const text = yield* load
  const marked = yield* saveChanges(
    Effect.suspend(() => save(reading.marks())),
    savedAfter
  )
  const reading = makeWith(text === undefined ? undefined : decodeMarks(text), marked)
  return reading
})

/** What is new for somebody for whom nobody counts it. */
export const uncounted: Effect.Effect<Reading["Type"]> = Effect.sync(() => makeWith(undefined))

/** `before`: what was read in an earlier run. `marked`: called when that has changed. */
const makeWith = (before: Marks | undefined, marked: () => void = () => {}) => {
  const unread = new Unread()
  const changes = makeSignal()
  /** Up to where the places are read that nobody attends. */
  let since = before?.since
  const readTo = new Map<Room, PostName | null>(before?.read)
  const attended = new Map<object, Room>()
  let here: (Followed & { readonly reader: Reader; readonly cursor: Cursor }) | undefined
  let last: Entry | undefined
  /** Undefined until somebody asks. The last one in which something was said comes last. */
  let conversations: Set<Room> | undefined

  const converse = (place: Room): void => {
    conversations?.delete(place)
    conversations?.add(place)
  }
  const isAttended = (place: Room): boolean => {
    for (const each of attended.values()) if (each === place) return true
    return false
  }

  /** Counts a post. Returns whether it is news. */
  const count = ({ highlights, self }: Followed, post: Post, room: Room, own: boolean): boolean => {
    const isSecret = isPrivate(room)
    const place = isSecret ? placeOf(self, post) : room
    if (isSecret) converse(place)
    if (own || isAttended(place)) return false
    unread.add(place, authorOf(post.stream), isSecret || mentions(self, highlights, post.text))
    return true
  }

  /** Everything that is there now is read in a place. */
  const mark = (place: Room): void => {
    if (here === undefined) return
    readTo.set(place, lastOf(here.log.kept()))
    marked()
  }
  const clear = (place: Room): void => {
    if (!unread.clear(place)) return
    mark(place)
    changes.changed()
  }

  const roomOf = roomReader()
  const look = (): void => {
    if (here === undefined) return
    let isNews = false
    for (let entries = here.cursor.pull(atATime); entries.length > 0; entries = here.cursor.pull(atATime)) {
      for (const entry of entries) {
        if (entry._tag !== "Said") continue
        if (count(here, entry.post, roomOf(entry.post.stream), entry.own)) isNews = true
      }
      last = entries.at(-1)
    }
    if (isNews) changes.changed()
  }

  const talksKept = ({ log, self }: Followed): Set<Room> => {
    const found = new Set<Room>()
    const kept = log.kept()
    for (let index = kept.size - 1; index >= 0; index -= 1) {
      const post = kept.at(index)
      if (post === undefined || !isPrivateStream(post.stream)) continue
      if (isFor(roomIn(post.stream), self) && !isClosed(post)) found.add(placeOf(self, post))
    }
    return new Set([...found].reverse())
  }

  const isShown = ({ isJoined, self }: Followed, post: Post, room: Room): boolean =>
    isPrivate(room) ? isFor(room, self) && !isClosed(post) : isJoined(room)

  /** Counts what an earlier run has left unread. */
  const recall = (followed: Followed, marks: Marks): void => {
    const kept = followed.log.kept()
    const readIn = indexesOf(kept, marks)
    const roomOf = roomReader()
    for (let index = 0; index < kept.size; index += 1) {
      const post = kept.at(index)
      if (post === undefined || authorOf(post.stream) === followed.self) continue
      const room = roomOf(post.stream)
      if (!isShown(followed, post, room)) continue
      if (index >= readIn(isPrivate(room) ? placeOf(followed.self, post) : room)) count(followed, post, room, false)
    }
  }

  return {
    ...Reading.of({
      follow: (followed) =>
        Effect.gen(function* () {
          look()
          const reader = here?.reader ?? (yield* followed.log.openReader(0))
          if (last !== undefined) reader.shown(last)
          const roomOf = roomReader()
          const cursor = reader.open((entry) => {
            if (entry._tag !== "Said") return false
            const room = roomOf(entry.post.stream)
            return isShown(followed, entry.post, room) && (!entry.own || isPrivate(room))
          })
          const isFirst = here === undefined
          here = { ...followed, reader, cursor }
          if (!isFirst) return
          if (before === undefined) {
            since = lastOf(followed.log.kept())
            marked()
          } else recall(followed, before)
        }),
      look,
      newsIn: (place, muted) => {
        look()
        return unread.in(place, muted)
      },
      conversations: () => {
        look()
        if (here === undefined) return []
        conversations ??= talksKept(here)
        return [...conversations].reverse()
      },
      read: (place) => {
        look()
        clear(place)
      },
      attend: (who, place) => {
        if (attended.get(who) === place) return
        look()
        const left = attended.get(who)
        if (left !== undefined) mark(left)
        if (place === undefined) attended.delete(who)
        else {
          attended.set(who, place)
          clear(place)
          mark(place)
        }
      },
      onChange: changes.listen
    }),
    /** What is read, for the next run. */
    marks: (): string => {
      const now = here === undefined ? null : lastOf(here.log.kept())
      const there = Array.from(attended.values(), (place) => [place, now] as const)
      return encodeMarks({ since: since ?? null, read: new Map([...readTo, ...there]) })
    }
  }
}

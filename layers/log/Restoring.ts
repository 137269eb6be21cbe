/** How a log takes over what its journal has of earlier runs. */
import * as Effect from "effect/Effect"
import { isPrivate } from "../../src/domain/Conversation.ts"
import type { Block } from "../../src/domain/EncodedPost.ts"
import { Entry } from "../../src/domain/Entry.ts"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, type Fold, type Post, type Room, roomIn } from "../../src/domain/Post.ts"
import { Blocks } from "../../src/protocol/Blocks.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import type { Entries } from "./Entries.ts"
import type { Journal } from "./Journal.ts"
import type { Beyond } from "./JournalReader.ts"
import type { Letters } from "./Letters.ts"
import type { Past } from "./Past.ts"
import type { RoomsKept } from "./RoomsKept.ts"
import type { ScreenMark } from "./ScreenMark.ts"

interface Needs {
  readonly author: PeerId
  readonly entries: Entries
  readonly mark: ScreenMark
  readonly past: Past
  readonly rooms: RoomsKept
  readonly store: PostStore
  /** Whether posts come in sealed blocks. */
  readonly isSigned: boolean
  readonly letters: Letters
  /** How many of the last posts are shown as history. */
  readonly history: number
  /** Drops the oldest entries if there are too many. */
  readonly trim: () => void
}

/** At least this many of the last private messages are opened before the log is used. */
const soonest = 100

/** What was restored. */
interface Restored {
  /** Whether the journal had anything of the chat. */
  readonly hasAny: boolean
  /** Opens what is still sealed, one message after the other. It may run while the log is used. */
  readonly openRest: Effect.Effect<void>
}

/**
 * Fills a log that is empty yet. It takes part in the rooms of the journal's last line about them, besides those in
 * which it takes part already. Private messages that are about to be shown are open when this returns.
 */
export const restore = (
  journal: Journal,
  { author, entries, history, isSigned, letters, mark, past, rooms, store, trim }: Needs
): Effect.Effect<Restored, LogUnavailable> =>
  Effect.gen(function* () {
    let hasAny = false
    const blocks = new Blocks()
    // The folds apply to all streams that are not listed, so they count only after everything is read.
    const folds = new Map<Room, Fold>()
    /** The last line before the next block says that the block is kept besides the entries. */
    let besides: Beyond["type"] | undefined
    // Which rooms were left is known only after everything is read. Until then the log takes part in all of them.
    const known = new Set<Room>()

    /** Private messages for this node, which are opened after everything is read. */
    const closed = new Set<Post>()

    const knows = (room: Room): void => {
      if (known.has(room)) return
      known.add(room)
      store.takePart(room)
    }

    const take = (block: Block): void => {
      if (besides !== undefined) {
        past.restore(besides, block)
        besides = undefined
        return
      }
      const { n, stream: id } = block.post
      // A gap in this node's own posts means a damaged journal. A gap in posts of others means that they could not be
      // written: others still have them.
      if (n > store.have(id) + 1 && authorOf(id) === author) store.skip(id, n - 1)
      if (n !== store.have(id) + 1) return
      for (const post of letters.closedIn([block])) closed.add(post)
      store.restore(block)
      for (const each of [block, ...(block.rest ?? [])]) {
        if (letters.isForOthers(each.post)) {
          letters.carry(each)
          continue
        }
        entries.add(Entry.Earlier({ post: each.post }))
        past.added(each.post)
        mark.addedToJournal(1)
      }
      trim()
    }

    const isClosedAt = (position: number): boolean => {
      const entry = entries.at(position)
      return entry?._tag === "Earlier" && closed.has(entry.post)
    }

    /** Opens the entries at these positions, as far as they are still kept. */
    const openAt = (positions: ReadonlyArray<number>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const posts = positions.flatMap((position) => {
          const entry = entries.at(position)
          return entry?._tag === "Earlier" ? [entry.post] : []
        })
        return Effect.map(letters.open(posts), () => {
          for (const position of positions) {
            const entry = entries.at(position)
            if (entry?._tag !== "Earlier") continue
            const post = letters.seen(entry.post)
            if (post !== undefined) entries.kept[position - entries.dropped] = Entry.Earlier({ post })
          }
        })
      })

    yield* journal.restore((line) => {
      if (line.type === "shown") {
        mark.restore(line.but)
        return
      }
      if (line.type === "rooms") {
        rooms.restore(line)
        return
      }
      hasAny = true
      if (line.type === "past" || line.type === "topic") {
        besides = line.type
        return
      }
      knows(line.type === "folded" ? line.room : roomIn(line.type === "post" ? line.post.stream : line.stream))
      if (line.type !== "post") besides = undefined
      if (line.type === "gap") {
        store.takeAsSeen(line.stream, line.to)
      } else if (line.type === "folded") folds.set(line.room, { upTo: line.upTo, lines: line.lines })
      else if (!isSigned) take(line)
      else {
        // An unfinished block, left by a crash, does not count: either others have the whole block, or nobody has seen
        // it.
        const taken = blocks.take(line)
        if (taken === "broken") besides = undefined
        const block = taken === "broken" ? blocks.take(line) : taken
        if (block !== undefined && block !== "broken") take(block)
      }
    })
    store.takeFolds(folds)
    for (const room of known) if (isPrivate(room)) rooms.takePart(room, false)
    for (const room of rooms.all) store.takePart(room)
    for (const room of known) if (!rooms.all.has(room)) store.leave(room)
    store.foldLater()
    past.restored()
    mark.begin()
    /** The positions of entries that are to be opened. */
    const positions = [...entries.kept.keys()]
      .map((at) => entries.dropped + at)
      .filter((position) => isClosedAt(position))
    const first = positions.filter(
      (position, index) => position >= mark.position || index >= positions.length - Math.max(history, soonest)
    )
    yield* openAt(first)
    const rest = positions.slice(0, positions.length - first.length).reverse()
    return { hasAny, openRest: Effect.forEach(rest, (position) => openAt([position]), { discard: true }) }
  })

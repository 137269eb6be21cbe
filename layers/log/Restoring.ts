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
  /** Drops the oldest entries if there are too many. */
  readonly trim: () => void
}

/**
 * Fills a log that is empty yet. It takes part in the rooms of the journal's last line about them, besides those in
 * which it takes part already. Returns whether the journal had anything of the chat.
 */
export const restore = (
  journal: Journal,
  { author, entries, isSigned, letters, mark, past, rooms, store, trim }: Needs
): Effect.Effect<boolean, LogUnavailable> =>
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
    const closed: Array<Post> = []

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
      closed.push(...letters.closedIn([block]))
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
    if (closed.length > 0) {
      yield* letters.open(closed)
      for (const [at, entry] of entries.kept.entries()) {
        if (entry?._tag === "Earlier")
          entries.kept[at] = Entry.Earlier({ post: letters.seen(entry.post) ?? entry.post })
      }
    }
    return hasAny
  })

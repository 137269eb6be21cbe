/** What a log hands over to its journal: lines, how far the screen is, and from time to time everything anew. */
import * as Effect from "effect/Effect"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { Post } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import type { PostStore } from "../../src/protocol/PostStore.ts"
import type { Entries } from "./Entries.ts"
import type { Journal, Settled } from "./Journal.ts"
import { linesOf, type Whole } from "./Kept.ts"
import type { Past } from "./Past.ts"
import type { RoomsKept } from "./RoomsKept.ts"
import type { ScreenMark } from "./ScreenMark.ts"

interface Needs {
  readonly journal: Journal
  readonly entries: Entries
  readonly mark: ScreenMark
  readonly rooms: RoomsKept
  /** What is kept besides the entries. */
  readonly beyond: Past["beyond"]
  readonly store: PostStore
  /** The posts that are kept, in the order of delivery. */
  readonly posts: () => ReadonlyArray<Post>
  /** Whether posts come in sealed blocks. */
  readonly isSigned: boolean
  /** Called when lines of others could not be written, unless that failed the last time too. */
  readonly failed: (failure: LogUnavailable) => void
  /** Called when the screen may show more. */
  readonly written: () => void
  /** Called when the journal may be written again, and is to be written anew. */
  readonly lacking: () => void
}

export const make = ({
  beyond,
  entries,
  failed,
  isSigned,
  journal,
  lacking: onLacking,
  mark,
  posts,
  rooms,
  store,
  written
}: Needs) => {
  // `unkept`: whether the journal fails to write posts of others at the moment. `lacking`: whether it lacks something
  // that this log has, or contradicts it.
  let unkept = false
  let lacking = false
  // Whether streams were folded away that are still in the journal.
  let folded = false
  /** The positions at which posts were added whose lines are on their way to the journal. */
  const unwritten: Array<number> = []
  /** How often something was handed over to the journal, and how often that got there, or could not. */
  let handed = 0
  let settled = 0
  const settling = makeSignal()

  const settle = (): void => {
    settled += 1
    settling.changed()
  }

  /**
   * Hands lines over to the journal, together with the number of posts that the screen lacks, unless the journal has
   * that number already. `posts`: how many own posts are in the lines. They count from here on.
   */
  const hand = (blocks: ReadonlyArray<Uint8Array>, durably: boolean, done: Settled, posts = 0): void => {
    const unshown = mark.toRecord()
    mark.posted(posts)
    handed += 1
    journal.append(blocks, durably, unshown, (failure) => {
      if (failure !== undefined) mark.recordingFailed()
      else {
        lacking ||= unkept
        unkept = false
      }
      done(failure)
      settle()
      // Perhaps no other step follows soon.
      if (lacking && failure === undefined) onLacking()
    })
  }

  /** Hands own posts over. They, and all before them, are on disk when they are settled. */
  const say = (blocks: ReadonlyArray<Uint8Array>, posts: number, done: Settled): void => hand(blocks, true, done, posts)

  /** Appends lines of posts that have their entries already. They, and all before them, are on disk when this returns. */
  const append = (blocks: ReadonlyArray<Uint8Array>): Effect.Effect<void, LogUnavailable> =>
    journal.keeps
      ? Effect.async((resume) =>
          hand(blocks, true, (failure) => resume(failure === undefined ? Effect.void : Effect.fail(failure)))
        )
      : Effect.void

  /**
   * Hands posts of others over to the journal, before they are added to the entries. Nothing waits for the disk. A
   * failure does not stop the chat: after a restart the node requests these posts again.
   */
  const keep = (lines: ReadonlyArray<Uint8Array>): void => {
    if (!journal.keeps || lines.length === 0) return
    unwritten.push(entries.end)
    hand(lines, false, (failure) => {
      unwritten.shift()
      if (failure !== undefined && !unkept) failed(failure)
      unkept ||= failure !== undefined
      written()
    })
  }

  /**
   * The lines to keep with a post: its own and those of posts after it, up to number `to`. In a secure chat they are the
   * original bytes of whole blocks, so that others can check the seals.
   */
  const wholeOf = (post: Post, to: number): Whole | undefined => {
    const { n, stream: id } = post
    const slice = store.keptSlice(id, n - 1, Number.POSITIVE_INFINITY, to)
    if (slice !== undefined && slice.first <= n && slice.bytes.length > 0) return slice
    return isSigned ? undefined : { first: n, last: n, bytes: encodePost(post) }
  }

  /**
   * Has the journal written anew, while the log goes on. If that fails, the journal stays as it is. Never called while
   * own lines are on their way to the disk: they are not in the log yet, so the new journal would lack them.
   */
  const rewrite = (done: () => void = () => {}): void => {
    lacking = false
    folded = false
    mark.toRecord()
    handed += 1
    journal.replace(linesOf(posts(), store.kept(), rooms, beyond(), wholeOf), mark.lacks, (failure) => {
      if (failure !== undefined) mark.recordingFailed()
      done()
      settle()
    })
  }

  return {
    append,
    say,
    keep,
    rewrite,
    /** Whether the journal lacks something, holds streams that were folded away, or is much larger than the log. */
    isToBeRewritten: (): boolean => lacking || folded || journal.overgrown(),
    /** The journal lacks something that the log has, or contradicts it. */
    lacks: (): void => {
      lacking = true
    },
    /** Streams were folded away that are still in the journal. */
    hasFolded: (): void => {
      folded = true
    },
    /** Hands over how far the screen is, at the end. */
    recordScreen: (): void => {
      if (!mark.isRecorded) hand([], false, () => {})
    },
    /** The position of the first entry whose lines are on their way to the journal; undefined if there is none. */
    firstUnwritten: (): number | undefined => unwritten[0],
    /** Returns once everything that was handed over before is in the journal, as far as that is possible. */
    settled: Effect.suspend(() => {
      const before = handed
      return settling.until(() => settled >= before)
    })
  }
}

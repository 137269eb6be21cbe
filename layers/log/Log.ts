/**
 * The implementation of all log contracts: posts by the rules of delivery, and the entries in the order in which this
 * node witnessed them.
 */

import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { constTrue } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { EventLog } from "../../services/EventLog.ts"
import { type Cursor, MessageLog, type Reader } from "../../services/MessageLog.ts"
import { OldRuns } from "../../services/OldRuns.ts"
import { PastLog } from "../../services/PastLog.ts"
import { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Block, EncodedPost, Mark, TextLines } from "../../src/domain/EncodedPost.ts"
import { Entry, isPost } from "../../src/domain/Entry.ts"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import type { Signature } from "../../src/domain/Key.ts"
import { defaultLimits } from "../../src/domain/Limits.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import {
  authorOf,
  type Epoch,
  epochOf,
  type Fold,
  mainRoom,
  millisOf,
  type Post,
  type Room,
  roomIn,
  type StreamId,
  type Summary
} from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { makeTurns, SynchronousSteps } from "../../src/domain/Turns.ts"
import { Blocks } from "../../src/protocol/Blocks.ts"
import { linesOf as linesTogether } from "../../src/protocol/ChunkDecoder.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import type { Journal, Settled } from "./Journal.ts"
import { foldLines, gap, linesOf, linesWithGaps, type Whole } from "./Kept.ts"
import * as OwnPosts from "./OwnPosts.ts"
import * as Past from "./Past.ts"
import { markOf } from "./Past.ts"

export interface Settings {
  /** The node that the log belongs to. */
  readonly author: PeerId
  /** The maximum number of entries that are kept: 10,000 by default. */
  readonly entries?: number
  /** The maximum size of the encoded posts that are kept, in bytes: 64 MiB by default. */
  readonly bytes?: number
  /** The maximum numbers of streams, and of posts that wait for others: see `defaultLimits`. */
  readonly streams?: number
  readonly pending?: number
  /** The rooms in which this node takes part, besides `main`: none by default. */
  readonly rooms?: Iterable<Room>
  /** How many posts of an earlier run are shown as history: none by default. */
  readonly history?: number
  /**
   * Signs own posts, one block at a time. With it, posts of others come in blocks too. Undefined in a plain chat, the
   * default.
   */
  readonly sign?: ((claim: string) => Signature) | undefined
}

/** The contracts that a log fulfils. */
export type Logs = MessageLog | ReplicaLog | OldRuns | PastLog | EventLog
export type Log = MessageLog["Type"] & ReplicaLog["Type"] & OldRuns["Type"] & PastLog["Type"] & EventLog["Type"]

/** Provides one log under each of its contracts. */
export const layerOf = <E, R>(
  made: Effect.Effect<Log, E, R | Scope.Scope>
): Layer.Layer<Logs, E, Exclude<R, Scope.Scope>> =>
  Layer.scopedContext(
    Effect.map(made, (log) =>
      Context.make(MessageLog, log).pipe(
        Context.add(ReplicaLog, log),
        Context.add(OldRuns, log),
        Context.add(PastLog, log),
        Context.add(EventLog, log)
      )
    )
  )

/** The default maximum number of entries that a log keeps. */
export const defaultEntries = defaultLimits.logEntries

/** The default maximum size of the encoded posts that a log keeps, in bytes. */
export const defaultBytes = defaultLimits.logBytes

/**
 * The maximum number of entries in one chunk for a follower, so that one that is far behind can show the first ones
 * early.
 */
const followAtATime = 1_024

/** An entry of an own post. */
type Own = Extract<Entry, { readonly own: boolean }>

/**
 * The last time at which an epoch can begin, in ms since 1970: the largest number with 15 digits, which an epoch
 * reserves for it.
 */
const lastMillis = 999_999_999_999_999

/** Stands for a number of posts that equals no number. */
const unknown = Number.NaN

const noMarks: ReadonlyArray<Mark> = []

/** The element that reports growth. It carries no data. */
const growthAlone: Chunk.Chunk<void> = Chunk.of(undefined)

export const make = (
  {
    author,
    bytes: maxBytes = defaultBytes,
    entries: maxEntries = defaultEntries,
    history = 0,
    pending = defaultLimits.pending,
    rooms: others = [],
    sign,
    streams = defaultLimits.streams
  }: Settings,
  journal: Journal
): Effect.Effect<Log, LogUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    let begun = Math.max(clock.unsafeCurrentTimeMillis(), journal.epochAfter)
    yield* journal.begin(begun)
    const epochAt = (millis: number) =>
      Effect.map(Random.nextIntBetween(0, 2 ** 32), (chance) => epochOf(millis, chance))
    let epoch = yield* epochAt(begun)
    const rooms: ReadonlySet<Room> = new Set([mainRoom, ...others])
    const store = new PostStore({ author, epoch, rooms }, { pending, streams, logBytes: maxBytes }, sign !== undefined)
    const { blocksForStore, blocksOfOwn, compose, movedTo } = OwnPosts.make({ author, sign, store })
    const growth = makeSignal()
    // One step runs after the other, and none is interrupted halfway. So the disk and the memory agree, and entries
    // stand in the order of delivery. This is needed without a disk as well: a fiber may yield between any two
    // operations.
    const { inTurn, now, steps } = makeTurns(yield* SynchronousSteps)
    const serially = <A, E>(step: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      inTurn(
        Effect.map(step, (result) => {
          keepInShape()
          return result
        })
      )
    /** The same for a plain step, at once. Undefined if it is not the log's turn. */
    const atOnce = <A>(step: () => A | undefined): A | undefined =>
      now(() => {
        const result = step()
        if (result !== undefined) keepInShape()
        return result
      })
    const keepInShape = (): void => {
      if (isToBeWrittenAnew()) rewrite(() => {})
    }
    // `unkept`: whether the journal fails to write posts of others at the moment. `lacking`: whether it lacks something
    // that this log has, or contradicts it.
    let unkept = false
    let lacking = false
    // Whether streams were folded away that are still in the journal.
    let folded = false

    // Mutable, for the hot path: every change is made in one synchronous step.
    let entries: Array<Entry> = []
    let dropped = 0
    let closed = false
    /** How many posts of others were delivered. */
    let received = 0
    /**
     * `shownTo`: the position up to which the screen has the entries. `unshown`: how many posts the screen lacks.
     * `skipped`: how many of these were dropped before they were shown, which the screen is still to be told.
     * `recorded`: the number of posts that the screen lacks according to the journal, with what is on its way there;
     * undefined if the journal has no such line, `unknown` after a failed write.
     */
    let shownTo = 0
    let unshown = 0
    let skipped = 0
    let recorded: number | undefined

    /** The positions at which posts were added whose lines are on their way to the journal. */
    const unwritten: Array<number> = []
    /** How often something was handed over to the journal, and how often that got there, or could not. */
    let handed = 0
    let settled = 0
    const settling = makeSignal()

    const past = Past.make({ store, rooms, isSigned: sign !== undefined, entries: () => entries, maxEntries, maxBytes })

    const end = () => dropped + entries.length

    /**
     * Marks the entries up to `position` as shown, and the screen's own lines right after them: those are seen where
     * they are typed.
     */
    const showTo = (position: number): void => {
      for (; shownTo < end(); shownTo += 1) {
        const entry = entries[shownTo - dropped]
        if (shownTo >= position && !(entry?._tag === "Said" && entry.by === screen)) return
        if (isPost(entry)) unshown -= 1
      }
    }

    /**
     * Hands lines over to the journal, together with the number of posts that the screen lacks, unless the journal has
     * that number already.
     */
    const hand = (blocks: ReadonlyArray<Uint8Array>, durably: boolean, done: Settled): void => {
      const lacks = recorded === unshown ? undefined : unshown
      recorded = unshown
      handed += 1
      journal.append(blocks, durably, lacks, (failure) => {
        if (failure !== undefined) recorded = unknown
        else {
          lacking ||= unkept
          unkept = false
          // Perhaps no other step follows soon.
          if (lacking) atOnce(constTrue)
        }
        done(failure)
        settle()
      })
    }

    const settle = (): void => {
      settled += 1
      settling.changed()
    }

    /** Appends to the journal. The lines, and all before them, are on disk when this returns. */
    const append = (blocks: ReadonlyArray<Uint8Array>): Effect.Effect<void, LogUnavailable> =>
      journal.keeps
        ? Effect.async((resume) =>
            hand(blocks, true, (failure) => resume(failure === undefined ? Effect.void : Effect.fail(failure)))
          )
        : Effect.void

    /**
     * Drops the oldest quarter of the entries whenever a bound is exceeded, so that dropping costs little for each
     * entry.
     */
    const trim = (): void => {
      while (entries.length > maxEntries || (store.bytes > maxBytes && entries.length > 1)) {
        const count = Math.ceil(entries.length / 4)
        past.drop()
        for (const [at, entry] of entries.slice(0, count).entries()) {
          if (!isPost(entry)) continue
          store.drop(entry.post.stream, entry.post.n)
          if (dropped + at >= shownTo) skipped += 1
        }
        shownTo = Math.max(shownTo, dropped + count)
        entries = entries.slice(count)
        dropped += count
      }
    }

    const grow = (): void => {
      trim()
      if (store.fold(Math.max(begun, clock.unsafeCurrentTimeMillis()))) folded = true
      growth.changed()
    }

    const addOwn = (room: Room, posts: ReadonlyArray<Post>, block: Uint8Array | TextLines, by: Reader): void => {
      store.say(room, posts, block)
      for (const post of posts) entries.push({ _tag: "Said", post, own: true, by })
      posted(posts.length)
      showTo(shownTo)
      grow()
    }

    const add = (delivered: ReadonlyArray<EncodedPost>): void => {
      let added = 0
      for (const { post } of delivered) {
        if (isShownBefore(post)) continue
        entries.push({ _tag: "Said", post, own: false })
        added += 1
      }
      received += delivered.length
      posted(added, delivered.length)
    }

    /** Counts posts that were added to the entries, and posts that were added to the journal. */
    const posted = (count: number, inJournal = count): void => {
      unshown += count
      if (recorded !== undefined) recorded += inJournal
    }

    /** The texts of posts that were shown as history and may be delivered later all the same. The keys are marks. */
    const shownBefore = new Map<string, string>()

    /**
     * Remembers the posts of a stream that were shown as history and do not count as delivered any more, so that they
     * may be delivered now.
     */
    const expectWhatWasShown = (id: StreamId): void => {
      const have = store.have(id)
      for (const entry of entries) {
        if (entry._tag !== "Earlier" || entry.post.stream !== id || entry.post.n <= have) continue
        shownBefore.set(markOf(entry.post), entry.post.text)
      }
    }

    /**
     * Whether a post was shown as history with the same text, and forgets that it was. If the text differs, the peer
     * that sent the history may have lied.
     */
    const isShownBefore = (post: Post): boolean => {
      if (shownBefore.size === 0) return false
      const mark = markOf(post)
      const text = shownBefore.get(mark)
      shownBefore.delete(mark)
      return text === post.text
    }

    /**
     * Hands posts of others over to the journal, before they are added to the entries. Nothing waits for the disk. A
     * failure does not stop the chat: after a restart the node requests these posts again.
     */
    const keep = (lines: ReadonlyArray<Uint8Array>): void => {
      if (!journal.keeps || lines.length === 0) return
      unwritten.push(end())
      hand(lines, false, (failure) => {
        unwritten.shift()
        if (failure !== undefined && !unkept) addEvent(MeshEvent.Unkept({ detail: failure.detail }))
        unkept ||= failure !== undefined
        growth.changed()
      })
    }

    /** A step that takes in what others know. While the disk is so slow that the journal has no room, it waits. */
    const taking = <A>(step: () => A): Effect.Effect<A> =>
      serially(
        Effect.suspend(() => (journal.hasRoom() ? Effect.succeed(step()) : Effect.map(journal.room, () => step())))
      )

    const addEvent = (event: MeshEvent): void => {
      entries.push(Entry.Happened({ event }))
      grow()
    }

    /**
     * Whether a block goes beyond what this log has of its stream, but begins with posts that are delivered or gone.
     */
    const isCutOff = ({ post, rest }: Block): boolean => {
      if (rest === undefined) return false
      const have = store.have(post.stream)
      return post.n <= have && post.n + rest.length > have
    }

    /** Whether the journal lacks something, holds streams that were folded away, or is much larger than this log. */
    const isToBeWrittenAnew = () => lacking || folded || journal.overgrown()

    /**
     * Has the journal rewritten, while the log goes on. If that fails, the journal stays as it is. Never called while
     * own lines are on their way to the disk: they are not in the log yet, so the new journal would lack them.
     */
    const rewrite = (done: () => void): void => {
      lacking = false
      folded = false
      recorded = unshown
      handed += 1
      journal.replace(linesOf(entries, store.summary(), store.folds, wholeOf), unshown, (failure) => {
        if (failure !== undefined) recorded = unknown
        done()
        settle()
      })
    }

    /** Rewrites the journal, and returns when that is done. */
    const compact = Effect.async<void>((resume) => rewrite(() => resume(Effect.void)))

    /**
     * The lines to keep with a post: its own and those of posts after it, up to number `to`. In a secure chat they are
     * the original bytes of whole blocks, so that others can check the seals.
     */
    const wholeOf = (post: Post, to: number): Whole | undefined => {
      const { n, stream: id } = post
      const slice = store.slice(id, n - 1, Number.POSITIVE_INFINITY, to)
      if (slice !== undefined && slice.first <= n && slice.bytes.length > 0) return slice
      return sign === undefined ? { first: n, last: n, bytes: encodePost(post) } : undefined
    }

    /** Skips a stream's posts up to that number, which are lost. */
    const lose = (id: StreamId, to: number): void => {
      const { delivered, lost } = store.skip(id, to)
      if (lost === 0) return
      keep(linesWithGaps(id, store.have(id), delivered))
      entries.push(Entry.Missed({ stream: id, count: lost }))
      add(delivered)
      grow()
    }

    /** Takes in posts of others; see `ReplicaLog.receive`. */
    const receive = (received: ReadonlyArray<Block>): ReadonlyArray<Mark> => {
      const delivered = store.receive(received)
      if (journal.keeps && delivered.length > 0) keep([linesTogether(delivered).bytes])
      add(delivered)
      grow()
      // Somebody has reported a wrong end of the stream, in the middle of a block. The rest of that block can't be shown
      // to others without its first part.
      for (const block of received)
        if (isCutOff(block)) lose(block.post.stream, block.post.n + (block.rest?.length ?? 0))
      // Looked up only when needed, since it takes longer the more posts are held.
      return store.waits ? store.missing() : noMarks
    }

    /** Whether this node knows where the chat began for it: `restored` from an earlier run, `adopted` in this run. */
    let restored = false
    let adopted = false
    const restore = (block: Block): void => {
      const { n, stream: id } = block.post
      // A gap in this node's own posts means a damaged journal. A gap in posts of others means that they could not be
      // written: others still have them.
      if (n > store.have(id) + 1 && authorOf(id) === author) store.skip(id, n - 1)
      if (n !== store.have(id) + 1) return
      store.restore(block)
      for (const { post } of [block, ...(block.rest ?? [])]) {
        entries.push(Entry.Earlier({ post }))
        if (recorded !== undefined) recorded += 1
      }
      trim()
    }
    const blocks = new Blocks()
    // The folds apply to all streams that are not listed, so they count only after everything is read.
    const folds = new Map<Room, Fold>()
    yield* journal.restore((line) => {
      if (line.type === "shown") {
        recorded = line.but
        return
      }
      restored = true
      if (line.type === "gap") {
        store.takeAsSeen(line.stream, line.to)
      } else if (line.type === "folded") folds.set(line.room, { upTo: line.upTo, lines: line.lines })
      else if (sign === undefined) restore(line)
      else {
        // An unfinished block, left by a crash, does not count: either others have the whole block, or nobody has seen
        // it.
        const taken = blocks.take(line)
        const block = taken === "broken" ? blocks.take(line) : taken
        if (block !== undefined && block !== "broken") restore(block)
      }
    })
    store.takeFolds(folds)
    store.foldLater()
    // A journal without such a line is from a version that took everything on disk as shown.
    for (shownTo = end(); unshown < (recorded ?? 0) && shownTo > dropped; ) {
      shownTo -= 1
      if (isPost(entries[shownTo - dropped])) unshown += 1
    }
    skipped = Math.max(0, (recorded ?? 0) - unshown)
    unshown += skipped
    /** How many posts the screen of an earlier run lacked that this log does not have any more. */
    let gone = skipped
    if (isToBeWrittenAnew()) yield* compact
    // Posts that may not have been on the screen when an earlier run ended are shown, however little history is wanted.
    let first = Math.max(dropped, Math.min(shownTo, end() - history))
    /** The position at which the entries of this run begin. */
    let sinceHere = end()
    yield* Effect.addFinalizer(() =>
      serially(
        Effect.sync(() => {
          if ((recorded ?? 0) !== unshown) hand([], false, () => {})
        })
      )
    )

    /**
     * The position up to which the screen may show entries. What the screen has shown must be in the file, or it would
     * be shown again after a crash. When the log is closed, the rest is written before the process ends.
     */
    const screenEnd = () => (closed ? end() : (unwritten[0] ?? end()))

    /**
     * Opens a cursor at a position. It begins with `earlier` entries, and with `Skipped` for the `untold` ones that were
     * dropped before them. `last`: the position up to which it goes now.
     */
    const openAt = (
      start: number,
      isWanted: Predicate.Predicate<Entry>,
      {
        earlier = [],
        last = end,
        untold = 0
      }: { readonly earlier?: ReadonlyArray<Entry>; readonly last?: () => number; readonly untold?: number } = {}
    ): Cursor => {
      let position = start
      let missed = untold
      let history = earlier.filter(isWanted)
      return {
        pull: (atMost) => {
          if (history.length > 0) {
            const next = history.slice(0, atMost)
            history = history.slice(atMost)
            return next
          }
          if (position < dropped) {
            missed += dropped - position
            position = dropped
          }
          if (missed > 0) {
            const count = missed
            missed = 0
            return [Entry.Skipped({ count })]
          }
          const found: Array<Entry> = []
          for (const until = last(); position < until && found.length < atMost; position += 1) {
            const entry = entries[position - dropped] as Entry
            if (isWanted(entry)) found.push(entry)
          }
          return found
        },
        isAtEnd: () => closed && history.length === 0 && missed === 0 && position >= end()
      }
    }

    /** What a cursor pulls, as a Stream. */
    const followed = (open: () => Cursor): Stream.Stream<Entry> =>
      Stream.suspend(() => {
        const cursor = open()
        let pulled: ReadonlyArray<Entry> = []
        const pull = () => {
          if (pulled.length === 0) pulled = cursor.pull(followAtATime)
        }
        return growth.stream(
          () => {
            pull()
            return pulled.length > 0 || cursor.isAtEnd()
          },
          () => {
            const given = pulled
            pulled = []
            return given.length === 0 ? Option.none() : Option.some(Chunk.unsafeFromArray(given))
          }
        )
      })

    const growthSince = (start: number, matters: () => boolean) => {
      let told = start
      return growth.stream(
        () => closed || (told < end() && matters()),
        () => {
          if (told === end()) return Option.none()
          told = end()
          return Option.some(growthAlone)
        }
      )
    }

    /** The own posts of this run after the numbers in `shared`, each under the index of its entry. */
    const ownSince = (shared: Summary): ReadonlyMap<number, Post> =>
      new Map(
        [...entries.entries()].flatMap(([at, entry]) =>
          entry._tag === "Said" && entry.own && isAfter(entry.post, shared) ? [[at, entry.post] as const] : []
        )
      )

    const isAfter = ({ n, stream }: Post, shared: Summary): boolean =>
      store.isOwn(stream) && n > (shared.get(stream) ?? 0)

    const renew = (shared: Summary, after: Epoch): Effect.Effect<ReadonlyMap<Post, Post>, LogUnavailable> =>
      Effect.gen(function* () {
        begun = Math.max(clock.unsafeCurrentTimeMillis(), Math.min(lastMillis, Math.max(begun, millisOf(after)) + 1))
        yield* journal.begin(begun)
        const next = yield* epochAt(begun)
        const saidAnew = ownSince(shared)
        const posts = movedTo(next, shared, saidAnew.values())
        const blocks = [...rooms].flatMap((room) => {
          const here = posts.filter(({ stream }) => roomIn(stream) === room)
          return here.length === 0 ? [] : blocksOfOwn(here).map((block) => ({ room, ...block }))
        })
        if (blocks.length > 0) {
          yield* append(blocks.map(({ bytes }) => bytes))
        }
        store.renew(next, shared)
        for (const { block, bytes, room } of blocks) store.say(room, block, bytes)
        for (const [at, post] of Arr.zip(saidAnew.keys(), posts)) entries[at] = { ...(entries[at] as Own), post }
        if (recorded !== undefined) recorded += posts.length
        epoch = next
        restored ||= adopted
        closed = false
        gone = skipped
        first = Math.max(dropped, shownTo)
        sinceHere = end()
        if (posts.length > 0) yield* compact
        return new Map(Arr.zip(saidAnew.values(), posts))
      })

    const screen: Reader = {
      open: (isWanted = constTrue) => openAt(first, isWanted, { untold: gone, last: screenEnd }),
      follow: (isWanted) => followed(() => screen.open(isWanted)),
      shown: (last) => {
        const at = entries.indexOf(last, shownTo - dropped)
        if (at < 0) return
        // The screen was told of the skipped posts before it got this entry.
        unshown -= skipped
        skipped = 0
        showTo(dropped + at + 1)
      }
    }

    /**
     * Opens a reader that begins with the last `history` posts, as history, and goes on with new entries. Its place is
     * not in the journal.
     */
    const openReader = (history: number): Reader => {
      let earlier: ReadonlyArray<Entry> = Array.from(past.lastPosts(history), (post) =>
        Entry.Earlier({ post })
      ).reverse()
      let position = end()
      const reader: Reader = {
        open: (isWanted = constTrue) => openAt(position, isWanted, { earlier }),
        follow: (isWanted) => followed(() => reader.open(isWanted)),
        shown: (last) => {
          if (earlier.includes(last)) earlier = earlier.slice(earlier.indexOf(last) + 1)
          const at = entries.indexOf(last, Math.max(0, position - dropped))
          if (at < 0) return
          earlier = []
          position = dropped + at + 1
        }
      }
      return reader
    }

    /**
     * The plain step of `say`. Undefined if `say` has more to tell than posts, or if the journal failed, which does so
     * within the call here.
     */
    const sayNow = (room: Room, lines: ReadonlyArray<string>, by: Reader): ReadonlyArray<Post> | undefined => {
      const { posts, results } = compose(room, lines, clock.unsafeCurrentTimeMillis())
      if (posts.length < results.length) return undefined
      if (!journal.keeps) {
        for (const { block, bytes } of blocksForStore(posts)) addOwn(room, block, bytes, by)
        return posts
      }
      const blocks = blocksOfOwn(posts)
      let isKept = false
      hand(
        blocks.map(({ bytes }) => bytes),
        true,
        (failure) => {
          isKept = failure === undefined
        }
      )
      if (!isKept) return undefined
      for (const { block, bytes } of blocks) addOwn(room, block, bytes, by)
      return posts
    }

    const log: Log = {
      get epoch() {
        return epoch
      },
      rooms,
      streamIn: (room) => store.streamIn(room),
      isOwn: (id) => store.isOwn(id),
      said: () => store.said,
      get restored() {
        return restored
      },
      keeps: journal.keeps,
      renew: (shared, after = epoch) => serially(Effect.suspend(() => renew(shared, after))),
      say: (room, lines, by = screen) =>
        Effect.suspend(() => {
          const { posts, results } = compose(room, lines, clock.unsafeCurrentTimeMillis())
          if (posts.length === 0) return Effect.succeed(results)
          const blocks = blocksOfOwn(posts)
          const encoded = blocks.map(({ bytes }) => bytes)
          return Effect.map(append(encoded), () => {
            for (const { block, bytes } of blocks) addOwn(room, block, bytes, by)
            return results
          })
        }).pipe(serially),
      sayNow: (room, lines, by = screen) => (journal.isInstant ? atOnce(() => sayNow(room, lines, by)) : undefined),
      receive: (received) => taking(() => receive(received)),
      receiveNow: (received) => (journal.hasRoom() ? atOnce(() => receive(received)) : undefined),
      skip: (id, to) => taking(() => lose(id, to)),
      refuse: (id, above) => serially(Effect.sync(() => store.refuse(id, above))),
      adopt: (summary, before = new Map(), folds = new Map()) =>
        taking(() => {
          adopted = true
          const ahead = [...summary].filter(
            ([id, last]) => (last > store.have(id) || (last === 0 && folds.size > 0)) && !store.isOwn(id)
          )
          const delivered = store.adopt(ahead, [...before], folds)
          // At least one line is written, so that the next run knows that this one was in the chat.
          keep([
            gap(store.streamIn(mainRoom), 0),
            ...foldLines(store.folds),
            ...ahead.map(([id, last]) => gap(id, last)),
            ...delivered.map(({ line }) => line)
          ])
          add(delivered)
          grow()
        }),
      forgo: (room, lines) =>
        Effect.sync(() => {
          store.forgo(room, lines)
          folded = true
          entries.push(Entry.Outlived({ count: lines }))
          grow()
        }).pipe(serially),
      folds: () => store.folds,
      listing: () => ({ summary: store.summary(), folds: store.folds }),
      spare: (id) => store.spare(id),
      meet: (id, said) => {
        // The journal says that the stream is folded away or skipped. On a restart that line would override this
        // change, so the journal is rewritten.
        if (store.meet(id, said)) {
          lacking = true
          expectWhatWasShown(id)
        }
        store.spare(id)
      },
      spareNoMore: (id) => store.spareNoMore(id),
      note: addEvent,
      lackedOf: past.lackedOf,
      lacksOfLast: past.lacksOfLast,
      keepPast: (posts) => Effect.sync(() => past.keep(posts)),
      past: (count, of) => Effect.sync(() => past.lastLines(count, of)),
      recall: (post, whole) =>
        Effect.sync(() => {
          store.recall(post)
          past.recalled(post, whole)
          entries.push(Entry.Earlier({ post }))
          unshown += 1
          grow()
        }),
      recent: (count) => Effect.sync(() => [...past.lastPosts(count)].reverse()),
      own: Effect.sync(() => [...ownSince(new Map()).values()]),
      screen,
      openReader: (count) => Effect.sync(() => openReader(count)),
      events: Stream.filterMap(
        followed(() => openAt(sinceHere, ({ _tag }) => _tag === "Happened")),
        (entry) => (entry._tag === "Happened" ? Option.some(entry.event) : Option.none())
      ),
      close: Effect.sync(() => {
        closed = true
        growth.changed()
      }),
      onGrowth: growth.listen,
      written: Effect.suspend(() => {
        const before = handed
        return settling.until(() => settled >= before)
      }),
      grown: (matters = constTrue) => Stream.suspend(() => growthSince(end(), matters)),
      tally: Effect.sync(() => ({
        entries: entries.length,
        bytes: store.bytes,
        said: store.said,
        received,
        steps: steps()
      })),
      summary: Effect.sync(() => store.summary()),
      have: (id) => store.have(id),
      missing: Effect.sync(() => store.missing()),
      again: () => store.again(),
      slice: (id, after, room, to) => store.slice(id, after, room, to)
    }
    return log
  })

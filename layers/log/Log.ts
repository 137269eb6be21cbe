/** What every MessageLog is made of: the posts by the rules of delivery, and the one order in which this node witnessed them. */

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
import { MessageLog, type Reader } from "../../services/MessageLog.ts"
import { OldRuns } from "../../services/OldRuns.ts"
import { PastLog } from "../../services/PastLog.ts"
import { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Block, EncodedPost } from "../../src/domain/EncodedPost.ts"
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
import { makeTurns } from "../../src/domain/Turns.ts"
import { Blocks } from "../../src/protocol/Blocks.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { linesIn } from "../../src/protocol/LineSplitter.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import type { Journal } from "./Journal.ts"
import { foldLines, gap, linesOf, linesWithGaps, type Whole } from "./Kept.ts"
import * as OwnPosts from "./OwnPosts.ts"
import * as Past from "./Past.ts"
import { markOf } from "./Past.ts"

export interface Settings {
  /** Whose log this is. */
  readonly author: PeerId
  /** How many entries it keeps: 10,000 by default. */
  readonly entries?: number
  /** How many bytes of encoded posts it keeps: 64 MiB by default. */
  readonly bytes?: number
  /** How many streams it has to do with, and how many posts wait for others: see `defaultLimits`. */
  readonly streams?: number
  readonly pending?: number
  /** The rooms in which its node takes part, besides `main`: none by default. */
  readonly rooms?: Iterable<Room>
  /** How many posts of an earlier run are shown as history: none by default. */
  readonly history?: number
  /** Signs what is said, a block at a time: then what others say comes in blocks too. Nobody signs by default. */
  readonly sign?: ((claim: string) => Signature) | undefined
}

/** The contracts that one log fulfils. */
export type Logs = MessageLog | ReplicaLog | OldRuns | PastLog | EventLog
export type Log = MessageLog["Type"] & ReplicaLog["Type"] & OldRuns["Type"] & PastLog["Type"] & EventLog["Type"]

/** One log, as each of those who use it sees it. */
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

/** So many entries a log keeps, unless it is told otherwise. */
export const defaultEntries = defaultLimits.logEntries

/** So many bytes of encoded posts a log keeps, unless it is told otherwise. */
export const defaultBytes = defaultLimits.logBytes

/** So many entries are handed to a follower at a time, so that one that is behind can show what it has. */
const followAtATime = 1_024

/** An entry of what this node said. */
type Own = Extract<Entry, { readonly own: boolean }>

/** No epoch begins later, in ms since 1970: that is how many digits it has. */
const lastMillis = 999_999_999_999_999

/** Growth is told without a word. */
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
    const store = new PostStore({ author, epoch, rooms }, { pending, streams }, sign !== undefined)
    const { blocksOfOwn, compose, movedTo } = OwnPosts.make({ author, sign, store })
    const growth = makeSignal()
    // One step after the other, and none broken off halfway: what is on disk is in memory too, and every entry stands where
    // it was delivered. Without a disk as well: a fiber may give way to others between any two operations.
    const inTurn = makeTurns()
    const serially = <A, E>(step: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      inTurn(
        Effect.flatMap(step, (result) => (isToBeWrittenAnew() ? Effect.as(compact, result) : Effect.succeed(result)))
      )
    // Whether the journal takes nothing of what others say just now, and whether it lacks something that this log has.
    let unkept = false
    let lacking = false
    // Whether streams were folded away that stand in the journal still.
    let folded = false

    // Mutable, for the hot path: every change is made in one synchronous step.
    let entries: Array<Entry> = []
    let dropped = 0
    let closed = false
    /** How many lines of others were delivered. */
    let received = 0
    /**
     * Up to where the screen has the entries, and how many posts it does not have; how many of these are dropped, which it has
     * yet to be told; and how many the journal says.
     */
    let shownTo = 0
    let unshown = 0
    let skipped = 0
    let recorded: number | undefined

    const past = Past.make({ store, rooms, isSigned: sign !== undefined, entries: () => entries, maxEntries, maxBytes })

    const end = () => dropped + entries.length

    /** The screen has everything up to there, and what was said there right behind it: that is seen where it is typed. */
    const showTo = (position: number): void => {
      for (; shownTo < end(); shownTo += 1) {
        const entry = entries[shownTo - dropped]
        if (shownTo >= position && !(entry?._tag === "Said" && entry.by === screen)) return
        if (isPost(entry)) unshown -= 1
      }
    }

    /** The journal is told how much the screen lacks whenever it is told something, unless it says so already. */
    const append = (blocks: ReadonlyArray<Uint8Array>, durably: boolean): Effect.Effect<void, LogUnavailable> => {
      if (recorded === unshown) return journal.append(blocks, durably)
      const lacks = unshown
      return Effect.map(journal.append(blocks, durably, lacks), () => {
        recorded = lacks
      })
    }

    /** Drops the oldest quarter as soon as a bound is passed, so that dropping costs little for each entry. */
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

    const addOwn = (room: Room, posts: ReadonlyArray<Post>, block: Uint8Array, by: Reader): void => {
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

    /** So many posts are among the entries, and so many in the journal. */
    const posted = (count: number, inJournal = count): void => {
      unshown += count
      if (recorded !== undefined) recorded += inJournal
    }

    /** Posts that were shown as history, and may come though they were taken as seen: each with its text. */
    const shownBefore = new Map<string, string>()

    /** What was shown of that stream as history, and counts as had no more, may come now. */
    const expectWhatWasShown = (id: StreamId): void => {
      const have = store.have(id)
      for (const entry of entries) {
        if (entry._tag !== "Earlier" || entry.post.stream !== id || entry.post.n <= have) continue
        shownBefore.set(markOf(entry.post), entry.post.text)
      }
    }

    /** Whether that post was shown as history, with that text: somebody else's word on it may have been false. */
    const isShownBefore = (post: Post): boolean => {
      if (shownBefore.size === 0) return false
      const mark = markOf(post)
      const text = shownBefore.get(mark)
      shownBefore.delete(mark)
      return text === post.text
    }

    /** What others said is kept if it can be; if not, the chat goes on, and a restart asks for it again. */
    const keep = (lines: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
      lines.length === 0
        ? Effect.void
        : Effect.match(append(lines, false), {
            onSuccess: () => {
              lacking ||= unkept
              unkept = false
            },
            onFailure: ({ detail }) => {
              if (!unkept) addEvent(MeshEvent.Unkept({ detail }))
              unkept = true
            }
          })

    const addEvent = (event: MeshEvent): void => {
      entries.push(Entry.Happened({ event }))
      grow()
    }

    /** Whether a block reaches further than this log has its stream, but begins with what is here already, or gone. */
    const isCutOff = ({ post, rest }: Block): boolean => {
      if (rest === undefined) return false
      const have = store.have(post.stream)
      return post.n <= have && post.n + rest.length > have
    }

    /** Whether the journal holds much that this log does not, or too little. */
    const isToBeWrittenAnew = () => lacking || folded || journal.overgrown()

    /** Writes the journal anew. It stays as it is if it can't be. */
    const compact = Effect.suspend(() => {
      lacking = false
      folded = false
      const lacks = unshown
      return Effect.match(journal.replace(linesOf([...entries], store.summary(), store.folds, wholeOf), lacks), {
        onSuccess: () => {
          recorded = lacks
        },
        onFailure: () => {}
      })
    })

    /** What is kept with a post: in blocks the very bytes that came, which others must be able to check. */
    const wholeOf = (post: Post): Whole | undefined => {
      const { n, stream: id } = post
      if (sign === undefined) return { first: n, last: n, lines: () => [encodePost(post)] }
      const slice = store.slice(id, n - 1, 1)
      return slice !== undefined && slice.first <= n ? { ...slice, lines: () => linesIn(slice.bytes) } : undefined
    }

    /** Takes a stream up to there as gone. */
    const lose = (id: StreamId, to: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { delivered, lost } = store.skip(id, to)
        if (lost === 0) return Effect.void
        return Effect.map(keep(linesWithGaps(id, store.have(id), delivered)), () => {
          entries.push(Entry.Missed({ stream: id, count: lost }))
          add(delivered)
          grow()
        })
      })

    /** Whether this node knows where the chat began for it: from an earlier run, or since it came. */
    let restored = false
    let adopted = false
    const restore = (block: Block): void => {
      const { n, stream: id } = block.post
      // A hole in what this node said itself is damage. In what others said it is what could not be kept: they have it.
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
    // What is folded away is told by what is not listed, so it counts once all is read.
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
        // What a crash has left of a block is no block: others have it whole, or nobody has seen it.
        const taken = blocks.take(line)
        const block = taken === "broken" ? blocks.take(line) : taken
        if (block !== undefined && block !== "broken") restore(block)
      }
    })
    store.takeFolds(folds)
    store.foldLater()
    // A log that says nothing of that is of a time when all was taken for shown.
    for (shownTo = end(); unshown < (recorded ?? 0) && shownTo > dropped; ) {
      shownTo -= 1
      if (isPost(entries[shownTo - dropped])) unshown += 1
    }
    skipped = Math.max(0, (recorded ?? 0) - unshown)
    unshown += skipped
    /** What the screen of an earlier run lacked, and this log does not have any more. */
    let gone = skipped
    if (isToBeWrittenAnew()) yield* compact
    // What may not have been on the screen when an earlier run ended is shown in any case.
    let first = Math.max(dropped, Math.min(shownTo, end() - history))
    /** Where the entries of this run begin. */
    let sinceHere = end()
    yield* Effect.addFinalizer(() =>
      serially(Effect.suspend(() => ((recorded ?? 0) === unshown ? Effect.void : Effect.ignore(append([], false)))))
    )

    const followFrom = (start: number, isWanted: Predicate.Predicate<Entry>, isGone = 0) => {
      let position = start
      let untold = isGone
      const next = () => entries[position - dropped]
      const isThereMore = () => {
        // What is not wanted is passed over as it comes: it is not missed when it is dropped.
        for (let entry = next(); entry !== undefined && !isWanted(entry); entry = next()) position += 1
        return untold > 0 || position < end() || closed
      }
      return growth.stream(isThereMore, () => {
        if (untold > 0) {
          const count = untold
          untold = 0
          return Option.some(Chunk.of(Entry.Skipped({ count })))
        }
        if (position >= end()) return Option.none()
        if (position < dropped) {
          const count = dropped - position
          position = dropped
          return Option.some(Chunk.of(Entry.Skipped({ count })))
        }
        const found = entries.slice(position - dropped, position - dropped + followAtATime)
        position += found.length
        return Option.some(Chunk.unsafeFromArray(found.filter(isWanted)))
      })
    }

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

    /** What this node has said in this run after those numbers, all of it by default, by where it stands. */
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
          yield* append(
            blocks.map(({ bytes }) => bytes),
            true
          )
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
      follow: (isWanted = constTrue) => Stream.suspend(() => followFrom(first, isWanted, gone)),
      shown: (last) => {
        const at = entries.indexOf(last, shownTo - dropped)
        if (at < 0) return
        // It was told what is dropped before it was given this.
        unshown -= skipped
        skipped = 0
        showTo(dropped + at + 1)
      }
    }

    /** A reader that begins with the last posts, as history, and what comes next. The journal knows nothing of its place. */
    const openReader = (history: number): Reader => {
      let earlier: ReadonlyArray<Entry> = Array.from(past.lastPosts(history), (post) =>
        Entry.Earlier({ post })
      ).reverse()
      let position = end()
      return {
        follow: (isWanted = constTrue) =>
          Stream.suspend(() => {
            const next = followFrom(position, isWanted)
            return earlier.length === 0 ? next : Stream.concat(Stream.fromIterable(earlier.filter(isWanted)), next)
          }),
        shown: (last) => {
          if (earlier.includes(last)) earlier = earlier.slice(earlier.indexOf(last) + 1)
          const at = entries.indexOf(last, Math.max(0, position - dropped))
          if (at < 0) return
          earlier = []
          position = dropped + at + 1
        }
      }
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
          return Effect.map(append(encoded, true), () => {
            for (const { block, bytes } of blocks) addOwn(room, block, bytes, by)
            return results
          })
        }).pipe(serially),
      receive: (received) =>
        Effect.suspend(() => {
          const delivered = store.receive(received)
          // To look for it takes as long as much waits.
          const missing = () => (store.waits ? store.missing() : [])
          return Effect.flatMap(keep(delivered.map(({ line }) => line)), () => {
            add(delivered)
            grow()
            // Somebody has told of an end that is none: what is left of the block can be shown to nobody else.
            const cutOff = received.filter(isCutOff)
            return cutOff.length === 0
              ? Effect.sync(missing)
              : Effect.map(
                  Effect.forEach(cutOff, ({ post, rest = [] }) => lose(post.stream, post.n + rest.length)),
                  missing
                )
          })
        }).pipe(serially),
      skip: (id, to) => serially(lose(id, to)),
      refuse: (id, above) => serially(Effect.sync(() => store.refuse(id, above))),
      adopt: (summary, before = new Map(), folds = new Map()) =>
        Effect.suspend(() => {
          adopted = true
          const ahead = [...summary].filter(
            ([id, last]) => (last > store.have(id) || (last === 0 && folds.size > 0)) && !store.isOwn(id)
          )
          const delivered = store.adopt(ahead, [...before], folds)
          // One line at least, so that the next run knows that this one was in the chat.
          const gaps = [
            gap(store.streamIn(mainRoom), 0),
            ...foldLines(store.folds),
            ...ahead.map(([id, last]) => gap(id, last))
          ]
          return Effect.map(keep([...gaps, ...delivered.map(({ line }) => line)]), () => {
            add(delivered)
            grow()
          })
        }).pipe(serially),
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
        // The journal says that it is folded away, or skipped, and an earlier word on it would outlive this one.
        if (store.meet(id, said)) {
          lacking = true
          expectWhatWasShown(id)
        }
        store.spare(id)
      },
      spareNoMore: (id) => store.spareNoMore(id),
      note: (event) => Effect.sync(() => addEvent(event)),
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
        Stream.suspend(() => followFrom(sinceHere, ({ _tag }) => _tag === "Happened")),
        (entry) => (entry._tag === "Happened" ? Option.some(entry.event) : Option.none())
      ),
      close: Effect.sync(() => {
        closed = true
        growth.changed()
      }),
      grown: (matters = constTrue) => Stream.suspend(() => growthSince(end(), matters)),
      tally: Effect.sync(() => ({
        entries: entries.length,
        bytes: store.bytes,
        said: store.said,
        received
      })),
      summary: Effect.sync(() => store.summary()),
      have: (id) => store.have(id),
      missing: Effect.sync(() => store.missing()),
      again: () => store.again(),
      slice: (id, after, room, to) => store.slice(id, after, room, to)
    }
    return log
  })

/**
 * The implementation of all log contracts: posts by the rules of delivery, and the entries in the order in which this
 * node witnessed them.
 */

import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { constTrue } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { EventLog } from "../../services/EventLog.ts"
import { Guests } from "../../services/Guests.ts"
import { type Confidants, MessageLog, type Reader, type SayResult } from "../../services/MessageLog.ts"
import { OldRuns } from "../../services/OldRuns.ts"
import { PastLog } from "../../services/PastLog.ts"
import { ReplicaLog } from "../../services/ReplicaLog.ts"
import {
  conversationOf,
  isOf,
  isPrivateStream,
  sealedRoom,
  type Visitor,
  visitorsIn
} from "../../src/domain/Conversation.ts"
import type { Block, EncodedPost, Mark } from "../../src/domain/EncodedPost.ts"
import { Entry, isPost } from "../../src/domain/Entry.ts"
import { type LogUnavailable, NoKey } from "../../src/domain/Errors.ts"
import type { Signature } from "../../src/domain/Key.ts"
import type { Letters } from "../../src/domain/Letter.ts"
import { defaultLimits } from "../../src/domain/Limits.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { isServerId, type PeerId } from "../../src/domain/Peer.ts"
import {
  type Epoch,
  epochOf,
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
import { linesOf as linesTogether } from "../../src/protocol/ChunkDecoder.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"
import { Entries } from "./Entries.ts"
import * as GuestsInLog from "./Guests.ts"
import { makeHeard } from "./Heard.ts"
import type { Journal } from "./Journal.ts"
import { foldLines, gap, linesOfSeen, linesWithGaps } from "./Kept.ts"
import * as LettersInLog from "./Letters.ts"
import * as OwnPosts from "./OwnPosts.ts"
import * as Past from "./Past.ts"
import * as Readers from "./Readers.ts"
import * as Recording from "./Recording.ts"
import { restore } from "./Restoring.ts"
import { RoomsKept } from "./RoomsKept.ts"
import { ScreenMark } from "./ScreenMark.ts"
import { ShownBefore } from "./ShownBefore.ts"
import * as Speaking from "./Speaking.ts"

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
  /** Seals and opens private messages. Undefined in a plain chat, the default. */
  readonly letters?: Letters | undefined
  /**
   * Whether it takes in what others say in private, the default. Without that, it counts as having all of it: nothing is
   * asked for, carried or confirmed. For a node that shows it to nobody.
   */
  readonly hearsPrivate?: boolean
}

/** The contracts that a log fulfils. */
export type Logs = MessageLog | ReplicaLog | OldRuns | PastLog | EventLog | Guests
export type Log = MessageLog["Type"] &
  ReplicaLog["Type"] &
  OldRuns["Type"] &
  PastLog["Type"] &
  EventLog["Type"] & { readonly guests: Guests["Type"] }

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
        Context.add(EventLog, log),
        Context.add(Guests, log.guests)
      )
    )
  )

/** The default maximum number of entries that a log keeps. */
export const defaultEntries = defaultLimits.logEntries

/** The default maximum size of the encoded posts that a log keeps, in bytes. */
export const defaultBytes = defaultLimits.logBytes

/** An entry of an own post. */
type Own = Extract<Entry, { readonly own: boolean }>

/**
 * The last time at which an epoch can begin, in ms since 1970: the largest number with 15 digits, which an epoch
 * reserves for it.
 */
const lastMillis = 999_999_999_999_999

const noMarks: ReadonlyArray<Mark> = []

export const make = (
  {
    author,
    bytes: maxBytes = defaultBytes,
    entries: maxEntries = defaultEntries,
    hearsPrivate = true,
    history = 0,
    letters: sealing,
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
    const rooms = new RoomsKept(author, [mainRoom, ...others])
    if (sealing !== undefined) rooms.takePart(sealedRoom, false)
    const store = new PostStore(
      { author, epoch, rooms: rooms.all },
      { pending, streams, logBytes: maxBytes },
      sign !== undefined
    )
    const ownPosts = OwnPosts.make({ author, sign, store, topicOf: (room) => past.topicOf(room) })
    const growth = makeSignal()
    const heard = makeHeard()
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
      if (recording.isToBeRewritten() && entries.settled === entries.end) recording.rewrite()
    }
    const entries = new Entries()
    /** How many posts of others were delivered. */
    let received = 0
    const letters = LettersInLog.make({ sealing, store, entries, maxEntries, maxBytes })
    const mark = new ScreenMark(entries, () => readers.screen)
    const past = Past.make({
      store,
      rooms: rooms.all,
      isSigned: sign !== undefined,
      entries,
      maxEntries,
      maxBytes
    })
    const shownBefore = new ShownBefore()
    const recording = Recording.make({
      entries,
      isSigned: sign !== undefined,
      journal,
      mark,
      posts: () => letters.ordered((entry) => (isPost(entry) ? entry.post : undefined)),
      rooms,
      beyond: past.beyond,
      store,
      failed: ({ detail }) => addEvent(MeshEvent.Unkept({ detail })),
      lacking: () => atOnce(constTrue),
      written: growth.changed
    })
    const readers = Readers.make({
      entries,
      growth,
      lastOfEach: past.lastOfEach,
      shown: () => rooms.shown,
      mark,
      unwritten: recording.firstUnwritten
    })

    const speaking = Speaking.make({
      append: journal.keeps ? recording.say : undefined,
      entries,
      grown: () => grow(),
      idle: keepInShape,
      mark,
      ownPosts,
      rooms: rooms.all,
      store,
      witness: past.added,
      time: () => clock.unsafeCurrentTimeMillis()
    })

    /**
     * Drops the oldest quarter of the entries whenever a bound is exceeded, so that dropping costs little for each
     * entry. Nothing is dropped from the places on that are kept free for own lines.
     */
    const trim = (): void => {
      while (entries.kept.length > maxEntries || (store.bytes > maxBytes && entries.kept.length > 1)) {
        const count = Math.min(Math.ceil(entries.kept.length / 4), entries.settled - entries.dropped)
        if (count === 0) return
        past.spare(count)
        let skipped = 0
        for (const [at, entry] of entries.kept.slice(0, count).entries()) {
          if (!isPost(entry)) continue
          store.drop(entry.post.stream, entry.post.n)
          if (entries.dropped + at >= mark.position) skipped += 1
        }
        entries.drop(count)
        mark.dropTo(entries.dropped, skipped)
      }
    }

    const grow = (): void => {
      trim()
      if (store.fold(Math.max(begun, clock.unsafeCurrentTimeMillis()))) recording.hasFolded()
      growth.changed()
    }

    /** Adds posts of others. `by`: the session of a guest that says them. */
    const add = (delivered: ReadonlyArray<EncodedPost>, by?: Reader): void => {
      heard.tell(delivered)
      let [added, carried] = [0, 0]
      for (const each of delivered) {
        const post = letters.seen(each.post)
        if (post === undefined) {
          letters.carry(each)
          carried += 1
        } else if (!shownBefore.take(post)) {
          entries.add({ _tag: "Said", post, own: false, ...(by === undefined ? {} : { by }) })
          past.added(post)
          added += 1
        }
      }
      received += delivered.length - carried
      mark.posted(added, delivered.length - carried)
      // A screen that has shown everything before need not be shown lines of rooms that are only carried.
      mark.showTo(mark.position)
    }

    /**
     * A step that takes in what others know. While the disk is so slow that the journal has no room, it waits for that.
     * Other steps go on.
     */
    const taking = <A>(step: () => A): Effect.Effect<A> =>
      Effect.suspend(() =>
        journal.hasRoom() ? serially(Effect.sync(step)) : Effect.zipRight(journal.room, taking(step))
      )

    const addEvent = (event: MeshEvent): void => {
      entries.add(Entry.Happened({ event }))
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

    /** Skips a stream's posts up to that number, which are lost. */
    const lose = (id: StreamId, to: number): void => {
      const before = store.have(id)
      const { delivered, lost } = store.skip(id, to)
      if (lost === 0) return
      recording.keep(linesWithGaps(id, store.have(id), delivered))
      // Nobody can tell for whom sealed posts were. An earlier run of this node may have got what was said to it alone.
      const isTold = !isPrivateStream(id) || (roomIn(id) !== sealedRoom && before > 0)
      if (isTold) entries.add(Entry.Missed({ stream: id, count: lost }))
      add(delivered)
      grow()
    }

    /** Whether what is said in a stream does not concern this node. */
    const isUnheard = (stream: StreamId): boolean => isPrivateStream(stream) && !store.isOwn(stream)
    const heardOf = (blocks: ReadonlyArray<Block>): ReadonlyArray<Block> =>
      hearsPrivate ? blocks : blocks.filter(({ post }) => !isUnheard(post.stream))

    /** Takes in posts of others; see `ReplicaLog.receive`. */
    const receive = (received: ReadonlyArray<Block>, by?: Reader): ReadonlyArray<Mark> => {
      const delivered = store.receive(received)
      if (journal.keeps && delivered.length > 0) recording.keep([linesTogether(delivered).bytes])
      add(delivered, by)
      grow()
      // Somebody has reported a wrong end of the stream, in the middle of a block. The rest of that block can't be shown
      // to others without its first part.
      for (const block of received)
        if (isCutOff(block)) lose(block.post.stream, block.post.n + (block.rest?.length ?? 0))
      // Looked up only when needed, since it takes longer the more posts are held.
      return store.waits ? store.missing() : noMarks
    }

    /** Whether this node knows where the chat began for it: `restored` from an earlier run, `adopted` in this run. */
    const { hasAny, openRest } = yield* restore(journal, {
      author,
      entries,
      history,
      isSigned: sign !== undefined,
      letters,
      mark,
      past,
      rooms,
      store,
      trim
    })
    // A server's guests were gone when its last run was. Those of others are known when their server tells of them.
    for (const room of [...rooms.all].filter((room) => visitorsIn(room).length > 0)) {
      rooms.leave(room)
      store.leave(room, isServerId(author) || !isOf(room, author))
    }
    let restored = hasAny
    let adopted = false
    yield* Effect.forkScoped(openRest)
    /** Writes the journal anew, and returns when that is done. */
    const compact = Effect.async<void>((resume) => recording.rewrite(() => resume(Effect.void)))
    if (recording.isToBeRewritten()) yield* compact
    // The settings may name rooms that the journal does not.
    if (!rooms.isRecorded) recording.keep([rooms.toRecord()])
    readers.beginRun(history)
    yield* Effect.addFinalizer(() => serially(Effect.sync(recording.recordScreen)))

    /** The own posts of this run after the numbers in `shared`, each under the index of its entry. */
    const ownSince = (shared: Summary): ReadonlyMap<number, Post> =>
      new Map(
        [...entries.kept.entries()].flatMap(([at, entry]) =>
          entry?._tag === "Said" && entry.own && isAfter(entry.post, shared) ? [[at, entry.post] as const] : []
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
        const posts = ownPosts.movedTo(next, shared, saidAnew.values())
        const sent = yield* Effect.forEach(posts, (post) => letters.seal(post))
        const blocks = [...rooms.all].flatMap((room) => {
          const here = sent.filter(({ stream }) => roomIn(stream) === room)
          return here.length === 0 ? [] : ownPosts.blocksOfOwn(here).map((block) => ({ room, ...block }))
        })
        if (blocks.length > 0) {
          yield* recording.append(blocks.map(({ bytes }) => bytes))
        }
        store.renew(next, shared)
        for (const { block, bytes, room } of blocks) store.say(room, block, bytes)
        for (const [at, post] of Arr.zip(saidAnew.keys(), posts))
          entries.kept[at] = { ...(entries.kept[at] as Own), post }
        for (const [before, post] of Arr.zip(saidAnew.values(), posts)) past.moved(before, post)
        mark.addedToJournal(posts.length)
        epoch = next
        restored ||= adopted
        entries.isClosed = false
        readers.beginRun(0)
        if (posts.length > 0) yield* compact
        return new Map(Arr.zip(saidAnew.values(), posts))
      })

    /** Sealing takes time. Nothing else is sealed, and no other run begins, until what was sealed last is said. */
    const sealingInTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)

    /** `confide` in a plain chat: says lines in the conversation with the reader. */
    const talk = ([reader]: Confidants, lines: ReadonlyArray<string>, by: Reader) =>
      Effect.flatMap(
        Effect.suspend(() => guests.partyOf(reader)),
        (party) => {
          const room = conversationOf(author, party)
          store.takePart(room)
          rooms.takePart(room, false)
          return speaking.say(room, lines, by)
        }
      )

    /** `confide` in a secure chat: seals each line for the place in which it is said. */
    const seal = (
      sealing: Letters,
      to: Confidants,
      lines: ReadonlyArray<string>,
      by: Reader
    ): Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable | NoKey> =>
      Effect.suspend((): Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable | NoKey> => {
        const unknown = to.find((id) => !sealing.knows(id))
        return unknown === undefined
          ? Effect.forEach(lines, (text) => sealingInTurn(speaking.paused(sealOne(to, text, by))))
          : new NoKey({ id: unknown })
      })

    const sealOne = (to: Confidants, text: string, by: Reader): Effect.Effect<SayResult, LogUnavailable> =>
      Effect.suspend(() => {
        const post = { ...ownPosts.next(sealedRoom, clock.unsafeCurrentTimeMillis()), text, to }
        return Effect.flatMap(letters.seal(post), (sealed): Effect.Effect<SayResult, LogUnavailable> => {
          const tooLong = ownPosts.tooLongFor(sealed)
          return tooLong === undefined
            ? Effect.as(
                speaking.sayNext({ room: sealedRoom, by, posts: [post], blocks: ownPosts.blocksOfOwn([sealed]) }),
                post
              )
            : Effect.succeed(tooLong)
        })
      })

    const leave = (room: Room, isOver = false): Effect.Effect<void> =>
      speaking.paused(
        taking(() => {
          if (!rooms.leave(room)) return
          const delivered = store.leave(room, isOver)
          recording.keep([rooms.toRecord(), ...delivered.map(({ line }) => line)])
          add(delivered)
          grow()
        })
      )

    const inBackground = yield* FiberSet.makeRuntime<never>()
    /** Takes part no more in the conversations of a guest of this node that is gone. */
    const endConversations = (visitor: Visitor, ended: (conversation: Room) => void): void => {
      const of = [...rooms.all].filter((room) => isOf(room, visitor))
      if (of.length === 0) return
      inBackground(Effect.forEach(of, (room) => Effect.map(leave(room, true), () => ended(room)), { discard: true }))
    }

    /** Of the runs of guests: they differ although many may come within a millisecond. */
    let chance = yield* Random.nextIntBetween(0, 2 ** 32)
    const guests = GuestsInLog.make({
      author,
      store,
      rooms: rooms.all,
      converse: (room) => {
        store.takePart(room)
        rooms.takePart(room, false)
      },
      end: endConversations,
      epoch: () => {
        chance += 1
        return epochOf(clock.unsafeCurrentTimeMillis(), chance)
      },
      time: () => clock.unsafeCurrentTimeMillis(),
      note: addEvent,
      receive,
      now: (step) => (journal.hasRoom() ? atOnce(step) : undefined),
      later: taking
    })

    const log: Log = {
      guests,
      get epoch() {
        return epoch
      },
      rooms: rooms.all,
      joined: rooms.joined,
      takePart: (room, { joined, seen }) =>
        taking(() => {
          const isNew = !rooms.all.has(room)
          store.takePart(room, seen)
          const told = isNew && seen !== undefined ? linesOfSeen(room, seen.summary, store) : []
          if (rooms.takePart(room, joined)) recording.keep([...(rooms.isRecorded ? [] : [rooms.toRecord()]), ...told])
          grow()
        }),
      leave,
      remembers: (room) => store.remembers(room),
      streamIn: (room) => store.streamIn(room),
      isOwn: (id) => store.isOwn(id),
      said: () => store.said,
      get restored() {
        return restored
      },
      keeps: journal.keeps,
      renew: (shared, after = epoch) =>
        sealingInTurn(speaking.paused(serially(Effect.suspend(() => renew(shared, after))))),
      say: (room, lines, by = readers.screen) => speaking.say(room, lines, by),
      seals: sealing !== undefined,
      confide: (to, lines, by = readers.screen) =>
        sealing === undefined ? talk(to, lines, by) : seal(sealing, to, lines, by),
      sayNow: (room, lines, by = readers.screen) =>
        journal.isInstant ? atOnce(() => speaking.sayNow(room, lines, by)) : undefined,
      receive: (blocks) =>
        Effect.suspend(() => {
          const received = heardOf(blocks)
          const closed = letters.closedIn(received)
          const taken = taking(() => receive(received))
          return closed.length === 0 ? taken : Effect.zipRight(letters.open(closed), taken)
        }),
      receiveNow: (blocks) => {
        const received = heardOf(blocks)
        return journal.hasRoom() && letters.closedIn(received).length === 0
          ? atOnce(() => receive(received))
          : undefined
      },
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
          recording.keep([
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
          recording.hasFolded()
          entries.add(Entry.Outlived({ count: lines }))
          grow()
        }).pipe(serially),
      folds: () => store.folds,
      listing: () => ({ summary: store.summary(), folds: store.folds }),
      spare: (id) => store.spare(id),
      meet: (id, said) => {
        // The journal says that the stream is folded away or skipped. On a restart that line would override this
        // change, so the journal is rewritten.
        if (store.meet(id, said)) {
          recording.lacks()
          shownBefore.expect(id, store.have(id), entries.kept)
        }
        store.spare(id)
      },
      spareNoMore: (id) => store.spareNoMore(id),
      note: addEvent,
      lackedOf: past.lackedOf,
      lacksOfLast: past.lacksOfLast,
      topicOf: past.topicOf,
      keepPast: (posts) => Effect.sync(() => past.keep(posts)),
      past: (count, of) => Effect.sync(() => past.lastLines(count, of)),
      recall: (post, whole) =>
        Effect.sync(() => {
          store.recall(post)
          past.recalled(post, whole)
          entries.add(Entry.Earlier({ post }))
          mark.posted(1, 0)
          grow()
        }),
      recent: (count, of) => Effect.sync(() => [...past.lastPosts(count, of)].reverse()),
      kept: past.kept,
      own: Effect.sync(() => [...ownSince(new Map()).values()]),
      screen: readers.screen,
      openReader: (count, of = rooms.shown) => Effect.sync(() => readers.openReader(count, of)),
      events: readers.events,
      close: Effect.sync(() => {
        entries.isClosed = true
        growth.changed()
      }),
      onGrowth: growth.listen,
      onHeard: heard.listen,
      written: recording.settled,
      tally: Effect.sync(() => ({
        entries: entries.kept.length,
        bytes: store.bytes,
        ...past.postsByRoom(),
        carried: letters.carried(),
        said: store.said,
        received,
        steps: { ...steps(), inTurn: steps().inTurn + speaking.calls() }
      })),
      summary: Effect.sync(() => store.summary()),
      have: hearsPrivate ? (id) => store.have(id) : (id) => (isUnheard(id) ? Number.POSITIVE_INFINITY : store.have(id)),
      missing: Effect.sync(() => store.missing()),
      again: () => store.again(),
      slice: (id, after, room, to) => store.slice(id, after, room, to)
    }
    return log
  })

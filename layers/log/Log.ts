/** What every MessageLog is made of: the posts by the rules of delivery, and the one order in which this node witnessed them. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { type EncodedPost, MessageLog } from "../../services/MessageLog.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { LineTooLong, type LogUnavailable } from "../../src/domain/Errors.ts"
import { Happening } from "../../src/domain/Happening.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { epochOf, mainRoom, type Post, PostNumber, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { encode, encodePost, type Gap, maxFrameBytes, type PostFrame } from "../../src/protocol/Frame.ts"
import { PostStore } from "../../src/protocol/PostStore.ts"

export interface Settings {
  /** Whose log this is. */
  readonly author: PeerId
  /** How many entries it keeps: 10,000 by default. */
  readonly entries?: number
  /** How many bytes of encoded posts it keeps: 64 MiB by default. */
  readonly bytes?: number
  /** How many posts of an earlier run are shown as history: none by default. */
  readonly history?: number
}

/** Where a log is kept beyond the process, as lines. */
export interface Journal {
  /** What earlier runs have left, oldest first. */
  readonly restored: ReadonlyArray<PostFrame | Gap>
  /** The first millisecond at which an epoch can begin that no earlier run had. */
  readonly epochAfter: number
  /** Appends lines. `durably`: they are on disk when this returns. */
  readonly append: (lines: ReadonlyArray<Uint8Array>, durably: boolean) => Effect.Effect<void, LogUnavailable>
  /** Begins anew with these lines. */
  readonly replace: (lines: Iterable<Uint8Array>) => Effect.Effect<void, LogUnavailable>
}

/** A journal that keeps nothing. */
export const nowhere: Journal = {
  restored: [],
  epochAfter: 0,
  append: () => Effect.void,
  replace: () => Effect.void
}

/** So many entries are handed to a follower at a time, so that one that is behind can show what it has. */
const followAtATime = 1_024

export const make = (
  { author, bytes: maxBytes = 64 * 1024 * 1024, entries: maxEntries = 10_000, history = 0 }: Settings,
  journal: Journal
): Effect.Effect<MessageLog["Type"], LogUnavailable> =>
  Effect.gen(function* () {
    const begun = Math.max(yield* Clock.currentTimeMillis, journal.epochAfter)
    const epoch = epochOf(begun, yield* Random.nextIntBetween(0, 2 ** 32))
    const stream = streamOf(author, mainRoom, epoch)
    const store = new PostStore(stream)
    const growth = makeSignal()
    // What waits for a disk is done one thing after the other; without one, every step is over at once anyway.
    const serially = journal === nowhere ? identity : (yield* Effect.makeSemaphore(1)).withPermits(1)
    const unkept = yield* Ref.make(false)

    // Mutable, for the hot path: every change is made in one synchronous step.
    let entries: Array<Entry> = []
    let dropped = 0
    let closed = false

    const end = () => dropped + entries.length

    /** Drops the oldest quarter as soon as a bound is passed, so that dropping costs little for each entry. */
    const trim = (): void => {
      while (entries.length > maxEntries || (store.bytes > maxBytes && entries.length > 1)) {
        const count = Math.ceil(entries.length / 4)
        for (const entry of entries.slice(0, count)) {
          if (entry._tag === "Said" || entry._tag === "Earlier") store.drop(entry.post.stream, entry.post.n)
        }
        entries = entries.slice(count)
        dropped += count
      }
    }

    const grow = Effect.sync(() => {
      trim()
      growth.changed()
    })

    const add = (posts: ReadonlyArray<EncodedPost>, own: boolean): void => {
      for (const { post } of posts) entries.push(Entry.Said({ post, own }))
    }

    /** What others said is kept if it can be; if not, the chat goes on, and a restart asks for it again. */
    const keep = (lines: ReadonlyArray<Uint8Array>): Effect.Effect<void> =>
      lines.length === 0
        ? Effect.void
        : journal.append(lines, false).pipe(
            Effect.zipRight(Ref.set(unkept, false)),
            Effect.catchAll(({ detail }) =>
              Effect.flatMap(Ref.getAndSet(unkept, true), (before) =>
                before ? Effect.void : note(Happening.Unkept({ detail }))
              )
            )
          )

    const note = (happening: Happening): Effect.Effect<void> =>
      Effect.suspend(() => {
        entries.push(Entry.Happened({ happening }))
        return grow
      })

    const gap = (id: StreamId, to: number) => encode({ type: "gap", stream: id, to })

    for (const frame of journal.restored) {
      if (frame.type === "gap") {
        store.skip(frame.stream, frame.to)
      } else if (frame.post.n === store.have(frame.post.stream) + 1) {
        store.restore(frame)
        entries.push(Entry.Earlier({ post: frame.post }))
      }
    }
    trim()
    const first = Math.max(dropped, end() - history)

    /** Returns when there is something at that position, or never will be. */
    const reached = (position: number) => growth.until(() => position < end() || closed)

    const read = (position: number): Effect.Effect<Option.Option<readonly [Chunk.Chunk<Entry>, number]>> =>
      Effect.map(reached(position), () => {
        if (position >= end()) return Option.none()
        if (position < dropped) return Option.some([Chunk.of(Entry.Skipped({ count: dropped - position })), dropped])
        const from = position - dropped
        const found = entries.slice(from, from + followAtATime)
        return Option.some([Chunk.unsafeFromArray(found), position + found.length])
      })

    const grownSince = (position: number): Effect.Effect<Option.Option<readonly [void, number]>> =>
      Effect.map(reached(position), () => (position >= end() ? Option.none() : Option.some([undefined, end()])))

    /** The posts that these lines make, numbered and encoded; those that are too long apart. */
    const compose = (lines: ReadonlyArray<string>, at: number) => {
      const posts: Array<EncodedPost> = []
      const tooLong: Array<LineTooLong> = []
      for (const text of lines) {
        const deps = posts.length === 0 ? store.news() : {}
        const n = PostNumber.make(store.have(stream) + posts.length + 1)
        const post: Post = { stream, n, at, deps, text }
        const line = encodePost(post)
        if (line.length <= maxFrameBytes) posts.push({ post, line })
        else tooLong.push(new LineTooLong({ bytes: line.length, limit: maxFrameBytes }))
      }
      return { posts, tooLong }
    }

    return MessageLog.of({
      epoch,
      stream,
      restored: journal.restored.length > 0,
      say: (lines) =>
        Effect.gen(function* () {
          const { posts, tooLong } = compose(lines, yield* Clock.currentTimeMillis)
          yield* journal.append(
            posts.map(({ line }) => line),
            true
          )
          for (const post of posts) store.say(post)
          add(posts, true)
          yield* grow
          return tooLong
        }).pipe(serially),
      receive: (posts) =>
        Effect.suspend(() => {
          const delivered = store.receive(posts)
          return keep(delivered.map(({ line }) => line)).pipe(
            Effect.zipRight(
              Effect.suspend(() => {
                add(delivered, false)
                return grow
              })
            ),
            Effect.map(() => store.missing())
          )
        }).pipe(serially),
      skip: (id, to) =>
        Effect.suspend(() => {
          const count = to - store.have(id)
          if (count <= 0) return Effect.void
          entries.push(Entry.Missed({ stream: id, count }))
          const delivered = store.skip(id, to)
          add(delivered, false)
          return Effect.zipRight(keep([gap(id, to), ...delivered.map(({ line }) => line)]), grow)
        }).pipe(serially),
      adopt: (summary) =>
        Effect.suspend(() => {
          const ahead = [...summary].filter(([id, last]) => last > store.have(id))
          for (const [id, last] of ahead) add(store.skip(id, last), false)
          return Effect.zipRight(keep(ahead.map(([id, last]) => gap(id, last))), grow)
        }).pipe(serially),
      note,
      recall: (post) =>
        Effect.suspend(() => {
          entries.push(Entry.Earlier({ post }))
          return grow
        }),
      recent: (count) =>
        Effect.sync(() =>
          entries
            .flatMap((entry) => (entry._tag === "Said" || entry._tag === "Earlier" ? [entry.post] : []))
            .slice(-count)
        ),
      ownAfter: (after) =>
        Effect.sync(() =>
          entries.flatMap((entry) => (entry._tag === "Said" && entry.own && entry.post.n > after ? [entry.post] : []))
        ),
      follow: Stream.unfoldChunkEffect(first, read),
      close: Effect.sync(() => {
        closed = true
        growth.changed()
      }),
      grown: Stream.suspend(() => Stream.unfoldEffect(end(), grownSince)),
      summary: Effect.sync(() => store.summary()),
      have: (id) => store.have(id),
      missing: Effect.sync(() => store.missing()),
      slice: (id, after, room) => store.slice(id, after, room)
    })
  })

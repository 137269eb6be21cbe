/** A MessageLog in bounded memory: it ends with the process. */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { type EncodedPost, MessageLog } from "../services/MessageLog.ts"
import { Entry } from "../src/domain/Entry.ts"
import { LineTooLong } from "../src/domain/Errors.ts"
import type { Happening } from "../src/domain/Happening.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import { epochOf, mainRoom, type Post, PostNumber, type StreamId, type Summary, streamOf } from "../src/domain/Post.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import { encodePost, maxFrameBytes } from "../src/protocol/Frame.ts"
import { Segments } from "../src/protocol/Segments.ts"

export interface Settings {
  /** Whose log this is. */
  readonly author: PeerId
  /** How many entries it keeps. */
  readonly entries?: number
  /** How many bytes of encoded posts it keeps. */
  readonly bytes?: number
}

/** So many entries are handed to a follower at a time, so that one that is behind can show what it has. */
const followAtATime = 1_024

const make = ({ author, entries: maxEntries = 10_000, bytes: maxBytes = 64 * 1024 * 1024 }: Settings) =>
  Effect.gen(function* () {
    const epoch = epochOf(yield* Clock.currentTimeMillis, yield* Random.nextIntBetween(0, 2 ** 32))
    const stream = streamOf(author, mainRoom, epoch)
    // Mutable, for the hot path: every change is made in one synchronous step.
    const streams = new Map<StreamId, Segments>()
    let entries: Array<Entry> = []
    let dropped = 0
    let bytes = 0
    let closed = false
    const growth = makeSignal()

    const segmentsOf = (id: StreamId): Segments => {
      const known = streams.get(id)
      if (known !== undefined) return known
      const segments = new Segments()
      streams.set(id, segments)
      return segments
    }
    segmentsOf(stream)

    const append = (post: Post, line: Uint8Array): void => {
      bytes += segmentsOf(post.stream).append(line)
      entries.push(Entry.Said({ post, own: post.stream === stream }))
    }

    /** Drops the oldest quarter as soon as a bound is passed, so that dropping costs little for each entry. */
    const trim = (): void => {
      while (entries.length > maxEntries || (bytes > maxBytes && entries.length > 1)) {
        const count = Math.ceil(entries.length / 4)
        for (const entry of entries.slice(0, count)) {
          if (entry._tag === "Said") bytes -= segmentsOf(entry.post.stream).dropTo(entry.post.n)
        }
        entries = entries.slice(count)
        dropped += count
      }
    }

    const grow = Effect.sync(() => {
      trim()
      growth.changed()
    })

    const end = () => dropped + entries.length

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

    return MessageLog.of({
      epoch,
      stream,
      say: (text) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.suspend(() => {
            const post: Post = { stream, n: PostNumber.make(segmentsOf(stream).last + 1), at, text }
            const line = encodePost(post)
            if (line.length > maxFrameBytes) {
              return Effect.fail(new LineTooLong({ bytes: line.length, limit: maxFrameBytes }))
            }
            append(post, line)
            return Effect.as(grow, post)
          })
        ),
      receive: (posts: ReadonlyArray<EncodedPost>) =>
        Effect.suspend(() => {
          for (const { line, post } of posts) {
            if (post.n === segmentsOf(post.stream).last + 1) append(post, line)
          }
          return grow
        }),
      skip: (id, to) =>
        Effect.suspend(() => {
          const segments = segmentsOf(id)
          if (to <= segments.last) return Effect.void
          entries.push(Entry.Missed({ stream: id, count: to - segments.last }))
          bytes -= segments.skipTo(to)
          return grow
        }),
      note: (happening: Happening) =>
        Effect.suspend(() => {
          entries.push(Entry.Happened({ happening }))
          return grow
        }),
      follow: Stream.unfoldChunkEffect(0, read),
      close: Effect.sync(() => {
        closed = true
        growth.changed()
      }),
      grown: Stream.suspend(() => Stream.unfoldEffect(end(), grownSince)),
      summary: Effect.sync((): Summary => new Map([...streams].map(([id, segments]) => [id, segments.last]))),
      adopt: (summary) =>
        Effect.sync(() => {
          for (const [id, last] of summary) {
            if (last > segmentsOf(id).last) bytes -= segmentsOf(id).skipTo(last)
          }
        }),
      slice: (id, after, room) => streams.get(id)?.slice(after, room)
    })
  })

/** One for that author; by default it keeps 10,000 entries and 64 MiB. */
export const layer = (settings: Settings): Layer.Layer<MessageLog> => Layer.effect(MessageLog, make(settings))

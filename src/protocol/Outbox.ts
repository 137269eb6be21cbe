/** The queue of one link: control frames, then posts. */
import type { Slice } from "../domain/EncodedPost.ts"
import { type Room, roomIn, type StreamId } from "../domain/Post.ts"
import { encode } from "./Frame.ts"

/** The maximum number of control frames that wait for a link. A peer that lets more pile up has stopped reading. */
const maxWaiting = 1_024

/** The maximum size of one piece of output, in bytes: of posts from the log, or of several control frames. */
const sliceRoom = 65_536

/** A stream that is being sent to the peer: the posts after number `after`, up to `to`. */
interface Lane {
  readonly stream: StreamId
  after: number
  to: number
}

/**
 * Puts the frames of one link in order: control frames first, then posts, and a goodbye at the end if this node leaves.
 * It holds a cursor into each stream that this node sends to the peer, for catching up and for new posts alike. `next`
 * is the source of the link: it is called whenever the socket has room, so nothing but a few control frames is queued
 * here. Mutable, for the hot path: the link that owns it is its only user.
 */
export const makeOutbox = (
  slice: (stream: StreamId, after: number, room: number, to?: number) => Slice | undefined
) => {
  const waiting: Array<Uint8Array> = []
  /**
   * Lanes by stream. A lane without an end has a key of its own, so that posts that it has already sent can be
   * requested again.
   */
  const lanes = new Map<string, Lane>()
  /** The lanes without an end. */
  const following = new Map<StreamId, Lane>()
  let leaving = false
  let sent = 0

  /** The waiting control frames in one piece: copying them is faster than handing each to the socket. */
  const control = (): Uint8Array | undefined => {
    let [count, length] = [0, 0]
    for (const { length: more } of waiting) {
      if (count > 0 && length + more > sliceRoom) break
      count += 1
      length += more
    }
    if (count === 1) return waiting.shift()
    const bytes = new Uint8Array(length)
    let at = 0
    for (const line of waiting.splice(0, count)) {
      bytes.set(line, at)
      at += line.length
    }
    return bytes
  }

  const isFree = (): boolean => waiting.length === 0 && lanes.size === following.size

  const posts = (): Uint8Array | undefined => {
    for (const [place, lane] of lanes) {
      const { stream } = lane
      const found = slice(stream, lane.after, sliceRoom, lane.to)
      if (found !== undefined && found.first > lane.after + 1) {
        lane.after = found.first - 1
        if (lane.after >= lane.to) lanes.delete(place)
        return encode({ type: "gap", stream, to: lane.after })
      }
      if (found === undefined) continue
      lane.after = found.last
      sent += found.last - found.first + 1
      // Moved to the end of the queue, so that a busy stream does not hold up the others.
      if (lane.after >= lane.to || lanes.size > 1) lanes.delete(place)
      if (lane.after < lane.to) lanes.set(place, lane)
      return found.bytes
    }
    return undefined
  }

  return {
    /** Queues an encoded frame in front of the posts that were not sent yet. False if too many frames wait. */
    push: (line: Uint8Array): boolean => waiting.length < maxWaiting && waiting.push(line) > 0,
    /** Sends that stream's posts after number `after`, and all future ones. */
    follow: (stream: StreamId, after: number): void => {
      const lane = { stream, after, to: Number.POSITIVE_INFINITY }
      following.set(stream, lane)
      lanes.set(endless(stream), lane)
    },
    /** Whether it sends all future posts of that stream. */
    follows: (stream: StreamId): boolean => following.has(stream),
    /** Follows a stream no more, which ends at `last`. What is not sent of it yet still is. */
    settle: (stream: StreamId, last: number): void => {
      const lane = following.get(stream)
      if (lane === undefined) return
      following.delete(stream)
      if (lane.after >= last) lanes.delete(endless(stream))
      else lane.to = last
    },
    /** Sends no more posts of that room: neither future ones nor those that were asked for. */
    drop: (room: Room): void => {
      for (const [place, { stream }] of lanes) if (roomIn(stream) === room) lanes.delete(place)
      for (const stream of following.keys()) if (roomIn(stream) === room) following.delete(stream)
    },
    /**
     * Sends that stream's posts after number `after`, up to `to`. This replaces an earlier `start` of the stream. Of a
     * stream that is followed, it repeats posts that were already sent; following continues without a gap.
     */
    start: (stream: StreamId, after: number, to: number): void => {
      const last = Math.min(to, following.get(stream)?.after ?? to)
      if (after < last) lanes.set(stream, { stream, after, to: last })
    },
    /** Whether requested posts are still to be sent. */
    isAsked: (): boolean => lanes.size > following.size,
    /** Whether the posts of that stream after number `after` may be sent next: nothing else waits to be sent before them. */
    isAt: (stream: StreamId, after: number): boolean => isFree() && following.get(stream)?.after === after,
    /** Whether nothing waits to be sent but posts of streams that are followed. */
    isFree,
    /** Sends these posts of a stream that is not followed, besides those that were asked for. */
    handOn: (stream: StreamId, after: number, to: number): void => {
      const lane = lanes.get(handedOn(stream))
      if (lane === undefined) lanes.set(handedOn(stream), { stream, after, to })
      else lane.to = Math.max(lane.to, to)
    },
    /** Counts a slice of such a stream as sent. */
    handed: ({ first, last }: Slice): void => {
      sent += last - first + 1
    },
    /** Counts a slice of that stream as sent. It begins where the outbox is. */
    moved: (stream: StreamId, { first, last }: Slice): void => {
      const lane = following.get(stream)
      if (lane === undefined) return
      lane.after = last
      sent += last - first + 1
    },
    /** How many posts were sent. */
    sent: (): number => sent,
    /** Sends a goodbye once everything else is sent. */
    leave: (): void => {
      leaving = true
    },
    /** The next bytes to send; undefined if there are none. */
    next: (): Uint8Array | undefined => {
      if (waiting.length > 0) return control()
      const bytes = posts()
      if (bytes !== undefined || !leaving) return bytes
      leaving = false
      lanes.clear()
      following.clear()
      return encode({ type: "bye" })
    }
  }
}

/** The key of a lane without an end. */
const endless = (stream: StreamId): string => `${stream} and on`

/** The key of a lane of posts that nobody has asked for. */
const handedOn = (stream: StreamId): string => `${stream} handed on`

export type Outbox = ReturnType<typeof makeOutbox>

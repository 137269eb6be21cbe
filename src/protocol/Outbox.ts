/** What one link has to send. */
import type { Slice } from "../domain/EncodedPost.ts"
import type { StreamId } from "../domain/Post.ts"
import { encode } from "./Frame.ts"

/** So many control frames wait for a link at most; a peer that lets more pile up has stopped reading. */
const maxWaiting = 1_024

/** As much is taken from the log at a time, or of what waits, in bytes. */
const sliceRoom = 65_536

/** A stream on its way to the peer: what comes after number `after`, up to `to`. */
interface Lane {
  readonly stream: StreamId
  after: number
  to: number
}

/**
 * Puts the frames of one link in order: control frames first, then posts from a cursor in each stream that the peer gets
 * from here, then, when this node leaves, a goodbye. `next` is the link's source: each time its socket has room, it is
 * asked for more, so that nothing is queued here but a few control frames. Catching up and live talk are the same cursor.
 * Mutable, for the hot path: the link that has it is its only user.
 */
export const makeOutbox = (
  slice: (stream: StreamId, after: number, room: number, to?: number) => Slice | undefined
) => {
  const waiting: Array<Uint8Array> = []
  /** By stream. A lane without an end has a place of its own, so that what it has sent already can be asked for again. */
  const lanes = new Map<string, Lane>()
  /** How many lanes have no end. */
  let followed = 0
  let leaving = false
  let sent = 0

  /** What waits, in one piece: to hand it over takes longer than to copy it. */
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
      // To the end of the queue, so that a stream that never pauses leaves room for the others.
      if (lane.after >= lane.to || lanes.size > 1) lanes.delete(place)
      if (lane.after < lane.to) lanes.set(place, lane)
      return found.bytes
    }
    return undefined
  }

  return {
    /** Puts an encoded frame before the posts that were not sent yet; false if too many wait. */
    push: (line: Uint8Array): boolean => waiting.length < maxWaiting && waiting.push(line) > 0,
    /** Sends that stream's posts after number `after`, and all that ever come. */
    follow: (stream: StreamId, after: number): void => {
      if (!lanes.has(endless(stream))) followed += 1
      lanes.set(endless(stream), { stream, after, to: Number.POSITIVE_INFINITY })
    },
    /**
     * Sends that stream's posts after number `after`, up to `to` at least, in place of what was asked for of it before. Of a stream
     * that is followed, it sends again what was sent, and leaves out nothing.
     */
    start: (stream: StreamId, after: number, to: number): void => {
      const last = Math.min(to, lanes.get(endless(stream))?.after ?? to)
      if (after < last) lanes.set(stream, { stream, after, to: last })
    },
    /** Whether the peer waits for what others have said. */
    isAsked: (): boolean => lanes.size > followed,
    /** How many posts were taken from here. */
    sent: (): number => sent,
    /** Ends with a goodbye once everything else is sent. */
    leave: (): void => {
      leaving = true
    },
    /** The next bytes, if there are any. */
    next: (): Uint8Array | undefined => {
      if (waiting.length > 0) return control()
      const bytes = posts()
      if (bytes !== undefined || !leaving) return bytes
      leaving = false
      lanes.clear()
      followed = 0
      return encode({ type: "bye" })
    }
  }
}

/** The place of a lane without an end. */
const endless = (stream: StreamId): string => `${stream} and on`

export type Outbox = ReturnType<typeof makeOutbox>

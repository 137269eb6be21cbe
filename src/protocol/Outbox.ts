/** What one link has to send. */
import type { Slice } from "../../services/MessageLog.ts"
import type { StreamId } from "../domain/Post.ts"
import { type Control, encode } from "./Frame.ts"

/** So many control frames wait for a link at most; a peer that lets more pile up has stopped reading. */
const maxWaiting = 1_024

/** As much is taken from the log at a time, in bytes. */
const sliceRoom = 65_536

/**
 * Puts the frames of one link in order: control frames first, then this node's own posts from a cursor on, then, when it
 * leaves, a goodbye. `next` is the link's source: each time its socket has room, it is asked for more, so that nothing is
 * queued here but a few control frames. Mutable, for the hot path: the link that has it is its only user.
 */
export const makeOutbox = (
  stream: StreamId,
  slice: (stream: StreamId, after: number, room: number) => Slice | undefined
) => {
  const waiting: Array<Uint8Array> = []
  let cursor: number | undefined
  let leaving = false

  const posts = (): Uint8Array | undefined => {
    if (cursor === undefined) return undefined
    const found = slice(stream, cursor, sliceRoom)
    if (found === undefined) return undefined
    if (found.first > cursor + 1) {
      cursor = found.first - 1
      return encode({ type: "gap", stream, to: cursor })
    }
    cursor = found.last
    return found.bytes
  }

  return {
    /** Puts a frame before the posts that were not sent yet; false if too many wait. */
    push: (frame: Control): boolean => waiting.length < maxWaiting && waiting.push(encode(frame)) > 0,
    /** Begins to send posts: those after number `after`. */
    start: (after: number): void => {
      cursor = after
    },
    /** Ends with a goodbye once everything else is sent. */
    leave: (): void => {
      leaving = true
    },
    /** The next bytes, if there are any. */
    next: (): Uint8Array | undefined => {
      const frame = waiting.shift()
      if (frame !== undefined) return frame
      const bytes = posts()
      if (bytes !== undefined || !leaving) return bytes
      leaving = false
      cursor = undefined
      return encode({ type: "bye" })
    }
  }
}

export type Outbox = ReturnType<typeof makeOutbox>

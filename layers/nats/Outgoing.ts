/** What is to be published: posts of this site, from where the last acknowledged ones end. */
import type { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import { type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"

/** The next posts of a room, of any number of streams. */
export interface Batch {
  readonly room: Room
  /** The lines of each stream, and up to where they go. */
  readonly pieces: ReadonlyArray<Uint8Array>
  readonly marks: ReadonlyArray<Mark>
  readonly posts: number
}

/**
 * A cursor for each stream of which something is not published yet. The posts themselves are in the log alone: what the
 * log drops meanwhile is not published. Mutable, for the hot path.
 */
export class Outgoing {
  readonly #log: Pick<ReplicaLog["Type"], "have" | "slice">
  /** Up to where each stream is published. A stream that is published whole is not in it. */
  readonly #after = new Map<StreamId, number>()

  constructor(log: Pick<ReplicaLog["Type"], "have" | "slice">) {
    this.#log = log
  }

  /** A stream grows. It was that long before. */
  grows(stream: StreamId, before: number): void {
    if (!this.#after.has(stream)) this.#after.set(stream, before)
  }

  /** How many streams have posts that are not published. */
  get waiting(): number {
    return this.#after.size
  }

  /** The next posts of each room, at most so many bytes of each, but one block at least. */
  next(most: number): ReadonlyArray<Batch> {
    const batches = new Map<Room, { pieces: Array<Uint8Array>; marks: Array<Mark>; posts: number; bytes: number }>()
    for (const [stream, after] of this.#after) {
      const room = roomIn(stream)
      const batch = batches.get(room) ?? { pieces: [], marks: [], posts: 0, bytes: 0 }
      if (batch.bytes >= most) continue
      const slice = this.#isBehind(stream, after) ? this.#log.slice(stream, after, most - batch.bytes) : undefined
      if (slice === undefined) {
        this.#after.delete(stream)
        continue
      }
      if (batch.bytes > 0 && batch.bytes + slice.bytes.length > most) continue
      batch.marks.push([stream, slice.last])
      batch.pieces.push(slice.bytes)
      batch.posts += Math.max(0, slice.last - slice.first + 1)
      batch.bytes += slice.bytes.length
      batches.set(room, batch)
    }
    return Array.from(batches, ([room, batch]) => ({ room, ...batch }))
  }

  /** That batch is stored for all sites. */
  stored({ marks }: Batch): void {
    for (const [stream, last] of marks) {
      if (this.#isBehind(stream, last)) this.#after.set(stream, last)
      else this.#after.delete(stream)
    }
  }

  /** Infinite if this node takes part in the room no more. */
  #isBehind(stream: StreamId, after: number): boolean {
    const have = this.#log.have(stream)
    return have > after && have !== Number.POSITIVE_INFINITY
  }
}

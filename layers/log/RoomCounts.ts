/** How many posts of each room are among the entries of a log. */
import { isPost } from "../../src/domain/Entry.ts"
import { type Post, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Entries } from "./Entries.ts"

/** Mutable, for the hot path: every change is one synchronous step. Posts of one stream usually come together. */
export class RoomCounts {
  readonly #counts = new Map<Room, { posts: number }>()
  #lastStream: StreamId | undefined
  #last = { posts: 0 }

  /** A post was added to the entries. */
  add({ stream }: Post): void {
    this.#of(stream).posts += 1
  }

  /** The oldest `count` entries are about to be dropped. */
  drop(entries: Entries, count: number): void {
    for (let at = 0; at < count; at += 1) {
      const entry = entries.kept[at]
      if (!isPost(entry)) continue
      const counted = this.#of(entry.post.stream)
      counted.posts -= 1
      if (counted.posts > 0) continue
      this.#counts.delete(roomIn(entry.post.stream))
      this.#lastStream = undefined
    }
  }

  in(room: Room): number {
    return this.#counts.get(room)?.posts ?? 0
  }

  #of(stream: StreamId): { posts: number } {
    if (stream !== this.#lastStream) {
      const room = roomIn(stream)
      this.#last = this.#counts.get(room) ?? { posts: 0 }
      this.#counts.set(room, this.#last)
      this.#lastStream = stream
    }
    return this.#last
  }
}

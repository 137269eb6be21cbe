/** How many posts of each room are among the entries of a log. */
import { isPost } from "../../src/domain/Entry.ts"
import { type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Entries } from "./Entries.ts"

/** Mutable. Each entry is looked at when it is counted, and when it is dropped: never where posts are taken in. */
export class RoomCounts {
  readonly #entries: Entries
  readonly #counts = new Map<Room, number>()
  /** The positions between which the entries are counted. */
  #first = 0
  #end = 0

  constructor(entries: Entries) {
    this.#entries = entries
  }

  /** The oldest `count` entries are about to be dropped. Returns how many posts of each room stay. */
  without(count: number): ReadonlyMap<Room, number> {
    const { dropped, settled } = this.#entries
    if (this.#first !== dropped) {
      this.#counts.clear()
      this.#end = dropped
    }
    this.#add(this.#end, settled, 1)
    this.#add(dropped, dropped + count, -1)
    this.#first = dropped + count
    this.#end = settled
    return this.#counts
  }

  #add(from: number, to: number, change: number): void {
    let stream: StreamId | undefined
    let posts = 0
    const note = () => {
      if (stream === undefined) return
      const room = roomIn(stream)
      this.#counts.set(room, (this.#counts.get(room) ?? 0) + change * posts)
    }
    for (let position = from; position < to; position += 1) {
      const entry = this.#entries.at(position)
      if (!isPost(entry)) continue
      if (entry.post.stream !== stream) {
        note()
        stream = entry.post.stream
        posts = 0
      }
      posts += 1
    }
    note()
  }
}

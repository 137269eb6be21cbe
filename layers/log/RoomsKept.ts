/** The rooms in which a node takes part: which it has joined, and which it only carries. */
import { mainRoom, type Room } from "../../src/domain/Post.ts"

/** Mutable: the log that owns it changes it in the same step as the `PostStore`. */
export class RoomsKept {
  readonly #all: Set<Room>
  readonly #joined: Set<Room>

  /** Begins with the rooms that are joined, `main` first. */
  constructor(joined: Iterable<Room>) {
    this.#joined = new Set(joined)
    this.#all = new Set(this.#joined)
  }

  /** All rooms in which the node takes part. */
  get all(): ReadonlySet<Room> {
    return this.#all
  }

  /** Those that it has joined, in the order of joining. */
  get joined(): ReadonlySet<Room> {
    return this.#joined
  }

  /** Takes part in a room from now on. `main` is joined always. Returns whether anything has changed. */
  takePart(room: Room, joined: boolean): boolean {
    if (this.#all.has(room) && this.#joined.has(room) === joined) return false
    this.#all.add(room)
    if (joined) this.#joined.add(room)
    else if (room !== mainRoom) this.#joined.delete(room)
    return true
  }

  /** Takes no part in a room any more. Returns whether it took part before, and can leave. */
  leave(room: Room): boolean {
    if (room === mainRoom) return false
    this.#joined.delete(room)
    return this.#all.delete(room)
  }
}

/** The rooms in which a node takes part: which it has joined, and which it only carries. In the journal they are a line. */
import { isFor, isPrivate } from "../../src/domain/Conversation.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, Room } from "../../src/domain/Post.ts"

/** The rooms besides `main`. The last such line of a journal counts. Peers never get it. */
export interface RoomsLine {
  readonly type: "rooms"
  readonly joined: ReadonlyArray<Room>
  readonly carried: ReadonlyArray<Room>
}

const encoder = new TextEncoder()

const textOf = (line: RoomsLine): string => `${JSON.stringify(line)}\n`

const names = String.raw`\[((?:"[A-Za-z0-9_-]{1,32}",?)*)\]`
const pattern = new RegExp(String.raw`^\{"type":"rooms","joined":${names},"carried":${names}\}\n$`)

/** Decodes such a line, which ends with its newline. Undefined if it is another line. */
export const decodeRooms = (line: string): RoomsLine | undefined => {
  const [, joined, carried] = pattern.exec(line) ?? []
  return joined === undefined || carried === undefined
    ? undefined
    : { type: "rooms", joined: roomsIn(joined), carried: roomsIn(carried) }
}

const roomsIn = (list: string): ReadonlyArray<Room> =>
  Array.from(list.matchAll(/[A-Za-z0-9_-]+/g), ([name]) => Room.make(name))

/** Mutable: the log that owns it changes it in the same step as the `PostStore`. */
export class RoomsKept {
  readonly #author: PeerId
  readonly #given: ReadonlyArray<Room>
  readonly #all = new Set<Room>()
  readonly #joined = new Set<Room>()
  /** The last line that the journal has, or is about to have. */
  #recorded = textOf({ type: "rooms", joined: [], carried: [] })

  /** `given`: the rooms that are joined whatever the journal says, `main` first. */
  constructor(author: PeerId, given: Iterable<Room>) {
    this.#author = author
    this.#given = [...given]
    this.#begin()
  }

  #begin(): void {
    this.#all.clear()
    this.#joined.clear()
    for (const room of this.#given) this.takePart(room, true)
  }

  /** All rooms in which the node takes part. */
  get all(): ReadonlySet<Room> {
    return this.#all
  }

  /** Those that it has joined, in the order of joining. */
  get joined(): ReadonlySet<Room> {
    return this.#joined
  }

  /** Those whose lines sessions show: the rooms that are joined, and all conversations of the node itself. */
  get shown(): ReadonlyArray<Room> {
    return [...this.#all].filter((room) => this.#joined.has(room) || (isPrivate(room) && isFor(room, this.#author)))
  }

  get #text(): string {
    // A conversation is known by its lines.
    const named = [...this.#all].filter((room) => room !== mainRoom && !isPrivate(room))
    const joined = [...this.#joined].filter((room) => named.includes(room))
    return textOf({ type: "rooms", joined, carried: named.filter((room) => !this.#joined.has(room)) })
  }

  /** Whether the journal says, or is about to say, what is true now. A journal without such a line says `main` alone. */
  get isRecorded(): boolean {
    return this.#recorded === this.#text
  }

  /** The line to hand over to the journal now. */
  toRecord(): Uint8Array {
    this.#recorded = this.#text
    return encoder.encode(this.#recorded)
  }

  /** Takes part in the rooms that are given, and those of an earlier run, as a line of the journal says. */
  restore(line: RoomsLine): void {
    this.#recorded = textOf(line)
    this.#begin()
    for (const room of line.joined) this.takePart(room, true)
    for (const room of line.carried) if (!this.#all.has(room)) this.takePart(room, false)
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

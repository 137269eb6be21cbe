/**
 * The room in which a terminal speaks. A key changes it at once and asks the session to go there, in the order of what
 * is typed. Whatever the session says afterwards holds.
 */
import type { Typed } from "../../services/Console.ts"
import { mainRoom } from "../../src/domain/Post.ts"

export interface Screen {
  readonly room: () => string
  /** Shows another room's prompt and draft. `byKey`: a key went there, not a command that was typed. */
  readonly move: (room: string, byKey: boolean) => void
  /** Passes a line to the session that nobody has typed. */
  readonly say: (line: Typed) => void
}

/** Mutable: one console owns it. */
export class RoomAtPrompt {
  readonly #screen: Screen
  /** The room in which the session speaks, as it has said last. */
  #spoken: string = mainRoom
  /** What the session was asked for by keys, and has not done yet. */
  readonly #asked = new Set<Typed>()

  constructor(screen: Screen) {
    this.#screen = screen
  }

  /** The session speaks in that room. */
  told(room: string): void {
    this.#spoken = room
    this.#follow()
  }

  /** Goes to a room. */
  go(room: string): void {
    if (room === this.#screen.room()) return
    const line: Typed = { text: goTo(room), byKey: true }
    this.#asked.add(line)
    this.#screen.say(line)
    this.#screen.move(room, true)
  }

  /** The session is done with these lines. */
  done(lines: ReadonlyArray<Typed>): void {
    if (this.#asked.size === 0) return
    for (const line of lines) this.#asked.delete(line)
    this.#follow()
  }

  /** While the session is behind, the screen stays where the keys have gone. */
  #follow(): void {
    if (this.#asked.size === 0 && this.#spoken !== this.#screen.room()) this.#screen.move(this.#spoken, false)
  }
}

const goTo = (room: string): string => `/go ${room}`

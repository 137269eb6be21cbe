/** How far the screen is in a log, and what the journal says about that. */
import { constTrue } from "effect/Function"
import type * as Predicate from "effect/Predicate"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import type { Entries } from "./Entries.ts"
import type { Unshown } from "./Journal.ts"

/** Stands for a number of posts that equals no number. */
const unknown = Number.NaN

/** Mutable, for the hot path: the log that owns it changes it in synchronous steps. */
export class ScreenMark {
  /** The position up to which the screen has the entries. */
  position = 0
  /** How many posts the screen lacks. */
  lacks = 0
  /** How many of these were dropped before they were shown, which the screen is still to be told. */
  skipped = 0
  /**
   * The number of posts that the screen lacks according to the journal, with what is on its way there; undefined if the
   * journal has no such line, NaN after a failed write.
   */
  #recorded: number | undefined
  readonly #entries: Entries
  /** The reader of the screen: what it says is seen where it is typed. */
  readonly #screen: () => object
  /** Which entries the screen wants, as it has said last. It need not be shown the others. */
  #isWanted: Predicate.Predicate<Entry> = constTrue

  constructor(entries: Entries, screen: () => object) {
    this.#entries = entries
    this.#screen = screen
  }

  /** Whether the journal says, or is about to say, what is true now. */
  get isRecorded(): boolean {
    return (this.#recorded ?? 0) === this.lacks
  }

  /** The screen wants these entries alone from now on. */
  wants(isWanted: Predicate.Predicate<Entry>): void {
    this.#isWanted = isWanted
  }

  /** Whether an entry need not be shown: the screen's own lines are seen where they are typed. */
  #isPassed(entry: Entry): boolean {
    return (entry._tag === "Said" && entry.by === this.#screen()) || !this.#isWanted(entry)
  }

  /** Marks the entries up to `position` as shown, and those right after them that need not be shown. */
  showTo(position: number): void {
    for (const end = this.#entries.settled; this.position < end; this.position += 1) {
      const entry = this.#entries.at(this.position)
      if (entry === undefined) continue
      if (this.position >= position && !this.#isPassed(entry)) return
      if (isPost(entry)) this.lacks -= 1
    }
  }

  /** The screen was told of the posts that were skipped. */
  toldOfSkipped(): void {
    this.lacks -= this.skipped
    this.skipped = 0
  }

  /** Posts up to that position are about to be dropped, `skipped` of them not shown. */
  dropTo(position: number, skipped: number): void {
    this.skipped += skipped
    this.position = Math.max(this.position, position)
  }

  /** Counts posts that were added to the entries, and posts that were added to the journal. */
  posted(count: number, inJournal = count): void {
    this.lacks += count
    this.addedToJournal(inJournal)
  }

  /** Counts posts that were added to the journal alone. */
  addedToJournal(count: number): void {
    if (this.#recorded !== undefined) this.#recorded += count
  }

  /** How many posts the screen lacks, to be handed over to the journal now. */
  toRecord(): Unshown {
    const isNews = this.#recorded !== this.lacks
    this.#recorded = this.lacks
    return { count: this.lacks, isNews }
  }

  /** A write has failed: the journal may say anything. */
  recordingFailed(): void {
    this.#recorded = unknown
  }

  /** The journal of an earlier run says so, at the place up to which it was read. */
  restore(lacks: number): void {
    this.#recorded = lacks
  }

  /**
   * Begins with the entries of an earlier run: the last posts among them were not shown, as many as the journal says. A
   * journal that says nothing is from a version that took everything on disk as shown.
   */
  begin(): void {
    const recorded = this.#recorded ?? 0
    for (this.position = this.#entries.end; this.lacks < recorded && this.position > this.#entries.dropped; ) {
      this.position -= 1
      if (isPost(this.#entries.at(this.position))) this.lacks += 1
    }
    this.skipped = Math.max(0, recorded - this.lacks)
    this.lacks += this.skipped
  }
}

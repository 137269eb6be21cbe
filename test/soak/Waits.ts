/** How long people wait for each other's lines: near ones, who are at the same site, and far ones. */

/**
 * In ms: the longest pause between two lines of one author on one screen, and the longest time from typing to a screen.
 * `line`: the one that came after the pause, and on whose screen, and when.
 */
export interface Longest {
  readonly pause: number
  readonly delay: number
  readonly line: string
}

const none: Longest = { pause: 0, delay: 0, line: "" }

export class Waits {
  /** When each line was typed, by its author's name and number, such as `ann.1.17`. */
  readonly #typed = new Map<string, number>()
  /** When a screen has shown something of an author last. */
  readonly #shown = new Map<string, number>()
  #near: Longest = none
  #far: Longest = none
  readonly #areNear: (reader: string, author: string) => boolean

  constructor(areNear: (reader: string, author: string) => boolean) {
    this.#areNear = areNear
  }

  /** Everything is measured from now on. */
  begin(): void {
    this.#shown.clear()
    this.#typed.clear()
    this.#near = none
    this.#far = none
  }

  typed(line: string, at: number): void {
    this.#typed.set(line, at)
  }

  /** A screen shows a line of an author, both by their ids. `line`: as it was typed. */
  shown(reader: string, author: string, line: string, at: number): void {
    const typed = this.#typed.get(line)
    if (typed === undefined) return
    const pair = `${reader} ${author}`
    const before = this.#shown.get(pair) ?? at
    this.#shown.set(pair, at)
    const longest = (so: Longest): Longest => ({
      pause: Math.max(so.pause, at - before),
      line: at - before > so.pause ? `${line} at ${reader}, ${new Date(at).toISOString().slice(11, 23)}` : so.line,
      delay: Math.max(so.delay, at - typed)
    })
    if (this.#areNear(reader, author)) this.#near = longest(this.#near)
    else this.#far = longest(this.#far)
  }

  get near(): Longest {
    return this.#near
  }

  get far(): Longest {
    return this.#far
  }
}

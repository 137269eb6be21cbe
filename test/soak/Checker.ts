/**
 * Holds the promises of delivery on what the screens of a soak show.
 *
 * An *author run* is one process that says lines `ID RUN K`, K = 1, 2, 3 …; some end in `re ID.RUN.K`, a line that had
 * stood on the author's screen before. A *reader run* is one process whose stdout is read. The rules:
 *
 * - order: what a reader run shows of an author run only rises.
 * - twice: a reader run shows no line twice. History, marked `(earlier)`, is no news and is left out of this.
 * - holes: what a reader run shows of an author run has no hole, whether it lived or was killed.
 * - answers: a reader run does not show a line below one that answers it.
 * - lost: each reader that is there at the end has shown every line that must arrive and that was typed after it came up;
 *   with data folders, the earlier runs of that reader count as its own, since a return must close the gap, and so does what
 *   it shows as history: what a crash may have kept from the screen. Without, only what it showed since it came up the last time.
 *
 * Must arrive: every line of an author run that was not killed; of a killed one,
 * - what the author outlived by a quiet moment, in which it was neither frozen nor alone, and
 * - everything up to the last line that a screen has shown: any screen with data folders, and without, one that is still
 *   there. (If author and reader are both killed and have no disk, nobody can know that line.)
 */

/** A killed author's line must have got out if the author lived on for so long, in milliseconds: on a busy machine too. */
const quiet = 10_000

const mostOffences = 20

export type Offence = "lost" | "twice" | "out of order" | "answer above question" | "other"

interface Range {
  first: number
  last: number
  readonly earlier: Set<number>
  /** The last line that was shown as history. */
  recalled: number
}

export class Author {
  said = 0
  killed = false
  /** What must have got out, though the author was killed. */
  outlived = 0
  /** When how many lines had been said; forgotten once they are old enough to have been outlived. */
  readonly #times: Array<readonly [at: number, said: number]> = []
  readonly id: string
  readonly run: number
  readonly name: string

  constructor(id: string, run: number) {
    this.id = id
    this.run = run
    this.name = `${id}.${run}`
  }

  says(now: number): number {
    this.said += 1
    const last = this.#times.at(-1)
    if (last?.[0] === now) this.#times.pop()
    this.#times.push([now, this.said])
    return this.said
  }

  /** Time passes in which the author is well. */
  lives(now: number): void {
    while ((this.#times[0]?.[0] ?? Number.POSITIVE_INFINITY) < now - quiet)
      this.outlived = this.#times.shift()?.[1] ?? 0
  }

  /** It was frozen for so long: that was no quiet moment. */
  slept(now: number): void {
    for (const [index, [, said]] of this.#times.entries()) this.#times[index] = [now, said]
  }
}

export class Reader {
  readonly ranges = new Map<string, Range>()
  /** How far each author was when this run came up. */
  cameUp: ReadonlyMap<string, number> | undefined
  /** How far this run had each author when it came up: as far as the earlier ones had, if they have left it a log. */
  inherited: ReadonlyMap<string, number> = new Map()
  alive = true
  shown = 0
  /** The last line of another that it has shown. */
  latest = ""
  /** Questions that were not there when their answer was shown. */
  readonly unseen = new Map<string, string>()
  readonly id: string
  readonly run: number
  readonly name: string

  constructor(id: string, run: number) {
    this.id = id
    this.run = run
    this.name = `${id}.${run}`
  }
}

const chatLine = /^(\(earlier\) )?(?:Server(?: \S+)?|Client \S+): (\S+) (\d+) (\d+)(?: re (\S+))?$/

export class Checker {
  readonly authors = new Map<string, Author>()
  readonly readers = new Map<string, Reader>()
  readonly counts: Record<Offence, number> = {
    lost: 0,
    twice: 0,
    "out of order": 0,
    "answer above question": 0,
    other: 0
  }
  /** The first of them. */
  readonly offences: Array<string> = []
  said = 0
  shown = 0
  answers = 0

  readonly withData: boolean

  constructor(withData: boolean) {
    this.withData = withData
  }

  begins(id: string, run: number): { readonly author: Author; readonly reader: Reader } {
    const author = new Author(id, run)
    const reader = new Reader(id, run)
    this.authors.set(author.name, author)
    this.readers.set(reader.name, reader)
    return { author, reader }
  }

  /** How many lines each author run has typed by now. */
  typed(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.authors.values(), ({ name, said }) => [name, said]))
  }

  cameUp(reader: Reader): void {
    reader.cameUp = this.typed()
    const earlier = this.withData ? this.readers.get(`${reader.id}.${reader.run - 1}`) : undefined
    reader.inherited =
      earlier?.cameUp === undefined
        ? reader.cameUp
        : new Map(Array.from(this.authors.keys(), (name) => [name, this.#had(earlier, name)]))
  }

  ends(author: Author, reader: Reader): void {
    author.killed = true
    reader.alive = false
    reader.unseen.clear()
  }

  /** What an author is to type next. */
  nextLine(author: Author, answered: string, now: number): string {
    this.said += 1
    const k = author.says(now)
    return `${author.id} ${author.run} ${k}${answered === "" ? "" : ` re ${answered}`}`
  }

  offend(kind: Offence, what: string, times = 1): void {
    this.counts[kind] += times
    if (this.offences.length < mostOffences) this.offences.push(`${kind}: ${what}`)
  }

  get violations(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0)
  }

  /** A line has come to a reader's stdout. False if it is none of ours. */
  shows(reader: Reader, line: string): boolean {
    const parts = chatLine.exec(line)
    if (parts === null) return false
    const [, earlier, id = "", run = "", number = "", question] = parts
    const name = `${id}.${run}`
    const k = Number(number)
    const range = reader.ranges.get(name)
    if (earlier !== undefined) {
      if (range === undefined) reader.ranges.set(name, { first: 1, last: 0, earlier: new Set([k]), recalled: k })
      else {
        range.earlier.add(k)
        range.recalled = Math.max(range.recalled, k)
      }
      return true
    }
    this.shown += 1
    reader.shown += 1
    reader.latest = `${name}.${k}`
    if (range === undefined) reader.ranges.set(name, { first: k, last: k, earlier: new Set(), recalled: 0 })
    else if (range.last < range.first) {
      range.first = k
      range.last = k
    } else {
      if (k <= range.last)
        this.offend(k < range.first ? "out of order" : "twice", `${reader.name} shows “${line}” after ${range.last}`)
      else if (k > range.last + 1) {
        this.offend("lost", `${reader.name} shows “${line}” right after ${range.last}`, k - range.last - 1)
      }
      range.last = Math.max(range.last, k)
    }
    const answer = reader.unseen.get(reader.latest)
    if (answer !== undefined) this.offend("answer above question", `${reader.name} shows “${line}” below “${answer}”`)
    if (question !== undefined) {
      this.answers += 1
      const dot = question.lastIndexOf(".")
      const asked = question.slice(0, dot)
      const isOwn = asked === reader.name
      const had = reader.ranges.get(asked)?.last ?? 0
      if (!isOwn && had < Number(question.slice(dot + 1)) && reader.unseen.size < 100_000)
        reader.unseen.set(question, line)
    }
    return true
  }

  /** How many lines of those who live have been typed, by now or `upTo` a moment, and are not on that screen. */
  lag(reader: Reader, upTo?: ReadonlyMap<string, number>): number {
    let lag = 0
    for (const author of this.authors.values()) {
      if (author.killed || author.id === reader.id) continue
      const said = upTo === undefined ? author.said : (upTo.get(author.name) ?? 0)
      lag += Math.max(0, said - this.#had(reader, author.name))
    }
    return lag
  }

  #had(reader: Reader, author: string): number {
    const { last = 0, recalled = 0 } = reader.ranges.get(author) ?? {}
    return Math.max(last, recalled, reader.inherited.get(author) ?? 0)
  }

  mustArrive(author: Author): number {
    if (!author.killed) return author.said
    let must = author.outlived
    for (const reader of this.readers.values()) {
      if (reader.alive || this.withData) must = Math.max(must, reader.ranges.get(author.name)?.last ?? 0)
    }
    return must
  }

  /** What is not there yet of what must arrive. */
  missing(): ReadonlyArray<{ readonly count: number; readonly what: string }> {
    const missing: Array<{ readonly count: number; readonly what: string }> = []
    const runsOf = new Map<string, Array<Reader>>()
    for (const reader of this.readers.values()) runsOf.set(reader.id, [...(runsOf.get(reader.id) ?? []), reader])
    for (const author of this.authors.values()) {
      const must = this.mustArrive(author)
      for (const [id, all] of runsOf) {
        // What an author has said itself is no news to it.
        if (id === author.id) continue
        const runs = this.withData ? all : all.filter(({ alive }) => alive)
        const since = runs.map(({ cameUp }) => cameUp).find((each) => each !== undefined)
        if (!all.some(({ alive }) => alive) || since === undefined) continue
        const ranges = runs
          .flatMap((run) => run.ranges.get(author.name) ?? [])
          .toSorted((one, other) => one.first - other.first)
        let next = (since.get(author.name) ?? 0) + 1
        let count = 0
        let first = 0
        while (next <= must) {
          const at = next
          const range = ranges.find((each) => each.first <= at && each.last >= at)
          if (range !== undefined) next = range.last + 1
          else {
            if (!ranges.some(({ earlier }) => earlier.has(at))) {
              count += 1
              first ||= at
            }
            next += 1
          }
        }
        if (count > 0)
          missing.push({
            count,
            what: `${id} has not shown ${count} of ${author.name}, the first is ${first} of ${must}${author.killed ? " (its author was killed)" : ""}`
          })
      }
    }
    return missing
  }
}

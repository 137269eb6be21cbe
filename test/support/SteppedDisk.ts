/** A disk in memory on which one write after the other ends when the test says so, and that can be cut off anywhere. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Journal } from "../../layers/log/Journal.ts"
import { JournalReader } from "../../layers/log/JournalReader.ts"
import * as WriteBehind from "../../layers/log/WriteBehind.ts"
import { LogUnavailable } from "../../src/domain/Errors.ts"
import { joined } from "./bytes.ts"

interface UnderWay {
  readonly kind: "append" | "replace"
  readonly bytes: Uint8Array
  readonly durably: boolean
  readonly end: Deferred.Deferred<void, LogUnavailable>
}

/** The texts of the posts in a file, in their order. Everything after the last whole line is ignored. */
export const textsIn = (file: Uint8Array): ReadonlyArray<string> => {
  const texts: Array<string> = []
  new JournalReader((line) => {
    if (line.type === "post") texts.push(line.post.text)
  }).read(file)
  return texts
}

const nothing = new Uint8Array(0)

export class SteppedDisk {
  file: Uint8Array
  /** How many bytes of the file would survive a power cut. */
  durable: number
  /** By how many bytes the file may grow before it is to be replaced, and above how many it is. */
  readonly #growth: number
  #most: number
  #isReplacing = false
  #underWay: UnderWay | undefined
  #isDead = false

  constructor(file: Uint8Array = nothing, growth = Number.POSITIVE_INFINITY) {
    this.file = file
    this.durable = file.length
    this.#growth = growth
    this.#most = growth
  }

  /** The bytes of the write under way. */
  get underWay(): Uint8Array {
    return this.#underWay?.bytes ?? nothing
  }

  /** Ends the write under way. `failing`: nothing of it stays. */
  readonly step = (failing = false): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { bytes, durably, end, kind } = this.#underWay ?? {}
      this.#underWay = undefined
      if (end === undefined || bytes === undefined) return Effect.void
      if (failing) return Deferred.fail(end, new LogUnavailable({ path: "log", detail: "no space left" }))
      if (!this.#isDead) {
        this.file = kind === "replace" ? bytes : joined([this.file, bytes])
        if (durably === true) this.durable = this.file.length
      }
      return Deferred.succeed(end, undefined)
    })

  /**
   * What is left when the process dies now, or the power. `at`: how much of what may be there or not is there, from 0
   * to 1.
   */
  left(crash: "process" | "power", at: number): Uint8Array {
    const appended = this.#underWay?.kind === "append" ? this.#underWay.bytes : nothing
    const least = crash === "process" ? this.file.length : this.durable
    const most = this.file.length + appended.length
    return joined([this.file, appended]).slice(0, least + Math.round(at * (most - least)))
  }

  /** Nothing is written any more, and everything ends at once. */
  readonly die = Effect.suspend(() => {
    this.#isDead = true
    return this.step()
  })

  readonly #write = (kind: UnderWay["kind"], blocks: ReadonlyArray<Uint8Array>, durably: boolean) =>
    Effect.flatMap(Deferred.make<void, LogUnavailable>(), (end) => {
      if (this.#isDead) return Effect.void
      this.#underWay = { kind, bytes: joined(blocks), durably, end }
      return Deferred.await(end)
    })

  /** The journal of one run on this disk. */
  readonly journal: Effect.Effect<Journal, never, Scope.Scope> = Effect.map(
    WriteBehind.make({
      write: (blocks, durably) => this.#write("append", blocks, durably),
      replace: (blocks) => this.#write("replace", blocks, true)
    }),
    (queue) => ({
      ...queue,
      keeps: true,
      isInstant: false,
      epochAfter: 0,
      begin: () => Effect.void,
      restore: (each) => Effect.sync(() => new JournalReader(each).read(this.file)),
      replace: (lines, unshown, settled) => {
        this.#isReplacing = true
        queue.replace(lines, unshown, (failure) => {
          this.#isReplacing = false
          this.#most = this.file.length + this.#growth
          settled(failure)
        })
      },
      overgrown: () => !this.#isReplacing && this.file.length > this.#most
    })
  )
}

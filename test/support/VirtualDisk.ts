/** A disk in memory, in virtual time: it takes as long as the test wants, gets stuck, and is there after a crash. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Journal } from "../../layers/log/Journal.ts"
import { JournalReader } from "../../layers/log/JournalReader.ts"
import * as WriteBehind from "../../layers/log/WriteBehind.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { joined, linesIn, textOf } from "./bytes.ts"

export class VirtualDisk {
  /** How long a write takes, in ms. */
  millis = 0
  /** The lines in the file. */
  lines: ReadonlyArray<Uint8Array> = []
  /** How many bytes were handed over that are not in the file yet. */
  waiting = 0
  lastEpoch = 0
  /** What was read at the node, as it is kept for the next run. */
  marks: string | undefined
  #isStuck = false
  readonly #change = makeSignal()

  /** The texts of the posts in the file, in their order. */
  get texts(): ReadonlyArray<string> {
    return this.lines.flatMap((line) => {
      const frame = JSON.parse(textOf(line))
      return frame.type === "post" ? [frame.text] : []
    })
  }

  /** From here on no write ends, until it is `freed`. */
  readonly stick = Effect.sync(() => {
    this.#isStuck = true
  })

  readonly free = Effect.sync(() => {
    this.#isStuck = false
    this.#change.changed()
  })

  readonly #access = Effect.suspend(() => Effect.sleep(this.millis)).pipe(
    Effect.zipRight(this.#change.until(() => !this.#isStuck))
  )

  /** The journal of one run on this disk. */
  readonly journal: Effect.Effect<Journal, never, Scope.Scope> = Effect.gen(this, function* () {
    const queue = yield* WriteBehind.make({
      write: (blocks) =>
        Effect.map(this.#access, () => {
          this.lines = [...this.lines, ...blocks.flatMap(linesIn)]
        }),
      replace: (blocks) =>
        Effect.map(this.#access, () => {
          this.lines = blocks.flatMap(linesIn)
        })
    })
    return {
      ...queue,
      append: (blocks, durably, unshown, settled) => {
        const bytes = blocks.reduce((sum, block) => sum + block.length, 0)
        this.waiting += bytes
        queue.append(blocks, durably, unshown, (failure) => {
          this.waiting -= bytes
          settled(failure)
        })
      },
      keeps: true,
      isInstant: false,
      epochAfter: this.lastEpoch + 1,
      begin: (millis) =>
        Effect.sync(() => {
          this.lastEpoch = millis
        }),
      restore: (each) => Effect.sync(() => new JournalReader(each).read(joined(this.lines))),
      overgrown: () => false
    }
  })
}

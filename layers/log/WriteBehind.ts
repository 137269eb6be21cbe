/** Writes what a log hands over: in order, one write at a time, while the log goes on. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LogUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { Journal, Settled, Unshown } from "./Journal.ts"
import { encodeShown } from "./JournalReader.ts"

/** What the queue writes to. One call is under way at a time. */
export interface Disk {
  /**
   * Appends blocks of whole lines. If it fails, nothing of them stays. `durably`: they and everything before them are
   * on disk when this returns.
   */
  readonly write: (blocks: ReadonlyArray<Uint8Array>, durably: boolean) => Effect.Effect<void, LogUnavailable>
  /** Replaces everything, completely or not at all. It is on disk when this returns. */
  readonly replace: (blocks: ReadonlyArray<Uint8Array>) => Effect.Effect<void, LogUnavailable>
}

/** How much may wait to be written, in bytes, before the log must wait too. */
export const mostWaiting = 4 * 1_024 * 1_024

/** The size up to which waiting lines are joined into one write, in bytes. */
const mostJoined = 1_024 * 1_024

/** The maximum time for which closing waits for the disk. */
const closeLimit = "5 seconds"

interface Task {
  readonly kind: "append" | "replace"
  readonly blocks: ReadonlyArray<Uint8Array>
  readonly bytes: number
  readonly durably: boolean
  /** Undefined if the blocks say it. */
  readonly unshown?: Unshown
  readonly settled: Settled
}

/** The part of a journal that writes. */
export type WriteBehind = Pick<Journal, "append" | "replace" | "hasRoom" | "room">

/**
 * A queue in front of a disk. Lines that come during a write are joined, and go with the next one. `settled` is called
 * in the order of the hand-overs. When the scope closes, everything is written first, unless the disk is stuck.
 */
export const make = (disk: Disk): Effect.Effect<WriteBehind, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Mutable, for the hot path: every change is made in one synchronous step.
    const tasks: Array<Task> = []
    let waiting = 0
    let isWriting = false
    /** Whether the last write has failed: what is written next can't rely on a mark in it. */
    let hasFailed = false
    const change = makeSignal()

    const hand = (task: Task): void => {
      tasks.push(task)
      waiting += task.bytes
      change.changed()
    }

    /** Takes what one write can do: a replacement alone, or appends up to `mostJoined`. */
    const next = (): ReadonlyArray<Task> => {
      let count = 1
      for (let bytes = tasks[0]?.bytes ?? 0; bytes < mostJoined; count += 1) {
        const task = tasks[count]
        if (task?.kind !== "append" || tasks[0]?.kind !== "append") break
        bytes += task.bytes
      }
      return tasks.splice(0, count)
    }

    /** The blocks of a task, below a mark of how much the screen lacks if that has to be said. */
    const blocksOf = ({ blocks, unshown }: Task, isFirst: boolean): ReadonlyArray<Uint8Array> =>
      unshown !== undefined && (unshown.isNews || (hasFailed && isFirst))
        ? [encodeShown(unshown.count), ...blocks]
        : blocks

    const perform = (batch: ReadonlyArray<Task>): Effect.Effect<void, LogUnavailable> => {
      const blocks = batch.flatMap((task, at) => blocksOf(task, at === 0))
      return batch[0]?.kind === "replace"
        ? disk.replace(blocks)
        : disk.write(
            blocks,
            batch.some(({ durably }) => durably)
          )
    }

    const writeNext = Effect.suspend(() => {
      const batch = next()
      isWriting = true
      const end = (failure?: LogUnavailable) => {
        isWriting = false
        hasFailed = failure !== undefined
        for (const { bytes, settled } of batch) {
          waiting -= bytes
          settled(failure)
        }
        change.changed()
      }
      return Effect.match(perform(batch), { onFailure: end, onSuccess: () => end() })
    })

    const hasRoom = () => waiting < mostWaiting
    yield* change
      .until(() => tasks.length > 0)
      .pipe(Effect.zipRight(writeNext), Effect.forever, Effect.interruptible, Effect.forkScoped)
    yield* Effect.addFinalizer(() => within(closeLimit)(change.until(() => tasks.length === 0 && !isWriting)))
    return {
      append: (lines, durably, unshown, settled) => {
        hand({ kind: "append", blocks: lines, bytes: sizeOf(lines), durably, unshown, settled })
      },
      replace: (lines, unshown, settled) => {
        hand({ kind: "replace", blocks: [...lines, encodeShown(unshown)], bytes: 0, durably: true, settled })
      },
      hasRoom,
      room: change.until(hasRoom)
    }
  })

const sizeOf = (blocks: ReadonlyArray<Uint8Array>): number => {
  let bytes = 0
  for (const block of blocks) bytes += block.length
  return bytes
}

/** A FileStore over a disk in memory: for tests. It does what one over a real disk does, in the same code. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FileStore } from "../services/FileStore.ts"
import { errorOf } from "./filestore/errorOf.ts"
import { Failed } from "./filestore/Failure.ts"
import { MemoryDisk } from "./filestore/MemoryDisk.ts"
import { operationsOn } from "./filestore/Operations.ts"
import { type Lock, makeStore, type Run } from "./filestore/Store.ts"

export { MemoryDisk }

/** The parts that are in use, on each disk: by any store. */
const locks = new WeakMap<MemoryDisk, Set<string>>()

const lockOn =
  (disk: MemoryDisk): Lock =>
  (folder, name) => {
    const path = `${folder}/${name}`
    return Effect.acquireRelease(
      Effect.sync(() => {
        const held = locks.get(disk) ?? new Set()
        locks.set(disk, held)
        if (held.has(path)) return false
        held.add(path)
        return true
      }),
      (isMine) => (isMine ? Effect.sync(() => locks.get(disk)?.delete(path)) : Effect.void)
    )
  }

const runOn = (disk: MemoryDisk): Run => {
  const operations = operationsOn(disk)
  return (name, ...args) =>
    Effect.try({
      try: () => (operations[name] as (...args: ReadonlyArray<unknown>) => never)(...args),
      // Anything else is a fault of this program.
      catch: (error) => {
        if (error instanceof Failed) return error
        throw error
      }
    }).pipe(Effect.mapError(({ failure }) => errorOf(failure)))
}

/** `disk`: one that outlives the store, or that a test changes. */
export const layer = (disk: MemoryDisk = new MemoryDisk()): Layer.Layer<FileStore> =>
  Layer.sync(FileStore, () => makeStore({ run: runOn(disk), lock: lockOn(disk), finish: "finishNow" }))

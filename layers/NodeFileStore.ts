/** A FileStore on the disk of this machine. A thread of its own reads, writes and hashes. */
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { FileStore } from "../services/FileStore.ts"
import { FolderUnusable } from "../src/domain/Errors.ts"
import { type Lock, makeStore } from "./filestore/Store.ts"
import * as Thread from "./filestore/Thread.ts"
import * as FileLock from "./ports/FileLock.ts"

const lock: Lock = (folder, name) =>
  Effect.mapError(
    FileLock.hold(Path.join(folder, name)),
    ({ detail, remedy }) => new FolderUnusable({ path: folder, detail, ...(remedy === undefined ? {} : { remedy }) })
  )

/** `program`: the path of the thread's program, which is `layers/filestore/worker.ts` as JavaScript. */
export const layer = (program: string): Layer.Layer<FileStore> =>
  Layer.scoped(
    FileStore,
    Effect.map(Thread.make(program), (run) => makeStore({ run, lock, finish: "finish" }))
  )

/** A disk that takes long to have what was fetched: nobody must wait for it who has given the files up. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { errorOf } from "../../layers/filestore/errorOf.ts"
import type { Failed } from "../../layers/filestore/Failure.ts"
import { MemoryDisk } from "../../layers/filestore/MemoryDisk.ts"
import { operationsOn } from "../../layers/filestore/Operations.ts"
import { makeStore, type Run } from "../../layers/filestore/Store.ts"

/** Files of it are on disk when a test says so. */
class SlowDisk extends MemoryDisk {
  readonly waiting: Array<() => void> = []

  override open(path: string, use: "read" | "change") {
    return { ...super.open(path, use), sync: () => new Promise<void>((resolve) => this.waiting.push(resolve)) }
  }
}

const storeOn = (disk: MemoryDisk) => {
  const operations = operationsOn(disk)
  const run = ((name: keyof typeof operations, ...args: ReadonlyArray<unknown>) =>
    Effect.tryPromise({
      try: async () => (operations[name] as (...args: ReadonlyArray<unknown>) => unknown)(...args),
      catch: (error) => errorOf((error as Failed).failure)
    })) as Run
  return makeStore({ run, lock: () => Effect.succeed(true), finish: "finish" })
}

describe("files on a slow disk", () => {
  it.live("are given up at once, get no name then, and are whole when they are fetched again", () =>
    Effect.gen(function* () {
      const disk = new SlowDisk()
      disk.put("/home/a", "content")
      const store = storeOn(disk)
      const shared = yield* store.offer(["/home/a"])
      const scope = yield* Scope.make()
      const target = yield* Scope.extend(store.target("/to", shared.offer, shared.manifest), scope)
      yield* target.write(0, yield* shared.read(0))
      const finishing = yield* Effect.fork(target.finish)
      while (disk.waiting.length === 0) yield* Effect.yieldNow()
      yield* Fiber.interrupt(finishing)
      yield* Scope.close(scope, Exit.void)
      for (const resume of disk.waiting.splice(0)) resume()
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isUndefined(disk.bytes("/to/a"))
      const again = yield* store.target("/to", shared.offer, shared.manifest)
      assert.isTrue(again.has.isAll)
      const finished = yield* Effect.fork(again.finish)
      while (disk.waiting.length === 0) yield* Effect.yieldNow()
      for (const resume of disk.waiting.splice(0)) resume()
      assert.strictEqual((yield* Fiber.join(finished)).path, "/to/a")
      assert.strictEqual(Buffer.from(disk.bytes("/to/a") ?? []).toString(), "content")
    }).pipe(Effect.scoped, Effect.timeout("20 seconds"))
  )
})

import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Keep from "../../layers/Keep.ts"
import { temporaryFolder } from "../support/folder.ts"

describe("Keep.inFolder", () => {
  it.scoped("keeps the last text that was saved, for its user alone", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const keep = Keep.inFolder(folder, "kept.json")
      assert.isUndefined(yield* keep.load)
      yield* keep.save("first")
      yield* keep.save("second")
      assert.strictEqual(yield* Keep.inFolder(folder, "kept.json").load, "second")
      assert.deepStrictEqual(yield* Effect.promise(() => Fs.readdir(folder)), ["kept.json"])
      const { mode } = yield* Effect.promise(() => Fs.stat(Path.join(folder, "kept.json")))
      assert.strictEqual(mode & 0o777, 0o600)
    })
  )

  it.scoped("fails nobody where nothing can be kept", () =>
    Effect.gen(function* () {
      const nowhere = Keep.inFolder(Path.join(yield* temporaryFolder, "none"), "kept.json")
      yield* nowhere.save("text")
      assert.isUndefined(yield* nowhere.load)
    })
  )
})

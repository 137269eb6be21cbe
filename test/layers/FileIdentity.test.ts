import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import * as FileIdentity from "../../layers/FileIdentity.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import { Identity } from "../../services/Identity.ts"
import { bytesOf } from "../support/bytes.ts"
import { temporaryFolder } from "../support/folder.ts"

/** A folder that is not there yet. */
const folder = Effect.map(temporaryFolder, (path) => Path.join(path, "deeper", "1"))

const identityIn = (path: string) => Effect.provide(Identity, FileIdentity.layer(path))

describe("FileIdentity", () => {
  it.scopedLive("it is made at first use, for its user alone, and is the same from then on", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const [first, same] = yield* Effect.all([identityIn(path), identityIn(path)], { concurrency: 2 })
      const later = yield* identityIn(path)
      assert.strictEqual(first.key, same.key)
      assert.strictEqual(first.key, later.key)
      assert.deepStrictEqual(yield* Effect.promise(() => Fs.readdir(path)), ["key.pem"])
      const { mode } = yield* Effect.promise(() => Fs.stat(Path.join(path, "key.pem")))
      assert.strictEqual(mode & 0o777, 0o600)
      const other = yield* identityIn(yield* folder)
      assert.notStrictEqual(first.key, other.key)
    })
  )

  it.scopedLive("what it signs is its owner's word, and nobody else's", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all([Keys.generate, Keys.generate])
      const signature = one.sign(bytesOf("hello"))
      assert.isTrue(Keys.verify(one.key, bytesOf("hello"), signature))
      assert.isFalse(Keys.verify(one.key, bytesOf("hellO"), signature))
      assert.isFalse(Keys.verify(other.key, bytesOf("hello"), signature))
    })
  )

  it.scopedLive("one that others may read, and one that holds no key, are refused with a word of what to do", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* identityIn(path)
      const file = Path.join(path, "key.pem")
      yield* Effect.promise(() => Fs.chmod(file, 0o640))
      assert.include((yield* Effect.flip(identityIn(path))).message, `chmod 600 '${file}'`)
      yield* Effect.promise(() => Fs.writeFile(file, "garbage").then(() => Fs.chmod(file, 0o600)))
      assert.include((yield* Effect.flip(identityIn(path))).message, "it holds no key of outlive")
    })
  )
})

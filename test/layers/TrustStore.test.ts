import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as FileTrustStore from "../../layers/FileTrustStore.ts"
import * as MemoryTrustStore from "../../layers/MemoryTrustStore.ts"
import { TrustStore } from "../../services/TrustStore.ts"
import { PublicKey } from "../../src/domain/Key.ts"
import { nobody, type Trust } from "../../src/domain/Trust.ts"
import * as SmallDisk from "../kill/SmallDisk.ts"
import { temporaryFolder } from "../support/folder.ts"
import { id, peer } from "../support/samples.ts"

const key = (letter: string) => PublicKey.make(`${letter.repeat(42)}A`)

/** Somebody, by their keys. */
const some: Trust = {
  owner: key("o"),
  server: peer("x", 4000).address,
  roster: [],
  pins: new Map([[id("__proto__"), key("p")]]),
  refused: new Map([[id("1"), key("q")]]),
  former: new Map([[id("2"), key("r")]])
}

const contract = (world: Layer.Layer<TrustStore, unknown>) => {
  it.scoped("begins by knowing nobody, and knows what was changed last", () =>
    Effect.gen(function* () {
      const store = yield* TrustStore
      assert.deepStrictEqual(store.current(), nobody)
      yield* store.change(() => some)
      assert.deepStrictEqual(store.current(), some)
      yield* store.assume((trust) => ({ ...trust, pins: new Map() }))
      assert.deepStrictEqual(store.current(), { ...some, pins: new Map() })
    }).pipe(Effect.provide(world))
  )
}

describe("MemoryTrustStore", () => contract(MemoryTrustStore.layer))

describe("FileTrustStore", () => {
  contract(Layer.unwrapScoped(Effect.map(temporaryFolder, FileTrustStore.layer)))

  const storeIn = (folder: string) => Effect.provide(TrustStore, FileTrustStore.layer(folder))

  it.scoped("what was changed is there at the next start, for its user alone; what was assumed is not", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const store = yield* storeIn(folder)
      yield* store.change(() => some)
      yield* store.assume(() => nobody)
      assert.deepStrictEqual((yield* storeIn(folder)).current(), some)
      assert.strictEqual(Fs.statSync(Path.join(folder, "trust.json")).mode & 0o777, 0o600)
    })
  )

  it.scoped(
    "on a full disk a change is refused in words, and the file is what it was, with nothing beside it",
    (context) =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const obstacle = SmallDisk.obstacle()
        if (obstacle !== undefined || !SmallDisk.mount(folder, 64)) return context.skip(obstacle ?? "no disk")
        yield* Effect.addFinalizer(() => Effect.sync(() => SmallDisk.unmount(folder)))
        const store = yield* storeIn(folder)
        yield* store.change(() => some)
        const before = Fs.readFileSync(Path.join(folder, "trust.json"), "utf8")
        SmallDisk.fill(folder)
        const many = new Map(Array.from({ length: 100 }, (_, n) => [id(`${n}`), key("s")]))
        const refused = yield* Effect.flip(store.change((trust) => ({ ...trust, pins: many })))
        assert.include(refused.message, "the disk is full")
        assert.deepStrictEqual(store.current(), some)
        assert.strictEqual(Fs.readFileSync(Path.join(folder, "trust.json"), "utf8"), before)
        assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["ballast", "trust.json"])
        SmallDisk.clear(folder)
        yield* store.change((trust) => ({ ...trust, pins: many }))
        assert.deepStrictEqual((yield* storeIn(folder)).current().pins, many)
      })
  )

  it.scoped("one that can't be read is no reason to believe whoever comes next", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      for (const text of ["", "{}", "garbage"]) {
        Fs.writeFileSync(Path.join(folder, "trust.json"), text, { mode: 0o600 })
        assert.include((yield* Effect.flip(storeIn(folder))).message, "it can't be read")
      }
    })
  )
})

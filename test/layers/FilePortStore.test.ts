import * as Fs from "node:fs"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import * as FilePortStore from "../../layers/FilePortStore.ts"
import * as ScriptedConsole from "../../layers/ScriptedConsole.ts"
import { PortStore } from "../../services/PortStore.ts"
import { id, peer } from "../support/samples.ts"
import * as PortStoreContract from "./PortStoreContract.ts"

const read = (path: string): string => Fs.readFileSync(path, "utf8")

const storeAt = (path: string, script: ScriptedConsole.Script) =>
  FilePortStore.layer(path).pipe(Layer.provide(Layer.merge(script.layer, NodeContext.layer)))

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
  Effect.orDie,
  Effect.provide(NodeContext.layer)
)

const inFreshFolder = Layer.unwrapScoped(
  Effect.gen(function* () {
    return storeAt(`${yield* folder}/ports.txt`, yield* ScriptedConsole.make)
  })
)

/** A world with a folder of its own. */
const inFolder = <A, E>(
  test: (world: {
    readonly folder: string
    readonly path: string
    readonly script: ScriptedConsole.Script
    /** Uses a store on that file, as one run of a server does. */
    readonly use: <A, E>(body: (store: PortStore["Type"]) => Effect.Effect<A, E>) => Effect.Effect<A, E | unknown>
  }) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.gen(function* () {
    const home = yield* folder
    const path = `${home}/ports.txt`
    const script = yield* ScriptedConsole.make
    return yield* test({
      folder: home,
      path,
      script,
      use: (body) => Effect.provide(Effect.flatMap(PortStore, body), storeAt(path, script))
    })
  })

describe("FilePortStore", () => {
  PortStoreContract.holdsFor(inFreshFolder)

  it.scoped("what is recorded is in the file when record returns, and nothing else is in the folder", () =>
    inFolder(({ folder, path, use }) =>
      use((store) =>
        Effect.gen(function* () {
          yield* store.record(peer("1", 6_001))
          assert.strictEqual(read(path), "1 localhost:6001\n")
          yield* store.record(peer("2", 6_002, "::1"))
          assert.strictEqual(read(path), "1 localhost:6001\n2 [::1]:6002\n")
          yield* store.record(peer("1", 7_001))
          assert.strictEqual(read(path), "1 localhost:7001\n2 [::1]:6002\n")
          yield* store.forget(id("1"))
          assert.strictEqual(read(path), "2 [::1]:6002\n")
          yield* store.forget(id("2"))
          assert.strictEqual(read(path), "")
          assert.deepStrictEqual(Fs.readdirSync(folder), ["ports.txt"])
        })
      )
    )
  )

  it.scoped("the file is replaced whole: whoever has it open reads what it was", () =>
    inFolder(({ path, use }) =>
      use((store) =>
        Effect.gen(function* () {
          yield* store.record(peer("1", 6_001))
          const before = Fs.openSync(path, "r")
          yield* store.record(peer("2", 6_002))
          assert.strictEqual(Fs.readFileSync(before, "utf8"), "1 localhost:6001\n")
          Fs.closeSync(before)
        })
      )
    )
  )

  it.scoped("a restarted store has what the last one had, and neither start nor end changes the file", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        yield* use((store) => Effect.zipRight(store.record(peer("1", 6_001)), store.record(peer("2", 6_002, "::1"))))
        const before = Fs.statSync(path).ino
        assert.deepStrictEqual(yield* use((store) => store.all), [peer("1", 6_001), peer("2", 6_002, "::1")])
        assert.strictEqual(Fs.statSync(path).ino, before)
        assert.deepStrictEqual(Fs.readdirSync(folder), ["ports.txt"])
      })
    )
  )

  it.scoped("without a file nobody is on record, and none is made before somebody comes", () =>
    inFolder(({ folder, use }) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* use((store) => store.all), [])
        assert.deepStrictEqual(Fs.readdirSync(folder), [])
      })
    )
  )

  it.scoped("a line that can't be read is told with its number, escaped, and the rest is loaded", () =>
    inFolder(({ path, script, use }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(path, "# mended by hand\n1 localhost:6001\n2 nonsense\n\u001b[2J\n3 localhost:6003\n")
        assert.deepStrictEqual(yield* use((store) => store.all), [peer("1", 6_001), peer("3", 6_003)])
        const screen = yield* script.screen
        assert.strictEqual(screen.length, 2)
        assert.isTrue(screen[0]?.startsWith("* "))
        assert.include(screen[0], path)
        assert.include(screen[0], "line 3 ")
        assert.include(screen[0], "2 nonsense")
        assert.include(screen[1], "line 4 ")
        assert.include(screen[1], "\\u{1b}[2J")
      })
    )
  )

  it.scoped("a file of garbage is no reason not to start", () =>
    inFolder(({ path, script, use }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0xc3, 0x28]))
        assert.deepStrictEqual(yield* use((store) => store.all), [])
        assert.strictEqual((yield* script.screen).length, 2)
      })
    )
  )

  it.scoped("a file that is cut short, or is there twice over, gives whom it names, once", () =>
    inFolder(({ path, script, use }) =>
      Effect.gen(function* () {
        const text = "1 localhost:6001\n2 localhost:6002\n3 localhost:6003\n"
        Fs.writeFileSync(path, text + text)
        assert.deepStrictEqual(yield* use((store) => store.all), [peer("1", 6_001), peer("2", 6_002), peer("3", 6_003)])
        assert.deepStrictEqual(yield* script.screen, [])
        Fs.writeFileSync(path, text.slice(0, -8))
        assert.deepStrictEqual(yield* use((store) => store.all), [peer("1", 6_001), peer("2", 6_002)])
        assert.include((yield* script.screen)[0], "line 3 ")
      })
    )
  )

  it.scoped(
    "a file of 1 GB, whatever is in it, is read as far as one is that people have: soon, and in few words",
    () =>
      inFolder(({ path, script, use }) =>
        Effect.gen(function* () {
          const heads = ["1 localhost:6001\n", "1 localhost:6001\n?\n".repeat(400_000)]
          for (const head of heads) {
            Fs.writeFileSync(path, head)
            Fs.truncateSync(path, 1_000_000_000)
            const before = process.memoryUsage().rss
            assert.deepStrictEqual(yield* use((store) => store.all), [peer("1", 6_001)])
            assert.isBelow(process.memoryUsage().rss - before, 500_000_000)
            Fs.rmSync(path)
          }
          const screen = yield* script.screen
          assert.isBelow(screen.length, 40)
          assert.isTrue(screen.every((line) => line.length < 300))
          assert.include(screen.join("\n"), "is longer than 2097152 bytes: the rest is skipped")
          assert.match(screen.join("\n"), /has \d{4,} more such lines/)
        })
      )
  )

  it.scoped("a temporary file that a crash has left is no hindrance", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(`${path}.new`, "3 localh")
        yield* use((store) => store.record(peer("1", 6_001)))
        assert.deepStrictEqual(Fs.readdirSync(folder), ["ports.txt"])
        assert.strictEqual(read(path), "1 localhost:6001\n")
      })
    )
  )

  it.scoped("where it can't be written, it says at once where that is and what to do", () =>
    inFolder(({ folder, script }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(`${folder}/file`, "")
        Fs.mkdirSync(`${folder}/folder`)
        for (const path of [`${folder}/missing/ports.txt`, `${folder}/file/ports.txt`, `${folder}/folder`]) {
          const error = yield* Effect.flip(Effect.provide(PortStore, storeAt(path, script)))
          assert.strictEqual(error._tag, "PortStoreUnavailable")
          assert.strictEqual(error.path, path)
          assert.match(
            error.message,
            /^\S+ can't be used \([a-z ,]{8,}\): start the server in a folder that you can write to/
          )
        }
      })
    )
  )

  it.scoped("a folder that vanishes makes a record fail, and the store keeps what is on disk", () =>
    inFolder(({ folder, use }) =>
      use((store) =>
        Effect.gen(function* () {
          yield* store.record(peer("1", 6_001))
          Fs.renameSync(folder, `${folder}.gone`)
          const error = yield* Effect.flip(store.record(peer("2", 6_002)))
          assert.strictEqual(error._tag, "PortStoreUnavailable")
          assert.deepStrictEqual(yield* store.all, [peer("1", 6_001)])
          Fs.renameSync(`${folder}.gone`, folder)
          yield* store.record(peer("2", 6_002))
          assert.deepStrictEqual(yield* store.all, [peer("1", 6_001), peer("2", 6_002)])
        })
      )
    )
  )
})

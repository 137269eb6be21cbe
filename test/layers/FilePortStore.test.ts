import * as Fs from "node:fs"
import FsPromises from "node:fs/promises"
import * as Module from "node:module"
import * as Path from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FilePortStore from "../../layers/FilePortStore.ts"
import * as FolderLock from "../../layers/log/FolderLock.ts"
import * as FileLock from "../../layers/ports/FileLock.ts"
import { PortStore } from "../../services/PortStore.ts"
import { chatId, id, peer } from "../support/samples.ts"
import * as PortStoreContract from "./PortStoreContract.ts"

const read = (path: string): string => Fs.readFileSync(path, "utf8")

const storeAt = (path: string, script: ScriptedConsole.Script) =>
  FilePortStore.layer(path).pipe(Layer.provide(script.layer))

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()).pipe(
  Effect.orDie,
  Effect.provide(NodeContext.layer)
)

const inFreshFolder = Layer.unwrapScoped(
  Effect.gen(function* () {
    return storeAt(`${yield* folder}/ports.txt`, yield* ScriptedConsole.make)
  })
)

/** The system refuses, with such a code, to rename to that path, to make a file beside it, or to write it in place. */
const refusing = (
  path: string,
  codes: { readonly rename?: string; readonly open?: string; readonly inPlace?: string }
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const { open, rename } = FsPromises
        const refuse = (code: string | undefined) => {
          if (code !== undefined) throw Object.assign(new Error(code), { code })
        }
        FsPromises.rename = async (from, to) => {
          if (to === path) refuse(codes.rename)
          return rename(from, to)
        }
        FsPromises.open = async (name, flags, mode) => {
          if (name === `${path}.new`) refuse(codes.open)
          if (name === path && flags === "r+") refuse(codes.inPlace)
          return open(name, flags, mode)
        }
        Module.syncBuiltinESMExports()
        return { open, rename }
      }),
      (whole) =>
        Effect.sync(() => {
          Object.assign(FsPromises, whole)
          Module.syncBuiltinESMExports()
        })
    )
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

  it.scoped("comments, blank lines and lines that can't be read stand where they stood when clients come and go", () =>
    inFolder(({ path, use }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(path, "# the office\n\n1 localhost:6001\n# at home\n2 localhost:6002\n3 nonsense\n")
        yield* use((store) =>
          Effect.gen(function* () {
            yield* store.recordChat(chatId(1))
            yield* store.forget(id("1"))
            yield* store.record(peer("4", 6_004))
            // A person adds a word while the server runs.
            Fs.appendFileSync(path, "# in the cellar\n")
            yield* store.record(peer("5", 6_005))
          })
        )
        assert.strictEqual(
          read(path).replace(/^# chat \S+ .*\n/, ""),
          "# the office\n\n# at home\n2 localhost:6002\n3 nonsense\n4 localhost:6004\n# in the cellar\n5 localhost:6005\n"
        )
        assert.strictEqual(yield* use((store) => store.chat), chatId(1))
      })
    )
  )

  it.scoped("its permissions stay as they are", () =>
    inFolder(({ path, use }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(path, "")
        Fs.chmodSync(path, 0o640)
        yield* use((store) => store.record(peer("1", 6_001)))
        assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o640)
      })
    )
  )

  it.scoped("a link stays one: what it leads to is written, be it there yet or not", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        Fs.mkdirSync(`${folder}/elsewhere`)
        Fs.symlinkSync("elsewhere/by-link", path)
        Fs.symlinkSync("clients.txt", `${folder}/elsewhere/by-link`)
        for (const n of [1, 2]) {
          yield* use((store) => store.record(peer(`${n}`, 6_000 + n)))
          assert.isTrue(Fs.lstatSync(path).isSymbolicLink())
          assert.isTrue(Fs.lstatSync(`${folder}/elsewhere/by-link`).isSymbolicLink())
        }
        assert.strictEqual(read(`${folder}/elsewhere/clients.txt`), "1 localhost:6001\n2 localhost:6002\n")
        assert.sameMembers(Fs.readdirSync(`${folder}/elsewhere`), ["by-link", "clients.txt"])
      })
    )
  )

  for (const [where, refused] of Object.entries({
    "on a file that is mounted by itself": { rename: "EBUSY" },
    "on a file of another disk": { rename: "EXDEV" },
    "in a folder that can't be written": { open: "EACCES" },
    "on a disk that can only be read, but for the file": { open: "EROFS" }
  } as const)) {
    it.scoped(`${where} all is written in place`, () =>
      inFolder(({ folder, path, use }) =>
        Effect.gen(function* () {
          Fs.writeFileSync(path, "# ours\n1 localhost:6001\n")
          const before = Fs.statSync(path).ino
          yield* refusing(path, refused)
          yield* use((store) => store.record(peer("2", 6_002)))
          assert.strictEqual(read(path), "# ours\n1 localhost:6001\n2 localhost:6002\n")
          yield* use((store) => Effect.zipRight(store.forget(id("1")), store.record(peer("3", 6_003))))
          assert.strictEqual(read(path), "# ours\n2 localhost:6002\n3 localhost:6003\n")
          assert.strictEqual(Fs.statSync(path).ino, before)
          assert.deepStrictEqual(Fs.readdirSync(folder), ["ports.txt"])
        })
      )
    )
  }

  it.scoped("one that can neither be replaced nor written in place is told at the start, and left as it is", () =>
    inFolder(({ path, script }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(path, "1 localhost:6001\n")
        yield* refusing(path, { rename: "EBUSY", inPlace: "EROFS" })
        const error = yield* Effect.flip(Effect.provide(PortStore, storeAt(path, script)))
        assert.strictEqual(
          error.message,
          `${path} can't be used (it is read-only): start the server in a folder that you can write to, or name another file with --ports.`
        )
        assert.strictEqual(read(path), "1 localhost:6001\n")
      })
    )
  )

  for (const [code, sentence] of Object.entries({
    ENOSPC: "the disk is full): free some space.",
    EDQUOT: "this user's disk quota is used up): free some space.",
    EMFILE:
      "this program has too many files and connections open): raise the limit with ulimit -n, or lower --limit-connections.",
    ENFILE: "this machine has too many files open): stop other programs."
  })) {
    it.scoped(`with ${code} the server starts, who can't be put on record is refused, and the words fit`, () =>
      inFolder(({ path, use }) =>
        Effect.gen(function* () {
          Fs.writeFileSync(path, "1 localhost:6001\n")
          yield* refusing(path, { open: code })
          yield* use((store) =>
            Effect.gen(function* () {
              const trouble = yield* store.trouble.get
              const error = yield* Effect.flip(store.record(peer("2", 6_002)))
              assert.strictEqual(error.message, `${path} can't be used (${sentence}`)
              assert.deepStrictEqual(
                Option.map(trouble, ({ message }) => message),
                Option.some(error.message)
              )
              assert.deepStrictEqual(yield* store.all, [peer("1", 6_001)])
            })
          )
          assert.strictEqual(read(path), "1 localhost:6001\n")
        })
      )
    )
  }

  it.scoped("two servers can't have one file, by whatever name; two files in one folder they can", () =>
    inFolder(({ folder, path, script, use }) =>
      Effect.gen(function* () {
        Fs.symlinkSync("ports.txt", `${folder}/link.txt`)
        yield* use(() =>
          Effect.gen(function* () {
            for (const name of [path, `${folder}/link.txt`, `${folder}/../${Path.basename(folder)}/ports.txt`]) {
              const error = yield* Effect.flip(Effect.asVoid(Effect.provide(PortStore, storeAt(name, script))))
              assert.strictEqual(
                error.message,
                `${name} is in use by another server: stop that one, start this one in another folder, or name another file with --ports.`
              )
            }
            yield* Effect.provide(
              Effect.flatMap(PortStore, (store) => store.record(peer("1", 6_001))),
              storeAt(`${folder}/other.txt`, script)
            )
            // Whoever only looks is not kept from it, and does not keep the server from writing.
            assert.deepStrictEqual((yield* FilePortStore.look(path)).peers, [])
          })
        )
        yield* use((store) => store.record(peer("2", 6_002)))
        assert.sameMembers(Fs.readdirSync(folder), ["link.txt", "other.txt", "ports.txt"])
      })
    )
  )

  it.scoped("where the system has no names for it, the lock is a socket beside the file, that goes with it", () =>
    inFolder(({ folder, path }) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            assert.isTrue(yield* FileLock.holdBeside(path))
            assert.isFalse(yield* Effect.scoped(FileLock.holdBeside(path)))
            assert.isTrue(yield* Effect.scoped(FileLock.holdBeside(`${folder}/other.txt`)))
            // A log's folder may be the same one.
            yield* Effect.scoped(FolderLock.hold(folder))
          })
        )
        assert.isTrue(yield* Effect.scoped(FileLock.holdBeside(path)))
        assert.deepStrictEqual(Fs.readdirSync(folder), [])
      })
    )
  )

  it.scoped("what keeps it from writing is told once, and that it can write again", () =>
    inFolder(({ folder, use }) =>
      use((store) =>
        Effect.gen(function* () {
          const seen: Array<string> = []
          yield* Effect.forkScoped(
            Stream.runForEach(store.trouble.changes, (trouble) =>
              Effect.sync(() =>
                seen.push(Option.match(trouble, { onNone: () => "fine", onSome: ({ detail }) => detail }))
              )
            )
          )
          yield* store.record(peer("1", 6_001))
          Fs.renameSync(folder, `${folder}.gone`)
          yield* Effect.forEach(["2", "3"], (name) => Effect.flip(store.record(peer(name, 6_002))))
          // No write, and so no word: it is on record already.
          yield* store.record(peer("1", 6_001))
          Fs.renameSync(`${folder}.gone`, folder)
          yield* store.record(peer("2", 6_002))
          yield* Effect.yieldNow()
          assert.deepStrictEqual(seen, ["fine", "there is no such folder", "fine"])
        }).pipe(Effect.scoped)
      )
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

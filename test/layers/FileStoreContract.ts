/** What holds of every FileStore. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { FileStore, type Shared, type Target } from "../../services/FileStore.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"

/** A disk for a test, by paths below a folder of its own. */
export interface Ground {
  readonly layer: Layer.Layer<FileStore>
  /** The absolute path of what stands there. */
  readonly path: (name: string) => string
  readonly put: (name: string, bytes: Uint8Array | string) => void
  readonly link: (name: string, to: string) => void
  /** The bytes of a file; undefined if there is none. */
  readonly bytes: (name: string) => Uint8Array | undefined
  /** The paths of all files and links in a folder, sorted. */
  readonly all: (name: string) => ReadonlyArray<string>
  readonly remove: (name: string) => void
}

/** Bytes of that length, other ones for each seed. */
export const content = (bytes: number, seed = 1): Uint8Array => {
  const all = new Uint8Array(bytes)
  let state = seed * 2_654_435_761
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    all[at] = state >>> 24
  }
  return all
}

/** Takes these pieces from one to the other; all of them unless some are named. */
export const carry = (from: Shared, to: Target, pieces?: ReadonlyArray<number>) =>
  Effect.forEach(pieces ?? Array.from({ length: to.has.of }, (_, piece) => piece), (piece) =>
    Effect.flatMap(from.read(piece), (bytes) => to.write(piece, bytes.slice()))
  )

/** Fetches an offer into a folder as a whole. */
export const fetched = (from: Shared, folder: string) =>
  Effect.gen(function* () {
    const store = yield* FileStore
    const target = yield* store.target(folder, from.offer, from.manifest)
    yield* carry(from, target)
    return yield* target.finish
  })

/** Runs something as a process of its own would: what it has opened is closed at its end. */
const inItsTime = <A, E, R>(effect: Effect.Effect<A, E, R | Scope.Scope>) => Effect.scoped(effect)

export const holdsFor = (fresh: Effect.Effect<Ground, never, Scope.Scope>): void => {
  const holds = (name: string, test: (ground: Ground) => Effect.Effect<void, unknown, FileStore | Scope.Scope>) =>
    it.scoped(name, () =>
      Effect.gen(function* () {
        const ground = yield* fresh
        yield* Effect.provide(test(ground), ground.layer)
      })
    )

  const offered = (ground: Ground, ...names: ReadonlyArray<string>) =>
    Effect.flatMap(FileStore, (store) => store.offer(names.map(ground.path)))

  holds("a file comes over byte for byte, of no piece, of one, and of several", (ground) =>
    Effect.gen(function* () {
      for (const [at, size] of [0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes].entries()) {
        ground.put(`${at}.log`, content(size, at))
        const shared = yield* offered(ground, `${at}.log`)
        assert.strictEqual(shared.offer.size, size)
        assert.strictEqual(shared.offer.name, `${at}.log`)
        assert.strictEqual(shared.offer.type, "text/plain")
        assert.strictEqual(shared.offer.manifest, shared.manifest.length)
        assert.isUndefined(shared.offer.files)
        const { path } = yield* fetched(shared, ground.path("to"))
        assert.strictEqual(path, ground.path(`to/${at}.log`))
        assert.isTrue(Buffer.from(content(size, at)).equals(ground.bytes(`to/${at}.log`) ?? Buffer.from("none")))
      }
      assert.lengthOf(ground.all("to"), 6)
    })
  )

  holds("a folder comes over as it is, and each offer of it is the same one", (ground) =>
    Effect.gen(function* () {
      const files = { "b.txt": 3, "a/x": 0, "a/y.bin": 2 * pieceBytes + 5, "a/b/c/d": 300_000, z: 1, "ß/日本.txt": 7 }
      for (const [name, size] of Object.entries(files)) ground.put(`logs/${name}`, content(size, size))
      const shared = yield* offered(ground, "logs")
      assert.strictEqual(shared.offer.digest, (yield* offered(ground, "logs")).offer.digest)
      assert.deepInclude(shared.offer, { name: "logs", files: 6, type: "inode/directory" })
      const { path, read } = yield* fetched(shared, ground.path("to"))
      assert.strictEqual(path, ground.path("to/logs"))
      assert.deepStrictEqual(
        ground.all("to"),
        Object.keys(files)
          .map((name) => `logs/${name}`)
          .sort()
      )
      for (const [name, size] of Object.entries(files)) {
        assert.isTrue(Buffer.from(content(size, size)).equals(ground.bytes(`to/logs/${name}`) ?? Buffer.from("none")))
      }
      // What was fetched can be served.
      assert.isTrue(Buffer.from(yield* shared.read(1)).equals(yield* read(1)))
    })
  )

  holds("several files and folders are one offer, and come into one folder", (ground) =>
    Effect.gen(function* () {
      ground.put("one/a.txt", "1")
      ground.put("two/a.txt", "22")
      ground.put("logs/b.txt", "333")
      const shared = yield* offered(ground, "one/a.txt", "two/a.txt", "logs")
      assert.deepInclude(shared.offer, { name: "a.txt and 2 more", files: 3, size: 6 })
      yield* fetched(shared, ground.path("to"))
      const folder = "a.txt and 2 more"
      assert.deepStrictEqual(ground.all("to"), [`${folder}/a (2).txt`, `${folder}/a.txt`, `${folder}/logs/b.txt`])
    })
  )

  holds("nothing that is there is replaced: the next free name is taken, for a file and for a folder", (ground) =>
    Effect.gen(function* () {
      ground.put("a.txt", "new")
      ground.put("logs/b", "new")
      ground.put("to/a.txt", "old")
      ground.link("to/a (2).txt", "nowhere")
      ground.put("to/logs/b", "old")
      ground.link("to/logs (2)", "logs")
      assert.strictEqual(
        (yield* fetched(yield* offered(ground, "a.txt"), ground.path("to"))).path,
        ground.path("to/a (3).txt")
      )
      assert.strictEqual(
        (yield* fetched(yield* offered(ground, "logs"), ground.path("to"))).path,
        ground.path("to/logs (3)")
      )
      assert.deepStrictEqual(ground.all("to"), ["a (2).txt", "a (3).txt", "a.txt", "logs (2)", "logs (3)/b", "logs/b"])
      assert.deepStrictEqual(
        ["to/a.txt", "to/logs/b"].map((name) => Buffer.from(ground.bytes(name) ?? []).toString()),
        ["old", "old"]
      )
    })
  )

  holds("what is there as a whole is taken as it is, and what a dead process has left beside it is removed", (ground) =>
    Effect.gen(function* () {
      const store = yield* FileStore
      for (const name of ["logs/a", "logs"]) {
        ground.put("logs/a", content(2 * pieceBytes + 10))
        ground.put("logs/deep/b", content(100, 2))
        const shared = yield* offered(ground, name)
        const open = store.target(ground.path("to"), shared.offer, shared.manifest)
        yield* inItsTime(
          Effect.gen(function* () {
            const target = yield* open
            yield* carry(shared, target, [0])
          })
        )
        for (const path of name === "logs" ? ["/a", "/deep/b"] : [""]) {
          ground.put(`to/${shared.offer.name}${path}`, "other")
          ground.put(`to/${shared.offer.name} (2)${path}`, ground.bytes(`${name}${path}`) ?? "")
        }
        const path = yield* inItsTime(
          Effect.gen(function* () {
            const target = yield* open
            assert.isTrue(target.has.isAll)
            assert.isTrue(Buffer.from(content(pieceBytes)).equals((yield* target.read(0)).subarray(0, pieceBytes)))
            const { path, read } = yield* target.finish
            assert.isTrue(Buffer.from(content(pieceBytes)).equals(yield* read(0)))
            return path
          })
        )
        assert.strictEqual(path, ground.path(`to/${shared.offer.name} (2)`))
        // What only looks like it is not taken for it.
        const torn = content(2 * pieceBytes + 10)
        torn.set([0], 2 * pieceBytes)
        ground.put(name === "logs" ? "to/logs (2)/a" : "to/a (2)", torn)
        assert.isFalse((yield* inItsTime(open)).has.isAll)
      }
    })
  )

  holds("a wrong piece is not written, and neither is a piece that there is not", (ground) =>
    Effect.gen(function* () {
      ground.put("a", content(pieceBytes + 10))
      const shared = yield* offered(ground, "a")
      const store = yield* FileStore
      const target = yield* store.target(ground.path("to"), shared.offer, shared.manifest)
      for (const [piece, bytes] of [
        [0, content(pieceBytes, 2)],
        [0, content(pieceBytes).subarray(1)],
        [0, new Uint8Array()],
        [1, new Uint8Array(pieceBytes)],
        [1, content(10)],
        [2, new Uint8Array()],
        [-1, content(pieceBytes)],
        [0.5, content(pieceBytes)]
      ] as const) {
        assert.isFalse(yield* target.write(piece, bytes.slice()))
      }
      assert.isTrue(target.has.isEmpty)
      yield* carry(shared, target)
      assert.isTrue(target.has.isAll)
      yield* target.finish
    })
  )

  holds("what is there is kept, checked, and gone on with, by the manifest that is kept beside it", (ground) =>
    Effect.gen(function* () {
      ground.put("logs/a", content(5 * pieceBytes))
      ground.put("logs/b", content(100))
      const shared = yield* offered(ground, "logs")
      const store = yield* FileStore
      assert.isUndefined(yield* store.kept(ground.path("to"), shared.offer))
      yield* inItsTime(
        Effect.gen(function* () {
          const target = yield* store.target(ground.path("to"), shared.offer, shared.manifest)
          yield* carry(shared, target, [1, 5, 3])
        })
      )
      const manifest = yield* store.kept(ground.path("to"), shared.offer)
      assert.isTrue(Buffer.from(shared.manifest).equals(manifest ?? new Uint8Array()))
      const told: Array<number> = []
      const target = yield* store.target(ground.path("to"), shared.offer, shared.manifest, (done) => told.push(done))
      assert.deepStrictEqual([...target.has], [1, 3, 5])
      yield* carry(shared, target, [0, 2, 4])
      assert.isTrue(Buffer.from(yield* target.read(3)).equals(yield* shared.read(3)))
      yield* target.finish
      assert.deepStrictEqual(ground.all("to"), ["logs/a", "logs/b"])
      assert.isTrue(Buffer.from(content(5 * pieceBytes)).equals(ground.bytes("to/logs/a") ?? new Uint8Array()))
      assert.isUndefined(yield* store.kept(ground.path("to"), shared.offer))
    })
  )

  holds("a piece that the state claims and that is not there does not count, nor a part that is gone", (ground) =>
    Effect.gen(function* () {
      ground.put("a", content(4 * pieceBytes))
      const shared = yield* offered(ground, "a")
      const store = yield* FileStore
      const open = Effect.flatMap(FileStore, () => store.target(ground.path("to"), shared.offer, shared.manifest))
      yield* inItsTime(Effect.flatMap(open, (target) => carry(shared, target, [0, 1, 2])))
      const part = ground.all("to").find((name) => name.endsWith(".part")) ?? "none"
      // As after a power cut: the last piece did not come to the disk, and one before has zeros.
      const torn = Buffer.from(ground.bytes(`to/${part}`) ?? new Uint8Array()).subarray(0, 3 * pieceBytes - 1)
      torn.fill(0, 5, 6)
      torn[5] = (content(6)[5] ?? 0) ^ 1
      ground.put(`to/${part}`, torn)
      yield* inItsTime(Effect.map(open, ({ has }) => assert.deepStrictEqual([...has], [1])))
      ground.remove(`to/${part}`)
      yield* inItsTime(Effect.map(open, ({ has }) => assert.deepStrictEqual([...has], [])))
      // And what was found to be wrong is not claimed again.
      yield* inItsTime(Effect.map(open, ({ has }) => assert.deepStrictEqual([...has], [])))
      yield* inItsTime(Effect.flatMap(open, (target) => Effect.zipRight(carry(shared, target), target.finish)))
      assert.deepStrictEqual(ground.all("to"), ["a"])
    })
  )

  holds("what is given up for good leaves nothing", (ground) =>
    Effect.gen(function* () {
      ground.put("logs/a/b", content(10))
      ground.put("a", content(10))
      const store = yield* FileStore
      for (const name of ["a", "logs"]) {
        const shared = yield* offered(ground, name)
        const target = yield* store.target(ground.path("to"), shared.offer, shared.manifest)
        yield* carry(shared, target)
        yield* target.discard
      }
      assert.deepStrictEqual(ground.all("to"), [])
    })
  )

  holds("pieces are read from a part when its files have got their names, by who has not heard of that yet", (ground) =>
    Effect.gen(function* () {
      ground.put("logs/a", content(pieceBytes))
      ground.put("logs/b", content(10, 2))
      const store = yield* FileStore
      for (const name of ["logs/a", "logs"]) {
        const shared = yield* offered(ground, name)
        const target = yield* store.target(ground.path("to"), shared.offer, shared.manifest)
        yield* carry(shared, target)
        const [early, , late] = yield* Effect.all([target.read(0), target.finish, target.read(0)], {
          concurrency: "unbounded"
        })
        for (const bytes of [early, late, yield* target.read(0)]) {
          assert.isTrue(Buffer.from(content(pieceBytes)).equals(bytes), name)
        }
      }
    })
  )

  holds("one at a time: who fetches into a folder what is being fetched into it is told so", (ground) =>
    Effect.gen(function* () {
      ground.put("a", content(10))
      const shared = yield* offered(ground, "a")
      const store = yield* FileStore
      const scope = yield* Scope.make()
      const first = store.target(ground.path("to"), shared.offer, shared.manifest)
      yield* Scope.extend(first, scope)
      const second = yield* Effect.either(inItsTime(first))
      assert.include(second._tag === "Left" ? second.left.message : "", "is being fetched into it already")
      yield* inItsTime(store.target(ground.path("elsewhere"), shared.offer, shared.manifest))
      yield* Scope.close(scope, Exit.void)
      yield* inItsTime(first)
    })
  )

  holds("the manifest must be that of the offer, and be what the offer says", (ground) =>
    Effect.gen(function* () {
      ground.put("a", content(10))
      ground.put("b/c", content(10))
      const [shared, other] = [yield* offered(ground, "a"), yield* offered(ground, "b")]
      const store = yield* FileStore
      const torn = shared.manifest.slice()
      torn.set([0], torn.length - 1)
      for (const [offer, manifest] of [
        [shared.offer, torn],
        [shared.offer, other.manifest],
        [shared.offer, new Uint8Array()],
        [{ ...shared.offer, size: 9 }, shared.manifest],
        [{ ...shared.offer, files: 2 }, shared.manifest]
      ] as const) {
        const opened = yield* Effect.either(inItsTime(store.target(ground.path("to"), offer, manifest)))
        assert.strictEqual(opened._tag === "Left" ? opened.left._tag : "none", "ManifestMalformed")
      }
      assert.deepStrictEqual(ground.all("to"), [])
    })
  )

  holds("a symbolic link in a folder is not followed, and said; one that is named is", (ground) =>
    Effect.gen(function* () {
      ground.put("secret", "secret")
      ground.put("logs/a", "a")
      ground.put("other/b", "b")
      ground.link("logs/link", ground.path("secret"))
      ground.link("logs/more", ground.path("other"))
      ground.link("named", ground.path("logs"))
      const shared = yield* offered(ground, "named")
      assert.deepInclude(shared.offer, { name: "named", files: 1, size: 1 })
      assert.deepStrictEqual(shared.skipped, ["link is a symbolic link", "more is a symbolic link"])
    })
  )

  holds("what is not there, a folder without files, and too little are refused", (ground) =>
    Effect.gen(function* () {
      ground.put("empty/x", "")
      ground.remove("empty/x")
      for (const [name, why] of [
        ["nowhere", "there is no such file"],
        ["empty", "there is no file in it"]
      ] as const) {
        const made = yield* Effect.either(offered(ground, name))
        assert.include(made._tag === "Left" ? made.left.message : "", why)
      }
    })
  )

  holds("a file that has changed is not served; one that has grown is, as far as it was offered", (ground) =>
    Effect.gen(function* () {
      ground.put("log", content(pieceBytes + 100))
      ground.put("gone", content(100))
      ground.put("short", content(pieceBytes + 100))
      const [log, gone, short] = [
        yield* offered(ground, "log"),
        yield* offered(ground, "gone"),
        yield* offered(ground, "short")
      ]
      ground.put("log", Buffer.concat([content(pieceBytes + 100), content(900, 2)]))
      assert.isTrue(Buffer.from(content(pieceBytes)).equals(yield* log.read(0)))
      assert.lengthOf(yield* log.read(1), 100)
      const changed = content(pieceBytes + 100)
      changed.set([(changed.at(-1) ?? 0) ^ 1], changed.length - 1)
      ground.put("log", changed)
      assert.lengthOf(yield* log.read(0), pieceBytes)
      const last = yield* Effect.either(log.read(1))
      assert.strictEqual(last._tag === "Left" ? last.left._tag : "none", "FileChanged")
      ground.remove("gone")
      const none = yield* Effect.either(gone.read(0))
      assert.strictEqual(none._tag === "Left" ? none.left._tag : "none", "FileUnreadable")
      ground.put("short", content(10))
      const cut = yield* Effect.either(short.read(1))
      assert.strictEqual(cut._tag === "Left" ? cut.left._tag : "none", "FileChanged")
    })
  )

  holds("making an offer says how far it is, and the last it says is less than all", (ground) =>
    Effect.gen(function* () {
      ground.put("a", content(20 * pieceBytes))
      const told: Array<readonly [number, number]> = []
      const store = yield* FileStore
      yield* store.offer([ground.path("a")], (done, of) => told.push([done, of]))
      assert.deepStrictEqual(told, [
        [8 * pieceBytes, 20 * pieceBytes],
        [16 * pieceBytes, 20 * pieceBytes]
      ])
    })
  )
}

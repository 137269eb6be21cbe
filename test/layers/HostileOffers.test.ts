/** Offers of somebody who means harm, and reports of what went wrong in other programs: nothing of it happens here. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import { sha256 } from "../../layers/filestore/Sha256.ts"
import { MemoryDisk, layer as memoryLayer } from "../../layers/MemoryFileStore.ts"
import { layer as nodeLayer } from "../../layers/NodeFileStore.ts"
import { FileStore, type Target } from "../../services/FileStore.ts"
import { type OfferedFile, pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import { type Digest, folderType, type Offer, offerIn, textOf } from "../../src/domain/Offer.ts"
import { encode } from "../../src/protocol/Manifest.ts"
import { filesProgram } from "../support/filesProgram.ts"
import { temporaryFolder } from "../support/folder.ts"
import { carry, content } from "./FileStoreContract.ts"

interface Hostile {
  readonly offer: Offer
  readonly manifest: Uint8Array
  readonly pieces: ReadonlyArray<Uint8Array>
}

/** An offer of that name as it comes by a post, of a manifest that nobody has looked at. */
const hostile = (name: string, paths: ReadonlyArray<string>, text = "evil", isFolder = paths.length > 1): Hostile => {
  const files = paths.map((path): OfferedFile => ({ path, size: text.length }))
  const bytes = new TextEncoder().encode(text.repeat(paths.length))
  const pieces = Array.from({ length: piecesOf(bytes.length) }, (_, piece) =>
    bytes.slice(piece * pieceBytes, (piece + 1) * pieceBytes)
  )
  const manifest = encode({ files, digests: Buffer.concat(pieces.map(sha256)) })
  const offer = offerIn(
    textOf({
      name,
      size: bytes.length,
      type: isFolder ? folderType : "text/plain",
      ...(isFolder ? { files: files.length } : {}),
      digest: sha256(manifest).toString("base64url") as Digest,
      manifest: manifest.length
    })
  )
  assert.isDefined(offer)
  return { offer: offer as Offer, manifest, pieces }
}

const open = (folder: string, { manifest, offer }: Hostile) =>
  Effect.flatMap(FileStore, (store) => store.target(folder, offer, manifest))

const write = ({ pieces }: Hostile, target: Target) =>
  Effect.forEach(pieces, (bytes, piece) => target.write(piece, bytes.slice()), { discard: true })

/** Fetches it all; the path that it got. */
const fetch = (folder: string, of: Hostile) =>
  Effect.scoped(
    Effect.gen(function* () {
      const target = yield* open(folder, of)
      yield* write(of, target)
      return (yield* target.finish).path
    })
  )

/** A disk in memory with a home and what stands there, and a store over it. */
const inMemory = <A, E>(test: (disk: MemoryDisk) => Effect.Effect<A, E, FileStore>) => {
  const disk = new MemoryDisk()
  disk.put("/home/.ssh/config", "mine")
  disk.put("/home/.bashrc", "mine")
  return Effect.provide(test(disk), memoryLayer(disk))
}

/** A folder of this machine, and a store on its disk. */
const onDisk = <A, E>(test: (folder: string) => Effect.Effect<A, E, FileStore>) =>
  Effect.flatMap(temporaryFolder, (folder) =>
    Effect.provide(test(folder), nodeLayer(filesProgram()) as Layer.Layer<FileStore>)
  )

const whyNot = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.either(effect), (result) => (Either.isLeft(result) ? result.left.message : "it went through"))

const downloads = "/home/Downloads"

describe("hostile offers", () => {
  it.effect("croc #593: no name and no path of an offer comes to lie outside the folder, or hidden in it", () =>
    inMemory((disk) =>
      Effect.gen(function* () {
        for (const name of ["../../.bashrc", "/home/.bashrc", "..", ".ssh", "C:\\Users\\x\\evil.exe", "..\\.bashrc"]) {
          yield* fetch(downloads, hostile(name, ["a"], `evil of ${name}`))
        }
        for (const path of [
          "../.ssh/authorized_keys",
          "/home/.bashrc",
          "a/../../b",
          "..\\b",
          "C:\\b",
          "C:b",
          "a//b",
          "./a"
        ]) {
          const why = yield* whyNot(fetch(downloads, hostile("many", ["harmless", path])))
          assert.include(why, "leads out of its folder", path)
        }
        yield* fetch(downloads, hostile("many", [".ssh/authorized_keys", ".bashrc", "harmless"]))
        assert.deepStrictEqual(disk.all(), [
          "/home/.bashrc",
          "/home/.ssh/config",
          "/home/Downloads/_bashrc",
          "/home/Downloads/_bashrc (2)",
          "/home/Downloads/_bashrc (3)",
          "/home/Downloads/_ssh",
          "/home/Downloads/evil.exe",
          "/home/Downloads/many/_bashrc",
          "/home/Downloads/many/_ssh/authorized_keys",
          "/home/Downloads/many/harmless",
          "/home/Downloads/unnamed"
        ])
        assert.strictEqual(Buffer.from(disk.bytes("/home/.bashrc") ?? []).toString(), "mine")
      })
    )
  )

  it.effect("croc #593: an offer whose manifest has more than it says is refused", () =>
    inMemory((disk) =>
      Effect.gen(function* () {
        const { manifest, ...of } = hostile("two files", ["a", "evil"])
        for (const offer of [
          { ...of.offer, files: 1 },
          { ...of.offer, size: 4 }
        ]) {
          assert.include(yield* whyNot(fetch(downloads, { ...of, manifest, offer })), "the offer says something else")
        }
        const { files: _, ...asOneFile } = of.offer
        assert.include(
          yield* whyNot(fetch(downloads, { ...of, manifest, offer: asOneFile })),
          "the offer says something else"
        )
        assert.deepStrictEqual(disk.all(), ["/home/.bashrc", "/home/.ssh/config"])
      })
    )
  )

  it.effect("croc #594: an archive stays an archive, and nothing that comes twice replaces the first", () =>
    inMemory((disk) =>
      Effect.gen(function* () {
        const zip = "PK\u0003\u0004../../.ssh/authorized_keys"
        yield* fetch(downloads, hostile("a.zip", ["a.zip"], zip))
        yield* fetch(downloads, hostile("a.zip", ["a.zip"], "other"))
        yield* fetch(downloads, hostile("all", ["a", "A", "a", "a/b", "a (2)"]))
        assert.deepStrictEqual(
          disk
            .all()
            .filter((path) => path.startsWith(downloads))
            .map((path) => path.slice(downloads.length + 1)),
          ["a (2).zip", "a.zip", "all/A (2)", "all/a", "all/a (2) (2)", "all/a (3)", "all/a (4)/b"]
        )
        assert.strictEqual(Buffer.from(disk.bytes(`${downloads}/a.zip`) ?? []).toString(), zip)
      })
    )
  )

  it("croc #595, magic-wormhole #476: no name acts on a terminal, or reads as something else", () => {
    for (const [name, safe] of [
      ["\u001b[1A\rharmless", "_[1A_harmless"],
      ["Prefix\rReceiving file (351 Bytes) into: harmless.txt", "Prefix_Receiving file (351 Bytes) into_ harmless.txt"],
      ["\u009b2Jevil", "_2Jevil"],
      ["a\u2028b\u0000c\u007f", "a_b_c_"],
      ["name\u202egpj.exe", "name_gpj.exe"],
      ["\u2066exe.\u2069txt", "_exe._txt"],
      ["photo.jpg\u200b\u2060.exe", "photo.jpg__.exe"]
    ] as const) {
      assert.strictEqual(hostile(name, ["a"]).offer.name, safe)
    }
  })

  it.effect("croc #946: a transfer that was broken off at 71 % is gone on with, by whoever holds it then", () =>
    inMemory((disk) =>
      Effect.gen(function* () {
        disk.put("/from/big", content(7 * pieceBytes))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const store = yield* FileStore
            const shared = yield* store.offer(["/from/big"])
            const target = yield* store.target(downloads, shared.offer, shared.manifest)
            yield* carry(shared, target, [0, 1, 2, 3, 4])
          })
        )
        yield* Effect.scoped(
          Effect.gen(function* () {
            const store = yield* FileStore
            const shared = yield* store.offer(["/from/big"])
            const target = yield* store.target(downloads, shared.offer, shared.manifest)
            assert.deepStrictEqual([...target.has], [0, 1, 2, 3, 4])
            yield* carry(shared, target, [5, 6])
            yield* target.finish
          })
        )
        assert.isTrue(Buffer.from(content(7 * pieceBytes)).equals(disk.bytes(`${downloads}/big`) ?? new Uint8Array()))
      })
    )
  )

  it.scoped("croc #1191: what somebody has put in the folder is neither followed nor written into", () =>
    onDisk((folder) =>
      Effect.gen(function* () {
        const [to, elsewhere] = [Path.join(folder, "to"), Path.join(folder, "elsewhere")]
        Fs.mkdirSync(to)
        Fs.mkdirSync(elsewhere)
        Fs.writeFileSync(Path.join(elsewhere, "mine"), "mine")
        const [one, many] = [hostile("one", ["one"]), hostile("many", ["a/b", "c"])]
        // The names that parts have are known to who makes the offer.
        yield* Effect.scoped(Effect.all([open(to, one), open(to, many)]))
        const names = Fs.readdirSync(to)
        for (const name of names) {
          Fs.rmSync(Path.join(to, name), { recursive: true })
          const target = name.startsWith("one") ? Path.join(elsewhere, "mine") : elsewhere
          Fs.symlinkSync(target, Path.join(to, name))
        }
        Fs.symlinkSync(elsewhere, Path.join(to, "many"))
        Fs.symlinkSync(Path.join(elsewhere, "mine"), Path.join(to, "one"))
        assert.strictEqual(yield* fetch(to, one), Path.join(to, "one (2)"))
        assert.strictEqual(yield* fetch(to, many), Path.join(to, "many (2)"))
        assert.deepStrictEqual(Fs.readdirSync(elsewhere), ["mine"])
        assert.strictEqual(Fs.readFileSync(Path.join(elsewhere, "mine"), "utf8"), "mine")
        for (const name of names) assert.isTrue(Fs.lstatSync(Path.join(to, name)).isSymbolicLink())
      })
    )
  )

  it.scoped("a second name of a file that somebody has put there is not written into", () =>
    onDisk((folder) =>
      Effect.gen(function* () {
        const to = Path.join(folder, "to")
        const one = hostile("one", ["one"])
        yield* Effect.scoped(open(to, one))
        const part = Path.join(to, Fs.readdirSync(to).find((name) => name.endsWith(".part")) ?? "")
        const mine = Path.join(folder, "mine")
        Fs.writeFileSync(mine, "mine")
        Fs.rmSync(part)
        Fs.linkSync(mine, part)
        assert.strictEqual(yield* fetch(to, one), Path.join(to, "one"))
        assert.strictEqual(Fs.readFileSync(mine, "utf8"), "mine")
        assert.deepStrictEqual(Fs.readdirSync(to), ["one"])
      })
    )
  )

  it.scoped("what is fetched is a plain file: never executable, and no more open than the user's files are", () =>
    onDisk((folder) =>
      Effect.gen(function* () {
        const program = Path.join(folder, "run.sh")
        Fs.writeFileSync(program, "#!/bin/sh\n", { mode: 0o777 })
        Fs.chmodSync(program, 0o4777)
        const plain = Path.join(folder, "plain")
        Fs.writeFileSync(plain, "")
        Fs.mkdirSync(Path.join(folder, "usual"))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const store = yield* FileStore
            for (const paths of [[program], [program, plain]]) {
              const shared = yield* store.offer(paths)
              const target = yield* store.target(Path.join(folder, "to"), shared.offer, shared.manifest)
              yield* carry(shared, target)
              yield* target.finish
            }
          })
        )
        const modeOf = (...names: ReadonlyArray<string>): number =>
          Fs.statSync(Path.join(folder, ...names)).mode & 0o7777
        assert.strictEqual(modeOf("to", "run.sh"), modeOf("plain"))
        assert.strictEqual(modeOf("to", "run.sh and 1 more", "run.sh"), modeOf("plain"))
        assert.strictEqual(modeOf("to", "run.sh and 1 more"), modeOf("usual"))
      })
    )
  )

  it.scoped("a folder of symbolic links and pipes offers what is in it alone, and nobody waits for a pipe", () =>
    onDisk((folder) =>
      Effect.gen(function* () {
        Fs.mkdirSync(Path.join(folder, "offered"))
        Fs.writeFileSync(Path.join(folder, "offered", "a"), "a")
        Fs.symlinkSync("/etc/passwd", Path.join(folder, "offered", "b"))
        Fs.symlinkSync("..", Path.join(folder, "offered", "loop"))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { offer, skipped } = yield* (yield* FileStore).offer([Path.join(folder, "offered")])
            assert.deepInclude(offer, { files: 1, size: 1 })
            assert.deepStrictEqual(skipped, ["b is a symbolic link", "loop is a symbolic link"])
          })
        )
        assert.include(
          yield* whyNot(Effect.scoped(Effect.flatMap(FileStore, (store) => store.offer(["/dev/zero"])))),
          "it is neither a file nor a folder"
        )
      })
    )
  )

  it.effect(
    "a full disk, and a folder that may not be written to, are said in a sentence, and what is there is kept",
    () =>
      inMemory((disk) =>
        Effect.gen(function* () {
          const of = hostile("big", ["big"], "x".repeat(3 * pieceBytes))
          const room = disk.capacity
          yield* Effect.scoped(
            Effect.gen(function* () {
              const target = yield* open(downloads, of)
              yield* target.write(0, of.pieces[0]?.slice() ?? new Uint8Array())
              disk.capacity = 2 * pieceBytes
              const why = yield* whyNot(target.write(2, of.pieces[2]?.slice() ?? new Uint8Array()))
              assert.match(
                why,
                /^There is no room for .*\(the disk is full\): free some space, and get it again\. .* is kept\.$/
              )
              assert.deepStrictEqual([...target.has], [0])
            })
          )
          assert.match(yield* whyNot(fetch(downloads, of)), /\(1 MB are missing, and 1 MB are free\)/)
          disk.capacity = room
          disk.denied.add(downloads)
          assert.match(
            yield* whyNot(fetch(downloads, hostile("other", ["a"]))),
            /^\/home\/Downloads can't be used \(this user may not write there\): name another folder with --downloads\.$/
          )
          disk.denied.clear()
          yield* fetch(downloads, of)
          assert.isTrue(disk.all().includes(`${downloads}/big`))
          assert.lengthOf(disk.all(), 3)
        })
      )
  )

  it.effect("a part that was changed while it was fetched is mended, or not given its name", () =>
    inMemory((disk) =>
      Effect.gen(function* () {
        const of = hostile("many", ["a", "b"])
        const finishAfter = (text: string) =>
          Effect.scoped(
            Effect.gen(function* () {
              const target = yield* open(downloads, of)
              yield* write(of, target)
              disk.put(disk.all().find((path) => path.endsWith("/b")) ?? "", text)
              yield* target.finish
            })
          )
        assert.include(yield* whyNot(finishAfter("ev")), "it was changed meanwhile")
        yield* finishAfter("evil and more")
        assert.strictEqual(Buffer.from(disk.bytes(`${downloads}/many/b`) ?? []).toString(), "evil")
      })
    )
  )
})

/** A process that dies at any step of its disk, again and again: nothing is lost, and nothing is taken for there. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { operationsOn, type SharedHere } from "../../layers/filestore/Operations.ts"
import { layer, MemoryDisk } from "../../layers/MemoryFileStore.ts"
import { FileStore, type Shared } from "../../services/FileStore.ts"
import { pieceBytes } from "../../src/domain/Manifest.ts"
import { content } from "./FileStoreContract.ts"

const files: ReadonlyArray<readonly [string, Uint8Array]> = [
  ["a", content(10)],
  ["b/c", content(pieceBytes + 5, 2)],
  ["b/d", content(0)],
  ["e", content(pieceBytes, 3)]
]

/** What is fetched; it is not changed by anything that happens to who fetches it. */
const offered = Effect.gen(function* () {
  const disk = new MemoryDisk()
  for (const [name, bytes] of files) disk.put(`/from/logs/${name}`, bytes)
  return yield* Effect.provide(
    Effect.flatMap(FileStore, (store) => store.offer(["/from/logs"])),
    layer(disk)
  )
})

/** The process dies in place of that step, counted from 1: no later step is done. */
const dyingAt = (disk: MemoryDisk, step: number): void => {
  let left = step
  disk.onChange = () => {
    left -= 1
    if (left <= 0) throw new Error("dead")
  }
}

/**
 * Fetches as far as it comes. `had`: the pieces that this process or an earlier one was told are there. Returns whether
 * it came to the end.
 */
const fetchUntilDeath = (shared: Shared, disk: MemoryDisk, had: Set<number>) =>
  Effect.gen(function* () {
    const store = yield* FileStore
    const target = yield* store.target("/to", shared.offer, shared.manifest)
    for (const piece of had) assert.isTrue(target.has.has(piece), `piece ${piece} was there, and is fetched again`)
    for (const piece of [2, 0, 1]) {
      if (target.has.has(piece)) continue
      assert.isTrue(yield* target.write(piece, (yield* shared.read(piece)).slice()))
      had.add(piece)
    }
    yield* target.finish
    return true
  }).pipe(Effect.scoped, Effect.provide(layer(disk)), Effect.catchTags({ FolderUnusable: () => Effect.succeed(false) }))

/** Dies at each of these steps in turn, and then lives on to the end. Returns whether one of them was after the end. */
const story = (shared: Shared, deaths: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const disk = new MemoryDisk()
    const had = new Set<number>()
    let isWhole = false
    for (const death of deaths) {
      dyingAt(disk, death)
      isWhole = yield* fetchUntilDeath(shared, disk, had)
      if (disk.look("/to/logs") !== undefined) break
    }
    disk.onChange = () => {}
    const isNamed = disk.look("/to/logs") !== undefined
    if (!isNamed) assert.isTrue(yield* fetchUntilDeath(shared, disk, had), `${deaths}`)
    for (const [name, bytes] of files) {
      assert.isTrue(Buffer.from(bytes).equals(disk.bytes(`/to/logs/${name}`) ?? Buffer.from("none")), `${deaths}`)
    }
    // Only who dies after the files have got their names leaves something behind: the small state.
    const left = disk.all().filter((path) => !path.startsWith("/to/logs/"))
    assert.isAtMost(left.length, isNamed && !isWhole ? 1 : 0, `${deaths}: ${left}`)
    return isWhole
  })

describe("a process that dies while it fetches", () => {
  it.scoped("at each step, and then at each step of the next one", () =>
    Effect.gen(function* () {
      const shared = yield* offered
      let step = 0
      do {
        step += 1
        for (const next of [2, 1 + ((step * 7) % 23)]) yield* story(shared, [step, next])
      } while (!(yield* story(shared, [step])))
      assert.isAbove(step, 15)
    })
  )
})

describe("a large file", () => {
  it("is put on disk while it comes, and what goes wrong then is told before it gets its name", async () => {
    const disk = new MemoryDisk()
    const operations = operationsOn(disk)
    disk.put("/from/large", new Uint8Array(300 * pieceBytes))
    const maker = operations.make(["/from/large"])
    let made = operations.makeNext(maker)
    while (!("handle" in made)) made = operations.makeNext(maker)
    const { manifest, offer } = made as SharedHere
    const fetchAll = (folder: string): number => {
      disk.makeFolders(folder)
      const part = operations.open(folder, offer, manifest)
      const zeros = new Uint8Array(pieceBytes)
      for (let piece = 0; piece < 300; piece += 1) assert.isTrue(operations.write(part, piece, zeros))
      return part
    }
    const synced: Array<string> = []
    disk.onChange = (step, path) => {
      if (step !== "sync") return
      synced.push(path)
      if (path.startsWith("/bad/") && synced.length === 2) throw Object.assign(new Error(), { code: "EIO" })
    }
    const good = fetchAll("/good")
    assert.lengthOf(synced, 1)
    assert.strictEqual((await operations.finish(good)).path, "/good/large")
    synced.length = 1
    const bad = fetchAll("/bad")
    const failure = await operations.finish(bad).catch((error) => error.failure)
    assert.strictEqual(failure.tag, "FolderUnusable")
    assert.isUndefined(disk.look("/bad/large"))
  })
})

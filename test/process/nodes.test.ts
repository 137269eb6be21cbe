/** The Node that runs the program: the one that is found first, whatever Node has made the code cache. */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasTerminals } from "../support/terminal.ts"
import { make, type Stage } from "./Stage.ts"

const dist = Path.resolve(import.meta.dirname, "../../dist")

/** Another version of Node, where there is one: `.ci/under-node` says which. */
const otherNode = process.env["OUTLIVE_OTHER_NODE"] || undefined

const programOf = (pid: number): string => Fs.readlinkSync(`/proc/${pid}/exe`)

describe("the Node that runs the program", () => {
  it.scopedLive("is the one that runs these tests", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port)
      const client = yield* stage.client("1", port)
      yield* client.sees("Client 1: initiated")
      const ours = Fs.realpathSync(process.execPath)
      assert.strictEqual(programOf(server.pid), ours)
      assert.strictEqual(programOf(client.pid), ours)
      if (!hasTerminals) return
      const seated = yield* stage.client("2", port, { terminal: true })
      yield* seated.sees("Client 2: initiated")
      assert.strictEqual(programOf(seated.seated), ours)
    })
  )
})

/** So many bytes at the beginning of the cache say which Node made it; what V8 has made follows. */
const makerBytes = 64

/** What a test does to the code cache of a copy of the program, and whether V8 would take what it then is. */
interface Change {
  readonly name: string
  readonly wouldTake: boolean
  readonly change: (cache: Buffer, bundle: string) => Uint8Array
}

/** Run by a Node, with the path of the bundle: makes a cache; says whether V8 would take one that comes on stdin. */
const makeCache = `
  const { readFileSync } = require("node:fs"), { Script } = require("node:vm")
  process.stdout.write(new Script(readFileSync(process.argv[1], "latin1")).createCachedData())`
const takesCache = `
  const { readFileSync } = require("node:fs"), { Script } = require("node:vm")
  const cachedData = readFileSync(0)
  console.log(!new Script(readFileSync(process.argv[1], "latin1"), { cachedData }).cachedDataRejected)`

/** The same with another byte there. */
const withOther = (cache: Buffer, at: number): Buffer => {
  const changed = Buffer.from(cache)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

const changes: ReadonlyArray<Change> = [
  { name: "of this Node", wouldTake: true, change: (cache) => cache },
  // Behind four bytes that say what it is stands a hash of V8's version.
  { name: "of another version of V8", wouldTake: false, change: (cache) => withOther(cache, makerBytes + 4) },
  { name: "that was cut off", wouldTake: false, change: (cache) => cache.subarray(0, -1_000) },
  { name: "that is empty", wouldTake: false, change: () => new Uint8Array() }
]

/** The program in a folder of its own, with that as its cache. */
const copyWith = (stage: Stage, cacheOf: (cache: Buffer, bundle: string) => Uint8Array): string => {
  const folder = Path.join(stage.folder, "dist")
  Fs.mkdirSync(folder)
  for (const name of ["outlive.cjs", "outlive.bundle.cjs"])
    Fs.copyFileSync(Path.join(dist, name), Path.join(folder, name))
  const made = cacheOf(Fs.readFileSync(Path.join(dist, "outlive.cache")), Path.join(folder, "outlive.bundle.cjs"))
  Fs.writeFileSync(Path.join(folder, "outlive.cache"), made)
  return Path.join(folder, "outlive.cjs")
}

/** It starts, listens, and ends by `Exit`, with that as its cache. */
const starts = (cacheOf: (cache: Buffer, bundle: string) => Uint8Array) =>
  Effect.gen(function* () {
    const stage = yield* make
    const server = yield* stage.start("Server", ["node", copyWith(stage, cacheOf), "server", "--port", "0"])
    yield* server.notices("* The server listens at localhost:")
    yield* server.types("Exit")
    assert.strictEqual(yield* server.ends, 0)
    assert.lengthOf(server.err, 1)
  })

describe("the program starts with a code cache", () => {
  for (const { change, name, wouldTake } of changes) {
    it.scopedLive(name, () =>
      starts((cache, bundle) => {
        const changed = change(cache, bundle)
        const input = changed.subarray(makerBytes)
        const said = execFileSync(process.execPath, ["-e", takesCache, bundle], { input, encoding: "utf8" })
        assert.strictEqual(said.trim(), `${wouldTake}`)
        return changed
      })
    )
  }

  it.scopedLive("of another build of the same version of V8, which V8 would take, and fall over", () =>
    starts((cache) => {
      const garbage = Buffer.from(cache).fill(0xff, makerBytes + 128)
      return withOther(garbage, "v20.".length)
    })
  )

  it.skipIf(otherNode === undefined)("of another Node", () =>
    starts((cache, bundle) => {
      const made = execFileSync(otherNode ?? "", ["-e", makeCache, bundle], { maxBuffer: 2 ** 26 })
      return Buffer.concat([withOther(cache, "v20.".length).subarray(0, makerBytes), made])
    }).pipe(Effect.scoped, Effect.runPromise)
  )
})

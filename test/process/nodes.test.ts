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

/** What a test does to the code cache of a copy of the program. */
interface Change {
  readonly name: string
  readonly isTaken: boolean
  readonly make: (cache: string, bundle: string) => void
}

const edited = (cache: string, edit: (bytes: Buffer) => Buffer): void =>
  Fs.writeFileSync(cache, edit(Fs.readFileSync(cache)))

/** Run by a Node: makes the cache of a bundle; says whether it takes a cache. */
const makeCache = `
  const { readFileSync, writeFileSync } = require("node:fs"), [, cache, bundle] = process.argv
  writeFileSync(cache, new (require("node:vm").Script)(readFileSync(bundle, "latin1")).createCachedData())`
const takesCache = `
  const { readFileSync } = require("node:fs"), [, cache, bundle] = process.argv
  const { Script } = require("node:vm")
  console.log(!new Script(readFileSync(bundle, "latin1"), { cachedData: readFileSync(cache) }).cachedDataRejected)`

const changes: ReadonlyArray<Change> = [
  { name: "of this Node", isTaken: true, make: () => {} },
  {
    name: "of another version of V8",
    isTaken: false,
    // Behind four bytes that say what it is stands a hash of V8's version.
    make: (cache) => edited(cache, (bytes) => Buffer.from(bytes.map((byte, at) => (at === 4 ? byte ^ 0xff : byte))))
  },
  { name: "that was cut off", isTaken: false, make: (cache) => edited(cache, (bytes) => bytes.subarray(0, -1_000)) },
  { name: "that is empty", isTaken: false, make: (cache) => edited(cache, () => Buffer.alloc(0)) }
]

const ofOtherNode: Change = {
  name: "of another Node",
  isTaken: false,
  make: (cache, bundle) => execFileSync(otherNode ?? "", ["-e", makeCache, cache, bundle])
}

/** A copy of the program whose cache is changed so. */
const copyWith = (stage: Stage, { isTaken, make }: Change): string => {
  const folder = Path.join(stage.folder, "dist")
  Fs.mkdirSync(folder)
  for (const name of ["outlive.cjs", "outlive.bundle.cjs", "outlive.cache"]) {
    Fs.copyFileSync(Path.join(dist, name), Path.join(folder, name))
  }
  const [cache, bundle] = [Path.join(folder, "outlive.cache"), Path.join(folder, "outlive.bundle.cjs")]
  make(cache, bundle)
  const said = execFileSync(process.execPath, ["-e", takesCache, cache, bundle], { encoding: "utf8" })
  assert.strictEqual(said.trim(), `${isTaken}`)
  return Path.join(folder, "outlive.cjs")
}

const starts = (change: Change) =>
  Effect.gen(function* () {
    const stage = yield* make
    const program = copyWith(stage, change)
    const server = yield* stage.start("Server", ["node", program, "server", "--port", "0"])
    yield* server.notices("* The server listens at localhost:")
    yield* server.types("Exit")
    assert.strictEqual(yield* server.ends, 0)
    assert.lengthOf(server.err, 1)
  })

describe("the program starts with a code cache", () => {
  for (const change of changes) it.scopedLive(change.name, () => starts(change))
  it.skipIf(otherNode === undefined)(ofOtherNode.name, () => Effect.runPromise(Effect.scoped(starts(ofOtherNode))))
})

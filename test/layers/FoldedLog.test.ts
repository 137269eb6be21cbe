/** What a log has folded away survives its process, and a damaged file; and thousands of runs take no more room than some. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import type { Settings } from "../../layers/log/Log.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import { type Epoch, mainRoom, type StreamId } from "../../src/domain/Post.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { id, post } from "../support/samples.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"

const run = (at: number): StreamId => `bot-${at}/main/${at}-00000000` as StreamId
const line = (at: number, n = 1) => ({ post: post(run(at), n), line: encodePost(post(run(at), n)) })
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

const settings = { author: id("1"), streams: 16, entries: 8 }

/** Uses the log in a folder, as one run of a node does. */
const inFolder = (folder: string) =>
  Effect.map(
    ScriptedConsole.make,
    (script) =>
      <A, E>(body: (log: Log) => Effect.Effect<A, E>, given: Settings = settings) =>
        Effect.provide(
          Effect.flatMap(wholeLog, body),
          FileMessageLog.layer(given, folder).pipe(Layer.provide(script.layer))
        )
  )

const freshFolder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-folded-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

const receiveAll = (log: Log, from: number, to: number) =>
  Effect.forEach(range(from, to), (at) => log.receive([line(at)]), { discard: true })

/** What it lists of others, and what it has folded away. */
const stateOf = (log: Log) =>
  Effect.sync(() => {
    const { folds, summary } = log.listing()
    return { folds, listed: [...summary].filter(([stream]) => stream.startsWith("bot-")).sort() }
  })

describe("what is folded away", () => {
  it.scoped("survives a restart, and each of its two lines does without the other", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const folder = Path.join(yield* freshFolder, "data")
      const path = Path.join(folder, "log.ndjson")
      const use = yield* inFolder(folder)
      const before = yield* use((log) => Effect.zipRight(receiveAll(log, 1, 60), stateOf(log)))
      assert.isAtLeast(before.folds.get(mainRoom)?.lines ?? 0, 30)
      assert.deepStrictEqual(yield* use(stateOf), before)
      const lines = Fs.readFileSync(path, "utf8").split("\n")
      const marks = lines.flatMap((each, at) => (each.startsWith('{"type":"folded"') ? [at] : []))
      assert.lengthOf(marks, 2)
      for (const mark of marks) {
        Fs.writeFileSync(path, lines.map((each, at) => (at === mark ? "torn" : each)).join("\n"))
        const after = yield* use((log) => Effect.zipRight(log.receive([line(3)]), stateOf(log)))
        assert.deepStrictEqual(after, before)
      }
    })
  )

  it.scoped("is written with the streams that it is of: none is counted twice after a crash", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const folder = Path.join(yield* freshFolder, "data")
      const use = yield* inFolder(folder)
      const copy = Path.join(folder, "copy")
      for (const last of range(8, 40)) {
        const { before, kept } = yield* use((log) =>
          Effect.gen(function* () {
            yield* receiveAll(log, last === 8 ? 1 : last, last)
            yield* log.written
            return { before: yield* stateOf(log), kept: Fs.readFileSync(Path.join(folder, "log.ndjson")) }
          })
        )
        // What a SIGKILL would have left, in a folder of its own.
        Fs.mkdirSync(copy, { recursive: true })
        Fs.writeFileSync(Path.join(copy, "log.ndjson"), kept)
        const useCopy = yield* inFolder(copy)
        const after = yield* useCopy(stateOf)
        const total = ({ folds, listed }: typeof before) =>
          (folds.get(mainRoom)?.lines ?? 0) + listed.reduce((sum, [, n]) => sum + n, 0)
        assert.strictEqual(total(after), last)
        assert.strictEqual(total(before), last)
        Fs.rmSync(copy, { recursive: true })
      }
    })
  )

  it.scoped("what others had and can't be had is counted once, and survives too", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const folder = Path.join(yield* freshFolder, "data")
      const use = yield* inFolder(folder)
      yield* use((log) => log.forgo(mainRoom, 25))
      const { folds } = yield* use(stateOf)
      assert.deepStrictEqual([...folds], [[mainRoom, { upTo: "0-00000000" as Epoch, lines: 25 }]])
    })
  )

  it.scoped("20,000 runs of bots: a summary has a third of a megabyte, and every line is taken in", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const log = yield* wholeLog
      for (const from of range(0, 199))
        yield* log.receive(range(100 * from + 1, 100 * from + 100).map((at) => line(at)))
      assert.strictEqual((yield* log.tally).received, 20_000)
      const { folds, summary } = log.listing()
      assert.isAtMost(summary.size, 11_000)
      const bytes = encode({ type: "have", streams: Object.fromEntries(summary), more: false }).length
      assert.isAtMost(bytes, 512 * 1_024)
      const lines = [...summary.values()].reduce((sum, n) => sum + n, folds.get(mainRoom)?.lines ?? 0)
      assert.strictEqual(lines, 20_000)
      assert.strictEqual(log.have(run(20_001)), 0)
    }).pipe(Effect.provide(MemoryMessageLog.layer({ author: id("1") })))
  )
})

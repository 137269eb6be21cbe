import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import type { Settings } from "../../layers/log/Log.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import { isEarlier, mainRoom, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { id, inShort, post, stream } from "../support/samples.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"
import * as MessageLogContract from "./MessageLogContract.ts"
import * as RoomLogContract from "./RoomLogContract.ts"

const author = id("1")
const root = Path.resolve(import.meta.dirname, "../..")

const freshFolder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "outlive-log-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

const logIn = (folder: string, script: ScriptedConsole.Script, settings: Omit<Settings, "author"> = {}) =>
  FileMessageLog.layer({ author, ...settings }, folder).pipe(Layer.provide(script.layer))

type Use = <A, E>(
  body: (log: Log) => Effect.Effect<A, E>,
  settings?: Omit<Settings, "author">
) => Effect.Effect<A, E | { readonly _tag: "LogUnavailable" | "LogInUse"; readonly message: string }>

/** A world with a folder of its own. */
const inFolder = <A, E>(
  test: (world: {
    readonly folder: string
    readonly path: string
    readonly script: ScriptedConsole.Script
    /** Uses the log in that folder, as one run of a node does. */
    readonly use: Use
  }) => Effect.Effect<A, E, Scope.Scope>
) =>
  Effect.gen(function* () {
    const folder = Path.join(yield* freshFolder, "data")
    const script = yield* ScriptedConsole.make
    return yield* test({
      folder,
      path: Path.join(folder, "log.ndjson"),
      script,
      use: (body, settings) => Effect.provide(Effect.flatMap(wholeLog, body), logIn(folder, script, settings))
    })
  })

const received = (of: StreamId, ...numbers: ReadonlyArray<number>) =>
  numbers.map((n) => ({ post: post(of, n), line: encodePost(post(of, n)) }))

const texts = (log: Log) => Effect.map(log.recent(10_000), (posts) => posts.map(({ text }) => text))

const entriesOf = (log: Log) =>
  Effect.zipRight(
    log.close,
    Effect.map(Stream.runCollect(log.screen.follow()), (entries) => Chunk.toReadonlyArray(entries).map(inShort))
  )

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

const millisOf = (log: Log) => Number.parseInt(log.epoch, 10)

/** A line of a journal of this author, in an earlier run. */
const own = (n: number, text = `mine ${n}`) => Buffer.from(encodePost(post(stream("1", 5), n, text)))

describe("FileMessageLog", () => {
  const inFreshFolder = (bounds: MessageLogContract.Bounds) =>
    Layer.unwrapScoped(
      Effect.gen(function* () {
        return logIn(yield* freshFolder, yield* ScriptedConsole.make, bounds)
      })
    ).pipe(Layer.orDie)
  MessageLogContract.holdsFor(inFreshFolder)
  RoomLogContract.holdsFor(inFreshFolder)

  it.scoped("a folder that is not there is made, for its owner alone, with those above it", () =>
    Effect.gen(function* () {
      const folder = Path.join(yield* freshFolder, "a/b")
      const script = yield* ScriptedConsole.make
      yield* Effect.provide(
        Effect.gen(function* () {
          const log = yield* wholeLog
          assert.isFalse(log.restored)
          assert.strictEqual(Fs.statSync(folder).mode & 0o777, 0o700)
          assert.strictEqual(Fs.statSync(`${folder}/log.ndjson`).mode & 0o777, 0o600)
        }),
        logIn(folder, script)
      )
      assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["epoch", "log.ndjson"], "and the lock is gone")
    })
  )

  it.scoped("what was said anew in another run is there once in the next, each run begins later than all before", () =>
    inFolder(({ script, use }) =>
      Effect.gen(function* () {
        const epochs = yield* use((log) =>
          Effect.gen(function* () {
            const first = log.epoch
            yield* log.say(mainRoom, ["one", "two"])
            yield* log.receive(received(stream("2"), 1))
            yield* log.renew(new Map([[log.streamIn(mainRoom), 1]]))
            return [first, log.epoch]
          })
        )
        yield* use((log) =>
          Effect.gen(function* () {
            const [first, second] = epochs.map((each) => streamOf(id("1"), mainRoom, each))
            if (first === undefined || second === undefined) return assert.fail("two runs")
            assert.deepStrictEqual([log.have(first), log.have(second)], [1, 1])
            assert.deepStrictEqual((yield* texts(log)).sort(), ["line 1", "one", "two"])
            assert.strictEqual(new Set([...epochs, log.epoch]).size, 3)
            assert.isTrue(epochs.every((each) => isEarlier(each, log.epoch)))
          })
        )
        assert.deepStrictEqual(yield* script.screen, [])
      })
    )
  )

  it.scoped("what was said, heard and taken as seen is there in the next run, in a new epoch", () =>
    inFolder(({ script, use }) =>
      Effect.gen(function* () {
        const before = yield* use((log) =>
          Effect.gen(function* () {
            yield* log.adopt(new Map([[stream("3"), 7]]))
            yield* log.say(mainRoom, ["one", "two"])
            yield* log.receive(received(stream("2"), 1, 2))
            yield* log.skip(stream("2"), 5)
            yield* log.receive(received(stream("2"), 6))
            yield* log.say(mainRoom, ["three"])
            return { stream: log.streamIn(mainRoom), summary: yield* log.summary, texts: yield* texts(log) }
          })
        )
        yield* use((log) =>
          Effect.gen(function* () {
            assert.isTrue(log.restored)
            assert.notStrictEqual(log.streamIn(mainRoom), before.stream)
            assert.deepStrictEqual(yield* texts(log), before.texts)
            assert.deepStrictEqual(
              [...(yield* log.summary)].sort(),
              [...before.summary, [log.streamIn(mainRoom), 0] as const].sort()
            )
            assert.deepStrictEqual(log.slice(before.stream, 0, 1)?.first, 1, "others can have it")
            assert.deepStrictEqual(yield* log.own, [])
          })
        )
        assert.deepStrictEqual(yield* script.screen, [])
      })
    )
  )

  it.scoped("the last lines of earlier runs are shown as history, as many as it is told, then what is new", () =>
    inFolder(({ use }) =>
      Effect.gen(function* () {
        yield* use((log) => log.say(mainRoom, ["one", "two", "three"]))
        const shown = (history: number) =>
          use((log) => Effect.zipRight(log.say(mainRoom, ["new"]), entriesOf(log)), { history })
        assert.deepStrictEqual(yield* shown(2), ["earlier two", "earlier three", "new"])
        assert.deepStrictEqual(yield* shown(0), ["new"])
        assert.deepStrictEqual(
          yield* shown(100),
          ["one", "two", "three", "new", "new"].map((text) => `earlier ${text}`).concat("new")
        )
      })
    )
  )

  it.scoped(
    "what was on no screen before a crash is shown after it, though no history is, and after a good end nothing",
    () =>
      inFolder(({ path, use }) =>
        Effect.gen(function* () {
          const crashed = `${path}.crashed`
          yield* use((log) =>
            Effect.gen(function* () {
              const [, second] = yield* log
                .receive(received(stream("2"), 1, 2))
                .pipe(
                  Effect.zipRight(Stream.runCollect(Stream.take(log.screen.follow(), 2))),
                  Effect.map(Chunk.toReadonlyArray)
                )
              log.screen.shown(second as Entry)
              yield* log.say(mainRoom, ["mine"])
              yield* log.receive(received(stream("2"), 3, 4))
              yield* log.written
              Fs.copyFileSync(path, crashed)
              const [last] = Chunk.toReadonlyArray(
                yield* Stream.runCollect(Stream.drop(Stream.take(log.screen.follow(), 5), 4))
              )
              log.screen.shown(last as Entry)
            })
          )
          assert.deepStrictEqual(yield* use(entriesOf), [], "all was shown")
          Fs.copyFileSync(crashed, path)
          const again = yield* use(entriesOf)
          assert.deepStrictEqual(again, ["earlier line 3", "earlier line 4"])
          assert.deepStrictEqual(yield* use(entriesOf), again, "nobody has shown it yet")
        })
      )
  )

  it.scoped("what another session said counts as shown once the screen has shown it", () =>
    inFolder(({ path, use }) =>
      Effect.gen(function* () {
        yield* use((log) =>
          Effect.gen(function* () {
            const reader = yield* log.openReader(0)
            yield* log.say(mainRoom, ["at the screen"])
            yield* log.say(mainRoom, ["elsewhere"], reader)
            yield* log.say(mainRoom, ["at the screen again"])
            yield* log.receive(received(stream("2"), 1))
            yield* log.written
            Fs.copyFileSync(path, `${path}.crashed`)
          })
        )
        Fs.copyFileSync(`${path}.crashed`, path)
        assert.deepStrictEqual(yield* use(entriesOf), [
          "earlier elsewhere",
          "earlier at the screen again",
          "earlier line 1"
        ])
      })
    )
  )

  it.scoped(
    "nor is anything of that lost without a word: what is not kept is told, and what comes of its own id counts",
    () =>
      inFolder(({ path, use }) =>
        Effect.gen(function* () {
          const crash = (before: (log: Log) => Effect.Effect<unknown>, bounds = {}) =>
            Effect.gen(function* () {
              Fs.rmSync(path, { force: true })
              const crashed = `${path}.crashed`
              yield* use(
                (log) =>
                  Effect.zipRight(
                    Effect.zipRight(before(log), log.written),
                    Effect.sync(() => Fs.copyFileSync(path, crashed))
                  ),
                bounds
              )
              Fs.copyFileSync(crashed, path)
              return yield* use(entriesOf, bounds)
            })
          const flood = yield* crash(
            (log) => Effect.forEach(range(1, 14), (n) => log.receive(received(stream("2"), n))),
            {
              entries: 8
            }
          )
          const counted = Number(/\d+/.exec(flood[0] ?? "")?.[0])
          assert.strictEqual(flood[0], `skipped ${counted}`)
          assert.deepStrictEqual(
            flood.slice(1),
            range(counted + 1, 14).map((n) => `earlier line ${n}`)
          )

          const own = yield* crash((log) => log.receive(received(stream("1", 4), 1, 2)))
          assert.deepStrictEqual(own, ["earlier line 1", "earlier line 2"], "of a run that this folder does not know")
        })
      )
  )

  it.scoped("a file that is cut off at any byte has all lines before the cut, and goes on after them", () =>
    inFolder(({ folder, path, script, use }) =>
      Effect.gen(function* () {
        const lines = range(1, 4).map((n) => own(n, `ä${n}`))
        const whole = Buffer.concat(lines)
        Fs.mkdirSync(folder)
        for (const cut of range(0, whole.length)) {
          Fs.writeFileSync(path, whole.subarray(0, cut))
          const complete = whole.subarray(0, cut).toString("latin1").split("\n").length - 1
          yield* use((log) =>
            Effect.gen(function* () {
              assert.strictEqual((yield* log.summary).get(stream("1", 5)) ?? 0, complete, `cut at ${cut}`)
              yield* log.say(mainRoom, ["next"])
            })
          )
          const text = Fs.readFileSync(path, "latin1")
          assert.isTrue(text.startsWith(Buffer.concat(lines.slice(0, complete)).toString("latin1")))
          const [mark, next, ...rest] = text.split("\n").slice(complete)
          assert.strictEqual(mark, '{"type":"shown","but":0}')
          assert.strictEqual(JSON.parse(next ?? "").text, "next", `cut at ${cut}`)
          assert.deepStrictEqual(rest, [mark, ""], "its own line was seen where it was typed")
        }
        assert.deepStrictEqual(yield* script.screen, [], "a torn line was never accepted: nothing to tell")
      })
    )
  )

  it.scoped("after a write that is not all there, what a disk has in its place is cut off", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        Fs.mkdirSync(folder)
        for (const rest of [Buffer.alloc(70_000), Buffer.from("\0\n\0\n{}\n"), Buffer.alloc(20_000, "x\n")]) {
          Fs.writeFileSync(path, Buffer.concat([own(1), own(2), rest]))
          yield* use(() => Effect.void)
          assert.strictEqual(Fs.readFileSync(path, "utf8"), `${own(1)}${own(2)}`)
        }
      })
    )
  )

  it.scoped("a line in the middle that can't be read is told by its number and skipped; what follows is there", () =>
    inFolder(({ folder, path, script, use }) =>
      Effect.gen(function* () {
        Fs.mkdirSync(folder)
        const junk = [
          Buffer.from("{nonsense}\n"),
          Buffer.from(encode({ type: "ping" })),
          Buffer.from(`${"x".repeat(200_000)}\n`)
        ]
        Fs.writeFileSync(path, Buffer.concat([own(1), ...junk, own(2), own(4), own(5)]))
        const before = Fs.readFileSync(path)
        yield* use((log) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* texts(log), ["mine 1", "mine 2", "mine 4", "mine 5"])
            assert.strictEqual(log.have(stream("1", 5)), 5)
          })
        )
        assert.isTrue(before.equals(Fs.readFileSync(path)), "the file stays as it is")
        const screen = yield* script.screen
        assert.deepStrictEqual(screen, [`* ${path}, lines 2, 3, 4 can't be read and are skipped`])
      })
    )
  )

  it.scoped("what others said and could not be kept is asked for again: a hole is not taken as seen", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        Fs.mkdirSync(folder)
        Fs.writeFileSync(path, Buffer.concat(received(stream("2"), 1, 2, 4).map(({ line }) => line)))
        assert.strictEqual(yield* use((log) => Effect.sync(() => log.have(stream("2")))), 2)
      })
    )
  )

  it.scoped("a file of another kind is left alone", () =>
    inFolder(({ folder, path, use }) =>
      Effect.gen(function* () {
        Fs.mkdirSync(folder)
        Fs.writeFileSync(path, "dear diary\ntoday\n")
        const error = yield* Effect.flip(use(() => Effect.void))
        assert.strictEqual(error.message, `${path} can't be used (it is not an outlive log).`)
        assert.strictEqual(Fs.readFileSync(path, "utf8"), "dear diary\ntoday\n")
      })
    )
  )

  it.scoped("a journal begins anew when it holds more than twice what is kept, and has the same in the next run", () =>
    inFolder(({ path, use }) =>
      Effect.gen(function* () {
        const bounds = { entries: 100 }
        const before = yield* use(
          (log) =>
            Effect.gen(function* () {
              yield* log.adopt(new Map([[stream("4"), 9]]))
              yield* log.receive(received(stream("2"), ...range(1, 5)))
              for (const n of range(1, 1_000)) {
                yield* log.say(mainRoom, [`line ${n}`])
                if (n === 990) yield* log.skip(stream("3"), 4)
                if (n === 995) yield* log.receive(received(stream("3"), 5, 6))
                assert.isAtMost(Fs.readFileSync(path, "utf8").split("\n").length, 210)
              }
              return { summary: yield* log.summary, texts: yield* texts(log) }
            }),
          bounds
        )
        assert.isAtLeast(before.texts.length, 75)
        yield* use(
          (log) =>
            Effect.gen(function* () {
              // What was dropped from memory may be in the file still.
              assert.deepStrictEqual((yield* texts(log)).slice(-75), before.texts.slice(-75))
              const summary = new Map(yield* log.summary)
              summary.delete(log.streamIn(mainRoom))
              assert.deepStrictEqual([...summary].sort(), [...before.summary].sort())
            }),
          bounds
        )
      })
    )
  )

  it.scoped("a journal is bounded in bytes too", () =>
    inFolder(({ path, use }) =>
      use(
        (log) =>
          Effect.gen(function* () {
            for (const n of range(1, 400)) {
              yield* log.say(mainRoom, [`${n} ${"x".repeat(1_000)}`])
              assert.isAtMost(Fs.statSync(path).size, 330_000)
            }
          }),
        { bytes: 150_000 }
      )
    )
  )

  it.scoped("two can't share a folder: the second is told so, and can have it when the first has ended", () =>
    inFolder(({ folder, use }) =>
      Effect.gen(function* () {
        yield* use((log) =>
          Effect.gen(function* () {
            const error = yield* Effect.flip(use(() => Effect.void))
            assert.strictEqual(
              error.message,
              `${folder} is in use by another outlive: stop that one, or name another folder with --data.`
            )
            yield* log.say(mainRoom, ["undisturbed"])
          })
        )
        assert.deepStrictEqual(yield* use(texts), ["undisturbed"])
      })
    )
  )

  it.scopedLive("of many who begin at the same time one at most gets the folder", () =>
    inFolder(({ use }) =>
      Effect.gen(function* () {
        for (const _ of range(1, 20)) {
          let holders = 0
          let most = 0
          const tries = yield* Effect.forEach(
            range(1, 8),
            () =>
              Effect.either(
                use(() =>
                  Effect.acquireUseRelease(
                    Effect.sync(() => {
                      most = Math.max(most, ++holders)
                    }),
                    () => Effect.sleep("30 millis"),
                    () => Effect.sync(() => void holders--)
                  )
                )
              ),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(most, 1)
          assert.isAtLeast(tries.filter(({ _tag }) => _tag === "Right").length, 1)
        }
      })
    )
  )

  it.scopedLive("a path that is too long for a socket is no hindrance", () =>
    Effect.gen(function* () {
      const folder = Path.join(yield* freshFolder, "x".repeat(100), "y".repeat(100))
      const script = yield* ScriptedConsole.make
      const use = Effect.provide(wholeLog, logIn(folder, script))
      yield* Effect.provide(
        Effect.gen(function* () {
          assert.strictEqual((yield* Effect.flip(use))._tag, "LogInUse")
        }),
        logIn(folder, script)
      )
      yield* use
      assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["epoch", "log.ndjson"])
    })
  )

  it.scopedLive("the folder of a process that was killed can be had at once; of one that is frozen it can't", () =>
    inFolder(({ folder, use }) =>
      Effect.gen(function* () {
        const child = yield* holder(folder)
        assert.strictEqual((yield* Effect.flip(use(() => Effect.void)))._tag, "LogInUse")
        child.kill("SIGSTOP")
        assert.strictEqual((yield* Effect.flip(use(() => Effect.void)))._tag, "LogInUse")
        const gone = new Promise((resolve) => child.once("exit", resolve))
        child.kill("SIGKILL")
        yield* Effect.promise(() => gone)
        assert.lengthOf(
          Fs.readdirSync(folder).filter((name) => name.endsWith(".lock")),
          1,
          "it has left its socket"
        )
        assert.isTrue(yield* use((log) => Effect.as(log.say(mainRoom, ["mine now"]), true)))
        assert.deepStrictEqual(Fs.readdirSync(folder).sort(), ["epoch", "log.ndjson"])
      })
    )
  )

  it.scoped("no run has the epoch of an earlier one, nor an earlier epoch, when the clock runs backwards", () =>
    inFolder(({ use }) =>
      Effect.gen(function* () {
        const epochs: Array<number> = []
        for (const time of [10_000, 5_000, 5_000, 4_000, 20_000, 0]) {
          yield* TestClock.setTime(time)
          epochs.push(yield* use((log) => Effect.sync(() => millisOf(log))))
        }
        assert.deepStrictEqual(epochs, [10_000, 10_001, 10_002, 10_003, 20_000, 20_001])
      })
    )
  )

  it.scoped(
    "an old copy of the folder that is put back begins a new epoch, and no number of a stream is used again",
    () =>
      inFolder(({ folder, use }) =>
        Effect.gen(function* () {
          const told: Array<string> = []
          const run = use((log) =>
            Effect.gen(function* () {
              yield* log.say(mainRoom, ["a", "b"])
              told.push(...range(1, 2).map((n) => `${log.streamIn(mainRoom)} ${n}`))
            })
          )
          yield* run
          Fs.cpSync(folder, `${folder}.old`, { recursive: true })
          yield* run
          for (const _ of range(1, 3)) {
            Fs.rmSync(folder, { recursive: true })
            Fs.cpSync(`${folder}.old`, folder, { recursive: true })
            // The clock stands still: what was stored last is the same each time, and chance alone makes the difference.
            yield* run
          }
          assert.strictEqual(new Set(told).size, told.length)
        })
      )
  )

  it.scopedLive(
    "a full disk: the line is refused in words, nothing of it is left, and it goes on when there is room",
    (context) =>
      Effect.gen(function* () {
        const mount = yield* smallDisk
        if (mount === undefined) return context.skip("it takes root to mount a small disk")
        const folder = Path.join(mount, "data")
        const script = yield* ScriptedConsole.make
        const path = Path.join(folder, "log.ndjson")
        const accepted: Array<string> = []
        yield* Effect.provide(
          Effect.gen(function* () {
            const log = yield* wholeLog
            let refused: string | undefined
            for (let n = 1; refused === undefined; n += 1) {
              const text = `${n} ${"x".repeat(3_000)}`
              yield* log.say(mainRoom, [text]).pipe(
                Effect.tap(() => accepted.push(text)),
                Effect.catchAll(({ message }) =>
                  Effect.sync(() => {
                    refused = message
                  })
                )
              )
            }
            assert.strictEqual(refused, `${folder} can't be used (the disk is full): free some space.`)
            assert.strictEqual(log.have(log.streamIn(mainRoom)), accepted.length)
            assert.isAtLeast(accepted.length, 5)
            assert.isTrue(Fs.readFileSync(path, "utf8").endsWith("\n"), "no torn line stays")

            yield* log.receive(received(stream("2"), ...range(1, 100)))
            assert.strictEqual(log.have(stream("2")), 100, "what others say is shown all the same")
            const unkept = (yield* Effect.map(
              Stream.runCollect(Stream.take(log.screen.follow(), accepted.length + 101)),
              Chunk.toReadonlyArray
            )).map(inShort)
            assert.include(unkept, "Unkept")

            Fs.rmSync(Path.join(mount, "ballast"))
            yield* log.say(mainRoom, ["there is room"])
            accepted.push("there is room")
            yield* log.receive(received(stream("2"), 101))
          }),
          logIn(folder, script)
        )
        yield* Effect.provide(
          Effect.gen(function* () {
            const log = yield* wholeLog
            const found = yield* texts(log)
            assert.deepStrictEqual(
              found.filter((text) => !text.startsWith("line ")),
              accepted
            )
            assert.strictEqual(log.have(stream("2")), 101, "what could not be kept was written when there was room")
          }),
          logIn(folder, script)
        )
      })
  )

  it.live("a process that is killed at any moment loses no line that it accepted: 10 kills", () =>
    Effect.sync(() => {
      const out = execFileSync(
        process.execPath,
        ["scripts/run.mjs", "test/kill/kill-loop.ts", "--kills", "10", "--lanes", "2"],
        {
          cwd: root,
          encoding: "utf8"
        }
      )
      assert.match(out, /^10 kills, .*: no accepted line is lost, none is there twice, all are in order$/m)
    })
  )
})

/** A disk of 256 KiB, most of which a file takes that can be removed; undefined if this user can't have one. */
const smallDisk = Effect.gen(function* () {
  const mount = yield* freshFolder
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount], { stdio: "ignore" })
      } catch {
        return undefined
      }
      Fs.writeFileSync(Path.join(mount, "ballast"), Buffer.alloc(192 * 1024))
      return mount
    }),
    (mounted) =>
      Effect.sync(() => {
        if (mounted !== undefined) execFileSync("umount", ["-l", mounted])
      })
  )
})

/** A process that has that folder. */
const holder = (folder: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcess>((resume) => {
      const child = spawn(
        process.execPath,
        ["scripts/run.mjs", "src/main.ts", "server", "--port", "0", "--data", folder],
        {
          cwd: root,
          stdio: ["ignore", "ignore", "pipe"]
        }
      )
      child.stderr.once("data", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

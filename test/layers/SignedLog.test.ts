/** What holds of a log in which all is signed, besides what holds of any. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import type { Settings } from "../../layers/log/Log.ts"
import { isTooLong } from "../../src/domain/Errors.ts"
import { mainRoom, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { claimOn } from "../../src/domain/Seal.ts"
import { topicOf } from "../../src/domain/Topic.ts"
import { contentsOf, type SealedBlock } from "../../src/protocol/Blocks.ts"
import { encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { bytesOf, linesIn, textOf } from "../support/bytes.ts"
import { temporaryFolder } from "../support/folder.ts"
import { epoch, id, post, stream } from "../support/samples.ts"
import { blockOf, blocksIn, type Signer, signer } from "../support/signers.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"
import { allEntries } from "./MessageLogContract.ts"

const me = signer(1)
const other = signer(2)

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

const lastOf = ({ post: first, rest = [] }: SealedBlock) => first.n + rest.length

const isBy = ({ key }: Signer, block: SealedBlock): boolean =>
  Keys.verifyText(
    key,
    claimOn(block.post.stream, block.seal.from, lastOf(block), Keys.digestOf(contentsOf(block))),
    block.seal.sig
  )

/** Uses the log in that folder, as one run of a node of a secure chat does. */
const uses =
  (folder: string) =>
  <A, E>(body: (log: Log) => Effect.Effect<A, E>, settings: Omit<Settings, "author"> = {}) =>
    Effect.flatMap(ScriptedConsole.make, (script) =>
      Effect.provide(
        Effect.flatMap(wholeLog, body),
        FileMessageLog.layer({ author: id("1"), sign: me.sign, ...settings }, folder).pipe(Layer.provide(script.layer))
      )
    )

/** All that a log would hand on of a stream, as blocks. */
const handedOn = (log: Log, of: StreamId, room = maxFrameBytes): ReadonlyArray<SealedBlock> => {
  const all: Array<SealedBlock> = []
  for (let slice = log.slice(of, 0, room); slice; slice = log.slice(of, slice.last, room)) {
    all.push(...blocksIn(linesIn(slice.bytes)))
  }
  return all
}

const blockAt = (of: StreamId, from: number, to: number) =>
  blockOf(
    range(from, to).map((n) => post(of, n)),
    other
  )

describe("a log in which all is signed", () => {
  it.scoped("what is said in one go is a block, or several if it is much, each sealed", () =>
    Effect.gen(function* () {
      yield* uses(yield* temporaryFolder)((log) =>
        Effect.gen(function* () {
          yield* log.say(mainRoom, ["one"])
          yield* log.say(
            mainRoom,
            range(1, 150).map((n) => `line ${n}`)
          )
          yield* log.say(mainRoom, ["x".repeat(20_000), "y".repeat(20_000)])
          const blocks = handedOn(log, log.streamIn(mainRoom))
          assert.deepStrictEqual(
            blocks.map((block) => [block.post.n, lastOf(block)]),
            [
              [1, 1],
              [2, 65],
              [66, 129],
              [130, 151],
              [152, 152],
              [153, 153]
            ]
          )
          assert.isTrue(blocks.every((block) => isBy(me, block)))
          assert.deepStrictEqual(handedOn(log, log.streamIn(mainRoom), 1), blocks, "however little room a link has")
        })
      )
    })
  )

  it.scoped("what is said anew in another run has seals of that run, and what stays has its own", () =>
    Effect.flatMap(temporaryFolder, (folder) =>
      uses(folder)((log) =>
        Effect.gen(function* () {
          yield* log.say(mainRoom, ["one", "two"])
          yield* log.say(mainRoom, ["three", "four"])
          const before = log.streamIn(mainRoom)
          yield* log.renew(new Map([[log.streamIn(mainRoom), 2]]))
          for (const of of [before, log.streamIn(mainRoom)]) {
            const blocks = handedOn(log, of)
            assert.deepStrictEqual(blocks.map(lastOf), [2])
            assert.isTrue(blocks.every((block) => isBy(me, block)))
          }
        })
      )
    )
  )

  it.scoped("a line is as long as a frame together with its seal", () =>
    Effect.gen(function* () {
      yield* uses(yield* temporaryFolder)((log) =>
        Effect.gen(function* () {
          const room =
            maxFrameBytes - encodePost({ ...post(log.streamIn(mainRoom), 1, ""), at: 1_795_000_000_000 }).length - 128
          const said = yield* log.say(mainRoom, ["x".repeat(room), "y".repeat(room + 200)])
          assert.deepStrictEqual(said.map(isTooLong), [false, true])
          assert.deepStrictEqual(handedOn(log, log.streamIn(mainRoom)).map(lastOf), [1])
        })
      )
    })
  )

  it.scoped("torn anywhere, its file goes back to the last seal, and goes on after it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const use = uses(folder)
      const path = Path.join(folder, "log.ndjson")
      const mine = yield* use((log) =>
        Effect.gen(function* () {
          yield* log.say(mainRoom, ["a", "b"])
          yield* log.receive([blockAt(stream("2"), 1, 3)])
          yield* log.say(mainRoom, ["c", "d", "e"])
          return log.streamIn(mainRoom)
        })
      )
      const whole = Fs.readFileSync(path)
      // Before the first two stands how much was not on the screen.
      const ends = [0, 3, 7, 10].map((lines) =>
        linesIn(whole)
          .slice(0, lines)
          .reduce((sum, line) => sum + line.length, 0)
      )
      for (let cut = 1; cut < whole.length; cut += 37) {
        Fs.writeFileSync(path, whole.subarray(0, cut))
        const closed = ends.filter((end) => end <= cut).length - 1
        const next = yield* use((log) =>
          Effect.gen(function* () {
            const reached = [log.have(mine), log.have(stream("2"))]
            assert.deepStrictEqual(reached, [[0, 2, 2, 5][closed], closed >= 2 ? 3 : 0], `cut at ${cut}`)
            yield* log.receive([blockAt(stream("2"), 1, 3)])
            yield* log.say(mainRoom, ["next", "and next"])
            return log.streamIn(mainRoom)
          })
        )
        yield* use((log) =>
          Effect.sync(() => {
            assert.deepStrictEqual([log.have(stream("2")), log.have(next)], [3, 2])
            for (const of of [mine, next]) assert.isTrue(handedOn(log, of).every((block) => isBy(me, block)))
            assert.isTrue(isBy(other, handedOn(log, stream("2"))[0] as SealedBlock))
          })
        )
      }
    })
  )

  it.scoped("what a quiet room keeps beyond the bounds is told as whole blocks, also by the next run", () =>
    Effect.gen(function* () {
      const ops = Room.make("ops")
      const of = streamOf(id("2"), ops, epoch(1))
      const use = uses(yield* temporaryFolder)
      const settings = { entries: 80, rooms: [ops] }
      const topic = blockOf([post(of, 1, "before"), post(of, 2, topicOf("about")), post(of, 3)], other)
      const told = (log: Log, count: number) =>
        Effect.map(log.past(count, new Set([ops])), (lines) => {
          const blocks = blocksIn(lines.flatMap(({ bytes }) => linesIn(bytes)))
          assert.isTrue(blocks.every((block) => isBy(other, block)))
          assert.deepStrictEqual(
            lines.map(({ posts }) => posts),
            blocks.map(({ rest = [] }) => 1 + rest.length)
          )
          return blocks.map(({ post: { n } }) => n)
        })
      yield* use(
        (log) =>
          Effect.gen(function* () {
            yield* log.receive([topic, ...range(1, 20).map((at) => blockAt(of, 3 * at + 1, 3 * at + 3))])
            for (const n of range(1, 10))
              yield* log.say(
                mainRoom,
                range(1, 20).map((at) => `line ${n}/${at}`)
              )
            assert.deepStrictEqual(yield* told(log, 3), [1, 61])
          }),
        settings
      )
      yield* use(
        (log) =>
          Effect.gen(function* () {
            for (const n of range(1, 10))
              yield* log.say(
                mainRoom,
                range(1, 20).map((at) => `more ${n}/${at}`)
              )
            assert.deepStrictEqual(yield* told(log, 3), [1, 61])
            assert.strictEqual(log.topicOf(ops)?.n, 2)
          }),
        settings
      )
    })
  )

  it.scoped("a file that begins anew has the very lines that came, and blocks that are whole", () =>
    Effect.gen(function* () {
      const use = uses(yield* temporaryFolder)
      const bounds = { entries: 50 }
      // As a program in another language may write it.
      const odd = `{"n":1, "stream":"${stream("2")}", "at":0,"text":"\\u0061","type":"post"}\n`
      const seal = other.sign(claimOn(stream("2"), 1, 1, Keys.digestOf([bytesOf(odd)])))
      const line = odd.replace("}\n", `,"seal":{"from":1,"sig":"${seal}"}}\n`)
      const mine = yield* use(
        (log) =>
          Effect.gen(function* () {
            for (const n of range(1, 90)) yield* log.say(mainRoom, [`line ${n}`, "more", "still more"])
            yield* log.receive(blocksIn([bytesOf(line)]))
            for (const _ of range(1, 3)) yield* log.say(mainRoom, ["the last", "of all"])
            return log.streamIn(mainRoom)
          }),
        bounds
      )
      yield* use(
        (log) =>
          Effect.sync(() => {
            assert.strictEqual(log.have(mine), 276)
            assert.strictEqual(textOf(log.slice(stream("2"), 0, 1)?.bytes ?? new Uint8Array()), line)
            const blocks = handedOn(log, mine)
            assert.isAbove(blocks.length, 10)
            assert.isTrue(blocks.every((block) => isBy(me, block)))
          }),
        bounds
      )
    })
  )

  it.scoped("of a block that begins before what is there the rest is gone, and that is said", () =>
    Effect.gen(function* () {
      const use = uses(yield* temporaryFolder)
      yield* use((log) =>
        Effect.gen(function* () {
          yield* log.adopt(new Map([[stream("2"), 2]]))
          yield* log.receive([blockAt(stream("2"), 1, 4), blockAt(stream("2"), 5, 6)])
          yield* log.receive([blockAt(stream("2"), 1, 4)])
          assert.deepStrictEqual(yield* allEntries(log), ["missed 2", "line 5", "line 6"])
        })
      )
      yield* use((log) =>
        Effect.sync(() => {
          assert.strictEqual(log.have(stream("2")), 6)
          assert.strictEqual(log.slice(stream("2"), 0, 1)?.first, 5)
        })
      )
    })
  )

  it.scoped("a folder is a plain chat's or a secure one's, and says so to the other", () =>
    Effect.gen(function* () {
      const [secure, plain] = [yield* temporaryFolder, yield* temporaryFolder]
      yield* uses(secure)((log) => log.say(mainRoom, ["a secret"]))
      yield* uses(plain)((log) => log.say(mainRoom, ["in the open"]), { sign: undefined })
      const before = [secure, plain].map((folder) => Fs.readFileSync(Path.join(folder, "log.ndjson"), "utf8"))
      const inPlain = yield* Effect.flip(uses(secure)(() => Effect.void, { sign: undefined }))
      assert.strictEqual(
        inPlain.message,
        `${secure} can't be used (it holds the log of a secure chat, which a plain chat would send unencrypted: name another folder).`
      )
      const inSecure = yield* Effect.flip(uses(plain)(() => Effect.void))
      assert.strictEqual(
        inSecure.message,
        `${plain} can't be used (it holds the unsigned log of a plain chat, which a secure chat can't use: name another folder).`
      )
      assert.deepStrictEqual(
        [secure, plain].map((folder) => Fs.readFileSync(Path.join(folder, "log.ndjson"), "utf8")),
        before
      )
      yield* uses(secure)((log) => Effect.sync(() => assert.isTrue(log.restored)))
    })
  )
})

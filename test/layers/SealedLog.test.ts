/** Private messages in the log of a secure chat. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FiberStatus from "effect/FiberStatus"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import type { Settings } from "../../layers/log/Log.ts"
import type { Confidants } from "../../services/MessageLog.ts"
import { isClosed, sealedRoom } from "../../src/domain/Conversation.ts"
import { isTooLong } from "../../src/domain/Errors.ts"
import type { Letters } from "../../src/domain/Letter.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, type StreamId } from "../../src/domain/Post.ts"
import type { SealedBlock } from "../../src/protocol/Blocks.ts"
import { linesIn } from "../support/bytes.ts"
import { temporaryFolder } from "../support/folder.ts"
import * as InstantSeal from "../support/InstantSeal.ts"
import { id } from "../support/samples.ts"
import { blocksIn } from "../support/signers.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"

const [anna, bo, carol] = ["anna", "bo", "carol"].map(id) as [PeerId, PeerId, PeerId]

/** The keys of some members, and a log for each of them in a folder of its own. */
const members = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const keys = new Map(
    yield* Effect.forEach([anna, bo, carol], (each) =>
      Effect.map(Keys.generate, (identity) => [each, identity] as const)
    )
  )
  const identityOf = (self: PeerId) => {
    const identity = keys.get(self)
    if (identity === undefined) throw new Error(`${self} has no key`)
    return identity
  }
  const lettersOf = (self: PeerId): Letters => {
    const sealing = InstantSeal.make(identityOf(self).credentials.privateKey)
    return {
      knows: (other) => keys.has(other),
      seal: (place, letter) =>
        sealing.seal(
          place,
          letter,
          letter.to.flatMap((to) => keys.get(to)?.key ?? [])
        ),
      open: sealing.open
    }
  }
  const use = <A, E>(self: PeerId, body: (log: Log) => Effect.Effect<A, E>, settings: Omit<Settings, "author"> = {}) =>
    Effect.flatMap(ScriptedConsole.make, (script) =>
      Effect.provide(
        Effect.flatMap(wholeLog, body),
        FileMessageLog.layer(
          {
            author: self,
            sign: (claim) => identityOf(self).sign(Buffer.from(claim)),
            letters: lettersOf(self),
            ...settings
          },
          Path.join(folder, self)
        ).pipe(Layer.provide(script.layer))
      )
    )
  return { use, lettersOf, file: (self: PeerId) => Fs.readFileSync(Path.join(folder, self, "log.ndjson"), "utf8") }
})

/** All that a log would hand on of a stream. */
const handedOn = (log: Log, of: StreamId): ReadonlyArray<SealedBlock> => {
  const all: Array<SealedBlock> = []
  for (let slice = log.slice(of, 0, 65_536); slice; slice = log.slice(of, slice.last, 65_536)) {
    if (slice.last < slice.first) break
    all.push(...blocksIn(linesIn(slice.bytes)))
  }
  return all
}

const readable = (log: Log) =>
  Effect.map(log.recent(10_000), (posts) => posts.filter((post) => !isClosed(post)).map(({ text }) => text))

/** What anna says to these, as blocks. */
const said = (use: Effect.Effect.Success<typeof members>["use"], to: Confidants, ...texts: ReadonlyArray<string>) =>
  use(anna, (log) =>
    Effect.gen(function* () {
      yield* log.confide(to, texts)
      return handedOn(log, log.streamIn(sealedRoom))
    })
  )

describe("private messages in a log", () => {
  it.scoped("the reader's log has them open and carries the others', and both come back from disk, in order", () =>
    Effect.gen(function* () {
      const { file, use } = yield* members
      const blocks = yield* use(anna, (log) =>
        Effect.gen(function* () {
          for (const [to, text] of [
            [bo, "one"],
            [carol, "two"],
            [bo, "three"]
          ] as const) {
            yield* log.confide([to], [text])
          }
          assert.deepStrictEqual(yield* readable(log), ["one", "two", "three"])
          return handedOn(log, log.streamIn(sealedRoom))
        })
      )
      const [first] = blocks
      assert(first !== undefined && blocks.length === 3)
      const { stream } = first.post
      yield* use(bo, (log) =>
        Effect.gen(function* () {
          assert.isUndefined(log.receiveNow(blocks), "it must open some first")
          yield* log.receive(blocks)
          assert.deepStrictEqual(yield* readable(log), ["one", "three"])
          yield* log.receive(blocks)
          assert.lengthOf(yield* log.recent(10), 2, "each once")
          assert.deepStrictEqual((yield* log.recent(10))[0]?.to, [bo])
        })
      )
      for (const run of ["the next run", "and the one after the journal was written anew"]) {
        yield* use(
          bo,
          (log) =>
            Effect.gen(function* () {
              assert.strictEqual(log.have(stream), 3, run)
              const own = new Set(["to all"])
              assert.deepStrictEqual(
                (yield* readable(log)).filter((text) => !own.has(text)),
                ["one", "three"],
                run
              )
              assert.deepStrictEqual(handedOn(log, stream), blocks, run)
              yield* log.renew(new Map())
              yield* log.say(mainRoom, ["to all"])
              yield* log.renew(new Map())
            }),
          {}
        )
      }
      for (const self of [anna, bo]) assert.notMatch(file(self), /"one"|"two"|"three"/)
    })
  )

  it.scoped(
    "a restart waits for the last ones alone; the others are opened while the log is used, and stay in order",
    () =>
      Effect.gen(function* () {
        const { lettersOf, use } = yield* members
        const texts = Array.from({ length: 104 }, (_, n) => `line ${n}`)
        const blocks = yield* said(use, [bo], ...texts)
        yield* use(bo, (log) =>
          Effect.map(Effect.zipRight(log.receive(blocks), log.written), () => {
            const last = log.screen.open().pull(200).at(-1)
            assert(last !== undefined)
            log.screen.shown(last)
          })
        )
        const { open, ...others } = lettersOf(bo)
        const letters: Letters = {
          ...others,
          open: (place, text) => {
            const opening = open(place, text)
            return opening && Effect.delay(opening, "1 second")
          }
        }
        const again = yield* Effect.fork(
          use(
            bo,
            (log) =>
              Effect.gen(function* () {
                assert.deepStrictEqual(yield* readable(log), texts.slice(4))
                assert.lengthOf(yield* log.recent(200), 104)
                yield* Effect.sleep("2500 millis")
                assert.deepStrictEqual(yield* readable(log), texts.slice(2))
                yield* log.say(mainRoom, ["meanwhile"])
                yield* Effect.sleep("5 seconds")
                assert.deepStrictEqual(yield* readable(log), [...texts, "meanwhile"])
              }),
            { letters }
          )
        )
        // The file is read in real time; then eight are opened at a time.
        while (!FiberStatus.isDone(yield* again.status)) {
          yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
          yield* TestClock.adjust("500 millis")
        }
        yield* again
      })
  )

  it.scoped("who carries them shows nothing, and takes them in at once", () =>
    Effect.gen(function* () {
      const { use } = yield* members
      const blocks = yield* said(use, [bo], "one", "two")
      yield* use(carol, (log) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(log.receiveNow(blocks), [])
          assert.isEmpty(yield* log.recent(10))
          assert.lengthOf(handedOn(log, blocks[0]?.post.stream as StreamId), 2)
        })
      )
    })
  )

  it.scoped("what is carried has a share of the log, and what was said to all stays", () =>
    Effect.gen(function* () {
      const { use } = yield* members
      const blocks = yield* said(use, [bo], ...Array.from({ length: 40 }, (_, at) => `flood ${at}`))
      const stream = blocks[0]?.post.stream as StreamId
      const settings = { entries: 40 }
      const look = (log: Log, before: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* readable(log), before)
          assert.strictEqual(log.have(stream), 40)
          const kept = log.slice(stream, 0, 1_000_000)
          // Some more than ten may be kept: a segment goes as a whole.
          assert.isAbove(kept?.first ?? 0, 10)
        })
      const texts = Array.from({ length: 20 }, (_, at) => `to all ${at}`)
      yield* use(
        carol,
        (log) =>
          Effect.gen(function* () {
            yield* log.say(mainRoom, texts)
            yield* log.receive(blocks)
            yield* look(log, texts)
          }),
        settings
      )
      yield* use(carol, (log) => look(log, texts), settings)
    })
  )

  it.scoped("what belongs elsewhere, or is damaged, is carried and shown nowhere", () =>
    Effect.gen(function* () {
      const { use } = yield* members
      const [block] = yield* said(use, [bo], "one")
      assert(block !== undefined)
      const moved = {
        ...block,
        post: { ...block.post, stream: block.post.stream.replace("anna", "carol") as StreamId }
      }
      const damaged = { ...block, post: { ...block.post, text: `${block.post.text.slice(0, -2)}AA` } }
      yield* use(bo, (log) =>
        Effect.gen(function* () {
          yield* log.receive([moved])
          yield* log.receive([damaged])
          assert.isEmpty(yield* readable(log))
          assert.strictEqual(log.have(block.post.stream), 1)
        })
      )
    })
  )

  it.scoped("a run that begins anew says them again, sealed for their new place", () =>
    Effect.gen(function* () {
      const { file, use } = yield* members
      const blocks = yield* use(anna, (log) =>
        Effect.gen(function* () {
          yield* log.confide([bo], ["one", "two"])
          const own = log.streamIn(sealedRoom)
          yield* log.renew(new Map([[own, 1]]))
          assert.deepStrictEqual(yield* readable(log), ["one", "two"])
          return [...handedOn(log, own), ...handedOn(log, log.streamIn(sealedRoom))]
        })
      )
      assert.lengthOf(blocks, 2)
      yield* use(bo, (log) =>
        Effect.gen(function* () {
          yield* log.receive(blocks)
          assert.deepStrictEqual(yield* readable(log), ["one", "two"])
        })
      )
      assert.notMatch(file(anna), /"one"|"two"/)
    })
  )

  it.scoped("nobody is written to whose key is not known, and a line that is too long is not said", () =>
    Effect.gen(function* () {
      const { use } = yield* members
      yield* use(anna, (log) =>
        Effect.gen(function* () {
          const failure = yield* Effect.flip(log.confide([bo, id("dan")], ["one"]))
          assert.strictEqual(failure._tag, "NoKey")
          const [long, short] = yield* log.confide([bo], ["x".repeat(50_000), "short"])
          assert.isTrue(isTooLong(long))
          assert.isFalse(isTooLong(short))
          assert.deepStrictEqual(yield* readable(log), ["short"])
        })
      )
    })
  )
})

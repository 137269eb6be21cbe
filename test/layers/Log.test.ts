import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describe } from "vitest"
import * as Journal from "../../layers/log/Journal.ts"
import { decodeLine, type JournalLine } from "../../layers/log/JournalReader.ts"
import * as Log from "../../layers/log/Log.ts"
import * as WriteBehind from "../../layers/log/WriteBehind.ts"
import { isTooLong, LogUnavailable } from "../../src/domain/Errors.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import type { PostFrame } from "../../src/protocol/Frame.ts"
import { linesIn, textOf } from "../support/bytes.ts"
import { SteppedDisk } from "../support/SteppedDisk.ts"
import { id, post, stream } from "../support/samples.ts"
import { allEntries, answer, posts, range, recalls, sentOn } from "./MessageLogContract.ts"

const full = new LogUnavailable({ path: "log", detail: "no space left" })

/** A journal that writes when it is let, and fails when it is told to. */
const makeJournal = (left: ReadonlyArray<JournalLine> = []) => {
  const written: Array<string> = []
  const state = { broken: false, gate: Effect.void as Effect.Effect<void> }
  const queue = WriteBehind.make({
    write: (blocks) =>
      Effect.gen(function* () {
        yield* state.gate
        if (state.broken) return yield* full
        for (const line of blocks.flatMap(linesIn)) {
          const frame = JSON.parse(textOf(line))
          if (frame.type !== "shown") written.push(frame.type === "post" ? frame.text : `gap to ${frame.to}`)
        }
      }),
    replace: () => Effect.void
  })
  const journal = Effect.map(
    queue,
    (queue): Journal.Journal => ({
      ...Journal.nowhere,
      ...queue,
      keeps: true,
      isInstant: false,
      restore: (each) => Effect.sync(() => left.forEach(each))
    })
  )
  return {
    journal,
    state,
    written,
    log: Effect.flatMap(journal, (made) => Log.make({ author: id("1") }, made))
  }
}

const frames = (author: string, ...numbers: ReadonlyArray<number>): ReadonlyArray<PostFrame> =>
  posts(author, ...numbers).map((each) => ({ type: "post", ...each }))

const letOthersRun = Effect.repeatN(Effect.yieldNow(), 20)

describe("Log", () => {
  it.scoped("what is said at once is in the journal before it is seen, sent or counted", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const seen: Array<unknown> = []
      const journal: Journal.Journal = {
        ...Journal.nowhere,
        keeps: true,
        append: (blocks, _durably, _unshown, settled) => {
          if (blocks.length > 0) seen.push([log.have(log.streamIn(mainRoom)), sentOn(log)])
          for (const line of blocks.flatMap(linesIn)) written.push(JSON.parse(textOf(line)).text)
          settled()
        }
      }
      const log: Log.Log = yield* Log.make({ author: id("1") }, journal)
      log.onGrowth(() => seen.push([...written]))
      assert.lengthOf(log.sayNow(mainRoom, ["a", "ä"]) ?? [], 2)
      assert.deepStrictEqual(seen, [
        [0, []],
        ["a", "ä"]
      ])
      assert.deepStrictEqual(yield* allEntries(log), ["a", "ä"])
      const slow = yield* Log.make({ author: id("1") }, { ...journal, isInstant: false })
      assert.isUndefined(slow.sayNow(mainRoom, ["a"]))
    })
  )

  it.scoped("posts of others are taken in at once, but not from within a step, nor where a journal has no room", () =>
    Effect.gen(function* () {
      const log = yield* Log.make({ author: id("1") }, Journal.nowhere)
      assert.deepStrictEqual(log.receiveNow(posts("2", 1, 2)), [])
      assert.deepStrictEqual(log.receiveNow(posts("2", 4)), [[stream("2"), 3]])
      const within: Array<unknown> = []
      const off = log.onGrowth(() => within.push(log.receiveNow(posts("2", 3))))
      assert.deepStrictEqual(log.receiveNow(posts("3", 1)), [])
      off()
      assert.deepStrictEqual([within, log.have(stream("2"))], [[undefined], 2])
      assert.deepStrictEqual(log.receiveNow(posts("2", 3)), [])
      assert.strictEqual(log.have(stream("2")), 4)
      const slow = yield* Log.make({ author: id("1") }, { ...Journal.nowhere, hasRoom: () => false })
      assert.isUndefined(slow.receiveNow(posts("2", 1)))
      assert.strictEqual(slow.have(stream("2")), 0)
    })
  )

  it.scoped("a line that was refused is none that the screen lacks", () =>
    Effect.gen(function* () {
      const disk = new SteppedDisk()
      const log = yield* Log.make({ author: id("1") }, yield* disk.journal)
      const refused = yield* Effect.fork(Effect.flip(log.say(mainRoom, ["a"])))
      yield* letOthersRun
      yield* disk.step(true)
      yield* Fiber.join(refused)
      yield* log.receive(posts("2", 1))
      yield* letOthersRun
      yield* disk.step()
      assert.deepStrictEqual(
        linesIn(disk.file).map((line) => decodeLine(line)?.type),
        ["shown", "post"]
      )
      assert.deepStrictEqual(decodeLine(linesIn(disk.file)[0] as Uint8Array), { type: "shown", but: 0 })
      yield* disk.die
    })
  )

  it.scoped("lines that were refused take no place of those that are kept", () =>
    Effect.gen(function* () {
      const { journal, state } = makeJournal()
      const log = yield* Log.make({ author: id("1"), entries: 8 }, yield* journal)
      yield* log.say(mainRoom, ["a", "b", "c", "d"])
      state.broken = true
      for (let time = 0; time < 20; time += 1) yield* Effect.flip(log.say(mainRoom, ["refused", "refused"]))
      state.broken = false
      assert.deepStrictEqual(yield* allEntries(log), ["a", "b", "c", "d"])
      yield* log.say(mainRoom, ["e"])
      assert.deepStrictEqual(yield* allEntries(log), ["a", "b", "c", "d", "e"])
    })
  )

  it.scoped("nothing that is said is seen, sent or counted before it is in the journal", () =>
    Effect.gen(function* () {
      const { log: made, state, written } = makeJournal()
      const log = yield* made
      const gate = yield* Deferred.make<void>()
      state.gate = Deferred.await(gate)
      const saying = yield* Effect.fork(log.say(mainRoom, ["a", "b"]))
      yield* letOthersRun
      assert.deepStrictEqual([written, sentOn(log), log.have(log.streamIn(mainRoom))], [[], [], 0])
      assert.deepStrictEqual(yield* log.recent(9), [])
      assert.deepStrictEqual(yield* log.own, [])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(saying)
      assert.deepStrictEqual(written, ["a", "b"])
      assert.deepStrictEqual(yield* allEntries(log), ["a", "b"])
    })
  )

  it.scoped(
    "what can't be written is not said: it leaves no trace, and the next has its number and what it answers",
    () =>
      Effect.gen(function* () {
        const { log: made, state, written } = makeJournal()
        const log = yield* made
        yield* log.receive(posts("2", 1))
        yield* log.written
        state.broken = true
        assert.strictEqual((yield* Effect.flip(log.say(mainRoom, ["a", "b"])))._tag, "LogUnavailable")
        assert.deepStrictEqual([log.have(log.streamIn(mainRoom)), sentOn(log)], [0, []])
        state.broken = false
        yield* log.say(mainRoom, ["c"])
        assert.deepStrictEqual(sentOn(log), [post(log.streamIn(mainRoom), 1, "c", [[stream("2"), 1]])])
        assert.deepStrictEqual(written, ["21", "c"])
        assert.deepStrictEqual(yield* allEntries(log), ["21", "c"])
      })
  )

  it.scoped("lines that are too long are told as such, whatever state the journal is in", () =>
    Effect.gen(function* () {
      const { log: made, state } = makeJournal()
      const log = yield* made
      state.broken = true
      assert.deepStrictEqual((yield* log.say(mainRoom, ["x".repeat(70_000)])).map(isTooLong), [true])
    })
  )

  it.scoped("what others say goes on without a journal: once a notice, and once more after it had recovered", () =>
    Effect.gen(function* () {
      const { log: made, state, written } = makeJournal()
      const log = yield* made
      state.broken = true
      for (const n of [1, 2, 3]) yield* log.receive(posts("2", n))
      yield* log.written
      state.broken = false
      yield* log.receive(posts("2", 4))
      yield* log.written
      state.broken = true
      yield* log.receive(posts("2", 5, 6))
      yield* log.written
      const all = yield* allEntries(log)
      assert.deepStrictEqual(
        all.filter((entry) => entry !== "Unkept"),
        ["21", "22", "23", "24", "25", "26"]
      )
      assert.deepStrictEqual(
        all.filter((entry) => entry === "Unkept"),
        ["Unkept", "Unkept"]
      )
      assert.include(written, "24")
    })
  )

  it.scoped(
    "with a slow journal, the journal and the entries have the order of delivery, whoever says what at once",
    () =>
      Effect.gen(function* () {
        const { log: made, state, written } = makeJournal()
        const log = yield* made
        let writes = 0
        state.gate = Effect.suspend(() => Effect.repeatN(Effect.yieldNow(), (7 * writes++) % 11))
        const speaks = Effect.forEach(range(1, 20), (n) => log.say(mainRoom, [`own ${n}`, `own ${n}, too`]))
        const hears = (author: string) => Effect.forEach(range(1, 20), (n) => log.receive([answer(author, n)]))
        const answers = Effect.forEach(range(1, 20), (n) => log.receive([answer("3", n, ["2", n])]))
        yield* Effect.all([speaks, answers, hears("2"), hears("4")], { concurrency: "unbounded", discard: true })
        yield* log.written
        const entries = yield* allEntries(log)
        assert.strictEqual(entries.length, 100)
        assert.deepStrictEqual(entries, written)
        for (const n of range(1, 20)) assert.isBelow(entries.indexOf(`2${n}`), entries.indexOf(`3${n}`))
      })
  )

  it.scoped(
    "nothing overtakes what is still being written: neither an answer to it nor what this node says below it",
    () =>
      Effect.gen(function* () {
        const { log: made, state, written } = makeJournal()
        const log = yield* made
        const gate = yield* Deferred.make<void>()
        state.gate = Deferred.await(gate)
        const first = yield* Effect.fork(log.receive(posts("2", 1)))
        yield* letOthersRun
        state.gate = Effect.void
        const next = yield* Effect.fork(log.receive([answer("3", 1, ["2", 1])]))
        const own = yield* Effect.fork(log.say(mainRoom, ["own"]))
        yield* letOthersRun
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(first)
        yield* Fiber.join(next)
        yield* Fiber.join(own)
        assert.deepStrictEqual(written, ["21", "31", "own"])
        assert.deepStrictEqual(yield* allEntries(log), ["21", "31", "own"])
      })
  )

  it.scoped("a link that ends while the journal is slow loses nothing that it had brought", () =>
    Effect.gen(function* () {
      const { log: made, state, written } = makeJournal()
      const log = yield* made
      const gate = yield* Deferred.make<void>()
      state.gate = Deferred.await(gate)
      const receiving = yield* Effect.fork(log.receive(posts("2", 1)))
      const saying = yield* Effect.fork(log.say(mainRoom, ["own"]))
      yield* letOthersRun
      const ended = yield* Effect.fork(Fiber.interrupt(receiving))
      const gone = yield* Effect.fork(Fiber.interrupt(saying))
      yield* letOthersRun
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(ended)
      yield* Fiber.join(gone)
      yield* log.receive(posts("2", 1, 2))
      yield* log.written
      assert.deepStrictEqual(
        written,
        ["21", "own", "22"].filter((text) => text !== "own" || written.includes("own"))
      )
      assert.deepStrictEqual(yield* allEntries(log), written)
    })
  )

  it.scoped("what is gone or taken as seen is journaled before what had waited for it", () =>
    Effect.gen(function* () {
      const { log: made, written } = makeJournal()
      const log = yield* made
      yield* log.receive([answer("3", 1, ["2", 2]), answer("4", 1, ["5", 9])])
      yield* log.skip(stream("2"), 2)
      yield* log.adopt(new Map([[stream("5"), 9]]))
      yield* log.written
      assert.deepStrictEqual(
        written.filter((line) => line !== "gap to 0"),
        ["gap to 2", "31", "gap to 9", "41"]
      )
      assert.deepStrictEqual(yield* allEntries(log), ["missed 2", "31", "41"])
    })
  )

  it.scoped("an earlier run's posts are there, and shown as far as history goes", () =>
    Effect.gen(function* () {
      const left = [...frames("2", 1, 2), { type: "gap", stream: stream("3"), to: 4 } as const, ...frames("3", 5)]
      const { journal } = makeJournal(left)
      const restoredWith = (history: number) =>
        Effect.flatMap(journal, (made) => Log.make({ author: id("1"), history }, made))
      const log = yield* restoredWith(2)
      assert.isTrue(log.restored)
      assert.deepStrictEqual([log.have(stream("2")), log.have(stream("3"))], [2, 5])
      assert.deepStrictEqual(
        sentOn(log, stream("2")).map(({ text }) => text),
        ["21", "22"]
      )
      yield* log.receive(posts("2", 2, 3))
      assert.deepStrictEqual(yield* allEntries(log), ["earlier 22", "earlier 35", "23"])
      assert.deepStrictEqual(yield* allEntries(yield* restoredWith(0)), [])
      assert.deepStrictEqual(yield* allEntries(yield* restoredWith(9)), ["earlier 21", "earlier 22", "earlier 35"])
    })
  )

  it.scoped("what may not have been on the screen of an earlier run is where the screen begins, history or not", () =>
    Effect.gen(function* () {
      const shown = (but: number) => ({ type: "shown", but }) as const
      const begins = (...left: ReadonlyArray<JournalLine>) => Effect.flatMap(makeJournal(left).log, allEntries)
      assert.deepStrictEqual(yield* begins(...frames("2", 1, 2)), [], "it says nothing of that")
      assert.deepStrictEqual(yield* begins(shown(0), ...frames("2", 1, 2)), ["earlier 21", "earlier 22"])
      assert.deepStrictEqual(yield* begins(...frames("2", 1, 2, 3), shown(1)), ["earlier 23"])
      assert.deepStrictEqual(
        yield* begins(...frames("2", 1, 2), shown(1), ...frames("1", 1), ...frames("3", 1)),
        ["earlier 22", "earlier 11", "earlier 31"],
        "what it has said itself stands between them"
      )
      assert.deepStrictEqual(
        yield* begins(...frames("2", 1, 2), shown(9)),
        ["skipped 7", "earlier 21", "earlier 22"],
        "some of it is not kept any more"
      )
    })
  )

  it.scoped("a journal that begins anew with history among its lines knows as well what was not on the screen", () =>
    Effect.gen(function* () {
      const journal = yield* makeJournal().journal
      const kept: Array<JournalLine> = []
      let isOvergrown = false
      const log = yield* Log.make(
        { author: id("1") },
        {
          ...journal,
          overgrown: () => isOvergrown,
          replace: (lines, unshown, settled) => {
            const all = [...lines].flatMap(linesIn)
            const decoded = all.map((line) => decodeLine(line) as JournalLine)
            kept.splice(0, kept.length, ...decoded, { type: "shown", but: unshown })
            settled()
          }
        }
      )
      yield* log.adopt(new Map([[stream("3"), 5]]))
      yield* log.receive(posts("2", 1, 2))
      for (const n of [4, 5]) yield* recalls(log, post(stream("3"), n, `3${n}`))
      isOvergrown = true
      yield* log.receive(posts("4", 1))
      const next = yield* allEntries(yield* makeJournal(kept).log)
      assert.deepStrictEqual(next, ["earlier 21", "earlier 22", "earlier 34", "earlier 35", "earlier 41"])
    })
  )
})

/** What a log promises about its file, whatever is said and received, and wherever the file is cut off by a crash. */
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Scope from "effect/Scope"
import { describe } from "vitest"
import * as Log from "../../layers/log/Log.ts"
import type { Cursor } from "../../services/MessageLog.ts"
import { type Entry, isPost } from "../../src/domain/Entry.ts"
import { isTooLong } from "../../src/domain/Errors.ts"
import { mainRoom, type Post } from "../../src/domain/Post.ts"
import { SteppedDisk, textsIn } from "../support/SteppedDisk.ts"
import { id, stream } from "../support/samples.ts"
import { run } from "../support/VirtualTime.ts"
import { answer, range, sentOn } from "./MessageLogContract.ts"

const authors = ["2", "3"] as const
type Author = (typeof authors)[number]

/** What happens to a log. */
type Move =
  | { readonly move: "say"; readonly lines: number; readonly by: "screen" | "other" }
  /** The next posts of an author. `answers`: each after what the other one has said so far; `leaving`: one out first. */
  | {
      readonly move: "receive"
      readonly from: Author
      readonly count: number
      readonly answers: boolean
      readonly leaving: boolean
    }
  /** The posts of an author that are missing count as lost. */
  | { readonly move: "lose"; readonly from: Author }
  | { readonly move: "write" | "fail" }
  /** A session comes, and wants to see the last two posts. */
  | { readonly move: "join" }
  /** The screen shows what there is, at most so much; it reports it at once, or later. */
  | { readonly move: "show"; readonly count: number; readonly reports: boolean }

const moves = FastCheck.array(
  FastCheck.oneof(
    {
      weight: 3,
      arbitrary: FastCheck.record({
        move: FastCheck.constant("say" as const),
        lines: FastCheck.integer({ min: 1, max: 3 }),
        by: FastCheck.constantFrom("screen" as const, "other" as const)
      })
    },
    {
      weight: 4,
      arbitrary: FastCheck.record({
        move: FastCheck.constant("receive" as const),
        from: FastCheck.constantFrom(...authors),
        count: FastCheck.integer({ min: 1, max: 4 }),
        answers: FastCheck.boolean(),
        leaving: FastCheck.nat(5).map((n) => n === 0)
      })
    },
    {
      weight: 1,
      arbitrary: FastCheck.record({
        move: FastCheck.constant("lose" as const),
        from: FastCheck.constantFrom(...authors)
      })
    },
    {
      weight: 5,
      arbitrary: FastCheck.record({
        move: FastCheck.nat(7).map((n) => (n === 0 ? ("fail" as const) : ("write" as const)))
      })
    },
    { weight: 1, arbitrary: FastCheck.constant({ move: "join" as const }) },
    {
      weight: 3,
      arbitrary: FastCheck.record({
        move: FastCheck.constant("show" as const),
        count: FastCheck.integer({ min: 1, max: 6 }),
        reports: FastCheck.boolean()
      })
    }
  ),
  { maxLength: 40, size: "max" }
)

const letOthersRun = Effect.repeatN(Effect.yieldNow(), 20)

const postsIn = (entries: ReadonlyArray<Entry>): ReadonlyArray<Post> =>
  entries.flatMap((entry) => (isPost(entry) ? [entry.post] : []))
const textsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => postsIn(entries).map(({ text }) => text)

const everythingOf = (cursor: Cursor): ReadonlyArray<Entry> => {
  const next = cursor.pull(Number.POSITIVE_INFINITY)
  return next.length === 0 ? next : [...next, ...everythingOf(cursor)]
}

/** What the world knows of a run that is over. */
interface Past {
  /** The own lines that anybody may have seen: links, screens, or their authors as said. */
  readonly seen: ReadonlySet<string>
  /** What was on the screen. */
  readonly shown: ReadonlySet<string>
  /**
   * The posts of others that could not be written when they came. Until the journal is written anew, these and the later
   * ones of their streams may count among those that a later line says are lost.
   */
  readonly unkept: ReadonlySet<string>
  /** All posts, in the order of the log. */
  readonly order: ReadonlyArray<string>
  /** How many posts of each author were made. */
  readonly made: ReadonlyMap<Author, number>
  /** The posts that count as lost. */
  readonly lost: ReadonlySet<string>
  /** What was typed at the screen. */
  readonly typed: ReadonlySet<string>
}

/** Opens a log on a disk, in a scope of its own. */
const open = (disk: SteppedDisk) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const journal = yield* Scope.extend(disk.journal, scope)
    const log = yield* Scope.extend(Log.make({ author: id("1") }, journal), scope)
    return { log, close: Effect.zipRight(disk.die, Scope.close(scope, Exit.void)) }
  }).pipe(Effect.orDie)

/** Lives through the moves, and checks after each what is promised while a log is open. Returns what is left then. */
const live = (disk: SteppedDisk, all: ReadonlyArray<Move>, crash: "process" | "power", cut: number) =>
  Effect.gen(function* () {
    const { close, log } = yield* open(disk)
    const seen = new Set<string>()
    const shown = new Set<string>()
    const unkept = new Set<string>()
    const lost = new Set<string>()
    const typed = new Set<string>()
    const made = new Map<Author, number>(authors.map((author) => [author, 0]))
    const other = yield* log.openReader(0)
    const others = other.open()
    const screen = log.screen.open()
    const order: Array<string> = []
    const joined: Array<{ readonly cursor: Cursor; readonly texts: Array<string> }> = []
    let last: Entry | undefined
    let said = 0

    /** What anybody can see is on disk, with everything before it. */
    const check = Effect.gen(function* () {
      const inFile = new Set(textsIn(disk.file))
      const isDurable = new Set(textsIn(disk.file.slice(0, disk.durable)))
      order.push(...textsOf(everythingOf(others)))
      for (const { cursor, texts } of joined) texts.push(...textsOf(everythingOf(cursor)))
      const own = sentOn(log)
      const recent = yield* log.recent(Number.POSITIVE_INFINITY)
      const visible = [...own, ...recent.filter(({ stream }) => log.isOwn(stream)), ...(yield* log.own)]
      for (const text of [...visible.map(({ text }) => text), ...order.filter((text) => text.startsWith("own"))]) {
        seen.add(text)
      }
      for (const text of seen) assert.isTrue(isDurable.has(text), `${text} is seen, and not on disk`)
      for (const { deps, text } of own) {
        for (const [dep, n] of Object.entries(deps)) {
          const below = `${dep.slice(0, dep.indexOf("/"))}${n}`
          const isThere = isDurable.has(below) || unkept.has(below) || lost.has(below)
          assert.isTrue(isThere, `${text} is seen, and ${below}, which it depends on, is not on disk`)
        }
      }
      if (disk.underWay.length === 0) {
        for (const { text } of recent) assert.include(order, text, "what waits for nothing is there for readers")
      }
      for (const text of shown)
        assert.isTrue(inFile.has(text) || unkept.has(text), `${text} is shown, and not in the file`)
    })

    for (const move of all) {
      switch (move.move) {
        case "say": {
          const lines = range(said + 1, said + move.lines).map((n) => `own ${n}`)
          said += move.lines
          if (move.by === "screen") for (const line of lines) typed.add(line)
          const say = log.say(mainRoom, lines, move.by === "screen" ? log.screen : other)
          yield* Effect.fork(
            Effect.matchEffect(say, {
              onFailure: () => Effect.void,
              onSuccess: (results) =>
                Effect.sync(() => {
                  for (const result of results) if (!isTooLong(result)) seen.add(result.text)
                })
            })
          )
          break
        }
        case "receive": {
          const before = made.get(move.from) ?? 0
          const first = before + (move.leaving ? 2 : 1)
          const [rival] = authors.filter((author) => author !== move.from)
          const had = log.have(stream(rival ?? "3"))
          const posts = range(first, first + move.count - 1).map((n) =>
            move.answers && had > 0 ? answer(move.from, n, [rival ?? "3", had]) : answer(move.from, n)
          )
          made.set(move.from, first + move.count - 1)
          yield* log.receive(posts)
          break
        }
        case "lose": {
          const of = stream(move.from)
          const made1 = made.get(move.from) ?? 0
          const held = yield* log.missing
          const to = held.find(([missing]) => missing === of)?.[1]
          if (to === undefined || to > made1) break
          for (const n of range(log.have(of) + 1, to)) lost.add(`${move.from}${n}`)
          yield* log.skip(of, to)
          break
        }
        case "join":
          joined.push({ cursor: (yield* log.openReader(2)).open(), texts: [] })
          break
        case "write":
          yield* disk.step()
          break
        case "fail": {
          const texts = textsIn(disk.underWay)
          yield* disk.step(true)
          for (const text of texts) if (!text.startsWith("own")) unkept.add(text)
          break
        }
        case "show": {
          const entries = screen.pull(move.count)
          for (const text of textsOf(entries)) shown.add(text)
          last = entries.at(-1) ?? last
          if (move.reports && last !== undefined) log.screen.shown(last)
          break
        }
      }
      yield* letOthersRun
      yield* check
    }
    const left = disk.left(crash, cut)
    const seenThen = new Set(seen)
    // The rest of the order: posts that wait for the disk have their place already.
    yield* log.close
    order.push(...textsOf(everythingOf(others)))
    for (const { cursor, texts } of joined) {
      texts.push(...textsOf(everythingOf(cursor)))
      assert.deepStrictEqual(
        texts,
        order.slice(order.length - texts.length),
        "a session misses nothing, and gets nothing twice"
      )
    }
    yield* close
    const past: Past = { seen: seenThen, shown, unkept, order, made, lost, typed }
    return { left, past }
  })

/** Opens what is left, and checks what the next run promises. */
const liveOn = (left: Uint8Array, past: Past, crash: "process" | "power") =>
  Effect.gen(function* () {
    const disk = new SteppedDisk(left)
    const writing = yield* Effect.fork(Effect.forever(Effect.zipRight(disk.step(), Effect.yieldNow())))
    const { close, log } = yield* open(disk)
    const history = everythingOf((yield* log.openReader(Number.POSITIVE_INFINITY)).open())
    const restored = textsOf(history)
    // Behind a post that could not be written, those of its stream can't be restored until the journal is written anew.
    const isUnkept = (text: string) =>
      range(1, Number(text.slice(1))).some((n) => past.unkept.has(`${text.slice(0, 1)}${n}`))
    const screen = log.screen.open()
    const again = textsOf(everythingOf(screen))

    assert.strictEqual(new Set(restored).size, restored.length, "nothing is restored twice")
    for (const text of past.seen) assert.include(restored, text, "what was seen of this node's lines is there")
    const inOrder = past.order.filter((text) => restored.includes(text))
    assert.deepStrictEqual(
      restored.filter((text) => past.order.includes(text)),
      inOrder,
      "in the order in which it was witnessed"
    )
    for (const text of restored) {
      const isKnown = past.shown.has(text) || past.typed.has(text) || again.includes(text)
      assert.isTrue(isKnown, `${text} was never shown, and is taken for shown`)
    }
    const own = new Map<string, Array<number>>()
    for (const { n, stream: of, text } of postsIn(history)) {
      if (text.startsWith("own")) own.set(of, [...(own.get(of) ?? []), n])
    }
    for (const numbers of own.values()) {
      assert.deepStrictEqual(numbers, range(1, numbers.length), "own lines have no hole")
    }
    for (const author of authors) {
      for (const n of range(1, log.have(stream(author)))) {
        const text = `${author}${n}`
        const isKnown = restored.includes(text) || past.lost.has(text) || isUnkept(text)
        assert.isTrue(isKnown, `${text} counts as had, and is not there`)
      }
    }

    // The others send what this node lacks, in any case everything that they have.
    for (const author of authors) {
      yield* log.receive(range(1, past.made.get(author) ?? 0).map((n) => answer(author, n)))
    }
    yield* Effect.zipRight(letOthersRun, log.written)
    const later = everythingOf(screen)
    const anew = textsOf(later)
    for (const author of authors) {
      assert.strictEqual(log.have(stream(author)), past.made.get(author) ?? 0, "the rest comes again")
      for (const n of range(1, past.made.get(author) ?? 0)) {
        const text = `${author}${n}`
        const isShown = past.shown.has(text) || again.includes(text) || anew.includes(text)
        assert.isTrue(isShown || past.lost.has(text) || isUnkept(text), `${text} is never shown`)
      }
    }
    const asNew = textsOf(later.filter(({ _tag }) => _tag === "Said"))
    for (const text of crash === "process" ? asNew : []) {
      assert.isTrue(!past.shown.has(text) || isUnkept(text), `${text} is shown twice as new`)
    }
    yield* writing.interruptAsFork(writing.id())
    yield* close
  })

const holds = (growth: number) =>
  FastCheck.assert(
    FastCheck.asyncProperty(
      moves,
      FastCheck.constantFrom("process" as const, "power" as const),
      FastCheck.double({ min: 0, max: 1, noNaN: true }),
      async (all, crash, cut) => {
        const exit = run(
          Effect.flatMap(live(new SteppedDisk(undefined, growth), all, crash, cut), ({ left, past }) =>
            liveOn(left, past, crash)
          ).pipe(Effect.scoped)
        )
        // A run is synchronous: vitest takes a worker that is silent for a minute for dead.
        await new Promise((resume) => setImmediate(resume))
        if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
      }
    ),
    { numRuns: Number(process.env["CRASHES"] ?? 100) }
  )

describe("a log whose process or machine dies at any moment", () => {
  it("has everything that was seen, no hole that is not said, and shows nothing twice as new", () =>
    holds(Number.POSITIVE_INFINITY))

  it("the same with a journal that is written anew again and again", () => holds(300))
})

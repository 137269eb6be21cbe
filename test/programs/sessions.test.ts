/** Several sessions at one node: each with a console of its own, while the node runs. */
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type Console, type Put, whenTaken } from "../../services/Console.ts"
import type { Fact } from "../../src/domain/Fact.ts"
import { mainRoom, streamOf } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { id, peer, post } from "../support/samples.ts"
import { joinAs } from "./Stranger.ts"
import { type AtConsole, type Attached, gather, story } from "./World.ts"

/** Of everything on that screen, the lines that are about these words. */
const linesOn = (console: AtConsole, words: RegExp) =>
  Effect.map(console.screen, (screen) => screen.filter((line) => words.test(line)))

/** Each of these lines stands there twice. */
const standsTwice = (console: AtConsole, ...lines: ReadonlyArray<string>) =>
  console.stands(...lines.flatMap((line) => [line, line]))

/** A session that came, and what it may have seen: of all lines those from one to another. */
interface Visit {
  readonly session: Attached
  readonly at: "pipe" | "terminal"
  readonly from: number
  to: () => number
  /** The lines that were typed there. */
  readonly own: Set<number>
}

const numberIn = (line: string) => Number(/line (\d+)/.exec(line)?.[1])
const inNumbers = (one: string, other: string) => numberIn(one) - numberIn(other)

/** What each session is told when its node begins anew. */
const begun = /It starts a new run/

/** A console that shows lines in another way. */
const shownBy = (console: Console["Type"], put: Put<ScreenLine>): Console["Type"] => ({
  ...console,
  put,
  show: whenTaken(put)
})

/** A console that takes nothing that is shown. */
const stuck = (console: Console["Type"]): Console["Type"] => shownBy(console, () => {})

/** A console that shows everything only after an effect. */
const shownAfter = (effect: Effect.Effect<unknown>) =>
  Effect.map(Effect.runtime<never>(), (runtime) => {
    const after =
      <A>(put: Put<A>): Put<A> =>
      (what, taken) => {
        Runtime.runFork(runtime)(
          Effect.zipRight(
            effect,
            Effect.sync(() => put(what, taken))
          )
        )
      }
    return (console: Console["Type"]): Console["Type"] => ({
      ...shownBy(console, after(console.put)),
      pending: Option.map(console.pending, (pending) => ({ ...pending, settle: after(pending.settle) }))
    })
  })

/** How long that takes, in ms. */
const timed = (effect: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const before = yield* Clock.currentTimeMillis
    yield* effect
    return (yield* Clock.currentTimeMillis) - before
  })

describe("several sessions at one node", () => {
  story("show each other's lines as the node's own, once and in order, and not their own", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const pipe = yield* one.attach()
      const terminal = yield* one.attach({ at: "terminal" })
      yield* one.type("main says")
      yield* pipe.sees("Client 1: main says")
      yield* terminal.stands("> main says")
      yield* pipe.type("pipe says")
      for (const console of [one, terminal]) yield* console.stands("> main says", "> pipe says")
      yield* one.sees("> main says", "> pipe says")
      yield* terminal.type("/me says")
      yield* terminal.sees("> Client 1 · says")
      yield* two.type("2 says")
      const expected = [
        [one, ["> main says", "> pipe says", "> Client 1 · says", "Client 2: 2 says"]],
        [terminal, ["> main says", "> pipe says", "> Client 1 · says", "Client 2: 2 says"]],
        [pipe, ["Client 1: main says", "Client 1 says", "Client 2: 2 says"]],
        [two, ["Client 1: main says", "Client 1: pipe says", "Client 1 says", "> 2 says"]],
        [server, ["Client 1: main says", "Client 1: pipe says", "Client 1 says", "Client 2: 2 says"]]
      ] as const
      for (const [console, lines] of expected) {
        yield* console.sees(...lines)
        assert.deepStrictEqual(yield* linesOn(console, /says$/), [...lines])
      }
      yield* one.stands()
      yield* terminal.stands()
    })
  )

  story("say the same line at the same time, and each has its own settled", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      const other = yield* one.attach({ at: "terminal" })
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      for (const text of ["same", "too", "same"]) {
        yield* one.type(text)
        yield* Effect.sleep("10 millis")
        yield* other.type(text)
        yield* Effect.sleep("10 millis")
      }
      for (const console of [one, other]) yield* standsTwice(console, "… same", "… too", "… same")
      const two = yield* world.client("2", { peer: "1" })
      yield* one.stands()
      yield* other.stands()
      for (const console of [one, other]) assert.lengthOf(yield* linesOn(console, /^> (same|too)$/), 6)
      assert.lengthOf(yield* linesOn(two, /^Client 1: (same|too)$/), 0, "what was said before it came is history")
    })
  )

  story("come late, see as much of what was as they ask for, and leave: the node goes on", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const text of ["a", "b", "c"]) {
        yield* two.type(text)
        yield* one.sees(`Client 2: ${text}`)
      }
      const late = yield* one.attach({ history: 2 })
      const later = yield* one.attach()
      yield* two.type("d")
      yield* later.sees("Client 2: d")
      assert.deepStrictEqual(yield* late.screen, ["(earlier) Client 2: b", "(earlier) Client 2: c", "Client 2: d"])
      assert.deepStrictEqual(yield* later.screen, ["Client 2: d"])
      yield* late.type("bye")
      yield* late.type("Exit")
      yield* late.type("too late")
      assert.strictEqual(yield* late.ended, "exit")
      yield* later.endInput
      assert.strictEqual(yield* later.ended, "end of input")
      const quitting = yield* one.attach()
      yield* quitting.type("/quit")
      assert.strictEqual(yield* quitting.ended, "exit")
      const broken = yield* one.attach({ at: "terminal" })
      yield* broken.detach
      yield* two.type("e")
      yield* one.sees("Client 2: e", "> bye")
      yield* server.sees("Client 1: bye", "Client 2: e")
      assert.isEmpty(yield* linesOn(server, /left|too late/))
      for (const ended of [late, later, quitting, broken]) {
        assert.isEmpty(yield* linesOn(ended, /Client 2: e/), "an ended session shows nothing")
      }
    })
  )

  story("each have the answers to their own commands, and mute for themselves", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const pipe = yield* one.attach()
      yield* pipe.type("/mute 2")
      yield* pipe.sees("* Muted: Client 2.")
      yield* one.type("/mute")
      yield* one.sees("* Nobody is muted.")
      yield* two.type("hello")
      yield* one.sees("Client 2: hello")
      yield* one.type("seen")
      yield* pipe.sees("Client 1: seen")
      assert.deepStrictEqual(yield* pipe.screen, ["* Muted: Client 2.", "Client 1: seen"])
      yield* pipe.type("/nosuch")
      yield* pipe.type("/who")
      yield* Effect.sleep("1 second")
      assert.lengthOf(yield* linesOn(pipe, /^\* (There is no command|Client \d, )/), 3)
      assert.isEmpty(yield* linesOn(one, /There is no command|Client \d, /))
    })
  )

  story("are told, if they are programs, which lines are the node's own", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const facts: Array<Fact> = []
      const tell: Put<Fact> = (told, taken) => {
        facts.push(...told)
        taken()
      }
      const program = yield* one.attach({
        over: (console) => ({
          ...console,
          tell: Option.some(tell)
        })
      })
      yield* program.type("from here")
      yield* one.sees("> from here")
      yield* one.type("from there")
      yield* two.sees("Client 1: from there")
      yield* two.type("from elsewhere")
      yield* one.sees("Client 2: from elsewhere")
      const said = facts.flatMap((fact) =>
        fact._tag === "Witnessed" && fact.entry._tag === "Said" ? [[fact.entry.post.text, fact.entry.own]] : []
      )
      assert.deepStrictEqual(said, [
        ["from here", true],
        ["from there", true],
        ["from elsewhere", false]
      ])
    })
  )

  story("end with the one that the program was started for, after all is shown", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const slow = yield* shownAfter(Effect.sleep("400 millis"))
      const sessions = [yield* one.attach(), yield* one.attach({ at: "terminal" }), yield* one.attach({ over: slow })]
      yield* one.type("hello")
      yield* two.sees("Client 1: hello")
      yield* Effect.sleep("1500 millis")
      yield* two.type("last words")
      yield* one.sees("Client 2: last words")
      yield* one.type("Exit")
      assert.isTrue(Exit.isSuccess(yield* one.ended))
      for (const session of sessions) {
        assert.strictEqual(yield* session.ended, "node ended")
        assert.lengthOf(yield* linesOn(session, /last words$/), 1)
      }
      yield* server.sees("* Client 1 left")
      const afterwards = yield* one.attach()
      assert.strictEqual(yield* afterwards.ended, "node ended", "there is nobody to attach to")
    })
  )

  for (const seed of [1, 2, 3, 4]) {
    story(`come and go as they like, and miss nothing that is said meanwhile, seed ${seed}`, (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        const said: Array<string> = []
        const all: Array<Visit> = []
        let here: ReadonlyArray<Visit> = []
        const say = (console: AtConsole, author: string) =>
          Effect.suspend(() => {
            const text = `line ${said.length + 1}.`
            said.push(`Client ${author}: ${text}`)
            for (const visit of here) {
              if (visit.session === console) visit.own.add(said.length - 1)
            }
            // So that what comes first is seen first, wherever it is typed.
            return Effect.zipRight(console.type(text), server.sees(`Client ${author}: ${text}`))
          })
        const pause = Effect.flatMap(Random.nextIntBetween(0, 1_500), (millis) => Effect.sleep(Duration.millis(millis)))
        for (let step = 0; step < 60; step += 1) {
          const dice = yield* Random.nextIntBetween(0, 100)
          const visit = here[dice % Math.max(1, here.length)]
          if (dice < 20 || visit === undefined) {
            const at = dice % 2 === 0 ? ("pipe" as const) : ("terminal" as const)
            const begun = { session: yield* one.attach({ at }), at, from: said.length, own: new Set<number>() }
            all.push({ ...begun, to: () => said.length })
            here = [...here, ...all.slice(-1)]
            // Until it has begun.
            yield* Effect.sleep("1 milli")
          } else if (dice < 35) {
            // What was said just now may be pending at a terminal.
            yield* Effect.sleep("3 seconds")
            const to = said.length
            visit.to = () => to
            here = here.filter((each) => each !== visit)
            yield* dice % 2 === 0 ? visit.session.detach : visit.session.type("Exit")
            yield* Effect.sleep("1 milli")
          } else if (dice < 75) yield* say(visit.session, "1")
          else if (dice < 85) yield* say(one, "1")
          else yield* say(two, "2")
          if (dice % 3 === 0) yield* pause
        }
        yield* Effect.sleep("3 seconds")
        for (const { at, from, own, session, to } of all) {
          const shown = yield* linesOn(session, /line \d+\.$/)
          const expected = said
            .map((line, index) => ({ line, index }))
            .slice(from, to())
            .filter(({ index }) => at === "terminal" || !own.has(index))
            .map(({ line }) => (at === "terminal" ? line.replace(/^Client 1: /, "> ") : line))
          assert.deepStrictEqual(shown.toSorted(inNumbers), expected)
          if (at === "pipe") assert.deepStrictEqual(shown, expected)
        }
        assert.deepStrictEqual(
          yield* linesOn(two, /^Client 1: line/),
          said.filter((line) => line.startsWith("Client 1"))
        )
      })
    )
  }

  story("stay at a server whose own input has ended", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const operator = yield* server.attach()
      yield* server.endInput
      yield* server.sees("* The input has ended; the server goes on without a keyboard until it gets a signal.")
      yield* operator.type("still here")
      yield* one.sees("Server: still here")
      yield* operator.type("Exit")
      assert.strictEqual(yield* operator.ended, "exit")
      const another = yield* server.attach()
      yield* one.type("are you?")
      yield* another.sees("Client 1: are you?")
      assert.isEmpty(yield* linesOn(one, /terminated/))
      yield* server.interrupt
      assert.strictEqual(yield* another.ended, "node ended")
      yield* one.sees("Server: terminated.")
    })
  )

  story("wait for no console that takes nothing, and neither does the end", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const slow = yield* one.attach({ over: stuck })
      const quick = yield* one.attach()
      for (const text of ["a", "b", "c"]) {
        yield* two.type(text)
        assert.isAtMost(yield* timed(Effect.all([one, quick].map((each) => each.sees(`Client 2: ${text}`)))), 100)
      }
      // Its keyboard is not its screen.
      yield* slow.type("can you hear me?")
      yield* slow.type("x".repeat(70_000))
      yield* quick.sees("Client 1: can you hear me?")
      yield* Effect.sleep("1500 millis")
      yield* one.type("Exit")
      assert.isAtMost(yield* timed(one.ended), 1_100)
      for (const session of [slow, quick]) assert.strictEqual(yield* session.ended, "node ended")
    })
  )

  story("may break off while the end waits for what they show", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const sessions = [yield* one.attach({ over: stuck }), yield* one.attach({ over: stuck })] as const
      yield* two.type("hello")
      yield* one.sees("Client 2: hello")
      yield* one.type("Exit")
      yield* Effect.sleep("500 millis")
      yield* sessions[0].detach
      assert.isTrue(Exit.isSuccess(yield* one.ended))
      assert.strictEqual(yield* sessions[1].ended, "node ended")
    })
  )

  story("end with their console's defect, which is none of their node's", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const broken = yield* one.attach({
        over: (console) =>
          shownBy(console, () => {
            throw new Error("broken")
          })
      })
      yield* two.type("hello")
      const end = yield* Effect.exit(broken.ended)
      assert.deepStrictEqual(Exit.isFailure(end) && Cause.squash(end.cause), new Error("broken"))
      yield* one.sees("Client 2: hello")
      yield* one.type("Exit")
      assert.isTrue(Exit.isSuccess(yield* one.ended))
    })
  )

  story("show an answer below its question, also at a terminal that takes its time", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const goOn = yield* Deferred.make<void>()
      const slow = yield* one.attach({
        at: "terminal",
        over: yield* shownAfter(Deferred.await(goOn))
      })
      const pipe = yield* one.attach()
      yield* two.type("wait")
      yield* pipe.sees("Client 2: wait")
      yield* two.type("what?")
      yield* pipe.sees("Client 2: what?")
      yield* pipe.type("that")
      yield* two.sees("Client 1: that")
      yield* two.type("thanks")
      yield* one.sees("Client 2: thanks")
      yield* Deferred.succeed(goOn, undefined)
      yield* slow.sees("Client 2: thanks")
      assert.deepStrictEqual(yield* slow.screen, ["Client 2: wait", "Client 2: what?", "> that", "Client 2: thanks"])
    })
  )

  story("say nothing more while their node leaves, and may go before it", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      const [stays, goes] = [yield* one.attach({ at: "terminal" }), yield* one.attach()]
      yield* one.type("for whoever comes")
      yield* one.type("Exit")
      yield* Effect.sleep("2 seconds")
      for (const session of [stays, goes]) yield* session.type("too late")
      const comes = yield* one.attach({
        over: (console) => ({ ...console, lines: Stream.concat(Stream.make({ text: "too late" }), console.lines) })
      })
      yield* goes.type("Exit")
      assert.strictEqual(yield* goes.ended, "exit")
      yield* stays.stands("… for whoever comes")
      const server = yield* world.server
      yield* server.sees("Client 1: for whoever comes", "* Client 1 left")
      for (const session of [stays, comes]) assert.strictEqual(yield* session.ended, "node ended")
      assert.isEmpty(yield* linesOn(server, /too late/))
      assert.isEmpty(yield* linesOn(stays, /too late/))
    })
  )

  story("go on when the node begins anew: nothing is lost or shown twice, and who was muted is", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const pipe = yield* one.attach()
      const terminal = yield* one.attach({ at: "terminal" })
      const slow = yield* one.attach({ over: stuck })
      yield* pipe.type("/mute x")
      yield* one.type("mine 1")
      yield* pipe.type("mine 2")
      yield* two.sees("Client 1: mine 1", "Client 1: mine 2")
      const stranger = yield* joinAs(world, peer("x", 7_000), 6_001)
      yield* Effect.forkScoped(Effect.repeat(stranger.says({ type: "pong" }), Schedule.spaced("1 second")))
      const { epoch } = yield* stranger.hears("welcome")
      const stream = streamOf(id("1"), mainRoom, epoch)
      yield* one.sees("Client x: initiated")
      yield* pipe.type("/mute x")
      yield* pipe.sees("* Muted: Client x.")
      yield* stranger.says({ type: "have", streams: { [stream]: 5 }, more: false })
      yield* stranger.until(() => stranger.heard("want").some((want) => want.stream === stream))
      yield* one.type("mine just now")
      yield* terminal.sees("> mine just now")
      yield* stranger.sends(...[4, 5].map((n) => encodePost(post(stream, n, `copy ${n}`))))
      yield* two.sees("* Client 1 left")
      for (const text of ["meanwhile 1", "meanwhile 2"]) yield* two.type(text)
      yield* terminal.type("mine 3")
      yield* server.sees("Client 1: mine 3")
      yield* pipe.sees("Client 1: mine 3", "Client 2: meanwhile 1", "Client 2: meanwhile 2")
      yield* pipe.type("/mute")
      yield* pipe.sees("* Muted: Client x.", "* Muted: Client x.")
      yield* slow.type("mine 4")
      yield* terminal.sees("> mine 3", "> mine 4")
      for (const session of [pipe, terminal]) assert.lengthOf(yield* linesOn(session, begun), 1)
      const shown = yield* linesOn(pipe, /mine|meanwhile|copy/)
      assert.deepStrictEqual(
        shown.filter((line) => /mine/.test(line)),
        ["1", "just now", "3", "4"].map((words) => `Client 1: mine ${words}`)
      )
      assert.deepStrictEqual(
        shown.filter((line) => !/mine/.test(line)),
        [1, 2].map((n) => `Client 2: meanwhile ${n}`)
      )
      assert.deepStrictEqual((yield* linesOn(terminal, /mine/)).toSorted(), [
        "> mine 1",
        "> mine 2",
        "> mine 3",
        "> mine 4",
        "> mine just now"
      ])
      yield* terminal.stands()
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("hold up the next run of their node with no console that takes nothing, nor with one that breaks", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const full = yield* one.attach({
        at: "terminal",
        over: (console) => ({
          ...stuck(console),
          pending: Option.map(console.pending, (pending) => ({
            ...pending,
            settle: () => {}
          }))
        })
      })
      const breaks = yield* one.attach({
        over: (console) => ({
          ...console,
          show: (lines) => (lines.some(({ text }) => begun.test(text)) ? Effect.die("broken") : console.show(lines))
        })
      })
      yield* two.type("hello")
      yield* breaks.sees("Client 2: hello")
      yield* full.type("mine")
      yield* two.sees("Client 1: mine")
      const stranger = yield* joinAs(world, peer("x", 7_000), 6_001)
      yield* Effect.forkScoped(Effect.repeat(stranger.says({ type: "pong" }), Schedule.spaced("1 second")))
      const { epoch } = yield* stranger.hears("welcome")
      const stream = streamOf(id("1"), mainRoom, epoch)
      yield* stranger.says({ type: "have", streams: { [stream]: 3 }, more: false })
      yield* stranger.until(() => stranger.heard("want").some((want) => want.stream === stream))
      yield* stranger.sends(...[2, 3].map((n) => encodePost(post(stream, n, `copy ${n}`))))
      yield* two.sees("* Client 1 left")
      yield* one.type("after")
      for (const console of [server, two, breaks]) yield* console.sees("Client 1: after")
      yield* full.type("mine too")
      yield* two.sees("Client 1: mine too")
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

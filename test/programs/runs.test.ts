/** Many runs of programs in one chat, most of them short and long over: none of them closes it to anybody. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { epochOf, mainRoom, PostNumber, StreamId } from "../../src/domain/Post.ts"
import { encodePost, type Hello } from "../../src/protocol/Frame.ts"
import { listed, peer, post } from "../support/samples.ts"
import { dial, helloOf, letsIn } from "./Stranger.ts"
import { gather, type Node, secureStory, story, type World } from "./World.ts"

/** So few that forty runs are many: of the lines of most nothing is kept. */
const limits = { streams: 16, logEntries: 24 }

const many = 40

/** In ms: what a machine takes for the time that has lost it. */
const in1970 = -56 * 365 * 86_400_000

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, at) => from + at)

/** So many programs come one after the other, each says one line, and goes once all these peers have it. */
const bots = (world: World, count: number, peers: number, from = 1) =>
  Effect.forEach(
    numbers(count, from),
    (n) =>
      Effect.gen(function* () {
        const bot = yield* world.send(`b${n}`, `line ${n}`, peers)
        yield* bot.ended
      }),
    { discard: true }
  )

const linesOf = (count: number, from = 1) => numbers(count, from).map((n) => `Client b${n}: line ${n}`)

const told = (screen: ReadonlyArray<string>, pattern: RegExp) =>
  screen.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0)

/** How many lines of the bots a node has shown, and of how many it has said that they can't be had. */
const shownAndTold = (node: Node) =>
  Effect.map(node.screen, (screen) => ({
    shown: screen.filter((line) => /^Client b\d+: line/.test(line)),
    told: told(
      screen,
      /^\* (\d+) (?:lines? of Client b\d+ (?:is|are) no longer available|old lines? (?:is|are) no longer available|lines? came too fast to be shown)$/
    )
  }))

/** A server, and a member that has folded away all runs up to the year 2033. */
const withAllFolded = (world: World) =>
  Effect.gen(function* () {
    const server = yield* world.server
    yield* server.sees("* The server listens at localhost:4000. Type a line to talk to all, or Exit to end it.")
    const one = yield* dial(world, "x", 4_000)
    yield* one.says(helloOf(peer("x", 7_000), true))
    yield* one.hears("welcome")
    yield* one.says(
      { type: "folded", room: mainRoom, upTo: epochOf(2_000_000_000_000, 0), lines: 5 },
      { type: "have", streams: {}, more: false }
    )
    yield* one.hears("have")
    return { one, server }
  })

describe("many runs", () => {
  story(
    "of programs that say one line: everybody sees all, and whoever comes then takes part",
    (world) =>
      Effect.gen(function* () {
        const { server, one, two } = yield* gather(world)
        yield* bots(world, many, 1)
        for (const node of [server, one, two]) {
          yield* node.sees(...linesOf(many))
          assert.deepStrictEqual(yield* shownAndTold(node), { shown: linesOf(many), told: 0 })
        }
        // Who has been silent all the time is heard; and by those who come later.
        yield* one.type("was here all the time")
        yield* two.sees("Client 1: was here all the time")
        const three = yield* world.client("3")
        yield* three.sees("Client 1: initiated", "Client 2: initiated")
        yield* one.type("hello, 3")
        yield* two.type("first words of mine")
        yield* three.sees("Client 1: hello, 3", "Client 2: first words of mine")
        yield* three.type("hello, all")
        for (const node of [server, one, two]) yield* node.sees("Client 3: hello, all")
        assert.deepStrictEqual(yield* shownAndTold(three), { shown: [], told: 0 })
      }),
    { limits }
  )

  story(
    "do not make what peers tell each other longer and longer",
    (world) =>
      Effect.gen(function* () {
        yield* gather(world)
        yield* bots(world, many, 1)
        const stranger = yield* Effect.orDie(dial(world, "x", 4000))
        yield* stranger.says({
          ...helloOf(peer("x", 7_000)),
          epoch: epochOf(yield* Clock.currentTimeMillis, 0)
        } as Hello)
        yield* stranger.says({ type: "have", streams: {}, more: false })
        yield* stranger.hears("have")
        const [folded] = stranger.heard("folded")
        assert.isAtLeast(folded?.lines ?? 0, many / 2)
        const listed = stranger.heard("have").flatMap(({ streams }) => Object.keys(streams))
        assert.isAtMost(listed.length, many / 2)
      }).pipe(Effect.scoped),
    { limits }
  )

  story(
    "while somebody is cut off: it sees what is kept, and hears of how many lines nobody keeps",
    (world) =>
      Effect.gen(function* () {
        const { one, two, server } = yield* gather(world)
        yield* world.network.cut((from, to) => (from === "2") !== (to === "2"))
        yield* one.sees("* Client 2 is lost: it stopped answering")
        yield* Effect.forEach(numbers(6), (n) => bots(world, 8, 1, 8 * n - 7), { concurrency: "unbounded" })
        yield* server.sees(...linesOf(48))
        yield* world.network.heal
        yield* one.type("back again")
        yield* two.sees("Client 1: back again")
        yield* Effect.sleep("40 seconds")
        const { shown, told } = yield* shownAndTold(two)
        assert.strictEqual(new Set(shown).size, shown.length)
        assert.isAtLeast(shown.length, 5)
        assert.strictEqual(shown.length + told, 48)
        assert.isTrue((yield* two.screen).some((line) => /old lines? are no longer available/.test(line)))
        for (const node of [one, server]) {
          const all = yield* shownAndTold(node)
          assert.deepStrictEqual([all.shown.length, all.told], [48, 0])
        }
        // It is told once.
        yield* world.network.cut((from, to) => (from === "2") !== (to === "2"))
        yield* one.sees("* Client 2 is lost: it stopped answering", "* Client 2 is lost: it stopped answering")
        yield* world.network.heal
        yield* Effect.sleep("40 seconds")
        assert.deepStrictEqual(yield* shownAndTold(two), { shown, told })
      }),
    { limits: { streams: 40, logEntries: 24 } }
  )

  story(
    "and a clock in 1970: who comes with it takes part at once, with what it has typed already",
    (world) =>
      Effect.gen(function* () {
        const { server, one, two } = yield* gather(world)
        yield* bots(world, many, 1)
        const late = yield* world.client("9", { clock: in1970 })
        yield* late.type("typed at once")
        yield* late.sees("Client 1: initiated", "Client 2: initiated")
        for (const node of [server, one, two]) yield* node.sees("Client 9: initiated", "Client 9: typed at once")
        yield* late.type("and later")
        for (const node of [server, one, two]) yield* node.sees("Client 9: and later")
        yield* one.type("an answer")
        yield* late.sees("Client 1: an answer")
      }),
    { limits }
  )

  story(
    "and a clock in 1970: who is leaving already leaves, once somebody has its last line",
    (world) =>
      Effect.gen(function* () {
        const { server, one } = yield* gather(world)
        yield* bots(world, many, 1)
        const ways = { 7: "Exit", 8: "/quit", 9: "Ctrl-C" }
        yield* world.network.cut((from, to) => from in ways !== to in ways)
        const leaving: Array<Node> = []
        for (const [id, way] of Object.entries(ways)) {
          const late = yield* world.client(id, { clock: in1970 })
          yield* late.type("my last words")
          yield* Effect.sleep("1 second")
          yield* way === "Ctrl-C" ? late.askToEnd : late.type(way)
          leaving.push(late)
        }
        yield* Effect.sleep("1 second")
        yield* world.network.heal
        for (const late of leaving) {
          assert.isTrue(Exit.isSuccess(yield* late.ended), late.name)
          for (const node of [server, one]) {
            yield* node.sees(`Client ${late.name}: my last words`, `* Client ${late.name} left`)
          }
        }
      }),
    { limits }
  )

  story("of one id whose clock is in 1970, more than 64 of them: each takes part", (world) =>
    Effect.gen(function* () {
      const { server, one } = yield* gather(world)
      for (const n of numbers(66)) {
        const again = yield* world.client("9", { clock: in1970 })
        yield* again.type(`run ${n}`)
        yield* one.sees(`Client 9: run ${n}`)
        yield* again.interrupt
      }
      yield* server.sees(...numbers(66).map((n) => `Client 9: run ${n}`))
    })
  )

  story("of which one is here still, though others have folded it away: it is let in, and heard", (world) =>
    Effect.gen(function* () {
      const { server } = yield* withAllFolded(world)
      const two = yield* dial(world, "y", 4_000)
      yield* two.says(helloOf(peer("y", 7_001), true))
      yield* two.hears("welcome")
      yield* two.says({ type: "have", streams: { [two.stream]: PostNumber.make(3) }, more: false })
      yield* two.hears("have")
      yield* two.sends(encodePost(post(two.stream, 4, "was here all the time")))
      yield* server.sees("Client y: was here all the time")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("of which one is here still, though this node has folded it away and calls it: it is heard", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* withAllFolded(world)
      const streamOfTwo = StreamId.make(one.stream.replace("x/", "y/"))
      const came = yield* letsIn(world, peer("y", 7_001), {}, { [streamOfTwo]: PostNumber.make(3) })
      yield* one.says({ type: "introduce", peers: [listed(peer("y", 7_001))] })
      const two = yield* Effect.timeout(came, "30 seconds")
      yield* two.sends(encodePost(post(two.stream, 4, "was here all the time")))
      yield* server.sees("Client y: was here all the time")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  secureStory(
    "of a member of a secure chat: everybody sees all it says, and hears of what it can't have",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const one = yield* world.client("1", { link: yield* world.safe.invite })
        yield* server.sees("Client 1: initiated")
        const link = yield* world.safe.invite
        for (const n of numbers(40)) {
          const again = yield* world.client("2", n === 1 ? { link } : {})
          yield* again.type(`line ${n}`)
          yield* one.sees(`Client 2: line ${n}`)
          yield* server.sees(`Client 2: line ${n}`)
          yield* again.interrupt
          yield* Effect.sleep("1 second")
        }
        yield* one.type("the first words")
        yield* server.sees("Client 1: the first words")
        const three = yield* world.client("3", { link: yield* world.safe.invite, clock: in1970 })
        yield* three.sees("Client 1: initiated")
        yield* three.type("late")
        yield* one.sees("Client 3: late")
        for (const node of [server, one]) {
          assert.isFalse((yield* node.screen).some((line) => line.includes("no longer available")))
        }
      }),
    { limits }
  )
})

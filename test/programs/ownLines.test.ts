/** Where one's own lines stand: what nobody has yet can be seen, and what somebody has is an ordinary line. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { PendingLines } from "../../services/Console.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Rooms } from "../../services/Rooms.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import { Run } from "../../src/programs/Run.ts"
import { make } from "../../src/programs/session/ownLines.ts"
import { post, stream } from "../support/samples.ts"
import { gather, type Node, story } from "./World.ts"

/** What stands on the screen from that line on. */
const from = (node: Node, line: string) => Effect.map(node.screen, (screen) => screen.slice(screen.indexOf(line)))

const serverLost = "* Server is lost: the connection broke; the chat goes on without it"
const allHeard = "* Every line of yours has reached a peer."

describe("one's own lines", () => {
  story("/pending lists what no peer has; what a peer had before it died is not among it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      yield* one.type("heard")
      yield* one.sees("> heard")
      yield* server.kill
      yield* one.sees(serverLost)
      yield* one.type("/pending")
      yield* one.sees(allHeard)
      yield* one.type("unheard")
      yield* one.type("unheard too")
      yield* one.type("/pending")
      yield* one.sees("* not yet delivered: unheard", "* not yet delivered: unheard too")
      yield* world.client("2", { peer: "1" })
      yield* one.sees("> unheard", "> unheard too")
      yield* one.type("/pending")
      yield* one.sees(allHeard, allHeard)
    })
  )

  story("with somebody there, a line stands without a mark, and within a second it is an ordinary one", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const node of [one, server]) {
        const before = yield* Clock.currentTimeMillis
        yield* node.type("hello")
        yield* node.stands("> hello")
        yield* node.type("again")
        yield* node.stands("> hello", "> again")
        yield* node.stands()
        assert.isAtMost((yield* Clock.currentTimeMillis) - before, 1_100)
        assert.deepStrictEqual(yield* from(node, "> hello"), ["> hello", "> again"])
      }
      yield* two.sees("Client 1: hello", "Client 1: again", "Server: hello", "Server: again")
    })
  )

  story(
    "with nobody there a line is marked at once, and stands until somebody comes; then it is shown once, in order",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const one = yield* world.client("1")
        yield* server.sees("Client 1: initiated")
        yield* server.kill
        yield* one.sees(serverLost)
        const before = yield* Clock.currentTimeMillis
        yield* one.type("first")
        yield* one.stands("… first")
        yield* one.type("second")
        yield* one.stands("… first", "… second")
        assert.strictEqual(yield* Clock.currentTimeMillis, before)
        yield* world.client("2", { peer: "1" })
        yield* one.stands()
        assert.deepStrictEqual(yield* from(one, serverLost), [serverLost, "> first", "> second", "Client 2: initiated"])
      })
  )

  story("what a client types before there is a server stands marked until the server has it", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      yield* one.type("anybody there?")
      yield* one.stands("… anybody there?")
      const server = yield* world.server
      yield* server.sees("Client 1: anybody there?")
      yield* one.stands()
      assert.deepStrictEqual((yield* one.screen).slice(1), ["Client 1: initiated", "> anybody there?"])
    })
  )

  story("a peer that is there but does not answer gets no line: it is marked after two seconds", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      yield* world.network.cut(() => true)
      const before = yield* Clock.currentTimeMillis
      yield* one.type("hello?")
      yield* one.stands("> hello?")
      yield* one.stands("… hello?")
      const after = (yield* Clock.currentTimeMillis) - before
      assert.isAtLeast(after, 2_000)
      assert.isAtMost(after, 2_100)
      assert.notInclude((yield* one.screen).join(), "lost", "the heartbeat has not told yet")
      yield* world.network.heal
      yield* one.stands()
      yield* server.sees("Client 1: hello?")
      assert.strictEqual((yield* one.screen).filter((line) => line === "> hello?").length, 1)
    })
  )

  story("the loss of the last peer marks what it has not told to have", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      yield* one.type("last words")
      yield* one.stands("> last words")
      yield* server.kill
      yield* one.stands("… last words")
      yield* one.sees(serverLost)
    })
  )

  story("an answer never stands above its question; what others say meanwhile stands above what nobody has", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.type("what's up?")
      yield* two.sees("Client 1: what's up?")
      yield* two.type("nothing")
      yield* one.sees("Client 2: nothing")
      assert.deepStrictEqual(yield* from(one, "> what's up?"), ["> what's up?", "Client 2: nothing"])

      yield* one.type("one")
      yield* two.type("two")
      yield* one.sees("Client 2: two", "> one")
      assert.deepStrictEqual(yield* from(one, "Client 2: two"), ["Client 2: two", "> one"])
    })
  )

  story("what is for nobody does not stand: what was asked, what is empty, what is too long", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      yield* one.type("first")
      yield* one.type("")
      yield* one.type("x".repeat(70_000))
      yield* one.type("last")
      yield* one.type("/pending")
      yield* one.stands("… first", "… last")
      yield* one.sees("* not yet delivered: first", "* not yet delivered: last", "> ")
      const [notice, ...more] = (yield* one.screen).filter((line) => line.startsWith("* The line was not"))
      assert.match(notice ?? "", /^\* The line was not sent: it has 70\d+ bytes, and the limit is 65536\.$/)
      assert.isEmpty(more)
      // It is given back, to be edited.
      assert.isEmpty((yield* one.screen).filter((line) => line.startsWith("> xx")))
      yield* world.server
      yield* one.stands()
      yield* one.type("Exit")
      yield* one.ended
      yield* one.stands("> Exit")
    })
  )

  story("what acts on a terminal is shown, not done, in one's own lines too", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      yield* one.type("a\u001b[2Jb\tc")
      yield* one.stands("… a\\u{1b}[2Jb    c")
      yield* world.server
      yield* one.sees("> a\\u{1b}[2Jb    c")
    })
  )
})

describe("lines of a program that are said at the same time, one by a command with a late result", () => {
  /** The own lines of a program, and what it was told of them. */
  const ofProgram = Effect.gen(function* () {
    const accepted: Array<string> = []
    const place: PendingLines["place"] = (lines) => {
      for (const { line, post } of lines) accepted.push(`${line.text} is ${post.n}`)
    }
    const console = {
      tell: Option.some(constVoid),
      pending: Option.some({ place, settle: constVoid, mark: constVoid, giveBack: () => Effect.void })
    }
    const reader = {}
    const session = { console, reader, waiting: MutableRef.make([]) }
    const lines = yield* make(session as never).pipe(
      Effect.provideService(MeshStatus, { delivery: { changes: Stream.never } } as never),
      Effect.provideService(PeerMesh, { self: {} } as never),
      Effect.provideService(Rooms, { onChange: () => constVoid } as never),
      Effect.provideService(Run, {
        undelivered: { see: constVoid, delivery: () => ({ upTo: () => 0, readBy: () => 0, alone: false }) }
      } as never)
    )
    return { accepted, lines, reader }
  })

  it.scoped.each(["late", "typed"])("are each accepted once, before they are shown: %s first", (earlier) =>
    Effect.gen(function* () {
      const { accepted, lines, reader } = yield* ofProgram
      const [late, typed] = ["late", "typed"].map((text) => [{ line: { text }, text }]) as never as [
        Parameters<typeof lines.begin>[0],
        Parameters<typeof lines.begin>[0]
      ]
      lines.begin(late, mainRoom)
      lines.begin(typed, mainRoom)
      const shown: Array<string> = []
      const posts = (earlier === "late" ? ["late", "typed"] : ["typed", "late"]).map((text, at) =>
        post(stream("1"), at + 1, text)
      )
      for (const each of posts) {
        lines.witness(
          [{ _tag: "Said", post: each, own: true, by: reader }],
          (entries) => {
            for (const _ of entries) shown.push(accepted.at(-1) ?? "nothing is accepted")
          },
          constVoid
        )
        yield* lines.follow(each.text === "late" ? late : typed, [each], mainRoom)
      }
      const names = posts.map(({ n, text }) => `${text} is ${n}`)
      assert.deepStrictEqual(shown, names)
      assert.deepStrictEqual(accepted, names)
    })
  )
})

/** Private messages in a plain chat, as the people at the sessions of several nodes see them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import type { Typed } from "../../services/Console.ts"
import { privatelyTo } from "../../src/domain/Conversation.ts"
import { id } from "../support/samples.ts"
import { VirtualDisk } from "../support/VirtualDisk.ts"
import { type AtConsole, failureOf, story, type World } from "./World.ts"

const warning =
  "* This chat is not encrypted: private lines go to their readers alone, but whoever watches the network reads them."

/** What a person sees of a line, wherever it stands. */
const saw = (console: AtConsole, words: string) =>
  Effect.map(console.screen, (screen) => screen.filter((line) => line.includes(words)))

/** A server and clients of these ids, all linked with each other. */
const gather = (world: World, ...ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const clients = yield* Effect.forEach(ids, (id) => world.client(id))
    for (const client of clients) yield* client.sees(...ids.map((id) => `Client ${id}: initiated`))
    yield* server.sees(...ids.map((id) => `Client ${id}: initiated`))
    return [server, ...clients] as const
  })

describe("private messages in a plain chat", () => {
  story("/msg reaches its reader alone, who answers; each sees the other's lines, and nobody else any", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      assert(one !== undefined && two !== undefined && three !== undefined)
      const pipe = yield* two.attach()
      yield* one.type("/msg 2 hello, only you")
      yield* two.sees("(private) Client 1: hello, only you")
      yield* pipe.sees("@1 Client 1: hello, only you")
      yield* one.sees(warning)
      yield* one.stands()
      yield* one.sees("@2> hello, only you")
      yield* two.type("/msg 1 hello yourself")
      yield* one.sees("(private) Client 2: hello yourself")
      yield* one.type("/msg 2 and more")
      yield* two.sees("(private) Client 1: and more")
      yield* one.type("to all")
      for (const node of [server, two, three]) yield* node.sees("Client 1: to all")
      assert.lengthOf(yield* saw(one, warning), 1, "it is told once")
      for (const node of [server, three]) {
        assert.isEmpty(yield* saw(node, "private"))
        assert.isEmpty(yield* saw(node, "you"))
      }
    })
  )

  story("with the server dead it goes on, and a line for somebody who is away waits and comes once", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      assert(one !== undefined && two !== undefined && three !== undefined)
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      yield* one.type("/msg 2 still private")
      yield* two.sees("(private) Client 1: still private")
      yield* one.stands()
      yield* two.kill
      yield* one.sees("* Client 2 is lost: the connection broke")
      yield* one.type("/msg 2 for later")
      yield* one.type("to all")
      yield* three.sees("Client 1: to all")
      yield* one.stands("@2… for later")
      yield* one.type("/pending")
      yield* one.sees("* not yet delivered: @2 for later")
      const again = yield* world.client("2", { peer: "3" })
      yield* again.sees("(private) Client 1: for later")
      yield* one.stands()
      yield* one.type("/pending")
      yield* one.sees("* Every line of yours has reached a peer.")
      assert.lengthOf(yield* saw(again, "for later"), 1)
      assert.isEmpty(yield* saw(three, "later"))
    })
  )

  story("to several at once: each gets it, and it stands as pending until all of them have it", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      assert(one !== undefined && two !== undefined && three !== undefined)
      yield* three.kill
      yield* one.sees("* Client 3 is lost: the connection broke")
      yield* one.type("/msg 2,3 for both")
      yield* two.sees("(private) Client 1: for both")
      yield* one.stands("@2,3… for both")
      const again = yield* world.client("3")
      yield* again.sees("(private) Client 1: for both")
      yield* one.stands()
      assert.isEmpty(yield* saw(server, "for both"))
    })
  )

  story("/leave ends a private conversation, which has no topic", (world) =>
    Effect.gen(function* () {
      const [server, one, two] = yield* gather(world, "1", "2")
      assert(one !== undefined && two !== undefined)
      yield* one.type("/query 2")
      yield* one.glances(({ room }) => room === "@2")
      yield* one.type("/topic lunch")
      yield* one.sees("* What is said in private has no topic. /topic #ROOM TEXT sets that of a room.")
      yield* one.type("/leave")
      yield* one.sees("* You are in main. Server and Client 2 are there too.")
      yield* one.type("to all")
      for (const node of [server, two]) yield* node.sees("Client 1: to all")
    })
  )

  story("send --to ends when its reader has the line, and says that nobody has it if the reader is away", (world) =>
    Effect.gen(function* () {
      const [server, one] = yield* gather(world, "1")
      assert(one !== undefined)
      const sent = yield* world.sendTo("1", "9", "the build is done")
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
      yield* one.sees("(private) Client 9: the build is done")
      assert.strictEqual(
        yield* failureOf(yield* world.sendTo("2", "8", "are you there?")),
        "Client 2 has not confirmed the message in time, and nobody keeps it: allow more time with --within."
      )
      yield* server.kill
      assert.strictEqual(
        yield* failureOf(yield* world.sendTo("1", "7", "hello?")),
        "Client 1 has not got the message: this node could not join. The server at localhost:4000 can't be reached (nothing listens there). Fix that, or allow more time with --within."
      )
      for (const words of ["there", "hello"]) {
        assert.isEmpty(yield* saw(server, words))
        assert.isEmpty(yield* saw(one, words))
      }
    })
  )

  story("/query makes the prompt private until /go; it stands there for others of the node too", (world) =>
    Effect.gen(function* () {
      const [server, one, two] = yield* gather(world, "1", "2")
      assert(one !== undefined && two !== undefined)
      const second = yield* one.attach({ at: "terminal" })
      yield* one.type("/query 2")
      yield* one.sees("* What you type is now for Client 2 alone. /go main ends that.", warning)
      yield* one.glances(({ room }) => room === "@2")
      yield* one.type("one")
      yield* one.type("/me waves")
      yield* two.sees("(private) Client 1: one", "(private) Client 1 waves")
      yield* second.sees("@2> one")
      yield* one.type("/go main")
      yield* one.type("to all")
      yield* server.sees("Client 1: to all")
      assert.isEmpty(yield* saw(server, "one"))
      yield* second.type("/msg 2 two")
      yield* two.sees("(private) Client 1: two")
      yield* one.sees("@2> two")
    })
  )

  story(
    "a conversation is one of the places: its lines are counted elsewhere, keys go there, /leave closes it",
    (world) =>
      Effect.gen(function* () {
        const [, one, two, three] = yield* gather(world, "1", "2", "3")
        assert(one !== undefined && two !== undefined && three !== undefined)
        const news = (wanted: Readonly<Record<string, number>>) =>
          two.glances(
            ({ rooms }) =>
              JSON.stringify(rooms.map(({ lines, room }) => [room, lines])) === JSON.stringify(Object.entries(wanted))
          )
        yield* news({ main: 0 })
        yield* one.type("/msg 2 hello")
        yield* three.type("/msg 2 and hello from me")
        yield* one.type("/msg 2 are you there?")
        yield* two.sees("(private) Client 1: are you there?", "(private) Client 3: and hello from me")
        yield* news({ main: 0, "@1": 2, "@3": 1 })
        yield* two.type("/rooms")
        yield* two.sees("* @1: private, 2 lines unread, 2 for you", "* @3: private, 1 line unread, 1 for you")
        assert.deepStrictEqual(yield* two.completions("/go @"), ["@1 ", "@3 "])
        yield* two.press("/go @1")
        yield* two.glances(({ room }) => room === "@1")
        yield* one.type("/msg 2 that is seen at once")
        yield* two.sees("(private) Client 1: that is seen at once")
        yield* two.type("yes")
        yield* one.sees("(private) Client 2: yes")
        yield* two.type("/msg 3 hello, 3")
        yield* three.sees("(private) Client 2: hello, 3")
        yield* news({ main: 0, "@1": 0, "@3": 0 })
        yield* two.type("/leave")
        yield* two.glances(({ room, rooms }) => room === "main" && rooms.length === 2)
        yield* two.type("/leave @3")
        yield* news({ main: 0 })
        yield* one.type("/msg 2 again")
        yield* news({ main: 0, "@1": 1 })
      })
  )

  story("what was unread in a conversation before a restart is so afterwards, where one can see it", (world) =>
    Effect.gen(function* () {
      const [server, one] = yield* gather(world, "1")
      assert(one !== undefined)
      const disk = new VirtualDisk()
      const two = yield* world.client("2", { disk })
      yield* one.sees("Client 2: initiated")
      yield* one.type("/msg 2 unread")
      yield* two.sees("(private) Client 1: unread")
      yield* Effect.sleep("3 seconds")
      yield* two.kill
      yield* server.sees("* Client 2 is lost: the connection broke")
      const again = yield* world.client("2", { disk })
      yield* again.glances(({ rooms }) => rooms.some(({ lines, room }) => room === "@1" && lines === 1))
      yield* again.press("/go @1")
      yield* again.glances(({ room, rooms }) => room === "@1" && rooms.every(({ lines }) => lines === 0))
    })
  )

  story("a program that names readers is refused those whom nobody knows, and is warned as a person is", (world) =>
    Effect.gen(function* () {
      const [server, one, two] = yield* gather(world, "1", "2")
      assert(one !== undefined && two !== undefined)
      let say = (_: Typed): void => {}
      const program = yield* one.attach({
        over: (console) => {
          const lines = makeTypedLines()
          say = (line) => lines.add([line])
          return { ...console, isPerson: false, lines: lines.lines }
        }
      })
      yield* Effect.sleep("1 second")
      say({ text: "/verbatim", room: privatelyTo([id("2"), id("Server")]), verbatim: true })
      for (const reader of [server, two]) yield* reader.sees("(private) Client 1: /verbatim")
      say({ text: "hello", room: privatelyTo([id("zz")]), verbatim: true })
      say({ text: "hello", room: privatelyTo([id("1")]), verbatim: true })
      yield* program.sees(
        warning,
        "* Nobody called zz is known here: /who lists who is here. The line was not sent.",
        "* A private line to yourself would be seen by nobody else: name somebody else. The line was not sent."
      )
      assert.lengthOf(yield* saw(program, warning), 1)
    })
  )

  story("to nobody, to oneself, to somebody who has left: a sentence each", (world) =>
    Effect.gen(function* () {
      const [, one, two] = yield* gather(world, "1", "ann")
      assert(one !== undefined && two !== undefined)
      yield* two.type("hello")
      yield* one.sees("Client ann: hello")
      yield* one.type("/msg zz hello")
      yield* one.sees("* Nobody called zz is known here: /who lists who is here.")
      yield* one.type("/msg anm hello")
      yield* one.sees("* Nobody called anm is known here; did you mean ann?")
      yield* one.type("/msg 1 hello")
      yield* one.sees("* A private line to yourself would be seen by nobody else: name somebody else.")
      yield* one.type("/msg")
      yield* one.sees("* Usage: /msg ID TEXT (ID is missing)")
      yield* two.type("Exit")
      yield* one.sees("* Client ann left")
      yield* one.type("/query ann")
      yield* one.sees("* Client ann has left: the line waits here until it comes back.")
      yield* one.type("welcome back")
      const again = yield* world.client("ann")
      yield* again.sees("(private) Client 1: welcome back")
    })
  )

  story("who is muted is so in private too, and the bell has its line", (world) =>
    Effect.gen(function* () {
      const [, one, two] = yield* gather(world, "1", "2")
      assert(one !== undefined && two !== undefined)
      yield* two.type("/mute 1")
      yield* one.type("/msg 2 unseen")
      yield* one.stands()
      yield* two.type("/unmute 1")
      yield* one.type("/msg 2 seen")
      yield* two.sees("(private) Client 1: seen")
      assert.isEmpty(yield* saw(two, "unseen"))
    })
  )

  story("nobody's history has what was private, however much of it a newcomer wants", (world) =>
    Effect.gen(function* () {
      const [, one, two] = yield* gather(world, "1", "2")
      assert(one !== undefined && two !== undefined)
      yield* one.type("/msg 2 only you")
      yield* two.sees("(private) Client 1: only you")
      yield* one.type("/msg Server and you")
      yield* one.type("to all")
      yield* two.sees("Client 1: to all")
      const three = yield* world.client("3", { history: 50 })
      yield* three.sees("(earlier) Client 1: to all")
      yield* one.type("/history")
      yield* one.sees("> /history")
      assert.isEmpty(yield* saw(three, "private"))
      assert.lengthOf(yield* saw(one, "(private to Client 2) Client 1: only you"), 1)
    })
  )

  story("with a data folder a line that waits survives its author's restart, and comes once", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      yield* world.server
      const one = yield* world.client("1", { disk })
      const two = yield* world.client("2")
      yield* one.sees("Client 2: initiated")
      yield* two.sees("Client 1: initiated")
      yield* two.kill
      yield* one.sees("* Client 2 is lost: the connection broke")
      yield* one.type("/msg 2 for later")
      yield* one.stands("@2… for later")
      yield* one.kill
      const again = yield* world.client("1", { disk })
      yield* again.sees("Client 1: initiated")
      const back = yield* world.client("2")
      yield* back.sees("(private) Client 1: for later")
      yield* Effect.sleep("1 minute")
      assert.lengthOf(yield* saw(back, "for later"), 1)
    })
  )
})

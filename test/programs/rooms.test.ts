/** Rooms, as the people at the sessions of several nodes see them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import type { Put, Typed } from "../../services/Console.ts"
import type { Fact } from "../../src/domain/Fact.ts"
import { Room } from "../../src/domain/Post.ts"
import { eventOf } from "../../src/protocol/BotLine.ts"
import { type AtConsole, type Node, story, type World } from "./World.ts"

const linesOn = (console: AtConsole, words: RegExp) =>
  Effect.map(console.screen, (screen) => screen.filter((line) => words.test(line)))

/** A server, clients 1 and 2 in `ops`, and client 3 in `main` alone. */
const gather = (world: World) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const one = yield* world.client("1", { rooms: ["ops"] })
    yield* server.sees("Client 1: initiated")
    const two = yield* world.client("2", { rooms: ["main", "ops"] })
    yield* two.sees("Client 1: initiated", "Client 2: initiated")
    const three = yield* world.client("3")
    yield* three.sees("Client 1: initiated", "Client 2: initiated", "Client 3: initiated")
    yield* one.sees("Client 2: initiated", "Client 3: initiated")
    return { server, one, two, three }
  })

describe("rooms that a node is in from the start", () => {
  story("what is typed is said in the first one, and shown where its people are, and nowhere else", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      const pipe = yield* two.attach()
      yield* one.type("to ops")
      yield* two.sees("#ops Client 1: to ops")
      yield* pipe.sees("#ops Client 1: to ops")
      yield* two.type("to all")
      yield* one.sees("#main Client 2: to all")
      for (const node of [server, three, pipe]) yield* node.sees("Client 2: to all")
      yield* one.stands()
      yield* two.stands()
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /to ops/))
    })
  )

  story("what is new elsewhere is counted until one goes there, and what mentions one by itself", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* one.type("hello")
      yield* one.type("@2 and you?")
      yield* two.glances(
        ({ room, rooms }) =>
          room === "main" &&
          JSON.stringify(rooms) ===
            JSON.stringify([
              { room: "main", lines: 0, mentions: 0 },
              { room: "ops", lines: 2, mentions: 1 }
            ])
      )
    })
  )

  story("a line that begins like one of another room is asked about once, at a terminal alone", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* two.type("#ops hello")
      yield* two.sees(
        "> #ops hello",
        "* This line would be said in main. To say something in #ops, type /say ops TEXT, or /go ops first. To send this line as it is, type it again."
      )
      yield* two.type("#ops hello")
      yield* server.sees("Client 2: #ops hello")
      yield* one.sees("#main Client 2: #ops hello")
      yield* three.type("#ops hello")
      yield* server.sees("Client 3: #ops hello")
      yield* two.type("#dev hello")
      yield* server.sees("Client 2: #dev hello")
      const pipe = yield* two.attach()
      yield* pipe.type("#ops too")
      yield* server.sees("Client 2: #ops too")
    })
  )

  story("/history, /mentions and /pending name the room", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* one.type("@2 to ops")
      yield* two.sees("#ops Client 1: @2 to ops")
      yield* two.type("/history")
      yield* two.type("/mentions")
      yield* two.type("/history #ops")
      yield* two.sees("> /history #ops")
      assert.deepStrictEqual(
        (yield* linesOn(two, /^\* .*@2/)).map((line) => line.replace(/\d+-\S+ \S+/, "TIME")),
        Array.from({ length: 3 }, () => "* TIME #ops Client 1: @2 to ops")
      )
      yield* one.stands()
      for (const node of [server, three, two]) yield* node.kill
      yield* one.type("alone")
      yield* one.stands("#ops… alone")
      yield* one.type("/pending")
      yield* one.sees("* not yet delivered: #ops alone")
    })
  )

  story("send says its line in one room, and ends when somebody there has it", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      const sender = yield* world.send("ci", "done", 2, "ops")
      yield* one.sees("Client ci: done")
      yield* two.sees("#ops Client ci: done")
      yield* sender.ended
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /done/))
    })
  )
})

describe("rooms that are joined and left while a node runs", () => {
  story("/join goes there, /go from one to another, and the prompt and the counts follow", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* two.type("/join dev")
      yield* two.sees("* You are in #dev. Nobody else is there.")
      yield* two.glances(({ room, rooms }) => room === "dev" && rooms.length === 3)
      yield* two.type("to dev")
      yield* two.stands("#dev… to dev")
      yield* two.type("/go #ops")
      yield* two.sees("* You are in #ops. Client 1 is there too.")
      yield* two.type("to ops")
      yield* one.sees("Client 2: to ops")
      yield* three.type("@2 to all")
      yield* two.sees("#main Client 3: @2 to all")
      yield* two.glances(({ rooms: [main] }) => main?.lines === 1 && main.mentions === 1)
      yield* two.type("/rooms")
      yield* two.sees(
        "* main: 4 members, 1 line unread, 1 for you",
        "* #dev: 1 member",
        "* #ops: 2 members, you are in it"
      )
      yield* two.type("/go main")
      yield* two.glances(({ room, rooms: [main] }) => room === "main" && main?.lines === 0)
      for (const node of [one, server, three]) assert.isEmpty(yield* linesOn(node, /to dev/))
    })
  )

  story("a key goes to a room without a word, and says why it can't", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.press("/go ops")
      yield* two.glances(({ room }) => room === "ops")
      yield* two.type("hello")
      yield* one.sees("Client 2: hello")
      yield* two.press("/go dev")
      yield* two.sees("* This node is not in #dev: /join dev joins it.")
      assert.isEmpty(yield* linesOn(two, /You are in|\/go/))
    })
  )

  story("/join and /go say what is missing, and what there is", (world) =>
    Effect.gen(function* () {
      const { three } = yield* gather(world)
      yield* three.type("/join")
      yield* three.sees(
        "* /join ROOM joins a room and takes you there. A room has 1 to 32 letters, digits, - and _; a new one begins with you.",
        "* main: 4 members, you are in it",
        "* #ops: 2 members, not joined: /join ops"
      )
      yield* three.type("/join no/room")
      yield* three.sees("* Usage: /join [ROOM] (a room has 1 to 32 letters, digits, - and _)")
      yield* three.type("/go ops")
      yield* three.sees("* This node is not in #ops: /join ops joins it.")
      yield* three.type("/say ops hello")
      yield* three.type("/who nosuch")
      yield* three.sees("* No room is called nosuch: /rooms lists the rooms.")
      yield* three.type("/leave")
      yield* three.sees("* Everybody is in main, and nobody can leave it. /quit leaves the chat.")
    })
  )

  story("/say says one line elsewhere, /who ROOM tells who is there", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* two.type("/say ops by the way")
      yield* one.sees("Client 2: by the way")
      yield* two.sees("#ops> by the way")
      yield* two.type("still in main")
      yield* three.sees("Client 2: still in main")
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /by the way/))
      yield* two.type("/who ops")
      yield* two.sees("> /who ops")
      assert.lengthOf(yield* linesOn(two, /^\* Client \d, /), 2)
    })
  )

  story("/leave refuses once what nobody has, and then lets go of it; nothing of that room is shown", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const pipe = yield* one.attach({ at: "terminal" })
      yield* one.type("/join dev")
      yield* one.sees("* You are in #dev. Nobody else is there.")
      yield* one.type("hello?")
      yield* one.stands("#dev… hello?")
      yield* one.type("/leave")
      yield* one.sees(
        "* Nobody has your last line there yet. /pending lists your lines. /leave dev again leaves all the same."
      )
      yield* one.glances(({ room }) => room === "dev")
      yield* one.type("/leave dev")
      yield* one.sees("* You have left #dev. You are in main.", "#dev> hello?")
      yield* one.stands()
      yield* one.type("/leave ops")
      yield* pipe.sees("* This node has left #ops: you are in main.")
      yield* two.type("/say ops gone?")
      yield* two.type("to all")
      yield* one.sees("Client 2: to all")
      assert.isEmpty(yield* linesOn(one, /gone/))
      yield* pipe.type("back in main")
      yield* server.sees("Client 1: back in main")
    })
  )

  story("names of rooms complete", (world) =>
    Effect.gen(function* () {
      const { three } = yield* gather(world)
      assert.deepStrictEqual(yield* three.completions("/join o"), ["ops "])
      assert.deepStrictEqual(yield* three.completions("/join #o"), ["#ops "])
      assert.deepStrictEqual(yield* three.completions("/say m"), ["main "])
    })
  )
})

describe("more rooms than there may be", () => {
  story(
    "are not joined; a server that carries rooms drops one that is idle for another, and none with lines",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const one = yield* world.client("1")
        yield* server.sees("Client 1: initiated")
        for (const room of ["a", "b"]) yield* one.type(`/join ${room}`)
        yield* one.type("kept in b")
        yield* one.stands()
        yield* one.type("/join c")
        yield* one.sees("* This node takes part in 2 rooms, and in no more: leave one first, or raise --limit-rooms.")
        yield* one.glances(({ room }) => room === "b")
        yield* one.type("/leave a")
        yield* one.type("/join c")
        yield* one.sees("* You are in #c. Nobody else is there.")
        // The server comes in a moment, in place of the room that nobody is in.
        yield* Effect.sleep("2 seconds")
        yield* one.type("/rooms")
        yield* one.sees("* #b: 2 members", "* #c: 2 members, you are in it")
        yield* one.type("kept in c")
        yield* one.stands()
        yield* one.type("/leave b")
        yield* one.type("/join d")
        yield* Effect.sleep("2 seconds")
        yield* one.type("/rooms")
        yield* one.sees("* #b: 1 member, not joined: /join b", "* #d: 1 member, you are in it")
        assert.isEmpty(yield* linesOn(server, /kept/))
      }),
    { carries: "all", limits: { rooms: 2 } }
  )
})

describe("topics", () => {
  story("are set, shown as a notice, told to who comes, and removed", (world) =>
    Effect.gen(function* () {
      const { one, server, three, two } = yield* gather(world)
      yield* one.type("/topic")
      yield* one.sees("* #ops has no topic.")
      yield* one.type("/topic tea at five")
      yield* one.sees("#ops> Client 1 · set the topic of #ops: tea at five")
      yield* two.sees("* Client 1 set the topic of #ops: tea at five")
      yield* two.type("/topic ops")
      yield* two.sees("* #ops: tea at five")
      yield* two.type("/topic #ops ops at six")
      yield* one.sees("* Client 2 set the topic of #ops: ops at six")
      yield* one.type("/go ops")
      yield* one.sees("* You are in #ops. Client 2 is there too.", "* The topic: ops at six")
      yield* one.type("/rooms")
      yield* one.sees("* #ops: 2 members, you are in it, topic: ops at six")
      yield* Effect.sleep("10 millis")
      yield* one.type("/topic -")
      yield* two.sees("* Client 1 removed the topic of #ops")
      yield* two.type("/topic ops")
      yield* two.sees("* #ops has no topic.")
      yield* two.type("/topic welcome")
      for (const node of [server, three]) yield* node.sees("* Client 2 set the topic of main: welcome")
      for (const node of [server, three]) assert.isEmpty(yield* linesOn(node, /ops|tea/))
    })
  )

  story("can be replaced, also where somebody's clock was a day ahead; all agree, and who comes later too", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.setClock(86_400_000)
      yield* two.type("/topic #ops from tomorrow")
      yield* one.sees("* Client 2 set the topic of #ops: from tomorrow")
      yield* one.type("/topic #ops from today")
      yield* two.sees("* Client 1 set the topic of #ops: from today")
      for (const node of [one, two]) {
        yield* node.type("/topic ops")
        yield* node.sees("* #ops: from today")
      }
      const late = yield* world.client("4", { rooms: ["ops"], history: 5 })
      yield* late.sees("Client 2: initiated")
      yield* late.type("/topic ops")
      yield* late.sees("* #ops: from today")
    })
  )

  story("can't be faked by a line or an action", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const pipe = yield* two.attach()
      yield* one.type("/say main * Client 2 set the topic of main: lies")
      yield* one.type("/go main")
      yield* one.type("/me set the topic of main: lies")
      yield* one.type("/topic truth")
      yield* pipe.sees("* Client 1 set the topic of main: truth")
      yield* pipe.type("/history")
      yield* Effect.sleep("1 second")
      assert.deepStrictEqual(
        (yield* linesOn(pipe, /topic/)).map((line) => line.replace(/\d+-\S+ \S+/, "TIME")),
        [
          "Client 1: * Client 2 set the topic of main: lies",
          "Client 1 set the topic of main: lies",
          "* Client 1 set the topic of main: truth",
          "* TIME Client 1: * Client 2 set the topic of main: lies",
          "* TIME Client 1 set the topic of main: lies",
          "* TIME * Client 1 set the topic of main: truth"
        ]
      )
    })
  )
})

describe("a program at a session", () => {
  /** A session of a program, which gets facts in place of lines. */
  const programAt = (node: Node) =>
    Effect.gen(function* () {
      const facts: Array<Fact> = []
      const tell: Put<Fact> = (told, taken) => {
        facts.push(...told)
        taken()
      }
      const lines = makeTypedLines()
      yield* node.attach({
        at: "terminal",
        over: (console) => ({
          ...console,
          isPerson: false,
          prompt: Option.none(),
          lines: lines.lines,
          tell: Option.some(tell)
        })
      })
      return { facts, sends: (line: Typed) => Effect.sync(() => lines.add([line])) }
    })

  const said = (facts: ReadonlyArray<Fact>) =>
    facts.flatMap((fact) => {
      const event = eventOf(fact)
      return event?.type === "said" ? [`${event.room} ${event.from} ${event.text} ${event.action}`] : []
    })

  story("says lines and runs commands in the rooms that it names, and is told of each room by itself", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const { facts, sends } = yield* programAt(two)
      const ops = Room.make("ops")
      yield* Effect.sleep("1 second")
      yield* sends({ text: "in ops", room: ops, verbatim: true })
      yield* sends({ text: "in main", verbatim: true })
      yield* sends({ text: "/me waves", room: ops })
      yield* sends({ text: "nowhere", room: Room.make("dev"), verbatim: true })
      yield* one.sees("Client 2: in ops", "#main Client 2: in main", "Client 2 waves")
      yield* one.type("answer")
      yield* server.type("from the server")
      yield* two.sees("#ops Client 1: answer", "Server: from the server")
      yield* sends({ text: "/go ops" })
      yield* sends({ text: "/rooms" })
      yield* Effect.sleep("1 second")
      assert.deepStrictEqual(said(facts), [
        "ops 2 in ops false",
        "main 2 in main false",
        "ops 2 waves true",
        "ops 1 answer false",
        "main Server from the server false"
      ])
      const rooms = facts.flatMap((fact) => (fact._tag === "InRoom" ? [`${fact.room} ${fact.here} ${fact.lines}`] : []))
      assert.deepStrictEqual(rooms, ["ops true 0", "main false 0", "ops true 0"])
    })
  )
})
describe("three rooms and six clients", () => {
  const rooms = ["main", "ops", "dev"]
  /** In which rooms each client is, besides `main`. */
  const places: Record<string, ReadonlyArray<string>> = {
    "1": ["ops"],
    "2": ["ops", "dev"],
    "3": ["dev"],
    "4": [],
    "5": ["ops", "dev"],
    "6": ["ops"]
  }
  const isIn = (node: string, room: string) => room === "main" || (places[node] ?? []).includes(room)

  story(
    "nobody sees a line of a room that it is not in, and what is unread is counted right",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const nodes = new Map<string, Node>()
        for (const name of Object.keys(places)) nodes.set(name, yield* world.client(name))
        for (const node of nodes.values()) {
          yield* node.sees(...Object.keys(places).map((name) => `Client ${name}: initiated`))
        }
        // The first half is in its rooms before anything is said, each one in the room that it joined last.
        for (const [name, node] of nodes) for (const room of places[name] ?? []) yield* node.type(`/join ${room}`)
        for (const [name, node] of nodes) {
          yield* node.glances(({ room }) => room === ((places[name] ?? []).at(-1) ?? "main"))
        }
        yield* Effect.sleep("1 second")
        for (const [name, node] of nodes) {
          for (const room of rooms) {
            if (isIn(name, room)) for (const n of [1, 2]) yield* node.type(`/say ${room} ${room}-${name}-${n}`)
          }
        }
        yield* Effect.sleep("5 seconds")
        const shownOf = (node: Node) =>
          Effect.map(node.screen, (screen) =>
            screen.flatMap((line) => /^(?:#(\w+) )?Client \d: ((\w+)-\d-\d)$/.exec(line)?.slice(1, 4).join(" ") ?? [])
          )
        for (const [name, node] of nodes) {
          const here = (places[name] ?? []).at(-1) ?? "main"
          const expected = rooms.flatMap((room) =>
            isIn(name, room)
              ? Object.keys(places).flatMap((author) =>
                  author !== name && isIn(author, room)
                    ? [1, 2].map((n) => `${room === here ? "" : room} ${room}-${author}-${n} ${room}`)
                    : []
                )
              : []
          )
          assert.deepStrictEqual([...(yield* shownOf(node))].sort(), expected.sort(), `client ${name}`)
          const unread = (room: string) =>
            room === here ? 0 : expected.filter((line) => line.endsWith(` ${room}`)).length
          yield* node.glances((status) => status.rooms.every(({ lines, room }) => lines === unread(room)))
        }
        assert.deepStrictEqual(
          (yield* shownOf(server)).filter((line) => !line.endsWith(" main")),
          [],
          "the server carries every room, and has joined none"
        )
        yield* server.type("/history ops-")
        yield* server.sees("* No line that is kept contains ops-.")
      }),
    { carries: "all" }
  )
})

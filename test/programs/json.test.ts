/** What a program asks a node in JSON, and what it is told. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { EventLine, InputLine } from "../../src/protocol/BotLine.ts"
import { VirtualDisk } from "../support/VirtualDisk.ts"
import { attachProgram, type Program } from "./JsonProgram.ts"
import { type AtConsole, gather, story } from "./World.ts"

type HistoryLine = Extract<EventLine, { readonly type: "history" }>
type Asked = Omit<Extract<InputLine, { readonly type: "history" }>, "type" | "ref">

let asked = 0
/** The answer to a request for history. */
const history = (program: Program, wanted: Asked = {}): Effect.Effect<HistoryLine> =>
  Effect.gen(function* () {
    const ref = `history ${asked++}`
    yield* program.send({ type: "history", ref, ...wanted })
    return yield* program.sees("history", (event) => event.ref === ref)
  })

const search = (program: Program, text: string, wanted: Omit<Asked, "after" | "around"> = {}) =>
  Effect.gen(function* () {
    const ref = `search ${asked++}`
    yield* program.send({ type: "search", ref, text, ...wanted })
    return yield* program.sees("found", (event) => event.ref === ref)
  })

const textsOf = ({ lines }: Pick<HistoryLine, "lines">) => lines.map(({ text }) => text)

/** One says these lines, each after another has seen the one before. */
const says = (one: AtConsole, other: AtConsole, ...texts: ReadonlyArray<string>) =>
  Effect.forEach(texts, (text) => Effect.zipRight(one.type(text), other.sees(`Client 1: ${text}`)), { discard: true })

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}`)

describe("history", () => {
  story("is read page by page in both directions, and around a line that is found", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* says(one, two, ...numbers(1, 9))
      const program = yield* attachProgram(two)
      const last = yield* history(program, { limit: 3 })
      assert.deepStrictEqual(
        [textsOf(last), last.room, last.older, last.newer, last.found],
        [numbers(7, 9), "main", true, false, true]
      )
      const [first] = last.lines
      assert(first !== undefined)
      assert.deepStrictEqual(
        [first.from, first.room, first.own, first.n, first.mention],
        ["1", "main", false, 7, undefined]
      )
      const name = ({ n, stream }: typeof first) => ({ stream, n })

      const before = yield* history(program, { before: name(first), limit: 4 })
      assert.deepStrictEqual([textsOf(before), before.older, before.newer], [numbers(3, 6), true, true])
      const begin = yield* history(program, { before: name(before.lines[0] ?? first) })
      assert.deepStrictEqual([textsOf(begin), begin.older, begin.newer], [numbers(1, 2), false, true])
      const none = yield* history(program, { before: name(begin.lines[0] ?? first) })
      assert.deepStrictEqual([textsOf(none), none.older, none.newer, none.found], [[], false, true, true])

      const after = yield* history(program, { after: name(begin.lines[1] ?? first), limit: 2 })
      assert.deepStrictEqual([textsOf(after), after.older, after.newer], [numbers(3, 4), true, true])
      const rest = yield* history(program, { after: name(first) })
      assert.deepStrictEqual([textsOf(rest), rest.older, rest.newer], [numbers(8, 9), true, false])
      const end = yield* history(program, { after: name(rest.lines[1] ?? first) })
      assert.deepStrictEqual([textsOf(end), end.older, end.newer], [[], true, false])

      const found = yield* search(program, "LINE 5")
      assert.deepStrictEqual([textsOf(found), found.more], [["line 5"], false])
      const around = yield* history(program, { around: name(found.lines[0] ?? first), limit: 4 })
      assert.deepStrictEqual([textsOf(around), around.older, around.newer], [numbers(3, 6), true, true])
    })
  )

  story("names a line that is not kept: the last lines come, and say so", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* says(one, two, ...numbers(1, 3))
      const program = yield* attachProgram(two)
      const [line] = (yield* history(program)).lines
      assert(line !== undefined)
      for (const after of [
        { stream: line.stream, n: 99 },
        { stream: "x/main/5-00000000", n: 1 }
      ]) {
        const answer = yield* history(program, { after, limit: 2 })
        assert.deepStrictEqual(
          [textsOf(answer), answer.older, answer.newer, answer.found],
          [numbers(2, 3), true, false, false]
        )
      }
    })
  )

  story("is of one room or one conversation alone, with actions and topics, in the author's words", (world) =>
    Effect.gen(function* () {
      yield* world.server
      const one = yield* world.client("1", { rooms: ["main", "ops"] })
      const two = yield* world.client("2", { rooms: ["main", "ops"] })
      yield* one.sees("Client 2: initiated")
      const program = yield* attachProgram(two)
      yield* one.type("to @2 and all")
      yield* one.type("/say ops to ops")
      yield* one.type("/topic ops the topic")
      yield* one.type("/msg 2 in secret")
      yield* two.sees("(private) Client 1: in secret", "#ops Client 1: to ops")
      yield* two.type("/me waves")
      yield* two.type("/msg 1 me too")
      yield* one.sees("(private) Client 2: me too", "Client 2 waves")
      yield* program.send({ type: "run", command: "me", arguments: "nods", to: ["1"] })
      yield* one.sees("(private) Client 2 nods")

      const main = yield* history(program)
      assert.deepStrictEqual(
        main.lines.map(({ action, from, mention, own, text, topic }) => ({ action, from, mention, own, text, topic })),
        [
          { action: false, from: "1", mention: true, own: false, text: "to @2 and all", topic: undefined },
          { action: true, from: "2", mention: undefined, own: true, text: "waves", topic: undefined }
        ]
      )
      assert.isTrue((yield* program.sees("said", ({ text }) => text === "to @2 and all")).mention)
      const ops = yield* history(program, { room: "ops" })
      assert.deepStrictEqual(
        ops.lines.map(({ text, topic }) => [text, topic]),
        [
          ["to ops", undefined],
          ["the topic", true]
        ]
      )
      const private1 = yield* history(program, { with: ["1"] })
      assert.deepStrictEqual(
        [textsOf(private1), private1.with, private1.room],
        [["in secret", "me too", "nods"], ["1"], undefined]
      )
      assert.deepStrictEqual(
        private1.lines.map(({ room, to }) => [room, to]),
        [
          [undefined, ["2"]],
          [undefined, ["1"]],
          [undefined, ["1"]]
        ]
      )
      assert.isEmpty((yield* history(program, { with: ["3"] })).lines)
      assert.deepStrictEqual(textsOf(yield* search(program, "to", { limit: 2 })), ["the topic", "me too"])
      assert.deepStrictEqual(textsOf(yield* search(program, "to", { room: "ops" })), ["to ops", "the topic"])
      const earlier = (yield* search(program, "secret")).lines[0]
      assert(earlier !== undefined)
      assert.deepStrictEqual(
        textsOf(yield* search(program, "to", { before: { stream: earlier.stream, n: earlier.n } })),
        ["to @2 and all", "to ops", "the topic"]
      )

      yield* two.type("/leave ops")
      yield* two.sees("* You have left #ops. You are in main.")
      assert.isEmpty((yield* history(program, { room: "ops" })).lines)
      assert.isEmpty((yield* search(program, "to ops")).lines)
    })
  )

  story("is the same after a restart, line by line", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      yield* world.server
      const one = yield* world.client("1")
      const two = yield* world.client("2", { disk })
      yield* one.sees("Client 2: initiated")
      for (const n of [1, 2, 3]) {
        yield* one.type(`theirs ${n}`)
        yield* two.type(`mine ${n}`)
        yield* one.type(`/msg 2 secret ${n}`)
        yield* Effect.sleep("100 millis")
      }
      yield* two.sees("(private) Client 1: secret 3", "Client 1: theirs 3")
      const places: ReadonlyArray<Asked> = [{ room: "main" }, { with: ["1"] }]
      const before = yield* attachProgram(two)
      const lines = yield* Effect.forEach(places, (place) => Effect.map(history(before, place), ({ lines }) => lines))
      assert.deepStrictEqual([lines[0]?.length, lines[1]?.length], [6, 3])
      yield* two.kill
      yield* one.type("meanwhile")
      const again = yield* world.client("2", { disk })
      yield* again.sees("Client 1: meanwhile")
      const after = yield* attachProgram(again)
      const last = lines[0]?.at(-1)
      assert(last !== undefined)
      assert.deepStrictEqual(
        yield* Effect.forEach(places, (place) => Effect.map(history(after, place), ({ lines }) => lines.slice(0, 6))),
        lines
      )
      const missed = yield* history(after, { after: { stream: last.stream, n: last.n } })
      assert.deepStrictEqual(textsOf(missed), ["meanwhile"])
    })
  )
})

describe("a line with a ref", () => {
  story("is accepted under a name as soon as it has one, and each of several readers has one of their own", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const program = yield* attachProgram(one)
      yield* program.send({ type: "say", text: "hello", ref: "a" })
      const { n, stream } = yield* program.sees("accepted", ({ ref }) => ref === "a")
      const said = yield* program.sees("said", ({ text }) => text === "hello")
      assert.deepStrictEqual([said.stream, said.n], [stream, n])
      yield* program.sees("settled", ({ ref }) => ref === "a")
      yield* two.sees("Client 1: hello")

      yield* program.send({ type: "run", command: "msg", arguments: "2,Server both", ref: "b" })
      yield* program.sees("settled", ({ ref }) => ref === "b")
      const names = program.all("accepted").filter(({ ref }) => ref === "b")
      assert.lengthOf(new Set(names.map((each) => each.stream)), 2)

      yield* program.send({ type: "say", text: "x".repeat(70_000), ref: "c" })
      yield* program.sees("settled", ({ ref }) => ref === "c")
      assert.isEmpty(program.all("accepted").filter(({ ref }) => ref === "c"))
      // The name comes before the line, so a program never takes an own line for another one.
      yield* program.send({ type: "say", text: "x".repeat(70_000) }, { type: "say", text: "more", ref: "d" })
      yield* program.send({ type: "say", text: "more", ref: "e" })
      yield* program.sees("settled", ({ ref }) => ref === "e")
      const named: Array<string> = []
      for (const event of program.events) {
        if (event.type !== "accepted" && event.type !== "said") continue
        const name = `${event.stream} ${event.n}`
        if (event.type === "accepted") named.push(name)
        else if (event.own) assert.include(named, name)
      }
      assert.lengthOf(new Set(named), 1 + 2 + 2)
    })
  )
})

describe("what a program watches", () => {
  story("chat: how the server is, at once and when that changes, and nothing else is told", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const program = yield* attachProgram(one)
      yield* program.send({ type: "watch", what: ["chat"] })
      const first = yield* program.sees("chat")
      assert.strictEqual(first.server.state, "up")
      assert.deepStrictEqual(
        [first.self, first.connected, first.known, first.secure],
        [{ id: "1", role: "client" }, 2, 2, false]
      )
      assert.isAtLeast(first.limits.text, 60_000)
      yield* server.kill
      const down = yield* program.sees("chat", ({ server }) => server.state === "down")
      assert.isAbove(down.server.since ?? 0, 0)
      assert.strictEqual(down.connected, 1)
      yield* world.server
      yield* program.sees("chat", (event) => event !== first && event.server.state === "up" && event.connected === 2)
      const told = program.all("chat").length
      yield* two.type("hello")
      yield* one.sees("Client 2: hello")
      yield* Effect.sleep("1 second")
      assert.lengthOf(program.all("chat"), told)
      for (const type of ["rooms", "peers", "delivery"] as const) assert.isEmpty(program.all(type))
    })
  )

  story(
    "chat: who comes late is told since when the server is away, though the log does not have that any more",
    (world) =>
      Effect.gen(function* () {
        const { one, server, two } = yield* gather(world)
        yield* server.kill
        yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
        const early = yield* attachProgram(one)
        yield* early.send({ type: "watch", what: ["chat"] })
        const since = (yield* early.sees("chat")).server.since
        for (const text of numbers(1, 200)) yield* two.type(text)
        yield* one.sees("Client 2: line 200")
        yield* Effect.sleep("20 seconds")
        const late = yield* attachProgram(one)
        yield* late.send({ type: "watch", what: ["chat"] })
        const told = yield* late.sees("chat")
        assert.deepStrictEqual([told.server, told.connected], [{ state: "down", since }, 1])
      }),
    { limits: { logEntries: 50 } }
  )

  story("rooms: what is unread is so for all sessions of a node, until one of them has read it", (world) =>
    Effect.gen(function* () {
      yield* world.server
      const one = yield* world.client("1", { rooms: ["main", "ops"] })
      const two = yield* world.client("2", { rooms: ["main", "ops"] })
      yield* one.sees("Client 2: initiated")
      const [page, other] = [yield* attachProgram(two), yield* attachProgram(two)]
      const counts = (program: Program, wanted: Readonly<Record<string, number>>) =>
        program.sees("rooms", ({ conversations, rooms }) => {
          const found = [
            ...rooms.map(({ room, unread }) => [room, unread] as const),
            ...conversations.map(({ unread, with: [id] }) => [`@${id}`, unread] as const)
          ]
          return JSON.stringify(Object.fromEntries(found)) === JSON.stringify(wanted)
        })
      for (const program of [page, other]) {
        yield* program.send({ type: "watch", what: ["rooms"] })
        yield* counts(program, { main: 0, ops: 0 })
      }
      yield* one.type("/say ops @2 help")
      yield* one.type("/say ops please")
      yield* one.type("to all")
      yield* one.type("/msg 2 in secret")
      for (const program of [page, other]) yield* counts(program, { main: 0, ops: 2, "@1": 1 })
      assert.deepStrictEqual(
        page
          .all("rooms")
          .at(-1)
          ?.rooms.find(({ room }) => room === "ops"),
        { room: "ops", joined: true, peers: ["1"], unread: 2, mentions: 1, topic: null }
      )
      yield* two.glances(({ rooms }) => JSON.stringify(rooms.map(({ lines }) => lines)) === "[0,2,1]")

      yield* page.send({ type: "read", room: "ops" })
      for (const program of [page, other]) yield* counts(program, { main: 0, ops: 0, "@1": 1 })
      yield* two.glances(({ rooms }) => JSON.stringify(rooms.map(({ lines }) => lines)) === "[0,0,1]")
      yield* other.send({ type: "read", with: ["1"] })
      yield* counts(page, { main: 0, ops: 0, "@1": 0 })
      yield* two.glances(({ rooms }) => JSON.stringify(rooms.map(({ lines }) => lines)) === "[0,0,0]")

      // The person at the terminal goes elsewhere, and comes back.
      yield* two.type("/go ops")
      yield* two.sees("* You are in #ops. Client 1 is there too.")
      yield* one.type("to nobody")
      yield* counts(page, { main: 1, ops: 0, "@1": 0 })
      yield* two.type("/go main")
      yield* two.glances(({ room }) => room === "main")
      yield* page.sees("rooms", (event) => event === page.all("rooms").at(-1) && event.rooms[0]?.unread === 0)
      yield* one.type("/topic ops new")
      yield* page.sees("rooms", ({ rooms }) => rooms[1]?.topic === "new")
      yield* two.type("/leave ops")
      yield* page.sees("rooms", ({ rooms }) => rooms[1]?.joined === false && rooms[1].unread === 0)
    })
  )

  story("a node at whose console nobody is counts what is new in main too, and an own line is not new", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.type("/join empty")
      yield* two.glances(({ room }) => room === "empty")
      const program = yield* attachProgram(two)
      for (const text of ["a", "b"]) yield* one.type(text)
      yield* two.sees("#main Client 1: a", "#main Client 1: b")
      yield* program.send({ type: "say", text: "mine" }, { type: "watch", what: ["rooms"] })
      yield* program.sees("rooms", ({ rooms }) => rooms[0]?.unread === 2)
      yield* program.send({ type: "run", command: "mute", arguments: "1" })
      yield* one.type("c")
      yield* program.sees("rooms", ({ rooms }) => rooms[0]?.unread === 0)
    })
  )

  story("what is read stays so when the node is started again on its disk, and what is not is still unread", (world) =>
    Effect.gen(function* () {
      const disk = new VirtualDisk()
      const rooms = ["elsewhere", "main", "ops"]
      yield* world.server
      const one = yield* world.client("1", { rooms: ["main", "ops"] })
      const two = yield* world.client("2", { disk, rooms })
      yield* one.sees("Client 2: initiated")
      const before = yield* attachProgram(two)
      yield* before.send({ type: "watch", what: ["rooms"] })
      const unread = (program: Program, main: number, ops: number, secret: number) =>
        program.sees("rooms", (event) => {
          const counts = new Map<string, number>(event.rooms.map(({ room, unread }) => [room, unread]))
          const secrets = event.conversations.map((each) => each.unread)
          return counts.get("main") === main && counts.get("ops") === ops && (secrets[0] ?? 0) === secret
        })
      for (const text of ["a", "b", "/say ops c", "/msg 2 d"]) yield* one.type(text)
      yield* unread(before, 2, 1, 1)
      yield* before.send({ type: "read", room: "main" })
      yield* unread(before, 0, 1, 1)
      yield* one.type("e")
      yield* unread(before, 1, 1, 1)
      yield* Effect.sleep("2 seconds")
      yield* two.kill
      yield* one.type("f")
      yield* one.type("/say ops g")
      const again = yield* world.client("2", { disk, rooms })
      yield* again.sees("#main Client 1: f", "#ops Client 1: g")
      const after = yield* attachProgram(again)
      yield* after.send({ type: "watch", what: ["rooms"] })
      yield* unread(after, 2, 2, 1)
      yield* after.send({ type: "read", with: ["1"] }, { type: "read", room: "ops" })
      yield* unread(after, 2, 0, 0)
    })
  )

  story("peers and delivery: who is linked, and how far each of them has own lines", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const program = yield* attachProgram(one)
      yield* program.send({ type: "watch", what: ["peers", "delivery"] })
      assert.isEmpty((yield* program.sees("delivery")).streams)
      const { peers } = yield* program.sees("peers")
      assert.deepStrictEqual(peers.map(({ id, link }) => [id, link !== null]).sort(), [
        ["2", true],
        ["Server", true]
      ])
      yield* program.sees("peers", ({ peers }) => peers.every(({ link }) => link?.roundTrip !== null))
      yield* program.send({ type: "say", text: "hello", ref: "a" })
      const { stream } = yield* program.sees("accepted")
      const all = yield* program.sees(
        "delivery",
        ({ streams: [main] }) =>
          main !== undefined && main.upTo === 1 && Object.values(main.readers).every((n) => n === 1)
      )
      assert.deepStrictEqual(all.streams, [{ stream, room: "main", upTo: 1, readers: { "2": 1, Server: 1 } }])
      yield* program.send({ type: "say", text: "secret", to: ["2"], ref: "b" })
      const secret = yield* program.sees("accepted", ({ ref }) => ref === "b")
      yield* program.sees("delivery", ({ streams }) =>
        streams.some((each) => each.stream === secret.stream && each.room === undefined && each.readers["2"] === 1)
      )
      yield* two.kill
      yield* program.sees("peers", ({ peers }) => peers.some(({ id, link }) => id === "2" && link === null))
      yield* program.send({ type: "watch", what: [] })
      yield* Effect.sleep("1 second")
      const told = program.all("delivery").length
      yield* program.send({ type: "say", text: "more", ref: "c" })
      yield* program.sees("settled", ({ ref }) => ref === "c")
      yield* Effect.sleep("2 seconds")
      assert.lengthOf(program.all("delivery"), told)
    })
  )

  story("each comes at most four times a second, however much is said", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      yield* two.type("/join empty")
      yield* two.glances(({ room }) => room === "empty")
      const program = yield* attachProgram(two)
      yield* program.send({ type: "watch", what: ["rooms", "delivery", "peers", "chat"] })
      for (let n = 0; n < 100; n += 1) {
        yield* one.type(`line ${n}`)
        yield* program.send({ type: "say", text: `line ${n}`, room: "main" })
        yield* Effect.sleep("10 millis")
      }
      yield* program.sees("rooms", ({ rooms }) => rooms[0]?.unread === 100)
      for (const type of ["rooms", "delivery", "peers", "chat"] as const) {
        assert.isAtMost(program.all(type).length, 8, type)
      }
    })
  )
})

describe("files that are offered", () => {
  story("are sought and fetched by their digests, and every program is told how far they are", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const program = yield* attachProgram(two)
      const put = (text: string) => world.diskOf("1").put("/home/a.txt", new TextEncoder().encode(text))
      put("the first")
      yield* one.type("/send /home/a.txt")
      const first = (yield* program.sees("said", ({ offer }) => offer?.size === 9)).offer?.digest ?? ""
      put("another")
      // It has the name of the first one, and comes later.
      yield* one.type("/send /home/a.txt")
      yield* program.sees("said", ({ offer }) => offer?.size === 7)
      yield* program.send({ type: "seek", digests: [first, "A".repeat(43)] })
      const { by, holders, number } = yield* program.sees("file")
      assert.deepStrictEqual([by, holders, number], ["1", [], 1])
      // The first file has changed on the disk: it is withdrawn as soon as somebody reads it.
      put("the first")
      yield* program.sees("file", (file) => file.digest === first && file.holders.join() === "1")

      yield* program.send({ type: "get", digest: first })
      const done = yield* program.sees("transfer", ({ state }) => state === "done")
      assert.deepStrictEqual([done.digest, done.paths], [first, ["/downloads/a.txt"]])
      assert.strictEqual(new TextDecoder().decode(world.diskOf("2").bytes("/downloads/a.txt")), "the first")

      // A program that comes later knows it too. Once it is shared no more, all know that.
      const other = yield* attachProgram(two)
      yield* other.sees("transfer", ({ digest, state }) => digest === first && state === "done")
      yield* program.send({ type: "run", command: "drop", arguments: "1" })
      for (const each of [program, other]) {
        yield* each.sees("transfer", ({ digest, state }) => digest === first && state === "none")
      }
      yield* one.interrupt
      yield* program.send({ type: "get", digest: first })
      yield* program.sees("transfer", ({ state }) => state === "waiting")
      assert.deepStrictEqual(program.all("file").at(-1)?.holders, [])
      yield* program.send({ type: "cancel", digest: first }, { type: "get", digest: "A".repeat(43) })
      yield* program.sees("notice", ({ text }) => text === "That file is not offered here any more.")
      assert.lengthOf(
        program.all("transfer").filter(({ state }) => state === "none"),
        2
      )
      yield* program.write(JSON.stringify({ type: "get", digest: "../../etc/passwd" }))
      yield* program.sees("error")
    })
  )
})

describe("what is no command", () => {
  story("is answered with an error, each, and the session goes on", (world) =>
    Effect.gen(function* () {
      const { one, two } = yield* gather(world)
      const program = yield* attachProgram(one)
      const garbage = [
        "\u0000\u0001\u0002",
        "{",
        "null",
        "[[[[[[[[",
        '{"type":"history"}',
        '{"type":"history","ref":"x","limit":0}',
        '{"type":"history","ref":"x","limit":501}',
        '{"type":"history","ref":"x","before":{"stream":"no stream","n":1}}',
        '{"type":"history","ref":"x","with":[]}',
        '{"type":"history","ref":"x","with":["no/body"]}',
        '{"type":"search","ref":"x","text":""}',
        '{"type":"watch","what":["everything"]}',
        '{"type":"read","room":"no room"}',
        "x".repeat(60_000)
      ]
      for (const line of garbage) yield* program.write(line)
      yield* program.send({ type: "say", text: "still here" })
      yield* two.sees("Client 1: still here")
      assert.lengthOf(program.all("error"), garbage.length)
      assert.isEmpty(program.all("history"))
    })
  )
})

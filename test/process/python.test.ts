/** Another implementation among ours: `examples/minimal-client.py`, which was written from `docs/PROTOCOL.md` alone. */
import { spawnSync } from "node:child_process"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { protocolVersion } from "../../src/protocol/Frame.ts"
import { type Actor, each, make, type Stage } from "./Stage.ts"
import { dial, epoch, helloOf, listen, streamOf } from "./Stranger.ts"

const program = Path.resolve(import.meta.dirname, "../../examples/minimal-client.py")

const hasPython = spawnSync("python3", ["--version"]).status === 0

/** Whoever freezes is missed soon. */
const alert = ["--silence", "1"]

/** The Python client with that id, in the chat with all of these. */
const joins = (
  stage: Stage,
  id: string,
  port: number,
  others: ReadonlyArray<Actor>,
  options: ReadonlyArray<string> = []
) =>
  Effect.gen(function* () {
    const newcomer = yield* stage.start(`Client ${id}`, ["python3", program, id, "0", "0", `${port}`, ...options])
    yield* newcomer.sees(
      `${newcomer.name}: initiated`,
      ...others.filter(({ name }) => name !== "Server").map(({ name }) => `${name}: initiated`)
    )
    yield* each(others, (other) => other.sees(`${newcomer.name}: initiated`))
    return newcomer
  })

/** While one is frozen, `messenger` says something, and dies: only the `keepers` can hand it on. */
const handsOn = (messenger: Actor, keepers: ReadonlyArray<Actor>, frozen: Actor) =>
  Effect.gen(function* () {
    const text = `${frozen.name} should know`
    yield* frozen.gets("SIGSTOP")
    yield* messenger.notices(`* ${frozen.name} is lost: it stopped answering`)
    yield* messenger.types(text)
    yield* each(keepers, (keeper) => keeper.sees(`${messenger.name}: ${text}`))
    yield* messenger.gets("SIGKILL")
    yield* each(keepers, (keeper) => keeper.notices(`* ${messenger.name} is lost: the connection broke`))
    yield* frozen.gets("SIGCONT")
    yield* frozen.sees(`${messenger.name}: ${text}`)
  })

const line = (frame: object): string => `${JSON.stringify(frame)}\n`

const have = (streams: Readonly<Record<string, number>>, more = false): string => line({ type: "have", streams, more })

const post = (stream: string, n: number, text: string, deps: Readonly<Record<string, number>> = {}): string =>
  line({ type: "post", stream, n, at: 0, deps, text })

/** What stands on a screen, in any order, but for what these two have said: of each other, and so not to themselves. */
const screenOf = ({ out }: Actor, ...two: ReadonlyArray<Actor>): ReadonlyArray<string> =>
  out.filter((line) => line.endsWith(": initiated") || !two.some(({ name }) => line.startsWith(name))).sort()

describe.skipIf(!hasPython)("a client in Python (skipped where there is no python3)", () => {
  it.scopedLive("goes through the whole story among ours, and hands on to them what they have missed", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, another] = (yield* stage.freePorts(2)) as [number, number]
      const first = yield* stage.server(port, alert)
      const [one, two, three] = (yield* stage.clients(3, first, port, () => ({ args: alert }))) as [Actor, Actor, Actor]
      for (const id of ["1", "l"]) {
        const refused = yield* stage.start(`Client ${id}?`, ["python3", program, id, "0", "0", `${port}`])
        assert.strictEqual(yield* refused.ends, 1)
        assert.include(refused.err.join("\n"), "choose another one")
      }
      const python = yield* joins(stage, "py", port, [first, one, two, three])
      yield* stage.everyoneTalks([first, one, two, three, python], "hello")

      yield* first.gets("SIGKILL")
      // Nobody waits until the loss is noticed: there is no gap.
      yield* stage.everyoneTalks([one, two, three, python], "is anybody there?")
      yield* each([one, two, three, python], (client) =>
        client.notices("* Server is lost: the connection broke; the chat goes on without it")
      )
      yield* handsOn(three, [one, two], python)
      yield* handsOn(one, [python], two)
      yield* stage.everyoneTalks([two, python], "we are left")

      // At a port at which nobody looks for it: it must call back.
      const second = yield* stage.server(another, alert)
      yield* each([two, python], (client) =>
        Effect.zip(client.sees("Server: initiated"), second.sees(`${client.name}: reconnected`), { concurrent: true })
      )
      yield* stage.everyoneTalks([second, two, python], "it called")
      yield* second.types("Exit")
      yield* each([two, python], (client) => client.sees("Server: terminated."))
      yield* stage.everyoneTalks([two, python], "the end")
      yield* python.types("Exit")
      yield* two.notices(`* ${python.name} left`)
      assert.strictEqual(yield* python.ends, 0)
      yield* two.types("Exit")

      assert.deepStrictEqual(screenOf(python, two, python), screenOf(two, two, python))
      assert.notInclude(stage.screens, "protocol", "everybody has kept to it")
      yield* stage.curtain
    })
  )

  it.scopedLive("talks in a room with those of ours who are there, and with nobody else", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port)
      const inOps = ["--room", "ops"]
      const anna = yield* stage.client("anna", port, { args: inOps })
      yield* anna.sees("Client anna: initiated")
      yield* server.sees("Client anna: initiated")
      const bo = yield* stage.client("bo", port)
      yield* bo.sees("Client bo: initiated", "Client anna: initiated")
      yield* each([server, anna], (other) => other.sees("Client bo: initiated"))
      const python = yield* joins(stage, "py", port, [server, anna, bo], inOps)

      yield* anna.types("to ops")
      yield* python.sees("#ops Client anna: to ops")
      yield* python.types("from py")
      yield* anna.sees("#ops Client py: from py")
      yield* bo.types("to all")
      yield* each([server, anna, python], (other) => other.sees("Client bo: to all"))

      yield* server.gets("SIGKILL")
      yield* each([anna, bo, python], (client) => client.notices("* Server is lost"))
      // Nobody but the Python client is left in the room to say what was said there before.
      // Twice, because nobody may have confirmed the line yet.
      yield* anna.types("/leave ops", "/leave ops")
      yield* anna.notices("* You have left #ops")
      yield* bo.types("/join ops", "is anybody here?")
      yield* python.sees("#ops Client bo: is anybody here?")
      yield* python.types("I am")
      yield* bo.sees("#ops Client py: I am")
      yield* anna.types("/join ops", "me too")
      yield* each([bo, python], (other) => other.sees("#ops Client anna: me too"))
      yield* python.types("welcome back")
      yield* each([anna, bo], (other) => other.sees("#ops Client py: welcome back"))

      yield* each([anna, bo, python], (client) => client.types("Exit"))
      yield* stage.curtain
    })
  )

  it.scopedLive("sends what is said in a room only to a peer that is there", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const call = yield* listen(stage, port)
      const python = yield* stage.start("Client py", ["python3", program, "py", "0", "0", `${port}`, "--room", "ops"])
      const server = yield* call
      const hello = yield* server.hears("hello")
      assert.deepStrictEqual<unknown>(hello.rooms, ["ops"])
      const introduction = { protocol: protocolVersion, chat: "0".repeat(32), id: "Server", role: "server", epoch }
      yield* server.sends(line({ type: "welcome", ...introduction, member: true }), have({}))
      yield* python.sees("Client py: initiated")

      const own = `py/ops/${hello.epoch}`
      const another = `9/ops/${epoch}`
      yield* python.types("heard")
      // What the peer has comes before it says that it takes part.
      yield* server.sends(line({ type: "have", streams: { [another]: 1 }, more: false, room: "ops" }))
      yield* server.sends(line({ type: "rooms", rooms: ["ops"] }))
      assert.deepStrictEqual<unknown>(yield* server.hears("want"), { type: "want", stream: another, after: 0, to: 1 })
      yield* server.sends(post(another, 1, "hello"))
      yield* python.sees("#ops Client 9: hello")
      // Before or after the question.
      const posts = () => server.frames.flatMap((frame) => (frame.type === "post" ? [frame.post.text] : []))
      yield* stage.until("the post to come", () => posts().length > 0)
      yield* server.sends(line({ type: "join", room: "ops", posts: 5 }))
      assert.deepStrictEqual<unknown>((yield* server.hears("joined")).streams, { [own]: 1, [another]: 1 })

      yield* server.sends(line({ type: "rooms", rooms: [] }))
      yield* server.sends(line({ type: "want", stream: own, after: 0, to: 1 }))
      assert.deepStrictEqual<unknown>(yield* server.hears("gap"), { type: "gap", stream: own, to: 1 })
      yield* python.types("not heard", "Exit")
      yield* server.hears("bye")
      assert.deepStrictEqual(posts(), ["heard"])
      assert.strictEqual(yield* python.ends, 0)
    })
  )

  it.scopedLive("holds what comes too early, asks for what it lacks, and settles crossed calls", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, listening] = (yield* stage.freePorts(2)) as [number, number]
      const call = yield* listen(stage, port)
      const python = yield* stage.start("Client py", ["python3", program, "py", "0", `${listening}`, `${port}`])
      yield* python.types("said before it came in")

      const server = yield* call
      const { epoch: run, ...hello } = yield* server.hears("hello")
      const introduction = {
        type: "hello",
        protocol: protocolVersion,
        id: "py",
        host: "127.0.0.1",
        port: listening
      } as const
      assert.deepStrictEqual<unknown>(hello, { ...introduction, member: false, to: "Server" })
      const [own, ours, old, others] = [`py/main/${run}`, streamOf("Server"), streamOf("8"), streamOf("9")]
      const welcome = {
        type: "welcome",
        protocol: protocolVersion,
        chat: "0".repeat(32),
        id: "Server",
        role: "server",
        epoch,
        member: true
      } as const
      const early = yield* dial(stage, listening)
      yield* early.sends(line({ ...helloOf("8", port, true), chat: "1".repeat(32), to: "py" }))
      assert.strictEqual((yield* early.hears("refused")).reason, "unavailable")
      const folded = line({ type: "folded", room: "main", upTo: "9-00000000", lines: 100 })
      yield* server.sends(line(welcome), folded, have({ [old]: 3 }, true), have({ [others]: 2 }))
      assert.deepStrictEqual<unknown>((yield* server.hears("have")).streams, { [own]: 1, [old]: 3, [others]: 2 })
      assert.strictEqual((yield* server.hears("post")).post.text, "said before it came in")
      yield* python.sees("Client py: initiated")

      // What others have said is taken from whom it was asked of, and from nobody else.
      yield* server.sends(post(others, 3, "nobody asked for this"))
      yield* server.sends(post(ours, 2, "second"), post(ours, 1, "first", { [others]: 4 }))
      assert.deepStrictEqual<unknown>(yield* server.hears("want"), { type: "want", stream: others, after: 2, to: 4 })
      yield* server.sends(post(others, 3, "the question"), post(others, 4, "and the other one"))
      yield* python.sees("Client 9: the question", "Client 9: and the other one", "Server: first", "Server: second")
      assert.deepStrictEqual(python.out.slice(1), [
        "Client 9: the question",
        "Client 9: and the other one",
        "Server: first",
        "Server: second"
      ])

      // What nobody keeps is gone, and what it has taken as seen it does not keep either.
      yield* server.sends(have({ "6/main/8-00000000": 5 }), have({ [streamOf("7")]: 3 }))
      assert.deepStrictEqual<unknown>(yield* server.hears("want"), {
        type: "want",
        stream: streamOf("7"),
        after: 0,
        to: 3
      })
      yield* server.sends(line({ type: "gap", stream: streamOf("7"), to: 2 }))
      assert.strictEqual((yield* server.hears("want")).after, 2)
      yield* server.sends(post(streamOf("7"), 3, "the last of three"))
      yield* python.sees("Client 7: the last of three")
      yield* python.notices("* 2 lines of Client 7 are no longer available")
      yield* server.sends(line({ type: "want", stream: others, after: 0, to: 4 }))
      assert.deepStrictEqual<unknown>(yield* server.hears("gap"), { type: "gap", stream: others, to: 2 })
      assert.strictEqual((yield* server.hears("post")).post.text, "the question")

      const foreigner = yield* dial(stage, listening)
      yield* foreigner.sends(line({ ...helloOf("8", port, true), chat: "1".repeat(32), to: "py" }))
      assert.strictEqual((yield* foreigner.hears("refused")).reason, "other-chat")
      const posing = yield* dial(stage, listening)
      yield* posing.sends(line({ ...helloOf("8", port, true), role: "server", to: "py" }))
      assert.strictEqual((yield* posing.hears("refused")).reason, "mistaken")

      // Who has said goodbye to it alone is looked for by others no more.
      const eight = yield* dial(stage, listening)
      yield* eight.sends(line({ ...helloOf("8", port, true), to: "py" }), have({}), line({ type: "bye" }))
      yield* python.sees("Client 8: initiated")
      yield* python.notices("* Client 8 left")
      yield* server.sends(line({ type: "missing", peers: [{ id: "8", run: epoch.slice(-8) }, { id: "9" }] }))
      assert.deepStrictEqual<unknown>((yield* server.hears("left")).peers, [{ id: "8", epoch }])

      const nine = yield* dial(stage, listening)
      yield* nine.sends(line({ ...helloOf("9", port, true), to: "py" }), have({}))
      yield* python.sees("Client 9: initiated")
      // Whoever answers at its address now is somebody else.
      yield* Effect.sync(() => nine.socket.destroy())
      const mistaken = yield* call
      yield* mistaken.hears("hello")
      yield* mistaken.sends(line({ type: "refused", id: "Server", reason: "mistaken", detail: "" }))
      yield* python.notices("* Client 9 is lost: the connection broke")
      yield* server.sends(line({ type: "left", peers: [{ id: "9", epoch }] }))
      yield* python.notices("* Client 9 left")

      // Of two connections the one stays that the smaller id has dialled.
      const again = yield* dial(stage, listening)
      yield* again.sends(line({ ...helloOf("Server", port, true), to: "py" }))
      yield* again.hears("welcome")
      yield* again.sends(have({}))
      yield* server.isCutOff
      yield* again.sends(line({ type: "ping" }))
      yield* again.hears("pong")
      yield* python.types("x".repeat(100), "Exit")
      yield* again.hears("bye")
      assert.strictEqual(yield* python.ends, 0)
      assert.notInclude(python.err.join("\n"), "Server is lost")
    })
  )
})

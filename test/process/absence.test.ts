/** What becomes of the chat while the server is away, and how everybody finds it again. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Actor, each, make, type Stage } from "./Stage.ts"

/** As far as the tests go that need a server which is soon missed. */
const alert = ["--silence", "1"]

const areBack = (server: Actor, clients: ReadonlyArray<Actor>) =>
  each(clients, (client) =>
    Effect.zip(client.sees("Server: initiated"), server.sees(`${client.name}: reconnected`), { concurrent: true })
  )

const exits = (server: Actor, clients: ReadonlyArray<Actor>) =>
  Effect.gen(function* () {
    yield* server.types("Exit")
    yield* each(clients, (client) => client.sees("Server: terminated."))
    assert.strictEqual(yield* server.ends, 0)
  })

const listenersOf = (stage: Stage) => stage.portsFile.map((line) => Number(line.split(":")[1]))

describe("while the server is away", () => {
  it.scopedLive("a server that freezes is missed within the limit, and comes back without a line lost or doubled", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port, alert)
      const clients = yield* stage.clients(3, server, port, () => ({ args: alert }))
      yield* server.gets("SIGSTOP")
      const frozenAt = Date.now()
      yield* stage.everyoneTalks(clients, "it is frozen")
      yield* each(clients, (client) =>
        client.notices("* Server is lost: it stopped answering; the chat goes on without it")
      )
      assert.isBelow(Date.now() - frozenAt, 5_000)
      yield* stage.everyoneTalks(clients, "it is missed")
      yield* server.gets("SIGCONT")
      yield* each(clients, (client) =>
        Effect.zip(
          client.notices("* Server is back"),
          server.sees(
            `${client.name}: reconnected`,
            `${client.name}: it is frozen, says ${client.name}`,
            `${client.name}: it is missed, says ${client.name}`
          ),
          { concurrent: true }
        )
      )
      yield* stage.everyoneTalks([server, ...clients], "it is back")
      yield* stage.everyoneLeaves(clients, server)
      yield* stage.curtain
    })
  )

  it.scopedLive("a server calls everybody on record back, even from a port at which nobody would look for it", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, another] = (yield* stage.freePorts(2)) as [number, number]
      const first = yield* stage.server(port)
      const clients = yield* stage.clients(3, first, port)
      yield* exits(first, clients)
      const second = yield* stage.server(another)
      yield* second.notices("* Calling back 1, 2, 3")
      yield* areBack(second, clients)
      yield* stage.everyoneTalks([second, ...clients], "it called")
      yield* stage.everyoneLeaves(clients, second)
      yield* stage.curtain
    })
  )

  it.scopedLive("clients whose record is lost find the next server by themselves, and count as reconnected", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const first = yield* stage.server(port)
      const clients = yield* stage.clients(3, first, port)
      const recorded = [...stage.portsFile]
      yield* exits(first, clients)
      Fs.rmSync(Path.join(stage.folder, "ports.txt"))
      const second = yield* stage.server(port)
      yield* areBack(second, clients)
      yield* stage.everyoneTalks([second, ...clients], "found it")
      assert.sameMembers([...stage.portsFile], recorded)
      yield* stage.everyoneLeaves(clients, second)
      yield* stage.curtain
    })
  )

  it.scopedLive("a client says that there is no server, and joins and says what was typed as soon as there is", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const early = yield* stage.client("1", port)
      yield* early.notices(
        `* The server at localhost:${port} can't be reached (nothing listens there). Retrying; what you type is sent as soon as it works.`
      )
      yield* early.types("am I early?", "I am")
      const server = yield* stage.server(port)
      yield* server.sees("Client 1: initiated", "Client 1: am I early?", "Client 1: I am")
      yield* early.sees("Client 1: initiated")
      assert.deepStrictEqual(server.out, ["Client 1: initiated", "Client 1: am I early?", "Client 1: I am"])
      const late = yield* stage.client("2", port)
      yield* late.sees("Client 2: initiated", "Client 1: initiated")
      yield* each([early, server], (other) => other.sees("Client 2: initiated"))
      yield* stage.everyoneTalks([server, early, late], "hello")
      assert.lengthOf(early.err, 1)
      yield* stage.everyoneLeaves([early, late], server)
      yield* stage.curtain
    })
  )

  it.scopedLive("a client leaves before it could join: with status 0, or 1 if that loses what it said", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const silent = yield* stage.client("1", port)
      const talker = yield* stage.client("2", port, { args: ["--within", "1"] })
      yield* each([silent, talker], (client) => client.notices(`* The server at localhost:${port} can't be reached`))
      yield* silent.types("Exit")
      assert.strictEqual(yield* silent.ends, 0)
      yield* talker.types("hello?")
      yield* talker.gets("SIGINT")
      assert.strictEqual(yield* talker.ends, 1)
      assert.match(talker.err.join("\n"), /Your last line is lost/)
      yield* stage.curtain
    })
  )

  it.scopedLive("a newcomer joins through a client, and counts as reconnected at the next server", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const first = yield* stage.server(port)
      const [one, two] = (yield* stage.clients(2, first, port)) as [Actor, Actor]
      const [listener] = listenersOf(stage)
      yield* exits(first, [one, two])
      const three = yield* stage.client("3", port, { args: ["--peer", `localhost:${listener}`] })
      yield* three.sees("Client 3: initiated", "Client 1: initiated", "Client 2: initiated")
      yield* each([one, two], (other) => other.sees("Client 3: initiated"))
      yield* stage.everyoneTalks([one, two, three], "who needs a server?")
      const second = yield* stage.server(port)
      yield* areBack(second, [one, two, three])
      yield* stage.everyoneTalks([second, one, two, three], "we do")
      assert.sameMembers(
        stage.portsFile.map((line) => line.split(" ")[0]),
        ["1", "2", "3"]
      )
      yield* stage.everyoneLeaves([one, two, three], second)
      yield* stage.curtain
    })
  )

  it.scopedLive("a server told by a signal to end says goodbye, and one without a keyboard goes on until then", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        const server = yield* stage.server(port)
        const clients = yield* stage.clients(2, server, port)
        yield* server.endsInput
        yield* server.notices("* The input has ended; the server goes on without a keyboard until it gets a signal.")
        yield* stage.everyoneTalks(clients, "it listens")
        yield* each(clients, (client) => server.sees(`${client.name}: it listens, says ${client.name}`))
        yield* server.gets(signal)
        yield* each(clients, (client) => client.sees("Server: terminated."))
        assert.strictEqual(yield* server.ends, 0)
        yield* each(clients, (client) => Effect.zipRight(client.types("Exit"), client.ends))
        Fs.rmSync(Path.join(stage.folder, "ports.txt"))
      }
      yield* stage.curtain
    })
  )
})

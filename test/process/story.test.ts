/** The assignment's story, word for word, with real processes on pipes. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasTerminals } from "../support/terminal.ts"
import { type Actor, each, make, type Options, type Stage } from "./Stage.ts"

/** How a server's run ends, and how the clients hear of it. */
type End = (server: Actor, clients: ReadonlyArray<Actor>) => Effect.Effect<void, unknown>

const told: End = (server, clients) =>
  Effect.gen(function* () {
    yield* server.types("Exit")
    yield* each(clients, (client) => client.sees("Server: terminated."))
    assert.strictEqual(yield* server.ends, 0)
  })

const killed: End = (server, clients) =>
  Effect.gen(function* () {
    yield* server.gets("SIGKILL")
    // Nobody waits until the loss is noticed: there is no gap.
    yield* Effect.zipRight(
      each(clients, (client) => client.types("is anybody there?")),
      each(clients, (client) =>
        client.sees(...clients.filter((other) => other !== client).map((other) => `${other.name}: is anybody there?`))
      )
    )
    yield* each(clients, (client) =>
      client.notices("* Server is lost: the connection broke; the chat goes on without it")
    )
    assert.strictEqual(yield* server.ends, "SIGKILL")
  })

/** One server follows the other, and each but the last ends in that way. */
const story = (stage: Stage, servers: number, end: End, options: Options = {}) =>
  Effect.gen(function* () {
    const [port, ...others] = yield* stage.freePorts(11)
    const port1 = (id: number) => others[id - 1] as number
    const port2 = (id: number) => others[id + 4] as number
    const entry = (id: number) => `${id} localhost:${port2(id)}`

    let server = yield* stage.server(port, [], options)
    const clients = yield* stage.clients(5, server, port, (id) => ({ ...options, port: port1(id), listen: port2(id) }))
    for (const { name, out } of clients) {
      assert.strictEqual(out[0], `${name}: initiated`, "a newcomer sees itself first")
    }
    assert.deepStrictEqual(stage.portsFile, [1, 2, 3, 4, 5].map(entry))
    yield* stage.everyoneTalks([server, ...clients], "hello")

    for (let run = 2; run <= servers; run += 1) {
      yield* end(server, clients)
      assert.deepStrictEqual(stage.portsFile, [1, 2, 3, 4, 5].map(entry), "a server that ends leaves the file as it is")
      yield* stage.everyoneTalks(clients, `without server ${run - 1}`)

      server = yield* stage.server(port, [], options)
      const back = server
      yield* each(clients, (client) =>
        Effect.zip(client.sees("Server: initiated"), back.sees(`${client.name}: reconnected`), { concurrent: true })
      )
      yield* stage.everyoneTalks([server, ...clients], `with server ${run}`)
    }

    const [one, two, three, ...rest] = clients as [Actor, Actor, Actor, Actor, Actor]
    const stay = [one, two, ...rest]
    yield* three.types("Exit")
    yield* each([server, ...stay], (other) => other.notices("* Client 3 left"))
    assert.strictEqual(yield* three.ends, 0)
    yield* stage.poll("client 3 is off the record", () => !stage.portsFile.includes(entry(3)))
    assert.deepStrictEqual(stage.portsFile, [1, 2, 4, 5].map(entry))
    yield* stage.everyoneTalks([server, ...stay], "without Client 3")

    yield* stage.everyoneLeaves(stay, server)
    assert.deepStrictEqual(stage.portsFile, [])
    yield* stage.curtain
  })

describe("a server and five clients", () => {
  it.scopedLive("go on when the server is told to Exit, and are all there again with the next, three times", () =>
    Effect.flatMap(make, (stage) => story(stage, 4, told))
  )

  it.scopedLive("go on when the server is killed without a word, and are all there again with the next", () =>
    Effect.flatMap(make, (stage) => story(stage, 3, killed))
  )

  it.scopedLive.skipIf(!hasTerminals)("play their story at terminals (skipped where there is no `script`)", () =>
    Effect.flatMap(make, (stage) => story(stage, 3, told, { terminal: true }))
  )

  it.scopedLive("play their story a second time in a folder that knows clients of long ago", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const ports = yield* stage.freePorts(2)
      // One has the id of a client to come, and one that of nobody; nobody listens at either.
      Fs.writeFileSync(Path.join(stage.folder, "ports.txt"), `2 localhost:${ports[0]}\n99 localhost:${ports[1]}\nhm\n`)
      const port = (yield* stage.freePorts(1))[0]
      const server = yield* stage.server(port, ["--patience", "3"])
      yield* server.notices("* ports.txt, line 3 can't be read and is skipped: hm")
      yield* server.notices("* Calling back 2, 99")
      const clients = yield* stage.clients(3, server, port)
      yield* server.notices(`* Client 99 can't be reached at localhost:${ports[1]} any more`)
      yield* stage.everyoneTalks([server, ...clients], "once more")
      yield* stage.poll(
        "who can't be reached is off the record",
        () => stage.portsFile.length === 3,
        () => `ports.txt has: ${stage.portsFile.join(", ")}`
      )
      // In which order depends on whether client 2 has come before the patience with it has ended.
      assert.sameMembers(
        stage.portsFile.map((line) => line.split(" ")[0]),
        ["1", "2", "3"]
      )
      const text = Fs.readFileSync(Path.join(stage.folder, "ports.txt"), "utf8")
      assert.include(text.split("\n"), "hm", "what can't be read is left to whoever has written it")
      yield* told(server, clients)
      yield* each(clients, (client) => Effect.zipRight(client.gets("SIGKILL"), client.ends))
      assert.strictEqual(stage.portsFile.length, 3, "the file still knows those who were killed")

      const again = yield* stage.server(port, ["--patience", "1"])
      const newClients = yield* stage.clients(3, again, port)
      yield* stage.everyoneTalks([again, ...newClients], "and again")
      yield* stage.everyoneLeaves(newClients, again)
      assert.deepStrictEqual(stage.portsFile, [])
      yield* stage.curtain
    })
  )
})

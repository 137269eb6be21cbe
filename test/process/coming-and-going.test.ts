/** How clients come and go: their ports, their links, their ids. */
import * as Net from "node:net"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Actor, each, make } from "./Stage.ts"

/** At which ports a process listens: at each loopback that the machine has, at the same one. */
const portsOf = ({ listening }: Actor["sockets"]) => [...new Set(listening.map(({ local }) => local))]

describe("clients", () => {
  it.scopedLive("all come at once, meet each other once, and have one link to each and no more", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, ...own] = yield* stage.freePorts(11)
      const server = yield* stage.server(port)
      const ids = [1, 2, 3, 4, 5]
      const clients = yield* each(ids, (id) =>
        stage.client(`${id}`, port, { port: own[id - 1] as number, listen: own[id + 4] as number })
      )
      const greetings = clients.map(({ name }) => `${name}: initiated`)
      yield* each([server, ...clients], (actor) => actor.sees(...greetings))
      for (const { name, out } of clients) assert.strictEqual(out[0], `${name}: initiated`)
      yield* stage.everyoneTalks([server, ...clients], "hello")
      yield* stage.poll("everybody has one link to each", () =>
        [server, ...clients].every(({ sockets }) => portsOf(sockets).length === 1 && sockets.established.length === 5)
      )
      for (const [index, { sockets }] of clients.entries()) {
        assert.deepInclude(
          sockets.established,
          { local: own[index] as number, remote: port },
          "from PORT1 to the server"
        )
        assert.deepStrictEqual(portsOf(sockets), [own[index + 5]], "listens on PORT2")
      }
      yield* stage.everyoneLeaves(clients, server)
      yield* stage.curtain
    })
  )

  it.scopedLive("that are killed are missed, and come back with the same id and ports as newcomers", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, port1, port2] = (yield* stage.freePorts(3)) as [number, number, number]
      const server = yield* stage.server(port)
      const [one, two] = (yield* stage.clients(2, server, port)) as [Actor, Actor]
      const others = [server, one, two]
      const comes = Effect.gen(function* () {
        const three = yield* stage.client("3", port, { port: port1, listen: port2 })
        yield* three.sees("Client 3: initiated", "Client 1: initiated", "Client 2: initiated")
        yield* each(others, (other) => other.sees("Client 3: initiated"))
        yield* stage.everyoneTalks([...others, three], "hello")
        return three
      })
      for (let times = 1; times <= 2; times += 1) {
        const three = yield* comes
        yield* three.gets("SIGKILL")
        yield* each(others, (other) => other.notices("* Client 3 is lost: the connection broke"))
        yield* stage.everyoneTalks(others, "it is gone")
      }
      const three = yield* comes
      yield* stage.everyoneLeaves([three, one, two], server)
      yield* stage.curtain
    })
  )

  it.scopedLive("leave with Exit, the end of input or a signal, and their id is free again at once", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, port1, port2] = (yield* stage.freePorts(3)) as [number, number, number]
      const server = yield* stage.server(port)
      const [one] = (yield* stage.clients(1, server, port)) as [Actor]
      const ways: ReadonlyArray<(client: Actor) => Effect.Effect<void>> = [
        (client) => client.types("last words", "Exit", "never said"),
        (client) => Effect.zipRight(client.types("last words"), client.endsInput),
        // The last line has no newline: it is a line all the same.
        (client) => Effect.zipRight(client.keys("last words"), client.endsInput),
        (client) => client.gets("SIGINT"),
        (client) => client.gets("SIGTERM")
      ]
      for (const [index, leave] of ways.entries()) {
        const two = yield* stage.client("2", port, { port: port1, listen: port2 })
        yield* two.sees("Client 2: initiated", "Client 1: initiated")
        yield* each([server, one], (other) => other.sees("Client 2: initiated"))
        yield* leave(two)
        if (index < 3) yield* each([server, one], (other) => other.sees("Client 2: last words"))
        yield* each([server, one], (other) => other.notices("* Client 2 left"))
        assert.strictEqual(yield* two.ends, 0)
        yield* stage.poll("client 2 is off the record", () => stage.portsFile.length === 1)
      }
      assert.notInclude(one.err.join("\n"), "lost")
      yield* stage.everyoneLeaves([one], server)
      yield* stage.curtain
    })
  )

  it.scopedLive("have names as well, and listen at the host that they are told", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, port2] = (yield* stage.freePorts(2)) as [number, number]
      const server = yield* stage.start("Server", ["./server", "--host", "127.0.0.2", "--port", `${port}`])
      yield* server.notices(`* The server listens at 127.0.0.2:${port}.`)
      const at = ["--server", `127.0.0.2:${port}`, "--host", "127.0.0.3"]
      const ada = yield* stage.start("Client Ada_L-1", ["./client.out", "Ada_L-1", "0", `${port2}`, ...at])
      yield* each([server, ada], (actor) => actor.sees("Client Ada_L-1: initiated"))
      assert.deepStrictEqual(stage.portsFile, [`Ada_L-1 127.0.0.3:${port2}`])
      // The port is free on every other address.
      yield* Effect.scoped(
        Effect.acquireRelease(
          Effect.async<Net.Server>((resume) => {
            const listener = Net.createServer().listen({ host: "127.0.0.1", port: port2 }, () =>
              resume(Effect.succeed(listener))
            )
          }),
          (listener) => Effect.sync(() => listener.close())
        )
      )
      yield* stage.everyoneLeaves([ada], server)
      yield* stage.curtain
    })
  )

  it.scopedLive("take their settings from the environment, which an option overrules", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, wrong] = (yield* stage.freePorts(2)) as [number, number]
      const record = Path.join(stage.folder, "who-is-where")
      const env = { OUTLIVE_PORT: `${port}`, OUTLIVE_PORTS: record, OUTLIVE_SERVER: `localhost:${port}` }
      const server = yield* stage.start("Server", ["./server"], { env })
      yield* server.notices(`* The server listens at localhost:${port}.`)
      const one = yield* stage.start("Client 1", ["./client.out", "1", "0", "0"], { env })
      yield* each([server, one], (actor) => actor.sees("Client 1: initiated"))
      assert.deepStrictEqual(stage.portsFile, [])
      const elsewhere = ["./client.out", "2", "0", "0", "--server", `localhost:${wrong}`]
      const two = yield* stage.start("Client 2", elsewhere, { env })
      yield* two.notices(`* The server at localhost:${wrong} can't be reached`)
      yield* two.types("Exit")
      assert.strictEqual(yield* two.ends, 0)
      yield* stage.everyoneLeaves([one], server)
      yield* stage.curtain
    })
  )
})

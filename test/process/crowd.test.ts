/** Many clients, and many lines. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Actor, each, make } from "./Stage.ts"

describe("a crowd", () => {
  it.scopedLive("of 20 clients joins, talks, loses its server without a word and gets it back, every line once", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const first = yield* stage.server(port)
      const clients = yield* each(
        Array.from({ length: 20 }, (_, index) => `${index + 1}`),
        (id) => stage.client(id, port)
      )
      yield* each([first, ...clients], (actor) => actor.sees(...clients.map(({ name }) => `${name}: initiated`)))
      yield* stage.everyoneTalks([first, ...clients], "hello")
      yield* first.gets("SIGKILL")
      yield* stage.everyoneTalks(clients, "who killed it?")
      yield* each(clients, (client) => client.notices("* Server is lost: the connection broke"))
      const second = yield* stage.server(port)
      yield* each(clients, (client) =>
        Effect.zip(client.sees("Server: initiated"), second.sees(`${client.name}: reconnected`), { concurrent: true })
      )
      yield* stage.everyoneTalks([second, ...clients], "back again")
      assert.lengthOf(stage.portsFile, 20)
      yield* second.types("Exit")
      yield* each(clients, (client) => client.sees("Server: terminated."))
      yield* each(clients, (client) => client.types("Exit"))
      yield* each(clients, (client) => Effect.map(client.ends, (status) => assert.strictEqual(status, 0)))
      yield* stage.curtain
    })
  )

  it.scopedLive(
    "does not wait for one whose screen takes nothing, which then shows every line or says how many went by",
    () =>
      Effect.gen(function* () {
        const total = 20_000
        const stage = yield* make
        const [port] = yield* stage.freePorts(1)
        const server = yield* stage.server(port)
        const [author, reader] = (yield* stage.clients(2, server, port)) as [Actor, Actor]
        const slow = yield* stage.client("3", port, { read: false })
        yield* each([server, author, reader], (other) => other.sees("Client 3: initiated"))

        const said = Array.from({ length: total }, (_, index) => `line ${index + 1}`)
        yield* author.types(...said)
        const heard = (actor: Actor) => actor.out.filter((line) => line.startsWith("Client 1: line "))
        const last = `Client 1: line ${total}`
        yield* stage.until("the others to have the last line", () =>
          [server, reader].every(({ out }) => out.at(-1) === last)
        )
        for (const actor of [server, reader]) {
          assert.deepStrictEqual(
            heard(actor),
            said.map((line) => `Client 1: ${line}`),
            actor.name
          )
        }

        slow.read()
        yield* stage.until("the slow one to have the last line", () => slow.out.at(-1) === last)
        const shown = heard(slow).map((line) => Number(line.split(" ").at(-1)))
        assert.isTrue(
          shown.every((n, index) => index === 0 || n > (shown[index - 1] as number)),
          "in order, none twice"
        )
        const wentBy = slow.err.map((line) => Number(/^\* (\d+) lines came too fast to be shown$/.exec(line)?.[1]))
        assert.strictEqual(shown.length + wentBy.reduce((sum, n) => sum + n, 0), total)

        // One that nobody reads any more, and one that was said everything: both end.
        yield* stage.says(slow, "I am here all the same", [server, author, reader, slow])
        yield* each([slow, author, reader, server], (actor) => actor.types("Exit"))
        for (const actor of [slow, author, reader, server]) assert.strictEqual(yield* actor.ends, 0, actor.name)
        assert.deepStrictEqual(stage.leftovers, [])
      })
  )

  it.scopedLive("member whose screen takes nothing any more leaves all the same", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = yield* stage.freePorts(1)
      const server = yield* stage.server(port)
      const [author] = (yield* stage.clients(1, server, port)) as [Actor]
      const stuck = yield* stage.client("2", port, { read: false })
      yield* each([server, author], (other) => other.sees("Client 2: initiated"))
      yield* author.types(...Array.from({ length: 5_000 }, (_, index) => `${index} ${"x".repeat(200)}`))
      yield* stage.until("the server to have it all", () => server.out.at(-1)?.startsWith("Client 1: 4999 ") ?? false)
      yield* stuck.types("Exit")
      yield* each([server, author], (other) => other.notices("* Client 2 left"))
      yield* stage.poll("it is gone", () => stuck.child.exitCode === 0)
    })
  )
})

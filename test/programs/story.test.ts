/** The story of a server and its clients, as people see it, told by the real programs in one process. */
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { IdTaken } from "../../src/domain/Errors.ts"
import { listen } from "../support/serving.ts"
import { addressOf, type Node, settings, story, type World } from "./World.ts"

const ids = ["1", "2", "3", "4", "5"]

/** A server and these clients, all linked with each other. */
const gather = (world: World, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const clients: Array<Node> = []
    for (const name of names) {
      clients.push(yield* world.client(name))
      yield* everyone([server, ...clients], `Client ${name}: initiated`)
    }
    for (const client of clients) yield* client.sees(...names.map((name) => `Client ${name}: initiated`))
    return { server, clients, all: [server, ...clients] }
  })

/** Each of them sees these lines. */
const everyone = (nodes: ReadonlyArray<Node>, ...lines: ReadonlyArray<string>) =>
  Effect.forEach(nodes, (node) => node.sees(...lines), { discard: true })

const titleOf = (node: Node) => (node.name === "Server" ? "Server" : `Client ${node.name}`)

/** Each of them says a line of its own; each of the others sees it, once. */
const roundOfTalk = (nodes: ReadonlyArray<Node>, word: string) =>
  Effect.gen(function* () {
    for (const node of nodes) yield* node.type(word)
    for (const node of nodes) {
      yield* node.sees(...nodes.filter((other) => other !== node).map((other) => `${titleOf(other)}: ${word}`))
    }
  })

/** No line of the chat stands twice on any screen: no greeting, nothing that was said. */
const nothingTwice = (nodes: ReadonlyArray<Node>) =>
  Effect.forEach(
    nodes,
    (node) =>
      Effect.map(node.screen, (screen) => {
        const lines = screen.filter((line) => !line.startsWith("* "))
        assert.deepStrictEqual(lines, [...new Set(lines)], `${titleOf(node)}:\n${screen.join("\n")}`)
      }),
    { discard: true }
  )

/**
 * A server is started again while client 1, who was there all the time, can't get to it. A newcomer can, but not when it says
 * its only line: client 1 alone has that. `apart`: between these pairs nothing gets through from now on, and all else does.
 */
const missAFirstWord = (world: World) =>
  Effect.gen(function* () {
    const { clients, server } = yield* gather(world, ["1", "2"])
    const [one, two] = clients as [Node, Node]
    for (const node of [server, two]) yield* node.kill
    const apart = (...pairs: ReadonlyArray<string>) =>
      Effect.zipRight(
        world.network.heal,
        world.network.cut((from, to) => pairs.includes(`${from} ${to}`) || pairs.includes(`${to} ${from}`))
      )
    yield* apart("Server 1", "1 2")
    const second = yield* world.server
    const newcomer = yield* world.client("2")
    yield* second.sees("Client 2: initiated")
    yield* apart("Server 1", "Server 2")
    yield* one.sees("Client 2: initiated", "Client 2: initiated")
    yield* second.sees("* Client 2 is lost: it stopped answering")
    yield* newcomer.type("is anybody there?")
    yield* one.sees("Client 2: is anybody there?")
    yield* newcomer.kill
    return { apart, one, second }
  })

/** How many ends of connections and listeners there are when each of so many nodes has one link to each other. */
const wholeMesh = (nodes: number) => nodes * (nodes - 1) + nodes

/** The id was taken, and the client ended saying so. */
const endedForItsId = (exit: Exit.Exit<void, unknown>) => {
  const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
  assert.instanceOf(failure, IdTaken, String(exit))
}

describe("the story", () => {
  story(
    "those who come together are recorded together: a slow disk turns nobody away",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const begun = yield* Clock.currentTimeMillis
        yield* Effect.forEach(ids, (id) => world.client(id), { concurrency: "unbounded", discard: true })
        yield* server.sees(...ids.map((id) => `Client ${id}: initiated`))
        assert.sameMembers(
          [...(yield* world.records)],
          ids.map((id) => `${id} ${addressOf(id).port}`)
        )
        assert.isBelow(yield* Effect.map(Clock.currentTimeMillis, (now) => now - begun), 4_000)
      }),
    { recording: "2 seconds" }
  )

  story("a newcomer that can't dial somebody is dialled by it", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2"])
      const [one] = clients as [Node]
      yield* world.network.block((from, to) => from === "3" && to === "1")
      const three = yield* world.client("3")
      yield* Effect.zipRight(one.sees("Client 3: initiated"), three.sees("Client 1: initiated")).pipe(
        Effect.timeout("5 seconds"),
        Effect.orDie
      )
      yield* server.kill
      yield* three.type("directly")
      yield* one.sees("Client 3: directly")
    })
  )

  story("a newcomer that must not dial somebody is dialled by it, at once", (world) =>
    Effect.gen(function* () {
      yield* world.server
      const one = yield* world.client("1", { port: 1_023 })
      yield* one.sees("Client 1: initiated")
      const two = yield* world.client("2")
      yield* Effect.zipRight(one.sees("Client 2: initiated"), two.sees("Client 1: initiated")).pipe(
        Effect.timeout("1 second"),
        Effect.orDie
      )
    })
  )

  story("a server and five clients meet, talk, lose the server, get it back, and leave", (world) =>
    Effect.gen(function* () {
      const { all, clients, server } = yield* gather(world, ids)
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002", "3 6003", "4 6004", "5 6005"])
      for (const client of clients) assert.strictEqual((yield* client.screen)[0], `${titleOf(client)}: initiated`)
      yield* roundOfTalk(all, "hello")
      yield* nothingTwice(all)

      yield* server.type("Exit")
      assert.isTrue(Exit.isSuccess(yield* server.ended))
      yield* everyone(clients, "Server: terminated.")
      yield* roundOfTalk(clients, "without it")
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002", "3 6003", "4 6004", "5 6005"])

      const second = yield* world.server
      yield* everyone(clients, "Server: initiated")
      yield* second.sees(...ids.map((id) => `Client ${id}: reconnected`))
      yield* roundOfTalk([second, ...clients], "together again")
      yield* nothingTwice([second, ...clients])
      assert.notInclude(yield* second.screen, "Client 1: without it", "a new screen begins with what is new")

      const [one, two, three, four, five] = clients as [Node, Node, Node, Node, Node]
      yield* three.type("Exit")
      yield* everyone([second, one, two, four, five], "* Client 3 left")
      yield* four.endInput
      yield* everyone([second, one, two, five], "* Client 4 left")
      yield* five.interrupt
      yield* everyone([second, one, two], "* Client 5 left")
      for (const gone of [three, four]) assert.isTrue(Exit.isSuccess(yield* gone.ended))
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002"])
    })
  )

  story("three servers come and go, and a newcomer joins under each", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2"])
      let current = server
      for (const [round, id] of ["a", "b", "c"].entries()) {
        yield* round % 2 === 0 ? current.type("Exit") : current.kill
        yield* current.ended
        const members = clients.map(({ name }) => name)
        current = yield* world.server
        yield* current.sees(...members.map((name) => `Client ${name}: reconnected`))
        for (const client of clients) {
          yield* client.sees(...Array.from({ length: client.name < "a" ? round + 1 : 1 }, () => "Server: initiated"))
        }
        const newcomer = yield* world.client(id)
        yield* everyone([current, ...clients, newcomer], `Client ${id}: initiated`)
        clients.push(newcomer)
        yield* newcomer.sees(...members.map((name) => `Client ${name}: initiated`))
        yield* roundOfTalk([current, ...clients], `round ${round}`)
      }
    })
  )

  story("a newcomer that finds a server just restarted does not take for news what was said before it came", (world) =>
    Effect.gen(function* () {
      const { all, clients, server } = yield* gather(world, ["1", "2"])
      yield* roundOfTalk(all, "long ago")
      yield* server.type("Exit")
      yield* server.ended
      // The newcomer's way to the server is short, and the others' long.
      yield* world.network.cut((from, to) => [from, to].includes("Server") && ![from, to].includes("3"))
      const second = yield* world.server
      const newcomer = yield* world.client("3")
      yield* Effect.sleep("400 millis")
      yield* world.network.heal
      yield* everyone([second, ...clients, newcomer], "Client 3: initiated")
      yield* newcomer.sees("Client 1: initiated", "Client 2: initiated")
      yield* roundOfTalk([second, ...clients, newcomer], "now")
      assert.notInclude((yield* newcomer.screen).join("\n"), "long ago")
    })
  )

  story(
    "a server started again hears what a newcomer said that it met first, though another run of it has come after",
    (world) =>
      Effect.gen(function* () {
        const { apart, one, second } = yield* missAFirstWord(world)
        yield* apart("Server 1", "1 2")
        const another = yield* world.client("2")
        yield* second.sees("Client 2: initiated", "Client 2: initiated")
        yield* world.network.heal
        yield* second.sees("Client 1: reconnected", "Client 2: is anybody there?")
        yield* roundOfTalk([second, one, another], "now")
      })
  )

  story("the same, though that other run is the first to tell the server what was said before", (world) =>
    Effect.gen(function* () {
      const { apart, one, second } = yield* missAFirstWord(world)
      const another = yield* world.client("2", { peer: "1" })
      yield* one.sees("Client 2: initiated", "Client 2: initiated", "Client 2: initiated")
      yield* apart("Server 1")
      yield* second.sees("Client 2: reconnected")
      yield* world.network.heal
      yield* second.sees("Client 1: reconnected", "Client 2: is anybody there?")
      yield* roundOfTalk([second, one, another], "now")
    })
  )

  story("a server killed without a word is missed at once, and nobody's talk stops", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ids)
      yield* server.kill
      yield* everyone(clients, "* Server is lost: the connection broke; the chat goes on without it")
      yield* roundOfTalk(clients, "on we go")
      const second = yield* world.server
      yield* everyone(clients, "Server: initiated")
      yield* second.sees(...ids.map((id) => `Client ${id}: reconnected`))
      yield* roundOfTalk([second, ...clients], "as before")
      yield* nothingTwice(clients)
    })
  )

  story("a server that freezes is missed within the heartbeat's limit, and hears everything when it wakes", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ids)
      yield* world.network.cut((from, to) => from === "Server" || to === "Server")
      const before = yield* Clock.currentTimeMillis
      yield* everyone(clients, "* Server is lost: it stopped answering; the chat goes on without it")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, Duration.toMillis(settings.silence))
      yield* roundOfTalk(clients, "on we go")
      yield* world.network.heal
      yield* everyone(clients, "* Server is back")
      yield* server.sees(...ids.map((id) => `Client ${id}: reconnected`), ...ids.map((id) => `Client ${id}: on we go`))
      yield* roundOfTalk([server, ...clients], "as before")
      yield* nothingTwice([server, ...clients])
    })
  )

  story("clients that the record does not know find the server again by themselves", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ids)
      yield* server.kill
      yield* world.loseRecords
      const second = yield* world.server
      yield* everyone(clients, "Server: initiated")
      yield* second.sees(...ids.map((id) => `Client ${id}: reconnected`))
      assert.strictEqual((yield* world.records).length, 5)
    })
  )

  story("a client that is killed can come back with the same id and port", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2", "3"])
      const [one, two, three] = clients as [Node, Node, Node]
      yield* three.kill
      yield* everyone([server, one, two], "* Client 3 is lost: the connection broke")
      const again = yield* world.client("3")
      yield* again.sees("Client 3: initiated", "Client 1: initiated", "Client 2: initiated")
      yield* everyone([server, one, two], "Client 3: initiated", "Client 3: initiated")
      yield* roundOfTalk([server, one, two, again], "hello")
    })
  )

  story("a client that stays away is given up, and is off the record", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2"])
      yield* (clients[1] as Node).kill
      yield* server.sees("* Client 2 can't be reached at localhost:6002 any more")
      yield* (clients[0] as Node).sees("* Client 2 can't be reached any more")
      assert.deepStrictEqual(yield* world.records, ["1 6001"])
    })
  )

  story("those on record who are gone are given up by the next server", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2"])
      yield* Effect.forEach([server, ...clients], (node) => node.kill)
      const second = yield* world.server
      const newcomer = yield* world.client("7")
      yield* second.sees("* Calling back 1, 2", "Client 7: initiated")
      yield* second.sees(
        ...ids.slice(0, 2).map((id) => `* Client ${id} can't be reached at localhost:600${id} any more`)
      )
      assert.deepStrictEqual(yield* world.records, ["7 6007"])
      yield* roundOfTalk([second, newcomer], "hello")
    })
  )

  for (const port of [6_002, 7_002]) {
    story(
      `a client that comes back as the patience with it ends stays on record, at port ${port}`,
      (world) =>
        Effect.gen(function* () {
          const { clients, server } = yield* gather(world, ["1", "2"])
          yield* Effect.forEach([server, ...clients], (node) => node.kill)
          const second = yield* world.server
          yield* second.sees("* Calling back 1, 2")
          yield* Effect.sleep("690 millis")
          // It is let in once nobody is waited for who could tell it what was said before: as the patience ends.
          const two = yield* world.client("2", { port })
          yield* second.sees("Client 2: initiated", "* Client 1 can't be reached at localhost:6001 any more")
          yield* Effect.sleep("10 seconds")
          assert.deepStrictEqual(yield* world.records, [`2 ${port}`])
          assert.notInclude((yield* second.screen).join("\n"), "Client 2 can't be reached")
          yield* roundOfTalk([second, two], "hello")
        }),
      { patience: "700 millis" }
    )
  }

  story("an id that is taken is refused, and whoever holds it notices nothing", (world) =>
    Effect.gen(function* () {
      const { all, clients } = yield* gather(world, ["1", "2"])
      const before = yield* Effect.forEach(all, (node) => node.screen)
      // Within the same millisecond chance would decide who was there first.
      yield* Effect.sleep("1 millis")
      const impostor = yield* world.client("1", { port: 7001 })
      endedForItsId(yield* impostor.ended)
      assert.deepStrictEqual(yield* Effect.forEach(all, (node) => node.screen), before)
      assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002"])
      yield* roundOfTalk(clients, "hello")
    })
  )

  story("a taken id is refused by clients too, where a new server has let its bearer in", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2"])
      const [one, two] = clients as [Node, Node]
      yield* server.kill
      yield* world.loseRecords
      yield* world.network.cut((from, to) => [from, to].includes("Server") && [from, to].includes("1"))
      const second = yield* world.server
      yield* second.sees("Client 2: reconnected")
      const impostor = yield* world.client("1", { port: 7001 })
      yield* world.network.heal
      endedForItsId(yield* impostor.ended)
      yield* second.sees("Client 1: reconnected")
      assert.isUndefined((yield* two.screen).find((line) => line.startsWith("* Client 1")))
      yield* roundOfTalk([second, one, two], "hello")
    })
  )

  story("a client that is there before the server says so, and joins as soon as it can", (world) =>
    Effect.gen(function* () {
      const client = yield* world.client("1")
      yield* client.sees(
        "* The server at localhost:4000 can't be reached (nothing listens there). Retrying; what you type is sent as soon as it works."
      )
      yield* client.type("anybody there?")
      const server = yield* world.server
      yield* server.sees("Client 1: initiated", "Client 1: anybody there?")
      yield* client.sees("Client 1: initiated")
    })
  )

  story("with the server down a client joins through another, and the next server finds it among the rest", (world) =>
    Effect.gen(function* () {
      const { clients, server } = yield* gather(world, ["1", "2", "3"])
      yield* server.kill
      const newcomer = yield* world.client("4", { peer: "2" })
      yield* newcomer.sees(...["1", "2", "3", "4"].map((id) => `Client ${id}: initiated`))
      yield* everyone(clients, "Client 4: initiated")
      yield* roundOfTalk([...clients, newcomer], "hello")
      const second = yield* world.server
      yield* second.sees(...["1", "2", "3", "4"].map((id) => `Client ${id}: reconnected`))
      yield* everyone([...clients, newcomer], "Server: initiated")
      assert.strictEqual((yield* world.records).length, 4)
    })
  )

  story("who is in no chat can let nobody in", (world) =>
    Effect.gen(function* () {
      const waiting = yield* world.client("1")
      yield* waiting.sees(
        "* The server at localhost:4000 can't be reached (nothing listens there). Retrying; what you type is sent as soon as it works."
      )
      const second = yield* world.client("2", { peer: "1" })
      yield* second.sees(
        "* Client 1 admits nobody right now (it is not in a chat itself). Retrying; what you type is sent as soon as it works."
      )
      yield* world.server
      yield* everyone([waiting, second], "Client 1: initiated", "Client 2: initiated")
    })
  )

  story("who speaks and leaves at once is heard by all, and then seen to leave", (world) =>
    Effect.gen(function* () {
      const { all } = yield* gather(world, ids)
      const hasty = yield* world.client("9")
      yield* hasty.type("hello and goodbye")
      yield* hasty.endInput
      for (const node of all) {
        yield* node.sees("Client 9: initiated", "Client 9: hello and goodbye", "* Client 9 left")
        const screen = yield* node.screen
        const places = ["Client 9: initiated", "Client 9: hello and goodbye", "* Client 9 left"].map((line) =>
          screen.indexOf(line)
        )
        assert.deepStrictEqual(
          places,
          [...places].sort((a, b) => a - b)
        )
      }
    })
  )

  story("what a newcomer says on its way in was missed by nobody; what is said while a link is cut was", (world) =>
    Effect.gen(function* () {
      const { all: here } = yield* gather(world, ["1", "2"])
      const [one] = here.slice(-1) as [Node]
      const missed = (node: Node) => Effect.map(node.screen, (lines) => lines.filter((line) => /missed/.test(line)))
      // In the same millisecond nobody is the newcomer.
      yield* Effect.sleep("1 second")
      const ci = yield* world.client("ci")
      yield* ci.type("the build is done")
      for (const node of here) yield* node.sees("Client ci: the build is done")
      yield* Effect.sleep("5 seconds")
      for (const node of here) assert.deepStrictEqual(yield* missed(node), [])

      yield* world.network.cut((from, to) => from !== to && [from, to].includes("ci"))
      yield* one.sees("* Client ci is lost: it stopped answering")
      yield* ci.type("so is the next")
      yield* Effect.sleep("5 seconds")
      yield* world.network.heal
      for (const node of here) yield* node.sees("Client ci: so is the next")
      const notices = yield* Effect.forEach(here, missed)
      assert.include(notices.flat(), "* Client ci sends 1 missed line")
    })
  )

  story("two halves that were cut off from each other have missed nothing when they meet again", (world) =>
    Effect.gen(function* () {
      const { all, clients } = yield* gather(world, ids)
      const left = new Set(["Server", "1", "2"])
      yield* world.network.cut((from, to) => left.has(from) !== left.has(to))
      yield* (clients[0] as Node).sees("* Client 3 is lost: it stopped answering")
      for (const node of all) yield* node.type("meanwhile")
      yield* Effect.sleep("30 seconds")
      yield* world.network.heal
      for (const node of all) {
        yield* node.sees(...all.filter((other) => other !== node).map((other) => `${titleOf(other)}: meanwhile`))
      }
      yield* roundOfTalk(all, "one again")
      yield* nothingTwice(clients)
    })
  )

  /** Two clients without a server, cut off from each other for so long that each has given the other up; one has said something. */
  const giveEachOtherUp = (world: World, others: ReadonlyArray<string> = []) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const first = yield* world.client("1")
      yield* server.sees("Client 1: initiated")
      const rest: Array<Node> = []
      for (const name of ["2", ...others]) {
        rest.push(yield* world.client(name))
        yield* everyone([first, ...rest], `Client ${name}: initiated`)
      }
      for (const node of rest) yield* node.sees("Client 1: initiated")
      const [two] = rest as [Node]
      yield* server.kill
      yield* world.network.cut((from, to) => [from, to].sort().join(" ") === "1 2")
      yield* first.sees("* Client 2 can't be reached any more")
      yield* two.sees("* Client 1 can't be reached any more")
      return { first, rest, two }
    })

  const areBack = (...nodes: readonly [Node, Node]) => {
    const [a, b] = nodes
    return Effect.zipRight(a.sees(`* ${titleOf(b)} is back`), b.sees(`* ${titleOf(a)} is back`))
  }

  /** How long that takes, in seconds of virtual time. */
  const secondsFor = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.timed(effect), ([duration]) => Duration.toSeconds(duration))

  const impatient = { patience: "10 seconds" } as const

  story(
    "who was given up is dialled once a minute, as long as the program runs, and misses nothing",
    (world) =>
      Effect.gen(function* () {
        const { first, two } = yield* giveEachOtherUp(world)
        yield* first.type("is anybody there?")
        yield* Effect.sleep("10 minutes")
        yield* world.network.heal
        assert.isAtMost(yield* secondsFor(areBack(first, two)), 62)
        yield* two.sees("Client 1: is anybody there?")
        yield* roundOfTalk([first, two], "there you are")
        yield* nothingTwice([first, two])
      }),
    impatient
  )

  story(
    "who was given up, and has said goodbye to others, has left, and is not dialled any more",
    (world) =>
      Effect.gen(function* () {
        const { first, rest } = yield* giveEachOtherUp(world, ["3"])
        const [two, three] = rest as [Node, Node]
        yield* two.type("Exit")
        yield* everyone([first, three], "* Client 2 left")
        yield* two.ended
        yield* world.network.heal
        let calls = 0
        const called = Effect.sync(() => {
          calls += 1
        })
        yield* Effect.scoped(
          Effect.zipRight(
            Effect.orDie(listen(world.network.transport("somebody"), addressOf("2"), () => called)),
            Effect.sleep("5 minutes")
          )
        )
        assert.strictEqual(calls, 0)
      }),
    impatient
  )

  story(
    "who was given up is dialled as soon as its lines come through somebody else, who may die then",
    (world) =>
      Effect.gen(function* () {
        const { first, rest } = yield* giveEachOtherUp(world, ["3"])
        const [two, three] = rest as [Node, Node]
        yield* two.type("through the third")
        yield* first.sees("Client 2: through the third")
        // Nothing has healed yet: what dials the line has brought about are over before it has.
        yield* Effect.sleep("11 seconds")
        yield* world.network.heal
        yield* two.type("healed")
        yield* first.sees("Client 2: healed")
        assert.isAtMost(yield* secondsFor(areBack(first, two)), 2)
        yield* three.kill
        yield* roundOfTalk([first, two], "the two of us")
      }),
    impatient
  )

  story(
    "who was given up is dialled at once when the machine has slept",
    (world) =>
      Effect.gen(function* () {
        const { first, two } = yield* giveEachOtherUp(world)
        yield* Effect.sleep("11 seconds")
        yield* world.network.heal
        yield* first.setClock(3_600_000)
        assert.isAtMost(yield* secondsFor(areBack(first, two)), 2)
        yield* roundOfTalk([first, two], "good morning")
      }),
    impatient
  )

  story(
    "who was given up is dialled at once when the machine has a new network",
    (world) =>
      Effect.gen(function* () {
        yield* world.network.join("1", "127.0.0.1")
        const { first, two } = yield* giveEachOtherUp(world)
        yield* Effect.sleep("11 seconds")
        yield* world.network.heal
        yield* world.network.join("1", "192.168.1.5")
        assert.isAtMost(yield* secondsFor(areBack(first, two)), 6)
        yield* roundOfTalk([first, two], "here I am")
      }),
    impatient
  )

  story(
    "a client that a server has given up, and then reaches, is on record again",
    (world) =>
      Effect.gen(function* () {
        const { clients, server } = yield* gather(world, ["1", "2"])
        yield* server.kill
        yield* world.network.cut((from, to) => [from, to].sort().join(" ") === "2 Server")
        // Nobody looks for it there: it must find client 2 by itself.
        const second = yield* world.serverAt(4_100)
        yield* second.sees("Client 1: reconnected", "* Client 2 can't be reached at localhost:6002 any more")
        yield* Effect.sleep("1 second")
        assert.deepStrictEqual(yield* world.records, ["1 6001"])
        yield* world.network.heal
        yield* second.sees("Client 2: reconnected")
        yield* roundOfTalk([second, ...clients], "all of us")
        assert.sameMembers([...(yield* world.records)], ["1 6001", "2 6002"])
      }),
    impatient
  )

  for (const seed of Array.from({ length: 20 }, (_, index) => index)) {
    story(
      `many who come at once end with one link a pair, seed ${seed}`,
      (world) =>
        Effect.gen(function* () {
          const random = yield* Random.nextIntBetween(0, 1_000_000).pipe(Effect.map(Random.make), Effect.map(unsafe))
          yield* world.network.delay(() => random(40))
          const names = Array.from({ length: 8 }, (_, index) => index.toString(36))
          const server = yield* world.server
          const clients = yield* Effect.forEach(names, (name) => world.client(name))
          const all = [server, ...clients]
          yield* everyone(all, ...names.map((name) => `Client ${name}: initiated`))
          yield* roundOfTalk(all, "hello")
          yield* server.kill
          const second = yield* world.server
          yield* second.sees(...names.map((name) => `Client ${name}: reconnected`))
          yield* roundOfTalk([second, ...clients], "again")
          yield* Effect.sleep("10 seconds")
          assert.strictEqual(yield* world.network.open, wholeMesh(9))
          yield* nothingTwice([second, ...clients])
          for (const client of clients) {
            assert.deepStrictEqual(
              (yield* client.screen).filter((line) => line.startsWith("* Client")),
              [],
              "settling crossed dials is nobody's loss"
            )
          }
        }),
      { seed }
    )
  }

  story("fifty clients join, talk, lose the server and get it back", (world) =>
    Effect.gen(function* () {
      const names = Array.from({ length: 50 }, (_, index) => `n${index}`)
      const server = yield* world.server
      const clients = yield* Effect.forEach(names, (name, index) => world.client(name, { port: 7000 + index }))
      const greetings = names.map((name) => `Client ${name}: initiated`)
      yield* everyone([server, ...clients], ...greetings)
      yield* roundOfTalk([server, ...clients], "hello")
      yield* server.type("Exit")
      yield* everyone(clients, "Server: terminated.")
      yield* roundOfTalk(clients, "without it")
      const second = yield* world.server
      yield* second.sees(...names.map((name) => `Client ${name}: reconnected`))
      yield* roundOfTalk([second, ...clients], "again")
      yield* nothingTwice([second, ...clients])
      assert.strictEqual(yield* world.network.open, wholeMesh(51))
    })
  )
})

/** A plain function that draws a whole number below a bound. */
const unsafe =
  (random: Random.Random) =>
  (below: number): number =>
    Effect.runSync(random.nextIntBetween(0, below))

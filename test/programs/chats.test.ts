/** Two chats in one network: nobody of one takes anybody of the other for theirs. */
import { assert, describe } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { Keep } from "../../layers/chat/KeptChat.ts"
import { FolderOfAnotherChat, IdLooksAlike } from "../../src/domain/Errors.ts"
import { chatId } from "../support/samples.ts"
import { gather, type Node, secureStory, story, type World } from "./World.ts"

const strangerThere =
  "* Another chat's server answers at localhost:4000. This chat goes on without a server and looks for its own. To join the other chat, leave and start again."

const foreigner = (id: string) =>
  `* Client ${id} belongs to another chat and was not admitted. To join this chat, it must be restarted.`

/** Each says a line, which all of these see, and nobody else. */
const talk = (team: ReadonlyArray<Node>, others: ReadonlyArray<Node>, word: string) =>
  Effect.gen(function* () {
    for (const node of team) {
      const line = `${node.name === "Server" ? "Server" : `Client ${node.name}`}: ${word}`
      yield* node.type(word)
      for (const other of team) if (other !== node) yield* other.sees(line)
    }
    yield* Effect.sleep("20 seconds")
    for (const other of others) assert.notInclude((yield* other.screen).join("\n"), word)
  })

const count = (node: Node, line: string) =>
  Effect.map(node.screen, (screen) => screen.filter((each) => each === line).length)

/** A server of another chat, at the port where the first chat's was, with a client of its own. */
const strangersThere = (world: World) =>
  Effect.gen(function* () {
    const start = yield* world.stranger
    const server = yield* start(4000)
    const nine = yield* world.client("9")
    yield* server.sees("Client 9: initiated")
    return { start, server, nine }
  })

describe("two chats", () => {
  story("a stranger's server at the old port is joined by nobody, and all return to their own", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* server.kill
      const moved = yield* world.serverAt(4100)
      yield* moved.sees("Client 1: reconnected", "Client 2: reconnected")
      yield* moved.kill
      const stranger = yield* strangersThere(world)
      for (const client of [one, two]) yield* client.sees(strangerThere)
      yield* stranger.server.sees(foreigner("1"), foreigner("2"))
      yield* talk([one, two], [stranger.server, stranger.nine], "without a server")
      yield* talk([stranger.server, stranger.nine], [one, two], "among strangers")
      yield* Effect.sleep("1 minute")
      for (const client of [one, two]) assert.strictEqual(yield* count(client, strangerThere), 1, "it is said once")
      for (const id of ["1", "2"]) assert.strictEqual(yield* count(stranger.server, foreigner(id)), 1)

      const back = yield* world.serverAt(4100)
      yield* back.sees("Client 1: reconnected", "Client 2: reconnected")
      yield* talk([back, one, two], [stranger.server, stranger.nine], "together again")
      for (const each of [stranger.server, stranger.nine]) {
        assert.notMatch((yield* each.screen).join("\n"), /Client [12]: /)
      }
    })
  )

  story("who means to join the other chat starts anew, and is let in", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* server.kill
      const stranger = yield* strangersThere(world)
      yield* one.sees(strangerThere)
      yield* one.type("Exit")
      yield* one.ended
      const again = yield* world.client("1")
      yield* stranger.server.sees("Client 1: initiated")
      yield* talk([again, stranger.server, stranger.nine], [two], "moved")
    })
  )

  story("a server that has lost its record is of the chat of the first member that it meets", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const chat = yield* world.chat
      assert.match(`${chat}`, /^[0-9a-f]{32}$/)
      yield* server.kill
      yield* world.loseRecords
      const second = yield* world.server
      yield* second.sees("Client 1: reconnected", "Client 2: reconnected")
      assert.strictEqual(yield* world.chat, chat)
      const three = yield* world.client("3")
      yield* three.sees("Client 1: initiated", "Client 2: initiated", "Client 3: initiated")
      yield* talk([second, one, two, three], [], "all of one chat")
    })
  )

  story("two servers that have swapped their ports get back their own", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const start = yield* world.stranger
      const stranger = yield* start(4100)
      const nine = yield* world.client("9", { server: 4100 })
      yield* stranger.sees("Client 9: initiated")
      yield* server.kill
      yield* stranger.kill
      const theirs = yield* start(4000)
      yield* one.sees(strangerThere)
      const ours = yield* world.serverAt(4100)
      yield* ours.sees("Client 1: reconnected", "Client 2: reconnected")
      yield* theirs.sees("Client 9: reconnected")
      yield* talk([ours, one, two], [theirs, nine], "ours")
      yield* talk([theirs, nine], [ours, one, two], "theirs")
    })
  )

  for (const seed of [0, 1, 2]) {
    story(
      `stay two, wherever their servers go and however often they die, seed ${seed}`,
      (world) =>
        Effect.gen(function* () {
          const others = yield* world.stranger
          const ours = { start: world.serverAt, team: [] as Array<Node>, server: yield* world.serverAt(4000) }
          const theirs = { start: others, team: [] as Array<Node>, server: yield* others(4100) }
          for (const [id, port, chat] of [
            ["1", 4000, ours],
            ["8", 4100, theirs],
            ["2", 4000, ours],
            ["9", 4100, theirs]
          ] as const) {
            const client = yield* world.client(id, { server: port })
            yield* client.sees(`Client ${id}: initiated`)
            chat.team.push(client)
          }
          const ports = [4000, 4100, 4200]
          for (let round = 0; round < 5; round += 1) {
            for (const chat of [ours, theirs]) yield* chat.server.kill
            // Clients look for their servers, and may find a stranger's, before their own calls them back.
            const [first, second] = (yield* Random.nextBoolean) ? [ours, theirs] : [theirs, ours]
            const places = Chunk.toReadonlyArray(yield* Random.shuffle(ports))
            for (const [chat, port] of [
              [first, places[0]],
              [second, places[1]]
            ] as const) {
              chat.server = yield* chat.start(port as number)
              yield* chat.server.sees(...chat.team.map(({ name }) => `Client ${name}: reconnected`))
              yield* Effect.sleep(yield* Random.nextIntBetween(0, 15_000))
            }
            yield* talk([ours.server, ...ours.team], [theirs.server, ...theirs.team], `ours ${round}`)
            yield* talk([theirs.server, ...theirs.team], [ours.server, ...ours.team], `theirs ${round}`)
          }
        }),
      { seed }
    )
  }

  story("who comes with what it kept of another chat is told so, and ends", (world) =>
    Effect.gen(function* () {
      yield* gather(world)
      const keep: Keep = { place: "data", read: Effect.succeed(chatId(1)), write: () => Effect.void }
      const three = yield* world.client("3", { keeps: [keep] })
      const exit = yield* three.ended
      const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
      assert.instanceOf(failure, FolderOfAnotherChat, String(exit))
      assert.strictEqual(
        failure.message,
        "data holds the log of another chat than the one at localhost:4000: name another folder with --data, or the server of that chat with --server."
      )
    })
  )

  story("a second server with the same record is told once of each client that has another", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const second = yield* world.serverAt(4100)
      const claims = ["* Client 1 now belongs to another server", "* Client 2 now belongs to another server"]
      yield* second.sees(...claims)
      yield* talk([server, one, two], [second], "not for the second")
      assert.sameMembers(
        (yield* second.screen).filter((line) => line.endsWith("belongs to another server")),
        claims
      )
    })
  )
})

describe("ids that look alike", () => {
  const refused = (node: Node, id: string, like: string) =>
    Effect.map(node.ended, (exit) => {
      const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
      assert.instanceOf(failure, IdLooksAlike, String(exit))
      assert.strictEqual(
        failure.message,
        `The id ${id} looks like ${like}, which is taken by somebody in the chat: choose another one.`
      )
    })

  story(
    "a newcomer is refused whose id can't be told from that of somebody who is there, or is to come back",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const anna = yield* world.client("anna", { port: 6001 })
        yield* anna.sees("Client anna: initiated")
        yield* refused(yield* world.client("Anna", { port: 6002 }), "Anna", "anna")
        // Through a client too.
        const bill = yield* world.client("bill", { port: 6003 })
        yield* bill.sees("Client bill: initiated", "Client anna: initiated")
        yield* anna.sees("Client bill: initiated")
        yield* refused(yield* world.client("biII", { port: 6004, peer: "1" }), "biII", "bill")
        // Numbers are told apart.
        const ten = yield* world.client("10", { port: 6005 })
        const eleven = yield* world.client("11", { port: 6006 })
        yield* ten.sees("Client 11: initiated")
        yield* eleven.sees("Client 10: initiated")

        yield* anna.kill
        yield* server.sees("* Client anna is lost: the connection broke")
        yield* refused(yield* world.client("ANNA", { port: 6007 }), "ANNA", "anna")
        const again = yield* world.client("anna", { port: 6008 })
        yield* again.sees("Client anna: initiated", "Client bill: initiated")
        yield* again.type("Exit")
        yield* server.sees("* Client anna left")
        const other = yield* world.client("Anna", { port: 6009 })
        yield* other.sees("Client Anna: initiated", "Client bill: initiated")
      })
  )

  story("who is on record at a server that has just started counts", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* server.kill
      yield* one.kill
      const second = yield* world.server
      yield* second.sees("Client 2: reconnected")
      yield* refused(yield* world.client("l", { port: 6009 }), "l", "1")
      yield* (yield* world.client("1")).sees("Client 1: initiated", "Client 2: initiated")
      yield* two.sees("Client 1: initiated")
    })
  )

  secureStory("in a secure chat every member counts, and the invitation is not used up", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const first = yield* world.client("anna", { port: 6001, link: yield* world.safe.invite })
      yield* server.sees("Client anna: initiated")
      yield* first.type("Exit")
      yield* server.sees("* Client anna left")
      const link = yield* world.safe.invite
      yield* refused(yield* world.client("Anna", { port: 6002, link }), "Anna", "anna")
      const other = yield* world.client("bob", { port: 6003, link })
      yield* other.sees("Client bob: initiated")
      const back = yield* world.client("anna", { port: 6001 })
      yield* back.sees("Client anna: initiated", "Client bob: initiated")
    })
  )
})

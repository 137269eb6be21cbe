import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe } from "vitest"
import { Token } from "../../src/domain/Invitation.ts"
import { PeerId, serverId } from "../../src/domain/Peer.ts"
import { nobody } from "../../src/domain/Trust.ts"
import { type Node, secureStory, story, type World } from "./World.ts"

/** Clients of these ids, each come by an invitation of its own. */
const invited = (world: World, ...ids: ReadonlyArray<string>) =>
  Effect.forEach(ids, (id) => Effect.flatMap(world.safe.invite, (link) => world.client(id, { link })))

const endsUninvited = (node: Node) =>
  Effect.flatMap(node.ended, (exit) =>
    Effect.sync(() => assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "fine", "is not invited"))
  )

const refusal = (who: string, id: string) =>
  `* ${who} IS REFUSED: its key is not the one known here. Either it has a new key, or somebody pretends to be it. Compare the digits that /verify ${id} shows with it by voice; /trust ${id} accepts the new key.`

/** The node of that id loses its state folder, and has another key from then on. */
const newKey = (world: World, id: string) =>
  Effect.sync(() => {
    const drawer = world.safe.of(PeerId.make(id))
    drawer.identity = world.safe.of(PeerId.make(`spare-key-of-${id}`)).identity
    drawer.memory.trust = nobody
  })

const digitsOn = (screen: ReadonlyArray<string>) =>
  screen.flatMap((line) => /^\* Compare with .+ by voice: ([\d ]+)$/.exec(line)?.[1] ?? [])

describe("a secure chat", () => {
  secureStory("goes as any other: joined by invitation, the server gone, and back", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two] = yield* invited(world, "1", "2")
      if (one === undefined || two === undefined) return
      yield* two.sees("Client 2: initiated", "Client 1: initiated")
      yield* one.sees("Client 1: initiated", "Client 2: initiated")
      yield* server.sees("Client 1: initiated", "Client 2: initiated")
      yield* one.type("hello")
      yield* two.sees("Client 1: hello")
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      yield* two.type("still here")
      yield* one.sees("Client 2: still here")
      const again = yield* world.server
      yield* again.sees("Client 1: reconnected", "Client 2: reconnected")
      yield* again.type("back")
      yield* one.sees("Server: initiated", "Server: back")
    })
  )

  secureStory(
    "a client that was in it comes again without an invitation, be the server dead, through any other",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const [one, two] = yield* invited(world, "1", "2")
        yield* one?.sees("Client 2: initiated") ?? Effect.void
        yield* two?.interrupt ?? Effect.void
        yield* one?.sees("* Client 2 left") ?? Effect.void
        const back = yield* world.client("2")
        yield* back.sees("Client 2: initiated", "Client 1: initiated")
        yield* back.interrupt
        yield* server.kill
        const later = yield* world.client("2", { peer: "1" })
        yield* later.sees("Client 2: initiated", "Client 1: initiated")
      })
  )

  secureStory("a token is good for one: used twice, revoked, run out or guessed it lets nobody in", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const link = yield* world.safe.invite
      yield* (yield* world.client("1", { link })).sees("Client 1: initiated")
      yield* endsUninvited(yield* world.client("2", { link }))
      yield* endsUninvited(yield* world.client("3", { link: { ...link, token: Token.make("A".repeat(22)) } }))
      const late = yield* world.safe.invite
      yield* Effect.sleep("6 minutes")
      yield* endsUninvited(yield* world.client("4", { link: late }))
      const revoked = yield* world.safe.invite
      world.safe.invitations.clear()
      yield* endsUninvited(yield* world.client("5", { link: revoked }))
      assert.deepStrictEqual(
        (yield* server.screen).filter((line) => / [2345]\b/.test(line)),
        []
      )
      assert.deepStrictEqual(yield* world.records, ["1 6001"])
    })
  )

  secureStory("whoever knows no server is told to ask for an invitation, before it has said a byte", (world) =>
    Effect.gen(function* () {
      yield* world.server
      yield* endsUninvited(yield* world.client("1"))
    })
  )

  secureStory("a known id with another key is refused on every screen, until each has accepted it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two] = yield* invited(world, "1", "2")
      yield* one?.sees("Client 2: initiated") ?? Effect.void
      yield* two?.interrupt ?? Effect.void
      yield* newKey(world, "2")
      const link = yield* world.safe.invite
      yield* endsUninvited(yield* world.client("2", { link }))
      yield* server.sees(refusal("Client 2", "2"))
      yield* server.type("/trust 2")
      yield* server.sees("* The new key of Client 2 is accepted; the old one is no longer valid.")
      const other = yield* world.client("2", { link })
      yield* other.sees("Client 2: initiated")
      yield* one?.sees(refusal("Client 2", "2")) ?? Effect.void
      yield* other.type("is anybody there?")
      yield* server.sees("Client 2: is anybody there?")
      yield* one?.type("/trust 2") ?? Effect.void
      yield* other.sees("Client 1: initiated")
    })
  )

  secureStory("a server with another key is refused, and nothing is said to it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one] = yield* invited(world, "1")
      yield* one?.sees("Client 1: initiated") ?? Effect.void
      yield* server.kill
      yield* newKey(world, "Server")
      const impostor = yield* world.server
      yield* one?.sees(refusal("Server", "Server")) ?? Effect.void
      yield* one?.type("a secret") ?? Effect.void
      yield* Effect.sleep("30 seconds")
      assert.deepStrictEqual(
        (yield* impostor.screen).filter((line) => !line.startsWith("*")),
        []
      )
    })
  )

  secureStory("two people see the same digits for each other, and other ones for anybody else", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two] = yield* invited(world, "1", "2")
      if (one === undefined || two === undefined) return
      yield* one.sees("Client 2: initiated")
      yield* two.sees("Client 1: initiated")
      yield* one.type("/verify 2")
      yield* two.type("/verify 1")
      yield* server.type("/verify 1")
      yield* Effect.sleep("1 second")
      const [atOne, atTwo, atServer] = yield* Effect.all([one.screen, two.screen, server.screen])
      assert.lengthOf(digitsOn(atOne), 1)
      assert.match(digitsOn(atOne).join(), /^(\d{5} ){5}\d{5}$/)
      assert.deepStrictEqual(digitsOn(atOne), digitsOn(atTwo))
      assert.notDeepEqual(digitsOn(atOne), digitsOn(atServer))
    })
  )

  secureStory(
    "who is banned is out everywhere, comes back through nobody, and by no invitation, be the server dead",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const [one, two, three] = yield* invited(world, "1", "2", "3")
        if (one === undefined || two === undefined || three === undefined) return
        yield* three.sees("Client 1: initiated", "Client 2: initiated")
        yield* one.sees("Client 3: initiated")
        yield* two.sees("Client 3: initiated")
        yield* server.type("/ban 3")
        yield* one.sees("* Client 3 was banned by the server")
        yield* two.sees("* Client 3 was banned by the server")
        yield* endsUninvited(three)
        yield* endsUninvited(yield* world.client("3", { link: yield* world.safe.invite }))
        // The same person under another name.
        world.safe.of(PeerId.make("4")).identity = world.safe.of(PeerId.make("3")).identity
        yield* endsUninvited(yield* world.client("4", { link: yield* world.safe.invite }))
        yield* server.kill
        const back = yield* world.client("3", { peer: "1" })
        yield* Effect.sleep("20 seconds")
        assert.notInclude((yield* back.screen).join("\n"), "initiated")
        assert.deepStrictEqual(yield* world.records, ["1 6001", "2 6002"])
      })
  )

  secureStory("who was away when somebody was banned hears it from a peer, the server being dead", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two, three] = yield* invited(world, "1", "2", "3")
      if (one === undefined || two === undefined || three === undefined) return
      yield* two.sees("Client 3: initiated")
      yield* one.sees("Client 2: initiated", "Client 3: initiated")
      yield* two.interrupt
      yield* one.sees("* Client 2 left")
      yield* server.type("/ban 3")
      yield* one.sees("* Client 3 was banned by the server")
      yield* server.kill
      const back = yield* world.client("2", { peer: "1" })
      yield* back.sees("Client 2: initiated", "* Client 3 was banned by the server")
    })
  )

  secureStory("who is kicked comes back by another invitation", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two] = yield* invited(world, "1", "2")
      if (one === undefined || two === undefined) return
      yield* one.sees("Client 2: initiated")
      yield* server.type("/kick 2")
      yield* one.sees("* Client 2 was kicked by the server")
      yield* endsUninvited(two)
      yield* endsUninvited(yield* world.client("2"))
      const [again] = yield* invited(world, "2")
      yield* again?.sees("Client 2: initiated", "Client 1: initiated") ?? Effect.void
    })
  )

  secureStory(
    "a newcomer of whom the server could not tell the others any more is known by the server's word",
    (world) =>
      Effect.gen(function* () {
        const server = yield* world.server
        const [one] = yield* invited(world, "1")
        yield* one?.sees("Client 1: initiated") ?? Effect.void
        // From here on nothing of the server gets to client 1, and nothing of client 1 to the server.
        yield* world.network.cut((from, to) => [from, to].sort().join() === `1,${serverId}`)
        const [two] = yield* invited(world, "2")
        yield* two?.sees("Client 2: initiated") ?? Effect.void
        yield* server.kill
        yield* world.network.heal
        yield* two?.interrupt ?? Effect.void
        const again = yield* world.client("2", { peer: "1" })
        yield* again.sees("Client 2: initiated", "Client 1: initiated")
        yield* one?.sees("Client 2: initiated") ?? Effect.void
      })
  )

  story("who can't be reached directly is heard through others, and that is said once", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const [one, two, three] = yield* Effect.forEach(["1", "2", "3"], (id) => world.client(id))
      if (one === undefined || two === undefined || three === undefined) return
      yield* three.sees("Client 1: initiated", "Client 2: initiated")
      yield* one.sees("Client 2: initiated", "Client 3: initiated")
      yield* two.sees("Client 1: initiated", "Client 3: initiated")
      yield* server.kill
      yield* world.network.cut((from, to) => [from, to].sort().join() === "1,2")
      yield* one.sees("* Client 2 is lost: it stopped answering")
      yield* one.type("said too early to tell")
      yield* two.sees("Client 1: said too early to tell")
      yield* Effect.sleep("10 seconds")
      yield* one.type("can you hear me?")
      yield* two.sees("Client 1: can you hear me?", "* Client 1 has no direct link: its lines come through Client 3")
      yield* one.type("still?")
      yield* two.sees("Client 1: still?")
      assert.lengthOf(
        (yield* two.screen).filter((line) => line.includes("no direct link")),
        1
      )
      yield* world.network.heal
      yield* two.sees("* Client 1 is back")
    })
  )

  story("in a plain chat nobody has a key, and the server can send nobody away", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* one.sees("Client 1: initiated")
      yield* one.type("/verify Server")
      yield* one.sees("* No key of Server is known here: it is not in the chat, or the chat is not secure.")
      yield* server.type("/ban 1")
      yield* server.sees("* Only the server of a secure chat decides who takes part in it.")
      yield* server.type("/ban")
      yield* server.sees("* Usage: /ban ID (ID is missing)")
    })
  )
})

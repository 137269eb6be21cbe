/** What a newcomer is shown of what was said before it came: what it asked for, from whoever let it in. */
import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { PostNumber, Room, streamOf } from "../../src/domain/Post.ts"
import { encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { bytesOf, joined, textOf } from "../support/bytes.ts"
import { epoch, peer, post, stream } from "../support/samples.ts"
import { comesBack, joinAs, letsIn, type Stranger } from "./Stranger.ts"
import { gather, type Node, secureStory, story, type World } from "./World.ts"

const earlierOn = (node: Node) =>
  Effect.map(node.screen, (lines) =>
    lines.filter((line) => line.startsWith("(earlier) ")).map((line) => line.slice(10))
  )

/** Sees exactly these lines as history, in this order, and then what is said next. */
const isShown = (node: Node, speaker: Node, ...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* node.sees(`Client ${node.name}: initiated`)
    yield* speaker.type("and now")
    yield* node.sees(`${speaker.name === "Server" ? "Server" : `Client ${speaker.name}`}: and now`)
    assert.deepStrictEqual(yield* earlierOn(node), texts)
  })

const lines = (author: string, ...texts: ReadonlyArray<string>) =>
  texts.map((text, at) => post(stream(author), at + 1, text))

const saidBefore = (count: number) => lines("2", ...Array.from({ length: count }, (_, at) => `before ${at + 1}`))

/** A stranger has so much of what client 2 has said. */
const upTo = (count: number) => ({ [stream("2")]: PostNumber.make(count) })

/** What is shown as history by whoever lets in client 1: a server of a plain chat. */
const shownBy = (world: World, asked: number, announced: number, count: number) =>
  Effect.gen(function* () {
    const coming = yield* letsIn(world, peer("Server", 4_000), {}, upTo(count))
    const one = yield* world.client("1", { history: asked })
    const server = yield* coming
    yield* tells(server, count, announced)
    return { one, server }
  })

/** Tells that history comes, and sends so many lines. */
const tells = (stranger: Stranger, count: number, announced = count) =>
  Effect.zipRight(
    stranger.says({ type: "earlier", posts: announced }),
    stranger.sends(...saidBefore(count).map(encodePost))
  )

const notKept = "* Server is lost: it violated the protocol; the chat goes on without it"

describe("history", () => {
  story("is what a newcomer asked for, the last lines, in order, by the server or by a client", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const text of ["a", "b", "c"]) yield* one.type(text)
      yield* server.sees("Client 1: c")
      yield* two.sees("Client 1: c")
      yield* isShown(yield* world.client("3", { history: 2 }), server, "Client 1: b", "Client 1: c")
      yield* isShown(yield* world.client("4", { history: 2, peer: "2" }), two, "Client 1: c", "Server: and now")
      yield* isShown(yield* world.client("5"), server)
    })
  )

  story("has room for the longest line that can be said", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const room = maxFrameBytes - encodePost(post(stream("1", 1_700_000_000_000), 1, "")).length
      const long = "x".repeat(room - 20)
      yield* one.type(long)
      yield* server.sees(`Client 1: ${long}`)
      yield* isShown(yield* world.client("3", { history: 20 }), server, `Client 1: ${long}`)
    })
  )

  story("is taken from nobody who comes in itself, nor from one who is here", (world) =>
    Effect.gen(function* () {
      const { one } = yield* gather(world)
      const stranger = yield* joinAs(world, peer("x", 7_000), 6_001)
      yield* stranger.says({ type: "earlier", posts: 1 })
      yield* stranger.sends(encodePost(post(stream("Server"), 1, "the meeting is cancelled")))
      yield* stranger.isCutOff
      yield* one.sees("* Client x is lost: it violated the protocol")
      assert.deepStrictEqual(yield* earlierOn(one), [])
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("is taken from whoever lets a node in, as much as was asked for", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* shownBy(world, 3, 3, 3)
      yield* one.sees("(earlier) Client 2: before 3")
      // Once, and no more.
      yield* server.says({ type: "earlier", posts: 1 })
      yield* server.isCutOff
      yield* one.sees(notKept)
    }).pipe(Effect.scoped)
  )

  for (const [asked, announced] of [
    [0, 1],
    [2, 3]
  ] as const) {
    story(`of ${announced} lines is not taken where ${asked} were asked for`, (world) =>
      Effect.gen(function* () {
        const { one, server } = yield* shownBy(world, asked, announced, announced)
        yield* server.isCutOff
        yield* one.sees(notKept)
        assert.deepStrictEqual(yield* earlierOn(one), [])
      }).pipe(Effect.scoped)
    )
  }

  story("comes before the list of who is there, or not at all", (world) =>
    Effect.gen(function* () {
      const coming = yield* letsIn(world, peer("Server", 4_000))
      const one = yield* world.client("1", { history: 5 })
      const server = yield* coming
      yield* server.says({ type: "roster", peers: [] }, { type: "earlier", posts: 1 })
      yield* server.isCutOff
      yield* one.sees(notKept)
    }).pipe(Effect.scoped)
  )

  story("of what comes as news is not shown", (world) =>
    Effect.gen(function* () {
      const coming = yield* letsIn(world, peer("Server", 4_000), {}, upTo(2))
      const one = yield* world.client("1", { history: 5 })
      const server = yield* coming
      // While client 1 came in, client 2 said one line more.
      yield* tells(server, 3)
      yield* server.says({ type: "have", streams: upTo(3), more: false })
      yield* server.hears("want")
      yield* server.sends(...saidBefore(3).slice(2).map(encodePost))
      yield* one.sees("Client 2: before 3")
      assert.deepStrictEqual(yield* earlierOn(one), ["Client 2: before 1", "Client 2: before 2"])
    }).pipe(Effect.scoped)
  )

  story("of the time before a server started anew is there for those who come, and not on its own screen", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const text of ["a", "b"]) yield* one.type(text)
      yield* two.sees("Client 1: b")
      yield* server.type("c")
      yield* one.sees("Server: c")
      yield* two.sees("Server: c")
      yield* server.kill
      const again = yield* world.server
      yield* again.sees("Client 1: reconnected", "Client 2: reconnected")
      yield* isShown(yield* world.client("3", { history: 20 }), two, "Client 1: a", "Client 1: b", "Server: c")
      yield* again.sees("Client 2: and now")
      // What was said since then is behind it, once.
      const four = yield* world.client("4", { history: 3 })
      yield* isShown(four, one, "Client 1: b", "Server: c", "Client 2: and now")
      assert.deepStrictEqual(yield* earlierOn(again), [])
      assert.notInclude(yield* again.screen, "Client 1: a")
    })
  )

  story("is there for those who come to a client that was shown less of it", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const text of ["a", "b", "c"]) yield* one.type(text)
      yield* server.sees("Client 1: c")
      yield* two.sees("Client 1: c")
      const three = yield* world.client("3", { history: 1 })
      yield* three.sees("(earlier) Client 1: c")
      yield* two.type("d")
      yield* three.sees("Client 2: d")
      const four = yield* world.client("4", { history: 20, peer: "3" })
      yield* isShown(four, server, "Client 1: a", "Client 1: b", "Client 1: c", "Client 2: d")
      assert.deepStrictEqual(yield* earlierOn(three), ["Client 1: c"])
    })
  )

  /** A server that has begun anew, and client x, which was there before: it alone has three lines of client 2. */
  const withWitness = (world: World) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.sees("* The server listens at localhost:4000. Type a line to talk to all, or Exit to end it.")
      const x = yield* comesBack(world, peer("x", 7_000), upTo(3))
      yield* server.sees("Client x: reconnected")
      return { server, x }
    })

  /** Client 3 comes, and how long it took, in ms, until it was in. */
  const comes = (world: World) =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const three = yield* world.client("3", { history: 20 })
      yield* three.sees("Client 3: initiated")
      return { three, took: (yield* Clock.currentTimeMillis) - before }
    })

  story("that a peer keeps to itself holds up nobody for more than a moment; another is asked", (world) =>
    Effect.gen(function* () {
      const { server, x } = yield* withWitness(world)
      const { took } = yield* comes(world)
      assert.isAtLeast(took, 900)
      assert.isAtMost(took, 1_500)
      assert.strictEqual(x.heard("recall").length, 1)
      const y = yield* comesBack(world, peer("y", 7_001), upTo(3))
      yield* Effect.forkScoped(Effect.zipRight(y.hears("recall"), tells(y, 3)))
      yield* isShown(
        yield* world.client("4", { history: 20 }),
        server,
        "Client 2: before 1",
        "Client 2: before 2",
        "Client 2: before 3"
      )
      // Nobody is asked twice.
      assert.strictEqual(x.heard("recall").length, 1)
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("of a room that a newcomer is not in is not asked for, and holds up nobody", (world) =>
    Effect.gen(function* () {
      const ops = Room.make("ops")
      const server = yield* world.serverIn(["ops"])
      yield* server.sees("* The server listens at localhost:4000. Type a line to talk to all, or Exit to end it.")
      const streams = { [streamOf(PeerId.make("2"), ops, epoch(1))]: PostNumber.make(3) }
      const x = yield* comesBack(world, peer("x", 7_000), streams, [ops])
      yield* server.sees("Client x: reconnected")
      const { took } = yield* comes(world)
      assert.isAtMost(took, 500)
      assert.isEmpty(x.heard("recall"))
      yield* world.client("4", { history: 20, rooms: ["ops"] })
      yield* x.hears("recall")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("that a peer was asked for when it died holds up nobody", (world) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { x } = yield* Scope.extend(withWitness(world), scope)
      yield* Effect.forkScoped(Effect.zipRight(x.hears("recall"), Scope.close(scope, Exit.void)))
      const { three, took } = yield* comes(world)
      assert.isAtMost(took, 500)
      assert.deepStrictEqual(yield* earlierOn(three), [])
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("of more lines than a peer was asked for is not taken", (world) =>
    Effect.gen(function* () {
      const { server, x } = yield* withWitness(world)
      yield* Effect.forkScoped(
        Effect.flatMap(x.hears("recall"), ({ posts }) => x.says({ type: "earlier", posts: posts + 1 }))
      )
      const { three, took } = yield* comes(world)
      assert.isAtMost(took, 500)
      yield* x.isCutOff
      yield* server.sees("* Client x is lost: it violated the protocol")
      assert.deepStrictEqual(yield* earlierOn(three), [])
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("that a peer sends a second time is not taken, nor is it sent a second time", (world) =>
    Effect.gen(function* () {
      const { server, x } = yield* withWitness(world)
      yield* Effect.forkScoped(Effect.zipRight(x.hears("recall"), tells(x, 3)))
      const { three } = yield* comes(world)
      yield* three.sees("(earlier) Client 2: before 3")
      yield* tells(x, 3)
      yield* x.isCutOff
      yield* server.sees("* Client x is lost: it violated the protocol")
      const y = yield* comesBack(world, peer("y", 7_001), upTo(3))
      yield* y.says({ type: "recall", posts: 2 })
      assert.deepStrictEqual(yield* y.hears("earlier"), { type: "earlier", posts: 2 })
      yield* y.says({ type: "recall", posts: 2 })
      yield* y.isCutOff
    }).pipe(Effect.scoped, Effect.orDie)
  )

  /** Clients 1 and m were let in; m is gone, and its key is used by somebody who means ill. */
  const withMember = (world: World) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1", { link: yield* world.safe.invite })
      const m = yield* world.client("m", { link: yield* world.safe.invite })
      yield* one.sees("Client m: initiated")
      return { server, one, m }
    })

  secureStory("in a secure chat has the seals of what was said, whoever lets a node in", (world) =>
    Effect.gen(function* () {
      const { m, one, server } = yield* withMember(world)
      for (const text of ["a", "b"]) yield* one.type(text)
      yield* server.type("c")
      yield* m.sees("Client 1: b", "Server: c")
      yield* one.interrupt
      yield* m.sees("* Client 1 left")
      const again = yield* world.client("1", { peer: "m", history: 3 })
      yield* isShown(again, m, "Client 1: a", "Client 1: b", "Server: c")
      // What was shown as history is handed on as it came.
      yield* m.interrupt
      yield* again.sees("* Client m left")
      yield* isShown(yield* world.client("m", { peer: "1", history: 2 }), server, "Server: c", "Client m: and now")
    })
  )

  secureStory("in a secure chat is shown to one who knows nobody yet", (world) =>
    Effect.gen(function* () {
      const { m, one, server } = yield* withMember(world)
      yield* one.type("a")
      yield* server.sees("Client 1: a")
      yield* m.sees("Client 1: a")
      const three = yield* world.client("3", { link: yield* world.safe.invite, history: 20 })
      yield* isShown(three, m, "Client 1: a")
    })
  )

  secureStory("of the time before a server started anew is there, with the seals of what was said", (world) =>
    Effect.gen(function* () {
      const { m, one, server } = yield* withMember(world)
      for (const text of ["a", "b"]) yield* one.type(text)
      yield* m.sees("Client 1: b")
      yield* server.type("c")
      yield* one.sees("Server: c")
      yield* m.sees("Server: c")
      yield* server.kill
      const again = yield* world.server
      yield* again.sees("Client 1: reconnected", "Client m: reconnected")
      const three = yield* world.client("3", { link: yield* world.safe.invite, history: 20 })
      yield* isShown(three, one, "Client 1: a", "Client 1: b", "Server: c")
      assert.deepStrictEqual(yield* earlierOn(again), [])
    })
  )

  secureStory("that its author has not signed is shown by nobody, and ends the link to who shows it", (world) =>
    Effect.gen(function* () {
      const { m, one } = yield* withMember(world)
      yield* one.interrupt
      yield* m.sees("* Client 1 left")
      yield* m.interrupt
      const key = world.safe.of(PeerId.make("m")).identity.key
      const at = 6_000 + Number.parseInt("m", 36)
      const coming = yield* letsIn(world, peer("m", at), { key })
      const again = yield* world.client("1", { peer: "m", history: 5 })
      const liar = yield* coming
      const block = encodeBlock(lines("Server", "the meeting is on"), (claim) =>
        world.safe.of(PeerId.make("Server")).identity.sign(bytesOf(claim))
      )
      yield* liar.says({ type: "earlier", posts: 1 })
      yield* liar.sends(bytesOf(textOf(joined([block])).replace("is on", "is cancelled")))
      assert.deepStrictEqual(yield* liar.hears("dropped"), { type: "dropped", limit: "seals" })
      yield* again.sees("* Client m PASSES ON LINES OF Server WITHOUT A VALID SIGNATURE: they are not shown")
      assert.deepStrictEqual(yield* earlierOn(again), [])
    }).pipe(Effect.scoped)
  )
})

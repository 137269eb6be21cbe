/** What a newcomer is shown of what was said before it came: what it asked for, from whoever let it in. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { encodePost, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { bytesOf, joined, textOf } from "../support/bytes.ts"
import { peer, post, stream } from "../support/samples.ts"
import { joinAs, letsIn } from "./Stranger.ts"
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

/** What is shown as history by whoever lets in client 1: a server of a plain chat. */
const shownBy = (world: World, asked: number, announced: number, count: number) =>
  Effect.gen(function* () {
    const coming = yield* letsIn(world, peer("Server", 4_000))
    const one = yield* world.client("1", { history: asked })
    const server = yield* coming
    const all = lines("2", ...Array.from({ length: count }, (_, at) => `before ${at + 1}`))
    yield* server.says({ type: "earlier", posts: announced })
    yield* server.sends(...all.map(encodePost))
    return { one, server }
  })

const notKept = "* Server is lost: it does not keep to the protocol; everybody goes on without it"

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
      yield* one.sees("* Client x is lost: it does not keep to the protocol")
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
      yield* again.sees("* Client m HANDS ON what Server has not signed: it is not shown")
      assert.deepStrictEqual(yield* earlierOn(again), [])
    }).pipe(Effect.scoped)
  )
})

/** Private messages in a secure chat: anybody carries them, and only their readers can open them. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import { PostNumber, type StreamId } from "../../src/domain/Post.ts"
import { bytesOf } from "../support/bytes.ts"
import * as InstantSeal from "../support/InstantSeal.ts"
import { id, peer, post } from "../support/samples.ts"
import { attachProgram } from "./JsonProgram.ts"
import { joinAs } from "./Stranger.ts"
import { type AtConsole, failureOf, type Node, secureStory, type World } from "./World.ts"

const saw = (console: AtConsole, words: string) =>
  Effect.map(console.screen, (screen) => screen.filter((line) => line.includes(words)))

/** A server, and clients of these ids, each come by an invitation of its own. */
const gather = (world: World, ...ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const clients = yield* Effect.forEach(ids, (id) =>
      Effect.flatMap(world.safe.invite, (link) => world.client(id, { link }))
    )
    for (const client of clients) yield* client.sees(...ids.map((id) => `Client ${id}: initiated`))
    yield* server.sees(...ids.map((id) => `Client ${id}: initiated`))
    return [server, ...clients] as ReadonlyArray<Node> as readonly [Node, Node, Node, Node]
  })

describe("private messages in a secure chat", () => {
  secureStory("they are for their readers alone, several at once too, and who has read is known", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      const pipe = yield* two.attach()
      yield* one.type("/msg 2 hello, only you")
      yield* two.sees("(private) Client 1: hello, only you")
      yield* pipe.sees("@1 Client 1: hello, only you")
      yield* one.stands()
      yield* two.type("/msg 1,3 to both of you")
      for (const reader of [one, three]) yield* reader.sees("(private) Client 2: to both of you")
      yield* two.stands()
      yield* three.type("/query 1,2")
      yield* three.type("thanks")
      for (const reader of [one, two]) yield* reader.sees("(private) Client 3: thanks")
      yield* pipe.sees("@1,3 Client 3: thanks")
      yield* one.type("/history")
      yield* one.sees("> /history")
      assert.lengthOf(yield* saw(one, "thanks"), 2)
      assert.lengthOf(yield* saw(one, "(private to Client 1 and Client 2) Client 3: thanks"), 1)
      for (const node of [server, three]) assert.isEmpty(yield* saw(node, "only you"))
      assert.isEmpty(yield* saw(server, "private"))
      assert.isEmpty(yield* saw(one, "not encrypted"))
    })
  )

  secureStory(
    "a program reads a conversation of three, what is new there, and which of its readers have a line",
    (world) =>
      Effect.gen(function* () {
        const [, one, two, three] = yield* gather(world, "1", "2", "3")
        const [author, reader] = [yield* attachProgram(one), yield* attachProgram(three)]
        yield* author.send({ type: "watch", what: ["delivery"] }, { type: "say", text: "a", to: ["2", "3"], ref: "a" })
        const { n, stream } = yield* author.sees("accepted")
        yield* author.sees("delivery", ({ streams }) =>
          streams.some((each) => each.stream === stream && ["2", "3"].every((id) => (each.readers[id] ?? 0) >= n))
        )
        yield* two.type("/msg 1,3 b")
        yield* two.type("/msg 1 for 1 alone")
        yield* one.sees("(private) Client 2: b", "(private) Client 2: for 1 alone")
        yield* three.sees("(private) Client 2: b")
        for (const [program, others] of [
          [author, ["2", "3"]],
          [reader, ["1", "2"]]
        ] as const) {
          yield* program.send({ type: "history", ref: "all", with: [others[1], others[0]] })
          const { lines, with: ids } = yield* program.sees("history")
          assert.deepStrictEqual([lines.map(({ text }) => text), ids], [["a", "b"], others])
        }
        yield* reader.send({ type: "watch", what: ["rooms", "chat"] })
        assert.isTrue((yield* reader.sees("chat")).secure)
        yield* reader.sees(
          "rooms",
          ({ conversations, rooms }) =>
            JSON.stringify(conversations) === '[{"with":["1","2"],"unread":2}]' && rooms.length === 1
        )
        yield* reader.send({ type: "read", with: ["2", "1"] })
        yield* reader.sees("rooms", ({ conversations: [first] }) => first?.unread === 0)
      })
  )

  secureStory("its reader off, the server dead, its author gone for good: it comes through another, once", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      yield* two.interrupt
      yield* one.sees("* Client 2 left")
      yield* server.kill
      yield* one.sees("* Server is lost: the connection broke; the chat goes on without it")
      yield* one.type("/msg 2 when you come back")
      for (const command of ["/pending", "/status"]) yield* one.type(command)
      yield* one.sees("* not yet delivered: @2 when you come back")
      yield* one.sees("* Your lines that no peer has yet: 1.")
      yield* one.type("to all")
      yield* three.sees("Client 1: to all")
      yield* one.stands("@2… when you come back")
      // Client 3 keeps it, so client 1 need not wait. It has not arrived all the same.
      for (const command of ["/pending", "/status"]) yield* one.type(command)
      yield* one.sees(...Array.from({ length: 2 }, () => "* not yet delivered: @2 when you come back"))
      yield* one.sees("* Every line of yours has reached a peer.")
      yield* one.sees("* Private lines that others keep for readers who have not got them yet: 1.")
      yield* one.type("Exit")
      yield* one.ended
      const again = yield* world.client("2", { peer: "3" })
      yield* again.sees("(private) Client 1: when you come back")
      yield* again.type("/msg 3 did you see it?")
      yield* three.sees("(private) Client 2: did you see it?")
      yield* Effect.sleep("1 minute")
      assert.lengthOf(yield* saw(again, "when you come back"), 1)
      assert.isEmpty(yield* saw(three, "when you come back"))
    })
  )

  secureStory("send --to waits for the reader, whoever carries the line, and says who keeps it", (world) =>
    Effect.gen(function* () {
      const [server, one, two] = yield* gather(world, "1", "2", "3")
      yield* one.interrupt
      yield* server.sees("* Client 1 left")
      const sent = yield* world.sendTo("2", "1", "the build is done")
      assert.deepStrictEqual(yield* sent.ended, Exit.void)
      yield* two.sees("(private) Client 1: the build is done")
      yield* two.interrupt
      yield* server.sees("* Client 2 left")
      assert.strictEqual(
        yield* failureOf(yield* world.sendTo("2", "1", "for later")),
        "Client 2 has not confirmed the message in time. Server and Client 3 keep it, and hand it on when Client 2 is there."
      )
      const again = yield* world.client("2")
      yield* again.sees("(private) Client 1: for later")
    })
  )

  secureStory("what a member forges shows nothing: changed, replayed elsewhere, or signed for another", (world) =>
    Effect.gen(function* () {
      const [, one, two, three] = yield* gather(world, "1", "2", "3")
      yield* one.type("/msg 2 from one")
      yield* two.sees("(private) Client 1: from one")
      yield* three.interrupt
      yield* two.sees("* Client 3 left")
      const { identity } = world.safe.of(id("3"))
      const forger = yield* joinAs(world, peer("3", 6_666), 6_002, { key: identity.key })
      yield* Effect.forkScoped(Effect.forever(Effect.delay(forger.says({ type: "pong" }), "1 second")))
      const { seal } = InstantSeal.make(identity.credentials.privateKey)
      const own = forger.stream.replace("/main/", "/@/") as StreamId
      const sealed = (stream: StreamId, n: number, text: string) =>
        seal({ stream, n: PostNumber.make(n) }, { to: [id("2")], text }, [world.safe.of(id("2")).identity.key])
      const sends = (stream: StreamId, n: number, text: string) =>
        forger.sends(encodeBlock([post(stream, n, text)], (claim) => identity.sign(bytesOf(claim))))

      const genuine = yield* sealed(own, 1, "genuine")
      yield* sends(own, 1, genuine)
      yield* two.sees("(private) Client 3: genuine")
      // Another one's letter, which any member can have.
      const theirs = forger
        .heard("have")
        .flatMap(({ streams }) => Object.keys(streams))
        .find((stream) => stream.startsWith("1/@/")) as StreamId
      yield* forger.says({ type: "want", stream: theirs, after: 0, to: 1 })
      yield* forger.until((frames) => frames.some((frame) => frame.type === "post" && frame.post.stream === theirs))
      const letter = forger.heard("post").find(({ post }) => post.stream === theirs)?.post.text ?? ""
      const changed = yield* sealed(own, 2, "changed")
      yield* sends(
        own,
        2,
        changed.replace(/.$/, (last) => (last === "A" ? "B" : "A"))
      )
      yield* sends(own, 3, genuine)
      yield* sends(own, 4, letter)
      yield* sends(own, 5, yield* sealed(own, 5, "genuine again"))
      yield* two.sees("(private) Client 3: genuine again")
      yield* one.kill
      yield* two.sees("* Client 1 is lost: the connection broke")
      // It is asked as soon as nobody else could have that.
      yield* Effect.raceFirst(
        Effect.forever(
          Effect.zipRight(
            forger.says({ type: "have", streams: { [theirs]: 2 }, more: false }),
            Effect.sleep("50 millis")
          )
        ),
        forger.until((frames) => frames.some((frame) => frame.type === "want" && frame.stream === theirs))
      )
      yield* sends(theirs, 2, yield* sealed(theirs, 2, "forged"))
      yield* two.sees("* Client 3 PASSES ON LINES OF Client 1 WITHOUT A VALID SIGNATURE: they are not shown")
      yield* forger.isCutOff
      assert.deepStrictEqual(yield* saw(two, "(private)"), [
        "(private) Client 1: from one",
        "(private) Client 3: genuine",
        "(private) Client 3: genuine again"
      ])
    }).pipe(Effect.scoped, Effect.orDie)
  )

  secureStory("a room is joined through a member while the server is dead, and is between its people alone", (world) =>
    Effect.gen(function* () {
      const [server, one, two, three] = yield* gather(world, "1", "2", "3")
      yield* one.type("/join ops")
      yield* one.type("before")
      yield* server.kill
      for (const node of [one, two]) {
        yield* node.sees("* Server is lost: the connection broke; the chat goes on without it")
      }
      yield* two.type("/join ops")
      yield* two.sees("* You are in #ops. Client 1 is there too.")
      yield* one.type("red again")
      yield* two.sees("Client 1: red again")
      yield* two.type("on it")
      yield* one.sees("Client 2: on it")
      yield* one.stands()
      yield* three.type("/join ops")
      yield* three.sees("* You are in #ops. Client 1 and Client 2 are there too.")
      yield* two.type("green")
      for (const node of [one, three]) yield* node.sees("Client 2: green")
      for (const words of ["before", "again", "on it"]) assert.isEmpty(yield* saw(three, words))
    })
  )

  secureStory("the next run of its author can read it again, and who never was a member can't be written to", (world) =>
    Effect.gen(function* () {
      const [, one, two, three] = yield* gather(world, "1", "2", "3")
      yield* one.type("/msg zz hello")
      yield* one.sees(
        "* No key of Client zz is known: only members of this chat can be written to. The line was not sent."
      )
      yield* one.type("/msg 2 remember")
      yield* two.sees("(private) Client 1: remember")
      yield* one.stands()
      yield* one.kill
      yield* three.sees("* Client 1 is lost: the connection broke")
      const again = yield* world.client("1")
      yield* again.sees("(private) Client 1: remember")
      assert.isEmpty(yield* saw(three, "remember"))
    })
  )
})

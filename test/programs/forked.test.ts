/** Whose run goes on elsewhere too, as that of a copied machine does, begins another, and loses nothing: rule 10. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { encodePost } from "../../src/protocol/Frame.ts"
import { bytesOf } from "../support/bytes.ts"
import { id, peer, post } from "../support/samples.ts"
import { attachProgram } from "./JsonProgram.ts"
import { joinAs, type Stranger } from "./Stranger.ts"
import { gather, type Node, secureStory, story, type World } from "./World.ts"

const begun =
  "* Others have lines of Client 1 that this program did not send; perhaps it runs twice. It starts a new run."

/** Somebody at client 1 who gives signs of life, and the stream in which client 1 speaks. */
const atOne = (world: World, name: string, key?: string, rooms: ReadonlyArray<Room> = []) =>
  Effect.gen(function* () {
    const place = key === undefined ? { rooms } : { rooms, key: world.safe.of(PeerId.make(key)).identity.key }
    const stranger = yield* joinAs(world, peer(name, 7_000), 6_001, place)
    yield* Effect.forkScoped(Effect.repeat(stranger.says({ type: "pong" }), Schedule.spaced("1 second")))
    const { epoch } = yield* stranger.hears("welcome")
    return { stranger, stream: streamOf(id("1"), mainRoom, epoch) }
  })

const claims = (stranger: Stranger, stream: StreamId, n: number) =>
  stranger.says({ type: "have", streams: { [stream]: n }, more: false })

const asked = (stranger: Stranger, stream: StreamId): number =>
  stranger.heard("want").filter((want) => want.stream === stream).length

const isAsked = (stranger: Stranger, stream: StreamId) => stranger.until(() => asked(stranger, stream) > 0)

/** What a copy of client 1 says under these numbers. */
const copies = (stream: StreamId, ...numbers: ReadonlyArray<number>) =>
  numbers.map((n) => encodePost(post(stream, n, `copy ${n}`)))

/** What that author says stands there once, and in order. */
const showsOnce = (node: Node, author: string, ...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const lines = texts.map((text) => `Client ${author}: ${text}`)
    yield* node.sees(...lines)
    const shown = (yield* node.screen).filter((line) => lines.includes(line))
    assert.deepStrictEqual(shown, lines, `on the screen of ${node.name}`)
  })

const numbered = (text: string, count: number) => Array.from({ length: count }, (_, at) => `${text} ${at + 1}`)

describe("a run that goes on elsewhere too", () => {
  story("is left for another, and nothing that was said is lost or shown twice", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      for (const text of numbered("mine", 2)) yield* one.type(text)
      yield* showsOnce(two, "1", "mine 1", "mine 2")
      yield* two.type("before")
      yield* one.sees("Client 2: before")
      const { stranger, stream } = yield* atOne(world, "x")
      yield* one.sees("Client x: initiated")
      yield* one.type("/mute x")
      yield* claims(stranger, stream, 4)
      yield* isAsked(stranger, stream)
      yield* stranger.sends(...copies(stream, 3, 4))
      yield* one.sees(begun)
      const meanwhile = numbered("meanwhile", 14)
      for (const text of meanwhile) yield* two.type(text)
      yield* one.sees("Client 1: initiated", "Client 1: initiated")
      yield* showsOnce(one, "2", "before", ...meanwhile)
      yield* one.type("mine 3")
      yield* one.type("/mute")
      yield* one.sees("* Muted: Client x.", "* Muted: Client x.")
      for (const node of [server, two]) yield* showsOnce(node, "1", "mine 1", "mine 2", "mine 3")
      yield* one.stands()
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("that ends while a room is being joined has not joined it, and its session is where it was", (world) =>
    Effect.gen(function* () {
      const { one, server } = yield* gather(world)
      const { stranger, stream } = yield* atOne(world, "x", undefined, [Room.make("ops")])
      yield* one.sees("Client x: initiated")
      yield* one.type("/join ops")
      yield* stranger.hears("join")
      yield* claims(stranger, stream, 2)
      yield* isAsked(stranger, stream)
      yield* stranger.sends(...copies(stream, 1, 2))
      yield* one.sees(begun, "Client 1: initiated", "Client 1: initiated")
      yield* one.glances(({ room, rooms }) => room === mainRoom && rooms.length === 1)
      yield* one.type("to all")
      yield* server.sees("Client 1: to all")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("keeps what nobody had yet, and shows what the copy has said", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      yield* one.type("mine 1")
      yield* showsOnce(two, "1", "mine 1")
      // Client 1 is cut off, and its copy says other things under the same numbers.
      yield* world.network.cut(
        (from, to) => [from, to].includes("1") && ["Server", "2"].some((each) => [from, to].includes(each))
      )
      yield* one.sees("* Server is lost: it stopped answering; the chat goes on without it")
      yield* one.sees("* Client 2 is lost: it stopped answering")
      const program = yield* attachProgram(one)
      yield* program.send({ type: "watch", what: ["delivery"] })
      yield* one.type("mine 2")
      yield* program.send({ type: "say", text: "mine 3", ref: "3" })
      const first = yield* program.sees("accepted")
      const { stranger, stream } = yield* atOne(world, "x")
      const holder = yield* joinAs(world, peer("y", 7_001))
      yield* Effect.forkScoped(Effect.repeat(holder.says({ type: "pong" }), Schedule.spaced("1 second")))
      yield* claims(stranger, stream, 5)
      yield* isAsked(stranger, stream)
      yield* stranger.sends(...copies(stream, 2, 3, 4, 5))
      yield* one.sees(begun)
      yield* world.network.heal
      yield* one.sees("Client 1: initiated", "Client 1: initiated")
      for (const node of [server, two]) yield* showsOnce(node, "1", "mine 1", "mine 2", "mine 3")
      yield* one.stands()
      // A program is told the new name of its line, and still watches.
      const anew = yield* program.sees("accepted", ({ stream }) => stream !== first.stream)
      assert.deepStrictEqual([first.ref, anew.ref], ["3", "3"])
      yield* program.sees("delivery", ({ streams: [main] }) => main?.stream === anew.stream && main.upTo >= anew.n)
      // Whoever has what the copy has said is asked for it.
      yield* claims(holder, stream, 5)
      yield* isAsked(holder, stream)
      yield* holder.sends(...copies(stream, 2, 3, 4, 5))
      for (const node of [server, one, two]) yield* showsOnce(node, "1", "copy 2", "copy 3", "copy 4", "copy 5")
    }).pipe(Effect.scoped, Effect.orDie)
  )

  story("is not believed of who can't show it, and costs nothing", (world) =>
    Effect.gen(function* () {
      const { one, server, two } = yield* gather(world)
      const { stranger, stream } = yield* atOne(world, "x")
      for (let n = 7; n < 40; n += 1) {
        yield* claims(stranger, stream, n)
        yield* Effect.sleep("1 second")
      }
      assert.strictEqual(asked(stranger, stream), 1, "it is asked once")
      yield* stranger.says({ type: "bye" })
      const again = yield* atOne(world, "x")
      yield* claims(again.stranger, stream, 8)
      yield* Effect.sleep("5 seconds")
      assert.strictEqual(asked(again.stranger, stream), 0, "and not again when it comes back")
      yield* one.type("still here")
      for (const node of [server, two]) yield* showsOnce(node, "1", "still here")
      assert.notInclude(yield* one.screen, begun)
      // Somebody else who can is believed.
      const honest = yield* atOne(world, "y")
      yield* claims(honest.stranger, stream, 2)
      yield* isAsked(honest.stranger, stream)
      yield* honest.stranger.sends(...copies(stream, 2))
      yield* one.sees(begun)
    }).pipe(Effect.scoped, Effect.orDie)
  )

  secureStory("is believed in a secure chat only of what it has signed itself", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1", { link: yield* world.safe.invite })
      const m = yield* world.client("m", { link: yield* world.safe.invite })
      yield* one.sees("Client m: initiated")
      yield* m.interrupt
      yield* one.sees("* Client m left")
      const { stranger, stream } = yield* atOne(world, "m", "m")
      const signedBy = (name: string) =>
        encodeBlock([post(stream, 1, `signed by ${name}`)], (claim) =>
          world.safe.of(PeerId.make(name)).identity.sign(bytesOf(claim))
        )
      yield* claims(stranger, stream, 1)
      yield* isAsked(stranger, stream)
      yield* stranger.sends(signedBy("m"))
      yield* one.type("still here")
      yield* server.sees("Client 1: still here")
      yield* Effect.sleep("5 seconds")
      assert.notInclude(yield* one.screen, begun)
      yield* stranger.sends(signedBy("1"))
      yield* one.sees(begun)
    }).pipe(Effect.scoped, Effect.orDie)
  )
})

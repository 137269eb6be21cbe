/** What members of a secure chat hand on of each other, some of whom mean ill: the real programs, in virtual time. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import { encodeBlock } from "../../layers/log/Sealing.ts"
import type { Signature } from "../../src/domain/Key.ts"
import { type Peer, PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, type StreamId, streamOf } from "../../src/domain/Post.ts"
import type { Frame, PostFrame } from "../../src/protocol/Frame.ts"
import { bytesOf, joined, linesIn, textOf } from "../support/bytes.ts"
import { epoch as epochAt, id, listed, peer, post } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import { joinAs, type Stranger } from "./Stranger.ts"
import { type Node, secureStory, type World } from "./World.ts"

/** A test in a secure world. */
const tells = <E>(name: string, tell: (world: World) => Effect.Effect<void, E, Scope.Scope>): void =>
  secureStory(name, (world) => Effect.orDie(Effect.scoped(tell(world))))

/** Clients of these ids, each come by an invitation of its own, who see each other. */
const gather = (world: World, ...ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const clients: Record<string, Node> = {}
    for (const name of ids) {
      const client = yield* world.client(name, { link: yield* world.safe.invite })
      yield* client.sees(...["Server", ...Object.keys(clients)].filter((other) => other !== "Server").map(initiated))
      for (const other of [server, ...Object.values(clients)]) yield* other.sees(initiated(name))
      clients[name] = client
    }
    const client = (name: string): Node => clients[name] ?? assert.fail(`no client ${name}`)
    return { server, client }
  })

const initiated = (name: string) => `Client ${name}: initiated`

const signs =
  (world: World, name: string) =>
  (claim: string): Signature =>
    world.safe.of(PeerId.make(name)).identity.sign(bytesOf(claim))

/** A member of the chat that keeps to nothing but signs of life: it has the key of one that was let in and is gone. */
const turned = (world: World, name: string, port: number) =>
  Effect.tap(
    joinAs(world, peer(name, 6_666), port, { key: world.safe.of(PeerId.make(name)).identity.key }),
    (stranger) => Effect.forkScoped(Effect.forever(Effect.delay(stranger.says({ type: "pong" }), "1 second")))
  )

const postsIn = (frames: ReadonlyArray<Frame>): ReadonlyArray<PostFrame> =>
  frames.flatMap((frame) => (frame.type === "post" ? [frame] : []))

/** The lines that came of a stream, as they came. */
const linesOf = ({ frames }: Stranger, of: StreamId) =>
  postsIn(frames).flatMap((frame) => (frame.post.stream === of ? [frame.line] : []))

const says = (node: Node, ...texts: ReadonlyArray<string>) => Effect.forEach(texts, node.type, { discard: true })

const mentions = (node: Node, text: string) =>
  Effect.map(node.screen, (lines) => lines.filter((line) => line.includes(text)))

const handsOn = (who: string, whose: string) =>
  `* Client ${who} PASSES ON LINES OF Client ${whose} WITHOUT A VALID SIGNATURE: they are not shown`
const isCut = (who: string) => `* Client ${who} is lost: its lines have no valid signature`

/** Clients 1, 2 and 3, and m, who has turned; 2 has heard nothing of what 3 has said, and 3 is dead. */
const withGap = (world: World, ...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { client, server } = yield* gather(world, "1", "2", "3", "m")
    yield* client("m").interrupt
    yield* client("2").sees("* Client m left")
    const m = yield* turned(world, "m", 6_002)
    // From here on m is the first whom 2 would ask.
    yield* world.network.cut((from, to) => to === "2" && (from === "1" || from === "Server"))
    yield* client("2").sees("* Client 1 is lost: it stopped answering")
    yield* client("2").sees("* Server is lost: it stopped answering; the chat goes on without it")
    yield* world.network.heal
    yield* client("2").sees("* Client 1 is back", "* Server is back")
    const spy = yield* turned(world, "m", 6_003)
    yield* world.network.cut((from, to) => [from, to].sort().join() === "2,3")
    yield* says(client("3"), ...texts)
    yield* spy.until((frames) => postsIn(frames).length >= texts.length)
    const [first] = postsIn(spy.frames)
    const of = first?.post.stream ?? assert.fail("3 has said something")
    yield* client("3").kill
    return { client, server, of, lines: linesOf(spy, of), m }
  })

/** m says that it has that much of a stream, and answers with these bytes as soon as it is asked. */
const offers = (m: Stranger, of: StreamId, upTo: number, ...bytes: ReadonlyArray<Uint8Array>) =>
  Effect.gen(function* () {
    // Again and again: it is asked as soon as the author itself is no more.
    const offering = Effect.forever(
      Effect.zipRight(m.says({ type: "have", streams: { [of]: upTo }, more: false }), Effect.sleep("50 millis"))
    )
    yield* Effect.raceFirst(
      offering,
      m.until((frames) => frames.some((frame) => frame.type === "want" && frame.stream === of))
    )
    yield* m.sends(...bytes)
  })

describe("in a secure chat", () => {
  tells("what is handed on is shown as its author said it, be the author dead", (world) =>
    Effect.gen(function* () {
      const { client, server } = yield* gather(world, "1", "2", "3")
      yield* world.network.cut((from, to) => [from, to].sort().join() === "2,3")
      yield* says(client("3"), "one", "two", "three")
      yield* client("1").sees("Client 3: three")
      yield* client("3").kill
      yield* client("2").sees("Client 3: one", "Client 3: two", "Client 3: three")
      for (const node of [server, client("1"), client("2")]) assert.isEmpty(yield* mentions(node, "signed"))
    })
  )

  tells("a forged line is shown by nobody, who hands it on is cut off, and the true one comes from another", (world) =>
    Effect.gen(function* () {
      const { client, lines, m, of } = yield* withGap(world, "the truth")
      const forged = textOf(joined(lines)).replace("the truth", "a falsehood")
      yield* offers(m, of, 1, bytesOf(forged))
      yield* client("2").sees(handsOn("m", "3"), isCut("m"), "Client 3: the truth")
      assert.deepStrictEqual(yield* m.hears("dropped"), { type: "dropped", limit: "seals" })
      yield* m.isCutOff
      assert.isEmpty(yield* mentions(client("2"), "falsehood"))
      // It is not let in again at once.
      const again = yield* Effect.either(turned(world, "m", 6_002).pipe(Effect.timeout("20 seconds")))
      assert.strictEqual(again._tag, "Left")
    })
  )

  tells("a line that was said elsewhere proves nothing under another run, number or name", (world) =>
    Effect.gen(function* () {
      const { client, lines, m, of } = yield* withGap(world, "yes")
      const elsewhere = streamOf(id("3"), mainRoom, epochAt(7))
      yield* offers(m, elsewhere, 1, bytesOf(textOf(joined(lines)).replaceAll(of, elsewhere)))
      yield* client("2").sees(handsOn("m", "3"), isCut("m"), "Client 3: yes")
      assert.lengthOf(yield* mentions(client("2"), ": yes"), 1)
    })
  )

  tells("what comes twice, or the last first, is shown once and in order", (world) =>
    Effect.gen(function* () {
      const { client, lines, m, of } = yield* withGap(world, "one", "two", "three")
      yield* world.network.cut((from, to) => from === "1" && to === "2")
      const [one, two, three] = lines
      if (one === undefined || two === undefined || three === undefined) return assert.fail("three lines")
      yield* offers(m, of, 3, three, two, two, one, one, three)
      yield* client("2").sees("Client 3: three")
      assert.deepStrictEqual(
        (yield* client("2").screen).filter((line) => line.startsWith("Client 3: ") && !line.endsWith("initiated")),
        ["Client 3: one", "Client 3: two", "Client 3: three"]
      )
      assert.isEmpty(yield* mentions(client("2"), "signed"))
    })
  )

  tells(
    "half a block is shown by nobody: who goes on with something else is cut, who goes silent asked no more",
    (world) =>
      Effect.gen(function* () {
        const { client, m } = yield* withGap(world, "hello")
        const of = streamOf(id("1"), mainRoom, epochAt(9))
        const block = linesIn(
          encodeBlock(
            [1, 2].map((n) => post(of, n, `half ${n}`)),
            signs(world, "1")
          )
        )
        const [half] = block
        if (half === undefined) return assert.fail("two lines")
        yield* offers(m, of, 2, half)
        yield* Effect.sleep("10 seconds")
        const [other] = linesIn(encodeBlock([post(m.stream, 1, "something else")], signs(world, "m")))
        yield* m.sends(other ?? half)
        yield* m.isCutOff
        yield* client("2").sees("* Client m is lost: it violated the protocol")
        assert.isEmpty(yield* mentions(client("2"), "half"))
        assert.isEmpty(yield* mentions(client("2"), "something else"))
      })
  )

  tells("whoever is asked and keeps silent holds nobody up for long: others are asked", (world) =>
    Effect.gen(function* () {
      const { client, m, of } = yield* withGap(world, "the truth")
      yield* offers(m, of, 9)
      yield* client("2").sees("Client 3: the truth")
      assert.isEmpty(yield* mentions(client("2"), "Client m is lost"))
    })
  )

  tells("nobody says anything in another's stream: what was not asked for is not even looked at", (world) =>
    Effect.gen(function* () {
      const { client } = yield* gather(world, "1", "2", "m")
      yield* client("m").interrupt
      yield* client("2").sees("* Client m left")
      yield* says(client("1"), "hello")
      yield* client("2").sees("Client 1: hello")
      const m = yield* turned(world, "m", 6_002)
      const of = streamOf(id("1"), mainRoom, epochAt(9))
      yield* m.sends(encodeBlock([post(of, 1, "not mine")], signs(world, "m")))
      yield* m.sends(encodeBlock([post(m.stream, 1, "mine")], signs(world, "m")))
      yield* client("2").sees("Client m: mine")
      assert.isEmpty(yield* mentions(client("2"), "not mine"))
    })
  )

  tells("two bodies for one number, said over one link: the first stays, and all hear of it", (world) =>
    Effect.gen(function* () {
      const { client } = yield* gather(world, "1", "m")
      yield* client("m").interrupt
      yield* client("1").sees("* Client m left")
      const m = yield* turned(world, "m", 6_001)
      const sealed = (n: number, text: string) => encodeBlock([post(m.stream, n, text)], signs(world, "m"))
      yield* m.sends(sealed(1, "black"), sealed(1, "black"), sealed(2, "and so on"))
      yield* client("1").sees("Client m: black", "Client m: and so on")
      yield* m.sends(sealed(1, "white"))
      yield* client("1").sees(
        "* Client m SENT TWO DIFFERENT LINES under one number: others may see another line than you",
        isCut("m")
      )
      assert.isEmpty(yield* mentions(client("1"), "white"))
    })
  )

  tells("two bodies for one number, said to two: who meets both hears of it, and goes on after them", (world) =>
    Effect.gen(function* () {
      const { client } = yield* gather(world, "1", "2", "m")
      yield* client("m").interrupt
      yield* client("1").sees("* Client m left")
      yield* client("2").sees("* Client m left")
      const [toOne, toTwo] = [yield* turned(world, "m", 6_001), yield* turned(world, "m", 6_002)]
      const said = (...texts: ReadonlyArray<string>) =>
        encodeBlock(
          texts.map((text, at) => post(toOne.stream, at + 1, text)),
          signs(world, "m")
        )
      yield* toOne.sends(said("black"))
      yield* toTwo.sends(said("white", "and so on"))
      yield* client("1").sees("Client m: black")
      yield* client("2").sees("Client m: white", "Client m: and so on")
      yield* toOne.says({ type: "bye" })
      yield* toTwo.says({ type: "bye" })
      yield* client("1").sees(
        "* Client m SENT TWO DIFFERENT LINES under one number: others may see another line than you",
        "* 1 line of Client m is no longer available"
      )
      assert.isEmpty(yield* mentions(client("1"), "white"))
      // Neither of the two is to blame.
      yield* says(client("2"), "so what")
      yield* client("1").sees("Client 2: so what")
    })
  )

  tells("who seals its own lines wrongly brings nobody into trouble who believed it", (world) =>
    Effect.gen(function* () {
      const { client } = yield* gather(world, "1", "2", "m")
      yield* client("m").interrupt
      yield* client("1").sees("* Client m left")
      yield* client("2").sees("* Client m left")
      const m = yield* turned(world, "m", 6_001)
      yield* m.sends(encodeBlock([post(m.stream, 1, "believe me")], signs(world, "1")))
      yield* client("1").sees("Client m: believe me")
      yield* client("1").sees("* Client m DOES NOT SIGN ITS LINES CORRECTLY: others can't pass them on", isCut("m"))
      yield* client("2").sees("* 1 line of Client m is no longer available")
      yield* says(client("1"), "I was wrong")
      yield* client("2").sees("Client 1: I was wrong")
      assert.isEmpty(yield* mentions(client("2"), "believe me"))
      assert.isEmpty(yield* mentions(client("2"), "Client 1 is lost"))
    })
  )

  tells(
    "who is listed by a peer is dialled if it belongs to the chat, and told nothing if it has not the key for it",
    (world) =>
      Effect.gen(function* () {
        const { client } = yield* gather(world, "1", "2", "m")
        yield* client("2").interrupt
        yield* client("m").interrupt
        yield* client("1").sees("* Client 2 left", "* Client m left")
        const traps = { elsewhere: 7_001, unknown: 7_002, "2": 7_003, server: 7_005 }
        const dialled: Array<string> = []
        let told = 0
        for (const [name, port] of Object.entries(traps)) {
          const key = world.safe.of(PeerId.make("m")).identity.key
          yield* listen(world.network.transport(`trap ${name}`, { key }), peer("x", port).address, (connection) => {
            dialled.push(name)
            return Effect.ignore(
              Effect.forever(
                Effect.map(connection.incoming, (pieces) => {
                  told += joined(pieces).length
                })
              )
            )
          })
        }
        const m = yield* turned(world, "m", 6_001)
        const peers = [
          ["elsewhere", peer("x", traps.elsewhere, "10.0.0.9")],
          ["unknown", peer("x", traps.unknown)],
          ["2", peer("x", traps["2"])],
          ["1", peer("x", 6_001)],
          ["Server", peer("x", traps.server)]
        ].map(([name, at]) => listed({ ...(at as Peer), id: id(name as string) }))
        yield* m.says({ type: "roster", peers }, { type: "introduce", peers })
        yield* client("1").sees(
          "* Client 2 IS REFUSED: its key is not the one known here. Either it has a new key, or somebody pretends to be it. Compare the digits that /verify 2 shows with it by voice; /trust 2 accepts the new key."
        )
        yield* Effect.sleep("30 seconds")
        assert.deepStrictEqual([...new Set(dialled)], ["2"])
        assert.strictEqual(told, 0)
        assert.isEmpty(yield* mentions(client("1"), "lost"))
      })
  )

  tells(
    "who is banned gets in by no roster of before: not by its own, nor by one that a friend goes back to",
    (world) =>
      Effect.gen(function* () {
        const { client, server } = yield* gather(world, "1", "3", "m")
        yield* client("m").interrupt
        yield* client("1").sees("* Client m left")
        const before = world.safe.of(PeerId.make("3")).memory.trust
        yield* server.type("/ban 3")
        yield* client("1").sees("* Client 3 was banned by the server")
        yield* client("3").ended
        yield* server.kill
        const { trust } = world.safe.of(PeerId.make("1")).memory
        const m = yield* turned(world, "m", 6_001)
        yield* m.says({ type: "members", members: before.roster, more: false })
        world.safe.of(PeerId.make("3")).memory.trust = before
        const back = yield* world.client("3", { peer: "1" })
        yield* Effect.sleep("30 seconds")
        assert.deepStrictEqual(world.safe.of(PeerId.make("1")).memory.trust, trust)
        assert.isEmpty(yield* mentions(back, "initiated"))
        assert.lengthOf(yield* mentions(client("1"), "Client 3: initiated"), 1)
        // Who goes back is no enemy, it may come from a backup; who makes a roster up is.
        const [first, ...rest] = trust.roster
        if (first === undefined) return assert.fail("a roster")
        const made = [...rest, { ...first, status: "banned" as const, version: trust.roster.length + 9 }]
        yield* m.says({ type: "members", members: made, more: false })
        yield* client("1").sees("* Client m is lost: it violated the protocol")
        assert.deepStrictEqual(world.safe.of(PeerId.make("1")).memory.trust, trust)
      })
  )

  tells("what somebody said before it was banned goes on from one to another", (world) =>
    Effect.gen(function* () {
      const { client, server } = yield* gather(world, "1", "2", "3")
      yield* world.network.cut((from, to) => [from, to].sort().join() === "2,3")
      yield* world.network.cut((from, to) => [from, to].sort().join() === "1,2")
      yield* world.network.cut((from, to) => [from, to].sort().join() === "2,Server")
      yield* says(client("3"), "my last words")
      yield* client("1").sees("Client 3: my last words")
      yield* server.type("/ban 3")
      yield* client("1").sees("* Client 3 was banned by the server")
      yield* server.kill
      yield* world.network.heal
      yield* client("2").sees("Client 3: my last words", "* Client 3 was banned by the server")
    })
  )

  tells(
    "who has a new key that is not accepted here is not shown here, through nobody, and nobody is to blame",
    (world) =>
      Effect.gen(function* () {
        const { client, server } = yield* gather(world, "1", "2")
        yield* client("2").interrupt
        yield* client("1").sees("* Client 2 left")
        const drawer = world.safe.of(PeerId.make("2"))
        drawer.identity = world.safe.of(PeerId.make("spare")).identity
        drawer.memory.trust = { ...drawer.memory.trust, pins: new Map(), roster: [] }
        const link = yield* world.safe.invite
        yield* world.client("2", { link })
        yield* Effect.sleep("2 seconds")
        yield* server.type("/trust 2")
        yield* server.sees("* The new key of Client 2 is accepted; the old one is no longer valid.")
        const back = yield* world.client("2", { link })
        yield* back.sees("Client 2: initiated")
        yield* says(back, "it is me")
        yield* server.sees("Client 2: it is me")
        yield* says(server, "welcome back")
        yield* client("1").sees("Server: welcome back", "* 1 line of Client 2 is no longer available")
        assert.isEmpty(yield* mentions(client("1"), "it is me"))
        // From here on it comes through the server alone.
        yield* world.network.cut((from, to) => [from, to].sort().join() === "1,2")
        yield* client("1").type("/trust 2")
        yield* says(back, "believe me now")
        yield* client("1").sees("Client 2: believe me now")
        for (const node of [server, client("1")]) assert.isEmpty(yield* mentions(node, "Server is lost"))
        assert.isEmpty(yield* mentions(client("1"), "PASSES ON"))
      })
  )
})

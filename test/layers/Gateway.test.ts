import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import * as Gateway from "../../layers/files/Gateway.ts"
import { frameOn } from "../../layers/files/Intake.ts"
import { say } from "../../layers/files/Saying.ts"
import type * as LinkContract from "../../layers/LinkContract.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import type { Connection } from "../../services/Transport.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { OfferKey } from "../../src/domain/Transfer.ts"
import { type Control, type Frame, naming, protocolVersion } from "../../src/protocol/Frame.ts"
import { joined } from "../support/bytes.ts"
import { chatId, epoch, id, peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"
import { run } from "../support/VirtualTime.ts"

const key = OfferKey.make("a".repeat(64))
const another = OfferKey.make("b".repeat(64))

/** Members with a link to the gateway: two near it, and the servers of two other sites. */
const members = { ann: 6_001, bob: 6_002, "Server-west": 6_003, "Server-north": 6_004 }
type Name = keyof typeof members
const self = peer("Server-east", 6_000)

interface World {
  readonly network: MemoryTransport.Network
  /** What each of them was sent. */
  readonly sent: Readonly<Record<Name, ReadonlyArray<Control>>>
  readonly hears: (from: Name, frame: LinkContract.FileFrame) => void
  /** The link of one of them breaks. */
  readonly loses: (name: Name) => void
  /** Dials the gateway under that name, asks it for a connection with a member, and gets the first answer. */
  readonly connects: (
    from: string,
    to: string,
    about?: OfferKey,
    member?: string
  ) => Effect.Effect<{ readonly connection: Connection; readonly answer: Frame | "nothing" }, never, Scope.Scope>
  /** The connections that came to those that were dialled, with what they were asked. */
  readonly came: ReadonlyArray<{ readonly at: Name; readonly connection: Connection; readonly frame: Frame }>
}

const settings = { bytesPerSecond: undefined, transfers: 4, transfersPerPeer: 2 }

/** A gateway, and those around it, in virtual time. */
const among = (
  tell: (world: World) => Effect.Effect<void, unknown, Scope.Scope>,
  given: Partial<Gateway.Settings> = {}
): void => {
  let left = -1
  const exit = run(
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const told = Effect.gen(function* () {
        const fork = yield* FiberSet.makeRuntime<never, void, never>()
        const sent: Record<Name, Array<Control>> = { ann: [], bob: [], "Server-west": [], "Server-north": [] }
        const came: Array<World["came"][number]> = []
        const current = new Map<PeerId, LinkContract.FileLink>()
        for (const [name, port] of Object.entries(members) as ReadonlyArray<[Name, number]>) {
          current.set(id(name), {
            peer: peer(name, port),
            epoch: epoch(2),
            isFar: name.startsWith("Server-"),
            hearsOfFiles: true,
            put: (...frames) => {
              sent[name].push(...frames)
            }
          })
          yield* listen(network.transport(name), peer(name, port).address, (connection) =>
            Effect.flatMap(Effect.orDie(frameOn(connection)), ({ frame }) => {
              came.push({ at: name, connection, frame })
              say(connection, { type: "connected", key })
              return Effect.never
            })
          )
        }
        const files: LinkContract.Files = {
          attach: () => () => {},
          heard: () => {},
          visited: (connection) => connection.release()
        }
        const gateway = Gateway.make({ ...settings, ...given }, files, yield* Effect.clock, fork)
        const transport = network.transport("Server-east")
        const detach = gateway.attach({
          self: () => ({ id: self.id, role: "server", epoch: epoch(1), chat: chatId(1) }),
          current,
          onChange: () => () => {},
          dial: ({ peer: { address } }) => transport.dial(address),
          linkOf: (_, visit) => current.get(visit.id),
          within: transport.within,
          isCalled: () => true,
          isOfFar: () => true
        })
        yield* transport.listen(self.address, (connection) => {
          const visited = Effect.map(frameOn(connection), ({ frame }) => {
            if (frame.type === "connect") gateway.visited(connection, frame)
          })
          fork(Effect.ignore(visited))
        })
        yield* tell({
          network,
          sent,
          hears: (from, frame) => {
            const link = current.get(id(from))
            if (link !== undefined) gateway.heard(link, frame)
          },
          loses: (name) => current.delete(id(name)),
          connects: (from, to, about = key, member = from) =>
            Effect.gen(function* () {
              const connection = yield* Effect.orDie(network.transport(from).dial(self.address))
              say(connection, {
                type: "connect",
                protocol: protocolVersion,
                ...naming(peer(from, 1)),
                epoch: epoch(2),
                chat: chatId(1),
                to: self.id,
                key: about,
                with: id(to),
                for: id(member)
              })
              const answer = yield* frameOn(connection).pipe(
                Effect.map(({ frame }) => frame),
                Effect.orElseSucceed(() => "nothing" as const)
              )
              return { connection, answer }
            }),
          came
        })
        detach()
      }).pipe(Effect.scoped)
      yield* told
      left = yield* network.open
    }).pipe(Effect.scoped)
  )
  if (Exit.isFailure(exit)) assert.fail(Cause.pretty(exit.cause))
  assert.strictEqual(left, 0, "connections or listeners are left")
}

/** Why it was refused. */
const refusalIn = ({ answer }: { readonly answer: Frame | "nothing" }): string =>
  answer === "nothing" ? answer : answer.type === "refused" ? answer.detail : answer.type

/** Ann looks for it, and two at west say that they have it. */
const sought = ({ hears }: World): void => {
  hears("ann", { type: "seek", key })
  hears("Server-west", { type: "holds", key, by: id("wes"), pieces: 3, of: 3 })
  hears("Server-west", { type: "holds", key, by: id("will"), pieces: 3, of: 3 })
}

/** Reads what comes after the answer. */
const reading = (connection: Connection) => {
  const pieces: Array<Uint8Array> = []
  let length = 0
  let isOver = false
  const heard = makeSignal()
  connection.receive({
    take: (some) => {
      pieces.push(...some)
      for (const piece of some) length += piece.length
      heard.changed()
    },
    end: () => {
      isOver = true
      heard.changed()
    }
  })
  connection.hold(false)
  return {
    /** All that has come, once it is so many bytes. */
    all: (count: number) =>
      Effect.map(
        heard.until(() => length >= count),
        () => joined(pieces)
      ),
    ended: heard.until(() => isOver)
  }
}

describe("Gateway", () => {
  it("questions and answers go from near to far and from far to near, once, and never on to a third side", () =>
    among((world) =>
      Effect.gen(function* () {
        const { hears, sent } = world
        sought(world)
        const seek = { type: "seek", key }
        const of = (by: string) => ({ type: "holds", key, by: id(by), pieces: 3, of: 3 })
        assert.deepStrictEqual<unknown>(sent, {
          ann: [of("wes"), of("will")],
          bob: [],
          "Server-west": [seek],
          "Server-north": [seek]
        })
        // Another who asks at once is told what is known; nobody is asked again.
        hears("bob", { type: "seek", key })
        assert.deepStrictEqual<unknown>(sent.bob, [of("wes"), of("will")])
        assert.lengthOf(sent["Server-west"], 1)
        yield* Effect.sleep("6 seconds")
        hears("bob", { type: "seek", key })
        assert.lengthOf(sent["Server-west"], 2)

        // Those near each other ask each other.
        const before = sent.bob.length
        hears("bob", { type: "seek", key: another })
        hears("ann", { type: "holds", key: another, pieces: 1, of: 2 })
        hears("bob", { type: "seek", key: another })
        assert.lengthOf(sent.bob, before)
        hears("Server-north", { type: "seek", key: another })
        hears("ann", { type: "holds", key: another, pieces: 1, of: 2 })
        // Nobody near speaks for others.
        hears("bob", { type: "holds", key: another, by: id("cy"), pieces: 2, of: 2 })
        const told = { type: "holds", key: another, by: id("ann"), pieces: 1, of: 2 }
        assert.deepStrictEqual<unknown>(sent["Server-north"].slice(3), [told, told])
        assert.lengthOf(sent["Server-west"], 3)
        // An answer to what nobody has asked goes nowhere.
        hears("ann", { type: "holds", key: OfferKey.make("c".repeat(64)), pieces: 1, of: 2 })
        assert.lengthOf(sent["Server-north"], 5)
      })
    ))

  it("who asks a thousand things at once makes others hear a hundred of them, and some more later", () =>
    among(({ hears, sent }) =>
      Effect.gen(function* () {
        const ask = (from: number) => {
          for (let n = from; n < from + 1_000; n += 1) {
            hears("ann", { type: "seek", key: OfferKey.make(n.toString(16).padStart(64, "0")) })
          }
        }
        ask(0)
        const first = sent["Server-west"].length
        assert.isTrue(first >= 100 && first <= 130, `${first} were handed on`)
        yield* Effect.sleep("10 seconds")
        ask(1_000)
        const second = sent["Server-west"].length - first
        assert.isTrue(second >= 30 && second <= 45, `${second} were handed on later`)
        // Others are not held up by that.
        hears("bob", { type: "seek", key })
        assert.deepInclude(sent["Server-west"].at(-1), { type: "seek", key })
      })
    ))

  it("it is no open relay: members are connected, with those who have said from the other side that they have it", () =>
    among((world) =>
      Effect.gen(function* () {
        const { connects, hears, loses } = world
        const unknown = "nobody there has said that it has pieces of it"
        assert.strictEqual(refusalIn(yield* connects("ann", "wes")), unknown)
        sought(world)
        hears("bob", { type: "holds", key, pieces: 3, of: 3 })
        assert.strictEqual(
          refusalIn(yield* connects("eve", "wes")),
          "only members of the chat are connected",
          "a stranger"
        )
        assert.strictEqual(refusalIn(yield* connects("ann", "wes", another)), unknown, "another offer")
        assert.strictEqual(refusalIn(yield* connects("ann", "Server-west")), unknown, "one who has said nothing")
        assert.strictEqual(refusalIn(yield* connects("ann", "bob")), unknown, "from near to near")
        assert.strictEqual(refusalIn(yield* connects("Server-north", "wes")), unknown, "from far to far")
        assert.isEmpty(world.came)
        assert.strictEqual(refusalIn(yield* connects("ann", "wes")), "connected")
        assert.strictEqual(refusalIn(yield* connects("Server-north", "bob", key, "nora")), "connected")
        assert.deepStrictEqual(
          world.came.map(({ at, frame }) => [at, frame.type === "connect" && [frame.id, frame.with, frame.for]]),
          [
            ["Server-west", ["Server-east", "wes", "ann"]],
            ["bob", ["Server-east", "bob", "nora"]]
          ] as never
        )
        loses("Server-west")
        assert.strictEqual(refusalIn(yield* connects("ann", "will")), unknown, "behind a server that is gone")
      })
    ))

  it("nobody gets more than its share, in whomever's name it comes; what is over makes room", () =>
    among((world) =>
      Effect.gen(function* () {
        sought(world)
        const { connects, hears } = world
        hears("bob", { type: "holds", key, pieces: 3, of: 3 })
        const busy = "too many transfers pass here"
        const scoped = Effect.scoped(connects("ann", "wes"))
        for (let n = 0; n < 10; n += 1) {
          assert.strictEqual(refusalIn(yield* scoped), "connected")
          yield* Effect.sleep("1 second")
        }
        for (let n = 0; n < 2; n += 1) assert.strictEqual(refusalIn(yield* connects("ann", "will")), "connected")
        assert.strictEqual(refusalIn(yield* connects("ann", "wes", key, "cy")), busy)
        assert.strictEqual(refusalIn(yield* connects("Server-west", "bob", key, "wes")), "connected")
        assert.strictEqual(refusalIn(yield* connects("Server-west", "bob", key, "will")), "connected")
        assert.strictEqual(refusalIn(yield* connects("Server-north", "bob", key, "nora")), busy)
      })
    ))

  it("a slow reader holds up who sends, and no bytes heap up; then all come, in order", () =>
    among((world) =>
      Effect.gen(function* () {
        sought(world)
        const { connection } = yield* world.connects("ann", "wes")
        const pieces = Array.from({ length: 500 }, (_, at) => new Uint8Array(16_384).fill(at % 251))
        const source = Sources.sourceOf(pieces)
        const other = world.came[0]?.connection
        if (other === undefined) return assert.fail("nobody came")
        other.drain(source)
        other.wake()
        yield* Effect.sleep("20 seconds")
        assert.isBelow(source.given(), 1_500_000)
        const all = joined(pieces)
        assert.isTrue(Buffer.from(yield* reading(connection).all(all.length)).equals(all))
      })
    ))

  it("all that passes takes from one limit", () =>
    among(
      (world) =>
        Effect.gen(function* () {
          sought(world)
          const clock = yield* Effect.clock
          const began = Monotonic.millis(clock)
          const transfer = (from: Name, to: string, member: string) =>
            Effect.gen(function* () {
              const { connection } = yield* world.connects(from, to, key, member)
              const other = world.came.at(-1)?.connection
              if (other === undefined) return assert.fail("nobody came")
              yield* Sources.send(other, ...Array.from({ length: 100 }, () => new Uint8Array(10_000)))
              assert.lengthOf(yield* reading(connection).all(1_000_000), 1_000_000)
            })
          const [one, two] = [transfer("ann", "wes", "ann"), transfer("ann", "will", "ann")]
          yield* Effect.all([one, Effect.delay(two, "1 second")], { concurrency: 2 })
          const took = Monotonic.millis(clock) - began
          // Two million bytes at 100,000 a second, of which a little passes at once.
          assert.isTrue(took > 18_500 && took < 21_000, `it took ${took} ms`)
        }),
      { bytesPerSecond: 100_000 }
    ))

  it("a connection on which nothing passes is closed, and so is one whose other end is gone", () =>
    among((world) =>
      Effect.gen(function* () {
        sought(world)
        const clock = yield* Effect.clock
        const began = Monotonic.millis(clock)
        const idle = yield* world.connects("ann", "wes")
        yield* reading(idle.connection).ended
        const took = Monotonic.millis(clock) - began
        assert.isTrue(took >= 90_000 && took <= 110_000, `it took ${took} ms`)
        const ended = yield* world.connects("ann", "wes")
        const other = world.came[1]?.connection
        if (other === undefined) return assert.fail("nobody came")
        // What was sent last still comes, however late.
        yield* world.network.cut((from, to) => from === "Server-east" && to === "ann")
        yield* Sources.send(other, ...Array.from({ length: 3 }, () => new Uint8Array(50_000)))
        yield* Effect.forkScoped(other.finish)
        const rest = reading(ended.connection)
        yield* Effect.sleep("5 seconds")
        yield* world.network.heal
        assert.lengthOf(yield* rest.all(150_000), 150_000)
        yield* rest.ended
      })
    ))
})

/** A node takes in what a peer sends at once, or as an effect: whatever comes, and however it is cut, it is the same. */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { Port } from "../../src/domain/Peer.ts"
import { epochOf, mainRoom, Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { SynchronousSteps } from "../../src/domain/Turns.ts"
import { encode, protocolVersion } from "../../src/protocol/Frame.ts"
import { cutInto, joined, textOf } from "../support/bytes.ts"
import { id, peer } from "../support/samples.ts"
import * as Sources from "../support/sources.ts"
import { run } from "../support/VirtualTime.ts"
import { type Log, wholeLog } from "../support/wholeLog.ts"
import * as WireLines from "../support/wireLines.ts"

const tea = Room.make("tea")
const epoch = epochOf(1_767_225_600_000, 7)

/** Of the peer in both rooms, of others, and of the node itself, whose present run takes the place of this one. */
const own = streamOf(id("Server"), mainRoom, epochOf(1, 1))
const streams: ReadonlyArray<StreamId> = [
  streamOf(id("x"), mainRoom, epoch),
  streamOf(id("x"), tea, epoch),
  streamOf(id("y"), mainRoom, epoch),
  streamOf(id("x"), Room.make("elsewhere"), epoch),
  own
]

/** What the peer claims to have of others, so that it is asked for that. */
const claims = Object.fromEntries([[streamOf(id("y"), mainRoom, epoch), 9]])

const node = (network: MemoryTransport.Network) =>
  Layer.build(
    TransportPeerMesh.layer({
      id: id("Server"),
      role: "server",
      listen: peer("Server", 4_000).address,
      member: true,
      silence: "3 seconds",
      patience: "5 seconds"
    }).pipe(
      Layer.provideMerge(MemoryMessageLog.layer({ author: id("Server"), rooms: [tea] })),
      Layer.provide(Layer.merge(MemoryTransport.layer(network, id("Server")), OpenMembership.layer))
    )
  )

/** An entry without the reader that has said it, which is another in each run. */
const plain = (entry: Entry): unknown => ({ ...entry, by: undefined })

/** The lines of the stream `own` become lines of the node's own run. */
const asOwn = (log: Log, line: Uint8Array): Uint8Array => {
  const text = Buffer.from(line).toString("latin1")
  return text.includes(own) ? Buffer.from(text.replaceAll(own, log.streamIn(mainRoom)), "latin1") : line
}

/** What a node that is sent these lines, cut like that, has in the end, and what it has answered. */
const told = (lines: ReadonlyArray<Uint8Array>, cuts: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.makeNetwork
    const built = yield* node(network)
    const log = yield* Effect.provide(wholeLog, Context.pick(MessageLog)(built))
    yield* Effect.forkScoped(Stream.runForEach(Context.get(built, PeerMesh).joinRequests, ({ admit }) => admit))
    const seen: Array<unknown> = []
    yield* Effect.forkScoped(
      Stream.runForEach(log.screen.follow(), (entry) => Effect.sync(() => seen.push(plain(entry))))
    )
    yield* log.say(mainRoom, ["welcome"])
    const connection = yield* network.transport("x").dial(peer("Server", 4_000).address)
    const queue = Sources.queue()
    connection.drain(queue)
    const answers: Array<string> = []
    const listening = yield* Effect.forkScoped(
      Effect.flip(Effect.forever(Effect.map(connection.incoming, (pieces) => answers.push(textOf(joined(pieces))))))
    )
    const put = (bytes: Uint8Array) =>
      Effect.zipRight(
        Effect.sync(() => {
          queue.put(bytes)
          connection.wake()
        }),
        Effect.yieldNow()
      )
    const hello = { type: "hello", protocol: protocolVersion, id: id("x"), epoch, rooms: [tea], member: true } as const
    yield* put(encode({ ...hello, host: "localhost" as never, port: 7_000 as Port }))
    yield* Effect.sleep(10)
    // A node that is new to a chat takes what the first peer has for seen.
    yield* put(encode({ type: "have", streams: {}, more: false }))
    yield* Effect.sleep(10)
    yield* put(encode({ type: "have", streams: claims, more: false }))
    yield* Effect.sleep(10)
    for (const piece of cutInto(joined(lines.map((line) => asOwn(log, line))), cuts)) yield* put(piece)
    yield* Effect.sleep("4 seconds")
    const { steps, ...tally } = yield* log.tally
    const end = yield* listening.poll
    return {
      result: {
        seen,
        // The id of the chat is another one in each run.
        answers: answers.join("").replace(/"chat":"\w+"/, '"chat":""'),
        summary: [...(yield* log.summary)],
        missing: yield* log.missing,
        tally,
        end: end._tag === "Some" && Exit.isSuccess(end.value) ? end.value.value.reason : undefined
      },
      steps
    }
  }).pipe(Effect.scoped)

const storyOf = (lines: ReadonlyArray<Uint8Array>, cuts: ReadonlyArray<number>, may: () => boolean) => {
  const exit = run(Effect.provideService(told(lines, cuts), SynchronousSteps, may), 1)
  return Exit.isSuccess(exit) ? exit.value : assert.fail(String(exit.cause))
}

describe("what a peer sends", () => {
  it("is the same to a node whether it is taken in at once or as an effect", () => {
    let atOnce = 0
    FastCheck.assert(
      FastCheck.property(
        WireLines.lines(streams, 1),
        FastCheck.array(FastCheck.nat(600), { maxLength: 8 }),
        (lines, cuts) => {
          const fast = storyOf(lines, cuts, () => true)
          const slow = storyOf(lines, cuts, () => false)
          assert.deepStrictEqual(fast.result, slow.result)
          assert.strictEqual(slow.steps.atOnce, 0)
          atOnce += fast.steps.atOnce
        }
      ),
      { numRuns: 60 }
    )
    assert.isAbove(atOnce, 60)
  })

  it("however it is cut, is the same posts in the end", () => {
    FastCheck.assert(
      FastCheck.property(
        WireLines.lines(streams, 0),
        FastCheck.array(FastCheck.nat(600), { maxLength: 8 }),
        (lines, cuts) => {
          const { seen: _, answers: __, ...whole } = storyOf(lines, [], () => true).result
          const { seen: ___, answers: ____, ...cut } = storyOf(lines, cuts, () => true).result
          assert.deepStrictEqual(cut, whole)
        }
      ),
      { numRuns: 20 }
    )
  })
})

/**
 * `npm run guard`: fails when receiving or sending has become much slower. Each is compared with the same work done
 * bare, in the same process and in turns, so that the speed of the machine and its noise cancel out. Receiving: frames
 * from bytes, the rules of delivery and the store, against splitting and parsing the same bytes. Sending: lines said in
 * chunks, through the log and the fan-out to links that count bytes, against encoding each chunk into one Buffer.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Wire } from "../layers/links/Wire.ts"
import { nowhere } from "../layers/log/Journal.ts"
import * as Log from "../layers/log/Log.ts"
import * as FanOut from "../layers/replication/FanOut.ts"
import type { Link } from "../layers/replication/Ground.ts"
import { Replica } from "../layers/replication/Replica.ts"
import { Pump } from "../layers/transport/Pump.ts"
import type { Connection } from "../services/Transport.ts"
import type { EncodedPost } from "../src/domain/EncodedPost.ts"
import { LinkTable } from "../src/domain/LinkTable.ts"
import { PeerId } from "../src/domain/Peer.ts"
import { epochOf, mainRoom, PostNumber, streamOf } from "../src/domain/Post.ts"
import { encodePost } from "../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../src/protocol/FrameDecoder.ts"
import { PostStore } from "../src/protocol/PostStore.ts"
import { median } from "./stats.ts"

const count = 20_000
const rounds = 15
const pieceBytes = 65_536

/**
 * The least share of the bare speed: what was measured on two busy cores, less a margin for noise. Only a real slowdown
 * is below.
 */
const least = { in: 1.2, outToMany: 0.3, outToFew: 0.55 }

const stream = streamOf(PeerId.make("1"), mainRoom, epochOf(1, 1))
const lines = Array.from({ length: count }, (_, at) =>
  encodePost({
    stream,
    n: PostNumber.make(at + 1),
    at: 1_795_000_000_000,
    deps: {},
    text: `what people say to each other, ${at}`
  })
)
const bytes = Buffer.concat(lines)
const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
  bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes)
)

const bareIn = Effect.sync(() => {
  let rest = ""
  let parsed = 0
  for (const piece of pieces) {
    const texts = (rest + piece.toString()).split("\n")
    rest = texts.pop() ?? ""
    for (const text of texts) if (JSON.parse(text).n > 0) parsed += 1
  }
  return parsed
})

const oursIn = Effect.sync(() => {
  const store = new PostStore({ author: PeerId.make("2"), epoch: epochOf(1, 2) })
  const decode = makeFrameDecoder()
  let delivered = 0
  for (const piece of pieces) {
    const posts = Either.getOrThrow(decode([piece])) as unknown as ReadonlyArray<EncodedPost>
    delivered += store.receive(posts).length
  }
  return delivered
})

/** How many lines are said in one go, as in F1. */
const together = 32

const chunks = Arr.chunksOf(
  Array.from({ length: count }, (_, at) => `what people say to each other, ${at}`),
  together
)

const bareOut = (links: number) =>
  Effect.sync(() => {
    let n = 0
    let sent = 0
    for (const chunk of chunks) {
      let text = ""
      for (const line of chunk) {
        n += 1
        text += `{"type":"post","stream":"${stream}","n":${n},"at":${Date.now()},"deps":{},"text":${JSON.stringify(line)}}\n`
      }
      const bytes = Buffer.from(text)
      for (let link = 0; link < links; link += 1) if (bytes.length > 0) sent += chunk.length
    }
    return sent / links
  })

/** A link that accepts everything. */
const linkTo = (name: number, log: Log.Log) =>
  Effect.map(Effect.clock, (clock) => {
    const pump = new Pump({ write: () => true, end: (done) => done() })
    const wire = new Wire(pump as unknown as Connection, log, clock)
    const id = PeerId.make(`reader-${name}`)
    // Only the parts that the fan-out and the table of links use.
    return {
      connection: pump,
      outbox: wire.outbox,
      peer: { id },
      epoch: epochOf(2, name),
      rooms: log.rooms,
      byUs: false,
      replica: new Replica(id, log.rooms, 0)
    } as unknown as Link
  })

const oursOut = (links: number) =>
  Effect.gen(function* () {
    const author = PeerId.make("1")
    const log = yield* Log.make({ author }, nowhere)
    const table = new LinkTable<Link>(author)
    // No peer requests posts here, so the other parts of a node are not needed.
    const [node, needs] = [{ log, links: { current: table.links } }, {}] as unknown as Parameters<typeof FanOut.make>
    const fanOut = FanOut.make(node, needs)
    for (let at = 0; at < links; at += 1) {
      const link = yield* linkTo(at, log)
      table.connect(link)
      fanOut.follow(link, mainRoom)
    }
    yield* Effect.forkScoped(fanOut.run)
    yield* Effect.yieldNow()
    for (const chunk of chunks) {
      // From the keyboard to the links in a plain call: nothing waits, and no fiber wakes.
      if (log.sayNow(mainRoom, chunk) === undefined) return yield* Effect.dieMessage("a chunk was not said at once")
      // Lets waiting fibers run, as if each chunk arrived separately.
      yield* Effect.yieldNow()
    }
    return fanOut.sent() / links
  }).pipe(Effect.scoped, Effect.orDie)

/** The CPU time of this process for an effect, in ms. */
const timed = (work: Effect.Effect<number>) =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const done = yield* work
    if (done !== count) return yield* Effect.dieMessage(`${done} of ${count} posts came through`)
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 1_000
  })

/** Measures the share of the bare speed, prints it, and fails if it is too little. */
const compare = (what: string, plain: Effect.Effect<number>, whole: Effect.Effect<number>, limit: number) =>
  Effect.gen(function* () {
    const ratios: Array<number> = []
    for (let round = 0; round < rounds; round += 1) {
      const [bare, ours] = [yield* timed(plain), yield* timed(whole)]
      // The first rounds are left out: V8 still compiles.
      if (round >= 5) ratios.push(bare / ours)
    }
    const ratio = median(ratios)
    console.log(`${what}: ${ratio.toFixed(2)} of the speed of doing it bare (at least ${limit})`)
    if (ratio < limit) process.exitCode = 1
  })

const guard = Effect.all([
  compare("taking in posts", bareIn, oursIn, least.in),
  compare("saying lines to 100 links", bareOut(100), oursOut(100), least.outToMany),
  compare("saying lines to 5 links", bareOut(5), oursOut(5), least.outToFew)
])

Effect.runPromise(guard)

/**
 * Fails when taking in what others say has become much slower: `npm run guard`. Frames from bytes, the rules of delivery
 * and the store, against splitting and parsing the same bytes and nothing else, in the same process and in turns, so that
 * the machine's speed and its noise cancel out.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { EncodedPost } from "../services/MessageLog.ts"
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
 * So much of the bare speed is the least. It was 0.70 to 0.72 on two busy cores in three runs, and 0.10 with a Schema
 * for each post: a fall, not noise, comes below this.
 */
const least = 0.35

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

const bare = Effect.sync(() => {
  let rest = ""
  let parsed = 0
  for (const piece of pieces) {
    const texts = (rest + piece.toString()).split("\n")
    rest = texts.pop() ?? ""
    for (const text of texts) if (JSON.parse(text).n > 0) parsed += 1
  }
  return parsed
})

const ours = Effect.sync(() => {
  const store = new PostStore(streamOf(PeerId.make("2"), mainRoom, epochOf(1, 2)))
  const decode = makeFrameDecoder()
  let delivered = 0
  for (const piece of pieces) {
    const posts = Either.getOrThrow(decode([piece])) as unknown as ReadonlyArray<EncodedPost>
    delivered += store.receive(posts).length
  }
  return delivered
})

/** How long that takes, in ms of this process' CPU. */
const timed = (work: Effect.Effect<number>) =>
  Effect.gen(function* () {
    const before = process.cpuUsage()
    const done = yield* work
    if (done !== count) return yield* Effect.dieMessage(`${done} of ${count} posts came through`)
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 1_000
  })

const guard = Effect.gen(function* () {
  const ratios: Array<number> = []
  for (let round = 0; round < rounds; round += 1) {
    const [plain, whole] = [yield* timed(bare), yield* timed(ours)]
    // The first rounds are the compiler's.
    if (round >= 5) ratios.push(plain / whole)
  }
  const ratio = median(ratios)
  console.log(`taking in posts: ${ratio.toFixed(2)} of the speed of splitting and parsing alone (at least ${least})`)
  if (ratio < least) process.exitCode = 1
})

Effect.runPromise(guard)

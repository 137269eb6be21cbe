import { assert, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import { PeerLost } from "../../src/domain/Errors.ts"
import { encode, encodePost, type Frame } from "../../src/protocol/Frame.ts"
import * as FrameStream from "../../src/protocol/FrameStream.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { bytesOf, cutInto, joined } from "../support/bytes.ts"

const framesOf = (pieces: ReadonlyArray<Uint8Array>) =>
  Effect.map(Stream.runCollect(FrameStream.fromBytes(Stream.fromIterable(pieces))), Chunk.toReadonlyArray)

const types = (frames: ReadonlyArray<Frame>) => frames.map(({ type }) => type)

const ping = encode({ type: "ping" })

describe("FrameStream", () => {
  it("however the bytes are cut, and the pieces come in chunks, the frames are the same", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(Arbitraries.post, { maxLength: 8 }),
        FastCheck.array(FastCheck.nat(200)),
        FastCheck.integer({ min: 1, max: 5 }),
        (posts, cuts, chunkSize) => {
          const pieces = cutInto(joined(posts.map(encodePost)), cuts)
          const frames = Effect.runSync(
            Stream.runCollect(FrameStream.fromBytes(Stream.rechunk(Stream.fromIterable(pieces), chunkSize)))
          )
          assert.deepStrictEqual(
            Chunk.toReadonlyArray(frames).map((frame) => (frame.type === "post" ? joined([frame.line]) : undefined)),
            posts.map((post) => joined([encodePost(post)]))
          )
        }
      )
    )
  })

  it.effect("all frames of a chunk come in one chunk: an Effect a batch, not one a post", () =>
    Effect.gen(function* () {
      const all = joined(Array.from({ length: 500 }, () => ping))
      const sizes = yield* Stream.runCollect(
        Stream.map(Stream.chunks(FrameStream.fromBytes(Stream.make(all))), Chunk.size)
      )
      assert.deepStrictEqual(Chunk.toReadonlyArray(sizes), [500])
    })
  )

  it.effect("a line that the end has cut off is dropped", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(types(yield* framesOf([ping, bytesOf('{"type":"pong"}')])), ["ping"])
    })
  )

  it.effect("it fails at the first line that is no frame, and at one that is too long", () =>
    Effect.gen(function* () {
      for (const bad of ["hello\n", '{"type":"nonsense"}\n', "\n", "x".repeat(65_536)]) {
        const error = yield* Effect.flip(framesOf([ping, bytesOf(bad), ping]))
        assert.strictEqual(error._tag, "FrameMalformed")
      }
    })
  )

  it.effect("the frames before the one that is none have come, if they came before it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      yield* FrameStream.fromBytes(Stream.rechunk(Stream.make(ping, bytesOf("?\n")), 1)).pipe(
        Stream.runForEach((frame) => Effect.sync(() => seen.push(frame.type))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["ping"])
    })
  )

  it.effect("how the connection ended comes through", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.make(ping), Stream.fail(new PeerLost({ reason: "silent" })))
      const error = yield* Effect.flip(Stream.runDrain(FrameStream.fromBytes(broken)))
      assert.deepStrictEqual(error, new PeerLost({ reason: "silent" }))
    })
  )

  it.effect("each run of it begins anew: what one connection left unfinished is not in another", () =>
    Effect.gen(function* () {
      const cutOff = FrameStream.fromBytes(Stream.make(ping, bytesOf('{"type":')))
      assert.strictEqual((yield* Stream.runCollect(cutOff)).length, 1)
      assert.strictEqual((yield* Stream.runCollect(cutOff)).length, 1)
    })
  )
})

import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import type { EncodedPost } from "../../src/domain/EncodedPost.ts"
import { epochOf, mainRoom, Room, streamOf } from "../../src/domain/Post.ts"
import { lengthOf, linesOf, PostInChunk } from "../../src/protocol/ChunkDecoder.ts"
import { decode, encodePost, type Frame } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { makeLineSplitter } from "../../src/protocol/LineSplitter.ts"
import { cutInto, joined } from "../support/bytes.ts"
import { id } from "../support/samples.ts"
import * as WireLines from "../support/wireLines.ts"

const streams = [
  streamOf(id("1"), mainRoom, epochOf(1, 1)),
  streamOf(id("1"), Room.make("tea"), epochOf(1, 1)),
  streamOf(id("2"), mainRoom, epochOf(1, 2))
]

/** What a frame says, and the bytes that carry it. */
const plain = (frame: Frame) =>
  frame.type === "post"
    ? { post: frame.post, seal: frame.seal, line: Buffer.from(frame.line).toString("latin1") }
    : frame

/** The frames of each piece, up to the piece in which something is none. */
const inChunks = (pieces: ReadonlyArray<Uint8Array>) => {
  const decode = makeFrameDecoder()
  const found: Array<unknown> = []
  for (const piece of pieces) {
    const frames = decode([piece])
    if (Either.isLeft(frames)) return [...found, frames.left._tag]
    found.push(...frames.right.map(plain))
  }
  return found
}

/** The same, each line decoded by itself. */
const lineByLine = (pieces: ReadonlyArray<Uint8Array>) => {
  const split = makeLineSplitter()
  const found: Array<unknown> = []
  for (const piece of pieces) {
    const lines = split(piece)
    if (Either.isLeft(lines)) return [...found, lines.left._tag]
    const frames = Either.all(lines.right.map(decode))
    if (Either.isLeft(frames)) return [...found, frames.left._tag]
    found.push(...frames.right.map(plain))
  }
  return found
}

describe("ChunkDecoder", () => {
  it("whatever comes, however it is cut, it says what each line says by itself", () => {
    FastCheck.assert(
      FastCheck.property(
        WireLines.lines(streams),
        FastCheck.array(FastCheck.nat(400), { maxLength: 6 }),
        (lines, cuts) => {
          const pieces = cutInto(joined(lines), cuts)
          assert.deepStrictEqual(inChunks(pieces), lineByLine(pieces))
        }
      ),
      { numRuns: 3_000 }
    )
  })

  it("a sliced buffer is read where the slice is", () => {
    const lines = joined(
      [1, 2, 3, 4].map((n) => encodePost({ stream: streams[0], n, at: 7, deps: {}, text: `text ${n}` } as never))
    )
    const around = joined([new Uint8Array([1, 2, 3]), lines, new Uint8Array([4])])
    const within = around.subarray(3, 3 + lines.length)
    assert.deepStrictEqual(inChunks([within]), lineByLine([lines]))
  })

  it("lines that lie side by side are joined without a copy, others with one", () => {
    FastCheck.assert(
      FastCheck.property(WireLines.posts(streams), FastCheck.array(FastCheck.nat(9)), (posts, order) => {
        const chunk = joined(posts.map(encodePost))
        const frames = Either.getOrThrow(makeFrameDecoder()([chunk])) as ReadonlyArray<Frame & EncodedPost>
        const isCut = frames.every((frame) => frame instanceof PostInChunk)
        assert.isTrue(isCut)
        if (frames.length > 0) assert.strictEqual(linesOf(frames).bytes.buffer, chunk.buffer)
        const some = order.flatMap((at) => frames[at] ?? [])
        const { bytes, ends } = linesOf(some)
        assert.deepStrictEqual(Buffer.from(bytes), Buffer.concat(some.map(({ line }) => line)))
        assert.deepStrictEqual(
          ends.map((end, at) => end - (ends[at - 1] ?? 0)),
          some.map(lengthOf)
        )
      })
    )
  })
})

import { assert, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { encode, encodePost } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { bytesOf, cutInto, joined } from "../support/bytes.ts"

/** The types of the frames that these pieces bring to one decoder, those of each step in a list. */
const typesOf = (...steps: ReadonlyArray<ReadonlyArray<Uint8Array>>) => {
  const decode = makeFrameDecoder()
  return steps.map((pieces) => Either.getOrThrow(decode(pieces)).map(({ type }) => type))
}

const ping = encode({ type: "ping" })

describe("FrameDecoder", () => {
  it("however the bytes are cut, and the pieces come together, the frames are the same", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(Arbitraries.post, { maxLength: 8 }),
        FastCheck.array(FastCheck.nat(200)),
        FastCheck.integer({ min: 1, max: 5 }),
        (posts, cuts, together) => {
          const decode = makeFrameDecoder()
          const pieces = cutInto(joined(posts.map(encodePost)), cuts)
          const frames = Arr.chunksOf(pieces, together).flatMap((some) => Either.getOrThrow(decode(some)))
          assert.deepStrictEqual(
            frames.map((frame) => (frame.type === "post" ? joined([frame.line]) : undefined)),
            posts.map((post) => joined([encodePost(post)]))
          )
        }
      )
    )
  })

  it("what a step does not complete, a later one does", () => {
    assert.deepStrictEqual(typesOf([ping, bytesOf('{"type":')], [], [bytesOf('"pong"}\n'), ping]), [
      ["ping"],
      [],
      ["pong", "ping"]
    ])
  })

  it("it fails at the first line that is no frame, and at one that is too long", () => {
    for (const bad of ["hello\n", '{"type":"nonsense"}\n', "\n", "x".repeat(65_536)]) {
      const decode = makeFrameDecoder()
      assert.isTrue(Either.isRight(decode([ping])))
      const failed = Either.flip(decode([ping, bytesOf(bad), ping]))
      assert.strictEqual(Either.getOrThrow(failed)._tag, "FrameMalformed")
    }
  })

  it("what one connection left unfinished is not in another", () => {
    for (const _ of ["one", "other"]) assert.deepStrictEqual(typesOf([ping, bytesOf('{"type":')]), [["ping"]])
  })
})

import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { maxFrameBytes } from "../../src/protocol/Frame.ts"
import { makeLineSplitter } from "../../src/protocol/LineSplitter.ts"
import { bytesOf, cutInto, textOf } from "../support/bytes.ts"

const linesOf = (pieces: ReadonlyArray<Uint8Array>, limit?: number): ReadonlyArray<string> => {
  const split = makeLineSplitter(limit)
  return pieces.flatMap((piece) => Either.getOrThrow(split(piece)).map(textOf))
}

/** Whether a splitter with that limit fails at these pieces, and at which. */
const failsAt = (pieces: ReadonlyArray<Uint8Array>, limit?: number): number => {
  const split = makeLineSplitter(limit)
  return pieces.findIndex((piece) => Either.isLeft(split(piece)))
}

const line = (bytes: number) => `${"x".repeat(bytes - 1)}\n`

describe("LineSplitter", () => {
  it("lines keep their newline, and empty ones count", () => {
    assert.deepStrictEqual(linesOf([bytesOf("a\n\nbc\n")]), ["a\n", "\n", "bc\n"])
  })

  it("however the bytes are cut, the lines are the same", () => {
    const anyLines = FastCheck.array(
      FastCheck.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\n", ""))
    )
    FastCheck.assert(
      FastCheck.property(anyLines, FastCheck.array(FastCheck.nat(9)), (texts, cuts) => {
        const lines = texts.map((text) => `${text}\n`)
        assert.deepStrictEqual(linesOf(cutInto(bytesOf(lines.join("")), cuts)), lines)
      }),
      { numRuns: 1_000 }
    )
  })

  it("an unfinished line is no line, until its newline comes", () => {
    const split = makeLineSplitter()
    assert.deepStrictEqual(Either.getOrThrow(split(bytesOf("a\nb"))).map(textOf), ["a\n"])
    assert.deepStrictEqual(Either.getOrThrow(split(bytesOf("c"))), [])
    assert.deepStrictEqual(Either.getOrThrow(split(bytesOf("\n"))).map(textOf), ["bc\n"])
  })

  it("a line of exactly 65,536 bytes, newline included, passes; one more byte does not", () => {
    assert.strictEqual(maxFrameBytes, 65_536)
    for (const cut of [1, 1_000, 65_535, 65_536, 100_000]) {
      const cuts = Array.from({ length: 70 }, () => cut)
      assert.strictEqual(linesOf(cutInto(bytesOf(line(65_536)), cuts)).length, 1, `cut at ${cut}`)
      assert.isAtLeast(failsAt(cutInto(bytesOf(line(65_537)), cuts)), 0, `cut at ${cut}`)
    }
  })

  it("the limit is each line's own: many lines in one piece may be longer together", () => {
    assert.deepStrictEqual(linesOf([bytesOf(line(8) + line(8) + line(8))], 8), [line(8), line(8), line(8)])
  })

  it("a line that can only be too long is refused before its end comes, so that nobody fills the memory", () => {
    const piece = bytesOf("x".repeat(1_024))
    assert.strictEqual(failsAt(Array.from({ length: 100 }, () => piece)), 63)
  })

  it("it fails at the same bytes however they are cut", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.integer({ min: 1, max: 14 })),
        FastCheck.array(FastCheck.nat(5)),
        (lengths, cuts) => {
          const tooLong = lengths.some((length) => length > 10)
          const pieces = cutInto(bytesOf(lengths.map(line).join("")), cuts)
          assert.strictEqual(failsAt(pieces, 10) >= 0, tooLong)
        }
      ),
      { numRuns: 500 }
    )
  })
})

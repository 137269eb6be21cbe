import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { makePipedLines } from "../../layers/console/PipedLines.ts"
import { cutInto } from "../support/bytes.ts"

/** What comes of these pieces; no unfinished line of more than 16 bytes is kept. */
const pipedOf = (...pieces: ReadonlyArray<string | Uint8Array>) => {
  const lines = makePipedLines(16)
  return [...pieces.flatMap((piece) => lines.take(Buffer.from(piece as string))), ...lines.end()]
}

describe("what comes over a pipe", () => {
  it("is lines, without what ends them; the last needs no end", () => {
    assert.deepStrictEqual(pipedOf("a\n\nb", "c\r\nd\r"), ["a", "", "bc", "d"])
    assert.deepStrictEqual(pipedOf("a\n"), ["a"])
    assert.deepStrictEqual(pipedOf(), [])
  })

  it("a byte order mark at the beginning is no part of a line, also if it comes in pieces; later ones are", () => {
    assert.deepStrictEqual(pipedOf("\ufeff/me waves\n\ufeffx\n"), ["/me waves", "\ufeffx"])
    const mark = Buffer.from("\ufeff/me\n")
    assert.deepStrictEqual(pipedOf(...Array.from(mark, (byte) => Buffer.of(byte))), ["/me"])
    assert.deepStrictEqual(pipedOf(Buffer.of(0xef, 0x40), "\n"), [{ _tag: "NotUtf8", number: 1 }, "\ufffd@"])
  })

  it("a line that is too long is told once, as soon as it is, and what follows it is taken", () => {
    const lines = makePipedLines(16)
    assert.deepStrictEqual(lines.take(Buffer.from(`a\n${"x".repeat(16)}`)), ["a"])
    assert.deepStrictEqual(lines.take(Buffer.from("x")), [{ _tag: "TooLong", number: 2 }])
    assert.deepStrictEqual(lines.take(Buffer.alloc(1_000, "x")), [])
    assert.deepStrictEqual(lines.take(Buffer.from("x\nb\n")), ["b"])
    assert.deepStrictEqual(pipedOf("x".repeat(10), `${"x".repeat(7)}\nb\n${"y".repeat(16)}`, "\nc"), [
      { _tag: "TooLong", number: 1 },
      "b",
      "y".repeat(16),
      "c"
    ])
  })

  it("what is not UTF-8 is told once, with its line; a � that was written as such is none", () => {
    assert.deepStrictEqual(pipedOf("\ufffd\n", Buffer.from("ok\ngr\u00fcn\nbl\u00f6d\n", "latin1")), [
      "\ufffd",
      "ok",
      { _tag: "NotUtf8", number: 3 },
      "gr\ufffdn",
      "bl\ufffdd"
    ])
  })

  it("it does not matter in which pieces it comes", () => {
    const text = FastCheck.array(FastCheck.constantFrom("a", "你", "\n", "\r\n", "\ufffd", "👍🏽", "\ufeff"))
    FastCheck.assert(
      FastCheck.property(text, FastCheck.array(FastCheck.integer({ min: 1, max: 5 })), (parts, sizes) => {
        const whole = Buffer.from(parts.join(""))
        const told = (pieces: ReadonlyArray<Uint8Array>) => pipedOf(...pieces)
        assert.deepStrictEqual(told(cutInto(whole, sizes)), told(Array.from(whole, (byte) => Buffer.of(byte))))
      })
    )
  })
})

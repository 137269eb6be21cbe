import { assert, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { Segments } from "../../src/protocol/Segments.ts"
import { bytesOf, textOf } from "../support/bytes.ts"

/** The line of the post with that number, as long as asked for. */
const line = (n: number, bytes = 0): string => `${`${n}`.padEnd(Math.max(0, bytes - 1), ".")}\n`

/** Appends posts on from the last, so long each. */
const appendAll = (segments: Segments, lengths: ReadonlyArray<number>): number =>
  lengths.reduce((grown, length) => grown + segments.append(bytesOf(line(segments.last + 1, length))), 0)

/** Appends posts on from the last in blocks of that many. */
const appendBlocks = (segments: Segments, lengths: ReadonlyArray<number>, atATime: number): void => {
  for (const block of Arr.chunksOf(lengths, atATime)) {
    const text = block.map((length, at) => line(segments.last + 1 + at, length)).join("")
    segments.append(bytesOf(text), block.length)
  }
}

const everything = Number.POSITIVE_INFINITY

/** The numbers of all posts after that one, read slice by slice as a link does. */
const readOn = (segments: Segments, after: number, room: number): ReadonlyArray<number> => {
  const numbers: Array<number> = []
  let cursor = after
  for (let slice = segments.slice(cursor, room); slice !== undefined; slice = segments.slice(cursor, room)) {
    if (slice.first > slice.last) {
      assert.deepStrictEqual([slice.bytes.length, slice.first], [0, segments.last + 1])
      return numbers
    }
    const found = textOf(slice.bytes)
      .trimEnd()
      .split("\n")
      .map((each) => Number.parseInt(each, 10))
    assert.deepStrictEqual(
      found,
      Array.from({ length: slice.last - slice.first + 1 }, (_, at) => slice.first + at)
    )
    assert.isTrue(slice.bytes.length <= room || found.length === 1, "more than one post only if they fit")
    assert.isAbove(slice.first, cursor)
    numbers.push(...found)
    cursor = slice.last
  }
  return numbers
}

const upTo = (from: number, last: number) => Array.from({ length: Math.max(0, last - from + 1) }, (_, at) => from + at)

describe("Segments", () => {
  it("an empty one has nothing, and its first post is number 1", () => {
    const segments = new Segments()
    assert.deepStrictEqual([segments.floor, segments.last], [1, 0])
    assert.isUndefined(segments.slice(0, everything))
    segments.append(bytesOf("1\n"))
    assert.deepStrictEqual([segments.floor, segments.last], [1, 1])
    assert.isUndefined(segments.slice(1, everything))
    assert.isUndefined(segments.slice(7, everything))
  })

  it("one that begins after a number goes on from there", () => {
    const segments = new Segments(41)
    assert.deepStrictEqual([segments.floor, segments.last], [42, 41])
    appendAll(segments, [0])
    assert.deepStrictEqual(readOn(segments, 0, everything), [42])
  })

  it("text goes where its bytes would go, but never to two segments", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(
          FastCheck.tuple(FastCheck.boolean(), FastCheck.array(FastCheck.nat(900), { minLength: 1, maxLength: 9 }))
        ),
        FastCheck.nat(30),
        (chunks, after) => {
          const segments = new Segments(0, false, 4_096)
          let expected = ""
          let grown = 0
          for (const [isText, lengths] of chunks) {
            const before = segments.last
            const lines = lengths.map((length, at) => line(before + 1 + at, length))
            const text = lines.join("")
            const ends = lines.map((_, at) => lines.slice(0, at + 1).join("").length)
            expected += text
            grown += isText ? segments.appendText({ text, ends }) : segments.append(bytesOf(text), lines.length)
            if (isText) assert.strictEqual(textOf(segments.slice(before, everything)?.bytes ?? new Uint8Array()), text)
          }
          let all = ""
          for (let slice = segments.slice(0, everything); slice; slice = segments.slice(slice.last, everything)) {
            all += textOf(slice.bytes)
          }
          assert.strictEqual(all, expected)
          assert.strictEqual(grown, segments.bytes)
          assert.deepStrictEqual(readOn(segments, after, 1_000), upTo(after + 1, segments.last))
        }
      )
    )
  })

  it("slices never cross: whatever the lengths and the room, a link reads each post once and in order", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.oneof(FastCheck.nat(80), FastCheck.integer({ min: 500, max: 3_000 })), {
          maxLength: 60
        }),
        FastCheck.integer({ min: 1, max: 5_000 }),
        FastCheck.nat(60),
        FastCheck.integer({ min: 1, max: 20 }),
        (lengths, room, after, atATime) => {
          const segments = new Segments()
          appendBlocks(segments, lengths, atATime)
          assert.deepStrictEqual(readOn(segments, after, room), upTo(after + 1, lengths.length))
        }
      ),
      { numRuns: 500 }
    )
  })

  it("no slice cuts what was appended whole: it begins and ends where that does, whatever is asked for", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.array(FastCheck.nat(900), { minLength: 1, maxLength: 12 }), {
          minLength: 1,
          maxLength: 40
        }),
        FastCheck.integer({ min: 1, max: 5_000 }),
        FastCheck.nat(100),
        FastCheck.nat(200),
        FastCheck.nat(60),
        (blocks, room, after, more, dropped) => {
          const segments = new Segments(0, true)
          const ends = [0]
          for (const lengths of blocks) {
            appendBlocks(segments, lengths, lengths.length)
            ends.push(segments.last)
          }
          segments.dropTo(dropped)
          assert.include([...ends.map((end) => end + 1)], segments.floor)
          const slice = segments.slice(after, room, after + more)
          if (slice === undefined) return assert.isAtLeast(after, segments.last)
          assert.include(ends, slice.first - 1)
          assert.include(ends, slice.last)
          assert.isAtMost(slice.first, Math.max(after + 1, segments.floor))
          const inside = ends.filter((end) => end >= slice.first && end < slice.last)
          if (inside.length > 0) {
            assert.isAtMost(slice.bytes.length, room)
            assert.isBelow(inside.at(-1) ?? 0, Math.max(after + more, after + 1))
          }
          const next = ends.find((end) => end > slice.last)
          if (next === undefined || slice.last >= after + more) return
          const longer = segments.slice(slice.first - 1, everything, next)
          // What begins another segment is another slice.
          if (longer?.last === next) assert.isAbove(longer.bytes.length, room)
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("a slice goes no further than it is asked to", () => {
    const segments = new Segments()
    appendAll(segments, [10, 10, 10, 10])
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 9].map((to) => segments.slice(0, everything, to)?.last),
      [1, 1, 2, 3, 4, 4]
    )
  })

  it("a slice takes as many posts as fit, to the byte", () => {
    const segments = new Segments()
    appendAll(segments, [10, 10, 10])
    assert.deepStrictEqual(
      [1, 9, 10, 19, 20, 29, 30, 31].map((room) => segments.slice(0, room)?.last),
      [1, 1, 1, 1, 2, 2, 3, 3]
    )
  })

  it("a slice stays as it was while posts are appended and dropped", () => {
    const segments = new Segments()
    appendAll(segments, [100, 100])
    const kept = segments.slice(0, everything)
    const before = textOf(kept?.bytes ?? new Uint8Array())
    appendAll(
      segments,
      Array.from({ length: 2_000 }, () => 100)
    )
    segments.dropTo(2_000)
    segments.skipTo(5_000)
    appendAll(segments, [100])
    assert.strictEqual(textOf(kept?.bytes ?? new Uint8Array()), before)
    assert.strictEqual(before, line(1, 100) + line(2, 100))
  })

  it("memory grows by whole segments, twofold each up to 64 KiB, and by a longer post's own length", () => {
    const segments = new Segments()
    const grown = Array.from({ length: 400 }, () => appendAll(segments, [1_000])).filter((bytes) => bytes > 0)
    assert.deepStrictEqual(grown.slice(0, 9), [1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 65_536, 65_536])
    assert.strictEqual(appendAll(segments, [70_000]), 70_000)
    assert.strictEqual(segments.slice(segments.last - 1, 1)?.bytes.length, 70_000)
  })

  it("dropping frees whole segments, what they had grown by, and none with a post above the number", () => {
    const segments = new Segments()
    appendAll(segments, [600, 600, 600, 600, 600])
    // Segments of 1,024, 2,048 and 4,096 bytes, with the posts 1, 2 to 4, and 5.
    assert.strictEqual(segments.dropTo(0), 0)
    assert.strictEqual(segments.dropTo(3), 1_024)
    assert.strictEqual(segments.floor, 2)
    assert.deepStrictEqual(readOn(segments, 0, everything), [2, 3, 4, 5])
    assert.strictEqual(segments.dropTo(5), 2_048 + 4_096)
    assert.deepStrictEqual([segments.floor, segments.last], [6, 5])
    assert.isUndefined(segments.slice(5, everything))
    appendAll(segments, [0])
    assert.deepStrictEqual(readOn(segments, 0, everything), [6])
  })

  it("a slice of what is gone altogether is empty, and begins after it: that is how a link can tell", () => {
    const segments = new Segments()
    appendAll(segments, [600, 600])
    segments.dropTo(2)
    assert.deepStrictEqual(segments.slice(0, everything), { bytes: new Uint8Array(0), first: 3, last: 2 })
    segments.skipTo(7)
    assert.deepStrictEqual(segments.slice(6, everything), { bytes: new Uint8Array(0), first: 8, last: 7 })
    assert.isUndefined(segments.slice(7, everything))
  })

  it("skipping frees all, and posts go on after the gap", () => {
    const segments = new Segments()
    const grown = appendAll(segments, [600, 600])
    assert.strictEqual(segments.skipTo(10), grown)
    assert.deepStrictEqual([segments.floor, segments.last], [11, 10])
    appendAll(segments, [0, 0])
    assert.deepStrictEqual(readOn(segments, 0, everything), [11, 12])
    assert.strictEqual(segments.slice(1, everything)?.first, 11)
  })

  it("what was grown is freed to the byte, whatever is appended, dropped and skipped", () => {
    const steps = FastCheck.array(
      FastCheck.oneof(
        FastCheck.record({ append: FastCheck.nat(2_000) }),
        FastCheck.record({ drop: FastCheck.nat(40) }),
        FastCheck.record({ skip: FastCheck.nat(5) })
      )
    )
    FastCheck.assert(
      FastCheck.property(steps, (all) => {
        const segments = new Segments()
        let inUse = 0
        for (const step of all) {
          if ("append" in step) inUse += appendAll(segments, [step.append])
          else if ("drop" in step) inUse -= segments.dropTo(step.drop)
          else inUse -= segments.skipTo(segments.last + step.skip)
          assert.isAtLeast(inUse, 0)
          assert.deepStrictEqual(readOn(segments, 0, everything), upTo(segments.floor, segments.last))
        }
        assert.strictEqual(segments.dropTo(segments.last), inUse)
      }),
      { numRuns: 500 }
    )
  })
})

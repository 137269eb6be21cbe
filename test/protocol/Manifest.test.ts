import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { digestOfPiece, Layout, type OfferedFile, pieceBytes } from "../../src/domain/Manifest.ts"
import { decode, encode } from "../../src/protocol/Manifest.ts"

const digestsOf = (files: ReadonlyArray<OfferedFile>) =>
  Uint8Array.from({ length: new Layout(files).pieces * 32 }, (_, at) => at % 251)

const manifest = (...files: ReadonlyArray<OfferedFile>) => ({ files, digests: digestsOf(files) })

const bytes = (head: string, digests = new Uint8Array()): Uint8Array => Buffer.concat([Buffer.from(head), digests])

const size = FastCheck.oneof(FastCheck.integer({ min: 0, max: 20 }), FastCheck.integer({ min: 0, max: 3 * pieceBytes }))

const files = FastCheck.array(size, { minLength: 1, maxLength: 12 }).map((sizes) =>
  sizes.map((size, at) => ({ path: `f/${at}`, size }))
)

describe("manifests", () => {
  it("comes back from its bytes, and ends its line of JSON before the digests", () => {
    FastCheck.assert(
      FastCheck.property(files, (each) => {
        const once = encode(manifest(...each))
        const again = Either.getOrThrow(decode(once))
        assert.deepStrictEqual(again.files, each)
        assert.deepStrictEqual(Buffer.from(encode(again)), Buffer.from(once))
      })
    )
    const one = manifest({ path: "a.txt", size: pieceBytes + 1 })
    assert.deepStrictEqual(
      Buffer.from(encode(one)),
      bytes('{"outlive":"manifest","version":1,"piece":262144,"files":[{"path":"a.txt","size":262145}]}\n', one.digests)
    )
    assert.deepStrictEqual(digestOfPiece(one, 1), one.digests.subarray(32))
  })

  it("of many files it is written in parts, and as one", () => {
    for (const count of [999, 1_000, 1_001, 2_500]) {
      const many = Array.from({ length: count }, (_, at) => ({ path: `f/${at}`, size: at % 3 }))
      const once = encode(manifest(...many))
      const line = JSON.stringify({ outlive: "manifest", version: 1, piece: pieceBytes, files: many })
      assert.deepStrictEqual(Buffer.from(once), bytes(`${line}\n`, digestsOf(many)))
      assert.deepStrictEqual(Either.getOrThrow(decode(once)).files, many)
      assert.isTrue(Either.isLeft(decode(bytes(`${line.slice(0, -1)},"a":1}\n`, digestsOf(many)))))
    }
  })

  it("what is no manifest is refused, with a reason", () => {
    const whole = Buffer.from(encode(manifest({ path: "a", size: 3 })))
    const head = (path: unknown, size: unknown = 0): Uint8Array =>
      bytes(`${JSON.stringify({ outlive: "manifest", version: 1, piece: pieceBytes, files: [{ path, size }] })}\n`)
    const wrong: ReadonlyArray<readonly [Uint8Array, string]> = [
      [bytes(""), "does not begin"],
      [bytes("{}\n"), "does not begin"],
      [bytes("null\n"), "does not begin"],
      [bytes('"manifest"\n'), "does not begin"],
      [whole.subarray(0, 40), "does not begin"],
      [bytes(whole.toString("latin1").replace('"version":1', '"version":2')), "version"],
      [bytes(whole.toString("latin1").replace("262144", "1")), "version"],
      [bytes('{"outlive":"manifest","version":1,"piece":262144,"files":[]}\n'), "names no files"],
      [bytes('{"outlive":"manifest","version":1,"piece":262144}\n'), "names no files"],
      [whole.subarray(0, -1), "digest"],
      [Buffer.concat([whole, Buffer.alloc(32)]), "digest"],
      [head("a", 1), "digest"],
      [head("a", 2 ** 53 - 1), "digest"],
      [head("a", -1), "no size"],
      [head("a", 0.5), "no size"],
      [head("a", "0"), "no size"],
      [head("a", 1e300), "no size"],
      [bytes('{"outlive":"manifest","version":1,"piece":262144,"files":[null]}\n'), "no size"],
      // The same said in another way would have another digest.
      [bytes('{ "outlive":"manifest","version":1,"piece":262144,"files":[{"path":"a","size":0}]}\n'), "usual way"],
      [bytes('{"outlive":"manifest","version":1,"piece":262144,"files":[{"path":"a","size":0,"x":1}]}\n'), "usual way"],
      [bytes('{"outlive":"manifest","version":1,"piece":262144,"files":[{"path":"\\u0061","size":0}]}\n'), "usual way"]
    ]
    for (const [each, why] of wrong) {
      const decoded = decode(each)
      assert.include(Either.isLeft(decoded) ? decoded.left : "none", why)
    }
    for (const path of [
      "",
      "/a",
      "a/",
      "a//b",
      "../a",
      "a/../b",
      "./a",
      "a/.",
      "a\\b",
      "C:\\x",
      "C:x",
      "a\u0000",
      "a\nb"
    ])
      assert.isTrue(Either.isLeft(decode(head(path))), path)
    for (const path of [".. /a", "a/ ", "a".repeat(2_049), "\ud800", 1, null])
      assert.isTrue(Either.isLeft(decode(head(path))), String(path))
    for (const path of ["a", ".a", "a/.b/c..d", "日本", "con"]) assert.isTrue(Either.isRight(decode(head(path))), path)
  })

  it("a manifest of a terabyte has too many digests, and none is read", () => {
    const head = '{"outlive":"manifest","version":1,"piece":262144,"files":[{"path":"a","size":1099511627776}]}\n'
    const decoded = decode(bytes(head, new Uint8Array(64)))
    assert.include(Either.isLeft(decoded) ? decoded.left : "none", "digest")
    assert.isTrue(Either.isLeft(decode(new Uint8Array(64 * 1024 * 1024 + 1))))
  })
})

describe("where pieces lie", () => {
  it("the spans of all pieces are the files, byte for byte and in order", () => {
    FastCheck.assert(
      FastCheck.property(files, (each) => {
        const layout = new Layout(each)
        const written = each.map(() => 0)
        let total = 0
        for (let piece = 0; piece < layout.pieces; piece += 1) {
          let inPiece = 0
          for (const span of layout.spansOf(piece)) {
            assert.strictEqual(span.inPiece, inPiece)
            assert.strictEqual(span.at, written[span.file])
            assert.isAbove(span.bytes, 0)
            written[span.file] = (written[span.file] ?? 0) + span.bytes
            inPiece += span.bytes
          }
          assert.strictEqual(inPiece, layout.bytesOf(piece))
          assert.isTrue(piece === layout.pieces - 1 || inPiece === pieceBytes)
          total += inPiece
        }
        assert.deepStrictEqual(
          written,
          each.map(({ size }) => size)
        )
        assert.strictEqual(total, layout.bytes)
        assert.isEmpty(layout.spansOf(layout.pieces))
      })
    )
  })
})

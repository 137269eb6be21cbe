import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe } from "vitest"
import {
  authorOf,
  Epoch,
  epochOf,
  isEarlier,
  mainRoom,
  Post,
  PostNumber,
  postOf,
  StreamId,
  Summary,
  streamOf
} from "../../src/domain/Post.ts"
import * as Arbitraries from "../support/arbitraries.ts"

describe("Post", () => {
  it("an epoch is when a run began, and 32 bits of chance", () => {
    assert.strictEqual(epochOf(1_767_225_600_000, 0xdeadbeef), "1767225600000-deadbeef")
    assert.strictEqual(epochOf(0, 0), "0-00000000")
    assert.strictEqual(epochOf(7, 2 ** 32 - 1), "7-ffffffff")
  })

  it("the run that began first is the earlier one, whatever chance says", () => {
    assert.isTrue(isEarlier(epochOf(999, 0xffffffff), epochOf(1_000, 0)))
    assert.isFalse(isEarlier(epochOf(1_000, 0), epochOf(999, 0xffffffff)))
    assert.isTrue(isEarlier(epochOf(5, 1), epochOf(5, 2)))
  })

  it("of two different epochs exactly one is earlier, and none is earlier than itself", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.epoch, Arbitraries.epoch, (one, other) => {
        assert.isFalse(isEarlier(one, one))
        if (one !== other) assert.notStrictEqual(isEarlier(one, other), isEarlier(other, one))
      })
    )
  })

  it("epochs have one order: earlier than an earlier one is earlier", () => {
    const close = FastCheck.tuple(FastCheck.nat(3), FastCheck.nat(3)).map(([millis, random]) => epochOf(millis, random))
    FastCheck.assert(
      FastCheck.property(close, close, close, (a, b, c) => {
        if (isEarlier(a, b) && isEarlier(b, c)) assert.isTrue(isEarlier(a, c))
      })
    )
  })

  it("a stream's id names its author", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.peerId, Arbitraries.epoch, (author, epoch) => {
        const stream = streamOf(author, mainRoom, epoch)
        assert.strictEqual(stream, `${author}/main/${epoch}`)
        assert.strictEqual(authorOf(stream), author)
      })
    )
  })

  it("read by hand is what the Schema makes of it, whatever comes", () => {
    const decode = Schema.decodeUnknownEither(Post)
    const odd = FastCheck.oneof(
      FastCheck.constantFrom(undefined, null, 0, -1, 1.5, 2 ** 53, "", [], {}, "a/main/1-00000000", Number.NaN, true),
      FastCheck.dictionary(Arbitraries.streamId, FastCheck.oneof(Arbitraries.postNumber, FastCheck.constant(0))),
      FastCheck.constant(JSON.parse('{"__proto__":1}')),
      FastCheck.jsonValue()
    )
    const spoilt = FastCheck.tuple(
      Arbitraries.post,
      FastCheck.dictionary(FastCheck.constantFrom("stream", "n", "at", "deps", "text", "type", "more"), odd),
      FastCheck.constantFrom("", "stream", "n", "at", "deps", "text")
    ).map(([post, spoiling, left]) => {
      const { [left as "n"]: _, ...value } = { ...post, ...spoiling }
      return value
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(Arbitraries.post, spoilt), (value) => {
        assert.deepStrictEqual(postOf(value), Option.getOrUndefined(Either.getRight(decode(value))))
      }),
      { numRuns: 3_000 }
    )
  })

  it("what is no epoch, no stream or no number is refused", () => {
    const refuses = (schema: Schema.Schema.AnyNoContext, value: unknown) =>
      assert.isTrue(Either.isLeft(Schema.decodeUnknownEither(schema)(value)), JSON.stringify(value))
    for (const bad of [
      "",
      "1",
      "1-",
      "-00000000",
      "1-0000000G",
      "1-000000000",
      "1-ABCDEF00",
      "1234567890123456-00000000"
    ]) {
      refuses(Epoch, bad)
    }
    for (const bad of ["", "a", "a/main", "a/main/1", "/main/1-00000000", "a//1-00000000", "a/b/c/1-00000000"]) {
      refuses(StreamId, bad)
    }
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 53, "1"]) refuses(PostNumber, bad)
    refuses(Summary, [["a/main/1-00000000", -1]])
  })
})

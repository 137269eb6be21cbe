import { assert, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import {
  type Answer,
  AnswerDecoder,
  encodeHead,
  encodeRequest,
  makeRequestDecoder,
  maxBodyBytes,
  maxHeaderBytes,
  maxRequestBytes,
  mostAsked,
  type Request
} from "../../src/protocol/TransferStream.ts"
import { bytesOf } from "../support/bytes.ts"

const whole = FastCheck.nat(1_000_000)
const bytes = (maxLength: number) => FastCheck.uint8Array({ maxLength })

const request: FastCheck.Arbitrary<Request> = FastCheck.oneof(
  whole.map((from): Request => ({ type: "manifest", from })),
  FastCheck.tuple(whole, FastCheck.integer({ min: 1, max: mostAsked })).map(
    ([first, count]): Request => ({ type: "pieces", first, count })
  ),
  FastCheck.boolean().map((whole): Request => ({ type: "stop", whole }))
)

const answer: FastCheck.Arbitrary<Answer> = FastCheck.oneof(
  FastCheck.constant<Answer>({ type: "has", pieces: "all" }),
  bytes(300).map((pieces): Answer => ({ type: "has", pieces })),
  FastCheck.tuple(whole, bytes(300)).map(([from, bytes]): Answer => ({ type: "manifest", from, bytes })),
  FastCheck.tuple(whole, bytes(300)).map(([piece, bytes]): Answer => ({ type: "piece", piece, bytes })),
  whole.map((piece): Answer => ({ type: "gone", piece }))
)

const onWire = (answer: Answer): Uint8Array =>
  "bytes" in answer ? Buffer.concat([encodeHead(answer), answer.bytes]) : encodeHead(answer)

/** The same bytes in slices of these sizes, again and again. */
const cut = (all: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const slices: Array<Uint8Array> = []
  for (let at = 0, turn = 0; at < all.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    slices.push(all.subarray(at, at + size))
    at += size
  }
  return slices
}

const sizes = FastCheck.array(FastCheck.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 })

/** Plain values, which compare by their bytes. */
const plain = (answers: ReadonlyArray<Answer>) =>
  answers.map((each) => ({
    ...each,
    ...("bytes" in each ? { bytes: [...each.bytes] } : {}),
    ...(each.type === "has" && each.pieces !== "all" ? { pieces: [...each.pieces] } : {})
  }))

const refusedAnswer = (line: string | Uint8Array): boolean =>
  Either.isLeft(new AnswerDecoder().decode(typeof line === "string" ? bytesOf(line) : line))

describe("TransferStream", () => {
  it("requests are decoded to what was encoded, however they are cut", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(request), sizes, (requests, sizes) => {
        const decode = makeRequestDecoder()
        const slices = cut(Buffer.concat(requests.map(encodeRequest)), sizes)
        assert.deepStrictEqual(
          slices.flatMap((slice) => Either.getOrThrow(decode([slice]))),
          requests
        )
      })
    )
  })

  it("answers are decoded to what was encoded, however they are cut", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(answer), sizes, (answers, sizes) => {
        const decoder = new AnswerDecoder()
        const slices = cut(Buffer.concat(answers.map(onWire)), sizes)
        // The memory that they come in is used again.
        const decoded = slices.flatMap((slice) => {
          const lent = new Uint8Array(slice)
          const some = Either.getOrThrow(decoder.decode(lent))
          lent.fill(0)
          return some
        })
        assert.deepStrictEqual(plain(decoded), plain(answers))
        assert.strictEqual(decoder.underWay, 0)
      })
    )
  })

  it("what is no request is refused, and nothing is thrown", () => {
    for (const line of [
      "\n",
      "{}\n",
      "null\n",
      "[]\n",
      '{"get":"manifest"}\n',
      '{"get":"manifest","from":-1}\n',
      '{"get":[0]}\n',
      '{"get":[0,0]}\n',
      '{"get":[-1,1]}\n',
      '{"get":[0.5,1]}\n',
      `{"get":[0,${mostAsked + 1}]}\n`,
      '{"get":[1e300,1]}\n',
      '{"stop":false}\n',
      "\u0016\u0003\u0001\n",
      `{"get":"${"x".repeat(maxRequestBytes)}`
    ]) {
      assert.isTrue(Either.isLeft(makeRequestDecoder()([bytesOf(line)])), line.slice(0, 60))
    }
  })

  it("what is no answer is refused, and nothing is allocated for bytes that would be too many", () => {
    for (const line of [
      "\n",
      "{}\n",
      '{"has":1}\n',
      '{"has":"*"}\n',
      '{"piece":0}\n',
      '{"piece":0,"bytes":-1}\n',
      '{"piece":-1,"gone":true}\n',
      `{"piece":0,"bytes":${maxBodyBytes + 1}}\n`,
      '{"piece":0,"bytes":1e300}\n',
      '{"manifest":1099511627776,"from":0}\n',
      '{"manifest":5}\n',
      `{"piece":0,"gone":true,"x":"${"x".repeat(maxHeaderBytes)}"}\n`,
      `{"has":"${"A".repeat(maxHeaderBytes)}`
    ]) {
      assert.isTrue(refusedAnswer(line), line.slice(0, 60))
    }
    assert.isTrue(refusedAnswer(new Uint8Array([0xff, 0x0a])))
  })

  it("a set of pieces may be as long as its number of pieces wants, no other line", () => {
    const decoder = new AnswerDecoder()
    const pieces = new Uint8Array(20_000).fill(0xff)
    assert.isTrue(Either.isLeft(new AnswerDecoder().decode(encodeHead({ type: "has", pieces }))))
    decoder.mostHasBytes = 40_000
    assert.strictEqual(Either.getOrThrow(decoder.decode(encodeHead({ type: "has", pieces }))).length, 1)
    const long = `{"piece":0,"gone":true,"x":"${"x".repeat(maxHeaderBytes)}"}\n`
    assert.isTrue(Either.isLeft(decoder.decode(bytesOf(long))))
  })
})

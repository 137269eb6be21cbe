import { assert, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { noDeps, type Post, PostNumber, runOf } from "../../src/domain/Post.ts"
import {
  Control,
  decode,
  encode,
  encodeList,
  encodePost,
  encodePosts,
  listedIn,
  maxFrameBytes,
  maxListed,
  plainPosts,
  protocolVersion
} from "../../src/protocol/Frame.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { bytesOf, textOf } from "../support/bytes.ts"
import * as samples from "../support/samples.ts"

const decoded = (line: Uint8Array) => Either.getOrThrow(decode(line))

/** Why a line is no frame; nothing is ever thrown. */
const refusal = (line: string | Uint8Array): string => {
  const frame = decode(typeof line === "string" ? bytesOf(line) : line)
  assert.isTrue(Either.isLeft(frame), `taken for a frame: ${typeof line === "string" ? line.slice(0, 80) : line}`)
  return Either.isLeft(frame) ? frame.left._tag : ""
}

const malformed = (lines: ReadonlyArray<string | Uint8Array>): void => {
  for (const line of lines) assert.strictEqual(refusal(line), "FrameMalformed")
}

const hello = {
  type: "hello",
  protocol: protocolVersion,
  id: "3",
  epoch: "1-00000000",
  host: "localhost",
  port: 6003,
  member: false
}
const post = { type: "post", stream: "3/main/1-00000000", n: 1, at: 0, deps: { "4/main/1-00000000": 7 }, text: "hello" }
const plain = '{"type":"post","stream":"3/main/1-00000000","n":1,"at":0,"deps":{},"text":"hello"}\n'

const longest = {
  id: "x".repeat(32),
  host: "h".repeat(253),
  stream: (author: number) => `${String(author).padStart(32, "x")}/${"r".repeat(32)}/${"9".repeat(15)}-ffffffff`
}

describe("Frame", () => {
  it("every frame is decoded to what was encoded, and takes one line", () => {
    const kinds = new Set<string>()
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Control), (frame) => {
        const line = encode(frame)
        kinds.add(frame.type)
        assert.deepStrictEqual(decoded(line), frame)
        assert.strictEqual(line.indexOf(0x0a), line.length - 1)
      }),
      { numRuns: 1_000 }
    )
    assert.deepStrictEqual([...kinds].sort(), [
      "bye",
      "call",
      "cipher",
      "connect",
      "connected",
      "dropped",
      "earlier",
      "fetch",
      "folded",
      "gap",
      "guests",
      "have",
      "hello",
      "holds",
      "introduce",
      "join",
      "joined",
      "left",
      "members",
      "missing",
      "moved",
      "ping",
      "pong",
      "recall",
      "refused",
      "rooms",
      "roster",
      "seek",
      "serve",
      "servers",
      "serving",
      "site",
      "stranger",
      "want",
      "welcome"
    ])
  })

  it("a post is encoded as JSON would, and decoded to what was said", () => {
    // Most of what is said is ASCII, and has nothing to escape: texts that nearly are so, besides any.
    const plain = FastCheck.tuple(Arbitraries.post, FastCheck.string()).map(([said, text]) => ({ ...said, text }))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(Arbitraries.post, plain), (said) => {
        const line = encodePost(said)
        const { at, deps, n, stream, text } = said
        assert.strictEqual(textOf(line), `${JSON.stringify({ type: "post", stream, n, at, deps, text })}\n`)
        assert.strictEqual(line.indexOf(0x0a), line.length - 1)
        const frame = decoded(line)
        assert.strictEqual(frame.type, "post")
        if (frame.type === "post") {
          assert.deepStrictEqual(frame.post, said)
          assert.strictEqual(frame.line, line)
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("plain posts of one stream are put together to what each is encoded to", () => {
    const ascii = FastCheck.string({ maxLength: 20 })
    const texts = FastCheck.array(FastCheck.oneof(ascii, ascii, ascii, FastCheck.fullUnicodeString({ maxLength: 5 })))
    const deps = FastCheck.constantFrom(noDeps, { [samples.stream("2")]: PostNumber.make(7) })
    FastCheck.assert(
      FastCheck.property(texts, deps, FastCheck.nat(9), (texts, first, changes) => {
        const posts = texts.map(
          (text, at): Post => ({
            stream: samples.stream("1"),
            n: PostNumber.make(at + 1),
            at: at < changes ? 1 : 2,
            deps: at === 0 ? first : noDeps,
            text
          })
        )
        const plain = plainPosts(posts)
        const isPlain = texts.every((text) => JSON.stringify(text) === `"${text}"` && /^[ -~]*$/.test(text))
        assert.strictEqual(plain !== undefined, isPlain)
        if (plain === undefined) return
        assert.strictEqual(plain.text, textOf(encodePosts(posts)))
        assert.deepStrictEqual(
          plain.ends.map((end, at) => plain.text.slice(plain.ends[at - 1] ?? 0, end)),
          posts.map((post) => textOf(encodePost(post)))
        )
      })
    )
  })

  it("a plain post that is changed anywhere is what JSON makes of it, or no frame", () => {
    const inserted = FastCheck.oneof(
      FastCheck.constantFrom(
        '"',
        "\\",
        "0",
        "-",
        ".",
        " ",
        ",",
        "{",
        "}",
        "\n",
        "\t",
        "\u0000",
        "\u0085",
        "é",
        '","n":2,"x":"'
      ),
      FastCheck.string({ unit: "grapheme", maxLength: 2 })
    )
    let frames = 0
    FastCheck.assert(
      FastCheck.property(
        Arbitraries.post,
        FastCheck.nat(999),
        FastCheck.nat(2),
        inserted,
        (said, perMille, removed, added) => {
          const whole = textOf(encodePost({ ...said, deps: {}, text: said.text.replace(/[\\"]/g, "") }))
          const at = Math.floor((perMille / 1_000) * whole.length)
          const line = bytesOf(whole.slice(0, at) + added + whole.slice(at + removed))
          const frame = decode(line)
          if (Either.isLeft(frame) || frame.right.type !== "post") return
          frames += 1
          const { at: when, deps = {}, n, stream, text } = JSON.parse(textOf(line))
          assert.deepStrictEqual({ ...frame.right.post }, { stream, n, at: when, deps, text })
        }
      ),
      { numRuns: 3_000 }
    )
    assert.isAbove(frames, 100)
  })

  it("fields that a later version may add are passed over", () => {
    assert.deepStrictEqual(decoded(bytesOf('{"type":"ping","since":2}\n')), { type: "ping" })
  })

  it("bytes that are no UTF-8 are malformed", () => {
    const inText = [[0xff], [0xc3, 0x28], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]
    malformed(inText.map((bad) => Buffer.concat([bytesOf('{"type":"ping","x":"'), Buffer.from(bad), bytesOf('"}\n')])))
    malformed([Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf('{"type":"ping"}\n')])])
  })

  it("what is no JSON, or no object, is malformed", () => {
    malformed(["", "\n", "hello\n", "{\n", '{"type":"ping"\n', "{'type':'ping'}\n", '{"type":"ping"}{"type":"ping"}\n'])
    malformed(["null\n", "1\n", '"ping"\n', "true\n", "[]\n", '["ping"]\n', '[{"type":"ping"}]\n', "{}\n"])
    malformed(["GET / HTTP/1.1\r\n", "\u0016\u0003\u0001\n"])
  })

  it("a number that JSON does not know is malformed", () => {
    assert.strictEqual(decoded(bytesOf(plain)).type, "post")
    malformed(['"n":01', '"n":+1', '"n":1.', '"n":0', '"n":1e999'].map((n) => plain.replace('"n":1', n)))
    malformed(['"at":00', '"at":-1', '"at":.5'].map((at) => plain.replace('"at":0', at)))
  })

  it("a post may name 200 others, and numbers end at 2^53 - 1, as docs/PROTOCOL.md says", () => {
    const below = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}/main/1-00000000`, 1]))
    const frame = (fields: object) => `${JSON.stringify({ ...post, ...fields })}\r\n`
    for (const fields of [{ deps: below(200) }, { n: 2 ** 53 - 1 }, { at: 2 ** 53 - 1 }]) {
      assert.strictEqual(decoded(bytesOf(frame(fields))).type, "post")
    }
    malformed([{ deps: below(201) }, { n: 2 ** 53 }, { at: 2 ** 53 }, { deps: { "a/main/1-00000000": 0 } }].map(frame))
  })

  it("a field that may be left out may not be null", () => {
    for (const key of ["chat", "history", "to", "pass"]) malformed([`${JSON.stringify({ ...hello, [key]: null })}\n`])
  })

  it("an unknown type of frame is malformed", () => {
    for (const type of ["nonsense", "", "PING", "__proto__", "constructor", "toString", 1, null, ["ping"], { a: 1 }]) {
      malformed([JSON.stringify({ ...hello, ...post, type })])
    }
  })

  it("each field of a wrong type, or left out, is malformed", () => {
    for (const frame of [hello, post]) {
      for (const key of Object.keys(frame)) {
        // Who has seen nothing need not say so.
        if (key !== "deps") malformed([JSON.stringify({ ...frame, [key]: undefined })])
        for (const wrong of [null, [], 1.5, "\u0000", ...(key === "deps" ? [] : [{}])]) {
          if (key !== "text" || typeof wrong !== "string") malformed([JSON.stringify({ ...frame, [key]: wrong })])
        }
      }
    }
    malformed([
      JSON.stringify({ ...hello, port: 65_536 }),
      JSON.stringify({ ...hello, member: "false" }),
      JSON.stringify({ ...post, n: 0 }),
      JSON.stringify({ ...post, n: "1" }),
      JSON.stringify({ ...post, text: 1 }),
      ...[0, -1, 1.5, "1", null].map((n) => JSON.stringify({ ...post, deps: { "4/main/1-00000000": n } })),
      JSON.stringify({ ...hello, history: -1 }),
      JSON.stringify({ ...hello, history: "1" }),
      JSON.stringify({ type: "want", stream: post.stream, after: -1, to: 1 }),
      JSON.stringify({ type: "want", stream: post.stream, after: 0 }),
      JSON.stringify({ type: "want", stream: post.stream, after: 0, to: 1.5 }),
      JSON.stringify({ type: "earlier", posts: -1 }),
      JSON.stringify({ type: "earlier" }),
      JSON.stringify({ type: "recall", posts: -1 }),
      JSON.stringify({ type: "earlier", posts: 1, room: "a b" }),
      JSON.stringify({ type: "rooms", rooms: ["ops", "a/b"] }),
      JSON.stringify({ type: "rooms" }),
      JSON.stringify({ type: "join", room: "ops" }),
      JSON.stringify({ type: "join", room: "", posts: 1 }),
      JSON.stringify({ type: "joined", room: "ops", streams: { ops: 1 }, more: false }),
      JSON.stringify({ type: "joined", room: "ops", streams: {}, more: false, folded: {} }),
      JSON.stringify({ type: "have", streams: {}, more: false, room: "a b" }),
      JSON.stringify({ type: "have", streams: { ops: 1 }, more: false, room: "ops" }),
      JSON.stringify({ type: "have", streams: {}, more: false, folded: { upTo: "1", lines: 1 } }),
      JSON.stringify({ type: "refused", id: "3", reason: "because", detail: "" }),
      JSON.stringify({ type: "roster", peers: {} }),
      JSON.stringify({ type: "roster", peers: [null] }),
      JSON.stringify({ type: "roster", peers: [["3", 6003, "00000000"]] }),
      JSON.stringify({ type: "roster", peers: [["3", 6003, "0000000", "localhost"]] }),
      JSON.stringify({ type: "roster", peers: [["3", 0, "00000000", "localhost"]] }),
      JSON.stringify({ type: "gap", stream: post.stream, to: -1 }),
      '{"type":"post","stream":"3/main/1-00000000","n":1e999,"at":0,"deps":{},"text":""}'
    ])
  })

  it("ids, hosts, epochs and streams out of their pattern are malformed", () => {
    for (const bad of ["", "a b", "x".repeat(33), "a/b", "../x", "a\u001b", "ä"]) {
      malformed([
        JSON.stringify({ ...hello, id: bad }),
        JSON.stringify({ ...hello, to: bad }),
        JSON.stringify({ ...hello, epoch: bad }),
        JSON.stringify({ ...post, stream: bad }),
        JSON.stringify({ ...post, stream: `${bad}/main/1-00000000` }),
        JSON.stringify({ ...post, deps: { [bad]: 1 } }),
        JSON.stringify({ type: "gap", stream: bad, to: 1 }),
        JSON.stringify({ type: "want", stream: bad, after: 0, to: 1 }),
        JSON.stringify({ type: "have", streams: { [bad]: 1 }, more: false }),
        JSON.stringify({ type: "roster", peers: [[bad, 6003, "00000000", "localhost"]] })
      ])
    }
    malformed([JSON.stringify({ ...hello, host: "a b" }), JSON.stringify({ ...hello, host: "" })])
  })

  it("no key reaches a prototype", () => {
    malformed(['{"type":"have","streams":{"__proto__":1},"more":false}\n', '{"__proto__":{"type":"ping"}}\n'])
    const frame = decoded(
      bytesOf('{"type":"ping","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}}}\n')
    )
    assert.deepStrictEqual(Object.keys(frame), ["type"])
    assert.strictEqual(Object.getPrototypeOf(frame), Object.prototype)
    assert.notProperty({}, "polluted")
  })

  it("JSON that nests as deep as a line allows is malformed, wherever it stands, and breaks nothing", () => {
    const deep = `${"[".repeat(32_000)}${"]".repeat(32_000)}`
    const deepObject = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`
    for (const value of [deep, deepObject]) {
      malformed([
        `${value}\n`,
        `{"type":${value}}\n`,
        `{"type":"post","stream":${value}}\n`,
        `{"type":"post","stream":"3/main/1-00000000","n":1,"at":0,"deps":{},"text":${value}}\n`,
        `{"type":"post","stream":"3/main/1-00000000","n":1,"at":0,"deps":${value},"text":""}\n`,
        `{"type":"earlier","posts":${value}}\n`,
        `{"type":"hello","id":${value}}\n`,
        `{"type":"have","streams":{"3/main/1-00000000":${value}},"more":false}\n`,
        `{"type":"have","streams":${value},"more":false}\n`,
        `{"type":"roster","peers":${value}}\n`
      ])
    }
  })

  it("no bytes whatever throw", () => {
    const anything = FastCheck.oneof(
      FastCheck.uint8Array(),
      FastCheck.json().map(bytesOf),
      FastCheck.record({
        type: FastCheck.constantFrom("hello", "post", "have", "gap", "roster"),
        x: FastCheck.jsonValue()
      }).map(({ type, x }) => bytesOf(JSON.stringify({ ...hello, ...post, streams: x, peers: x, type })))
    )
    FastCheck.assert(
      FastCheck.property(anything, (bytes) => {
        decode(bytes)
      }),
      { numRuns: 1_000 }
    )
  })

  it("clients in a list share the host of the one before, and each gets its own", () => {
    const peers = [samples.peer("1", 6001, "a"), samples.peer("2", 6002, "a"), samples.peer("3", 6003, "b")]
    const all = [...peers, ...peers].map((peer, at) => ({ peer, run: runOf(samples.epoch(at)) }))
    const line = encodeList("roster", all)
    const frame = decoded(line)
    assert.deepStrictEqual(frame.type === "roster" && listedIn(frame.peers), all)
    assert.include(textOf(line), '["1",6001,"00000000","a"],["2",6002,"00000000"],["3",6003,"00000000","b"]')
    assert.strictEqual(textOf(encodeList("introduce", [])), '{"type":"introduce","peers":[]}\n')
  })

  it("a list of as many of the longest elements as a frame may have fits into a frame", () => {
    const all = Array.from({ length: maxListed }, (_, at) => at)
    const streams = Object.fromEntries(all.map((at) => [longest.stream(at), Number.MAX_SAFE_INTEGER]))
    const peers = all.map(() => [longest.id, 65_535, "00000000", longest.host])
    for (const frame of [
      { type: "have", streams, more: false },
      { type: "roster", peers },
      { type: "introduce", peers }
    ]) {
      const line = bytesOf(`${JSON.stringify(frame)}\n`)
      decoded(line)
      assert.isAtMost(line.length, maxFrameBytes, frame.type)
    }
  })
})

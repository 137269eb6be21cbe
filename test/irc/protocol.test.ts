/** Lines of IRC: bytes to messages and back. */
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { isSame } from "../../src/protocol/irc/CaseMapping.ts"
import { makeLines } from "../../src/protocol/irc/Lines.ts"
import { type Message, parse, write } from "../../src/protocol/irc/Message.ts"
import { cutsOf, piecesOf } from "../../src/protocol/irc/Pieces.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** A message without the tags, and with them as an object. */
const plain = (message: Message | undefined) =>
  message === undefined ? undefined : { ...message, tags: Object.fromEntries(message.tags) }

describe("RFC 1459, 2.3: a line as a message", () => {
  const cases: ReadonlyArray<readonly [line: string, source: string | undefined, command: string, ...Array<string>]> = [
    ["PING", undefined, "PING"],
    ["ping a", undefined, "PING", "a"],
    ["PING a ", undefined, "PING", "a"],
    ["PING   a   b", undefined, "PING", "a", "b"],
    ["PRIVMSG #a :b c", undefined, "PRIVMSG", "#a", "b c"],
    ["PRIVMSG #a :", undefined, "PRIVMSG", "#a", ""],
    ["PRIVMSG #a ::)", undefined, "PRIVMSG", "#a", ":)"],
    ["PRIVMSG #a b:c", undefined, "PRIVMSG", "#a", "b:c"],
    ["PRIVMSG #a :b :c  ", undefined, "PRIVMSG", "#a", "b :c  "],
    [":n!u@h 001 a :b", "n!u@h", "001", "a", "b"],
    ["JOIN :", undefined, "JOIN", ""]
  ]
  for (const [line, source, command, ...params] of cases) {
    it(line, () => {
      const expected = { tags: {}, ...(source === undefined ? {} : { source }), command, params }
      assert.deepStrictEqual(plain(parse(line)), expected)
    })
  }

  it("is none if it is empty, has no command, or has NUL or CR within it", () => {
    for (const line of ["", " ", ":a", "@a", "@a :b", "PING\0", "PING a\rQUIT", "12 a", "P!NG", ": PING", "@ PING"]) {
      assert.isUndefined(parse(line), line)
    }
  })
})

describe("IRCv3: message tags", () => {
  it("values are unescaped; the last of a key counts; a backslash at the end is left out", () => {
    assert.deepStrictEqual(plain(parse("@a=1;b;c=;d=\\:\\s\\\\\\r\\n\\x;a=2;e=x\\ PING"))?.tags, {
      a: "2",
      b: "",
      c: "",
      d: "; \\\r\nx",
      e: "x"
    })
  })

  it("what is written is read again", () => {
    const tags = new Map([["a", "; \\\r\n=:"]])
    const line = write({ tags, source: "s", command: "PRIVMSG", params: ["#a", "b"] })
    assert.strictEqual(line, "@a=\\:\\s\\\\\\r\\n=: :s PRIVMSG #a :b\r\n")
    assert.deepStrictEqual(parse(line.trimEnd())?.tags, tags)
  })
})

describe("writing", () => {
  it("makes one line, whatever it is given", () => {
    const bad = "a\r\nQUIT\0 b"
    const line = write({ tags: new Map([[bad, bad]]), source: bad, command: "PRIVMSG", params: [bad, "", ":x", bad] })
    assert.match(line, /^[^\r\n\0]*\r\n$/)
    assert.deepStrictEqual(parse(line.trimEnd())?.params, ["a_QUIT__b", "*", "*:x", "a QUIT  b"])
  })

  it("cuts what is over 512 bytes between characters", () => {
    const line = write({ command: "NOTICE", params: ["a", "ä".repeat(600)] })
    assert.isAtMost(Buffer.byteLength(line), 512)
    assert.isAbove(Buffer.byteLength(line), 509)
    assert.notInclude(line, "\ufffd")
  })
})

describe("bytes as lines", () => {
  const linesOf = (...pieces: ReadonlyArray<string | Uint8Array>) => {
    const split = makeLines()
    return pieces.flatMap((piece) => split(typeof piece === "string" ? bytes(piece) : piece))
  }

  it("end with LF or CR LF, in pieces of any size", () => {
    const text = "PING ä\r\nNICK b\n\nQUIT"
    const whole = [{ text: "PING ä" }, { text: "NICK b" }, { text: "" }]
    assert.deepStrictEqual(linesOf(text), whole)
    assert.deepStrictEqual(linesOf(...Array.from(bytes(text), (byte) => Uint8Array.of(byte))), whole)
  })

  it("512 bytes are a line, and 4,096 of tags before it; more is reported once, and the next line is fine", () => {
    const most = "x".repeat(510)
    assert.deepStrictEqual(linesOf(`${most}\r\n`), [{ text: most }])
    assert.deepStrictEqual(linesOf(`${most}x\r\nPING\n`), [{ fault: "too long" }, { text: "PING" }])
    const tags = `@${"t".repeat(4_094)} `
    assert.deepStrictEqual(linesOf(`${tags}${most}\r\n`), [{ text: tags + most }])
    assert.deepStrictEqual(linesOf(`@t${tags.slice(1)}PING\r\n`), [{ fault: "too long" }])
    assert.deepStrictEqual(linesOf("@".repeat(8_191), "x".repeat(100_000), "\r\nPING\r\n"), [
      { fault: "too long" },
      { text: "PING" }
    ])
  })

  it("that are not UTF-8 are reported", () => {
    assert.deepStrictEqual(linesOf(Uint8Array.of(0x50, 0xff, 0x0a), "PING\n"), [
      { fault: "not UTF-8" },
      { text: "PING" }
    ])
  })
})

describe("what somebody says, in pieces", () => {
  it("is cut at spaces, within a long word between characters, and at newlines", () => {
    assert.deepStrictEqual(piecesOf("one two three", 7), ["one two", "three"])
    assert.deepStrictEqual(piecesOf("one two three", 8), ["one two", "three"])
    assert.deepStrictEqual(piecesOf("äöüäöü", 4), ["äö", "üä", "öü"])
    assert.deepStrictEqual(piecesOf("a\nb\r\n\nc", 10), ["a", "b", "c"])
    assert.deepStrictEqual(piecesOf("", 10), [""])
    assert.deepStrictEqual(piecesOf("😀😀", 4), ["😀", "😀"])
    for (const none of [0, -9]) assert.strictEqual(piecesOf("one😀", none).join(""), "one😀")
    for (const none of [0, -9]) assert.strictEqual(cutsOf("one two", none).join(""), "one two")
  })

  it("loses nothing but spaces and newlines at cuts, at any width", () => {
    const text = "The quick brown 😀😀😀 fox   jumps äöüß over a-very-long-word-that-does-not-fit"
    for (let most = 4; most < 90; most += 1) {
      const pieces = piecesOf(text, most)
      for (const piece of pieces) assert.isAtMost(Buffer.byteLength(piece), most)
      assert.strictEqual(pieces.join("").replaceAll(" ", ""), text.replaceAll(" ", ""))
    }
  })
})

it("names are the same if only the case of ASCII letters differs", () => {
  assert.isTrue(isSame("#Main", "#mAIN"))
  assert.isFalse(isSame("ä", "Ä"))
  assert.isFalse(isSame("a{", "a["))
})

/** The parser of irc-framework, which The Lounge and Kiwi IRC use. Undefined if it is not installed. */
const framework = (() => {
  try {
    return createRequire(import.meta.url)("irc-framework/src/irclineparser.js")
  } catch {
    return undefined
  }
})()

describe.skipIf(framework === undefined)("beside the parser of irc-framework", () => {
  it("reads what is written alike", () => {
    const texts = ["a", "a b", ":)", "ä 😀", "x=y;z", "\\s", "#main", "\u0001ACTION x\u0001"]
    for (const text of texts) {
      for (const other of texts) {
        const line = write({
          tags: new Map([["k", text]]),
          source: "n!u@h",
          command: "PRIVMSG",
          params: [other.replaceAll(" ", ""), text]
        }).trimEnd()
        const theirs = framework(line)
        const ours = parse(line)
        assert.deepStrictEqual(theirs.params, ours?.params, line)
        assert.strictEqual(theirs.tags.k, ours?.tags.get("k"), line)
        assert.strictEqual(theirs.prefix, "n!u@h")
      }
    }
  })
})

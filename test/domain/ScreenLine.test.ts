import { assert, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { describe } from "vitest"
import { actionOf } from "../../src/domain/Action.ts"
import { Entry } from "../../src/domain/Entry.ts"
import { escape } from "../../src/domain/Escape.ts"
import { type LossReason, MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, type Post, Room, streamOf } from "../../src/domain/Post.ts"
import { notice, recalled, type ScreenLine, screenLineOf } from "../../src/domain/ScreenLine.ts"
import { Site, serverOf } from "../../src/domain/Site.ts"
import * as Arbitraries from "../support/arbitraries.ts"
import { epoch, id, peer, post, stream } from "../support/samples.ts"

const server = peer("Server", 4000)
const three = peer("3", 6003)

const chat = (text: string, post?: Post): ScreenLine => ({
  _tag: "Chat",
  text,
  ...(post === undefined ? {} : { post })
})
const told = (text: string): ScreenLine => ({ _tag: "Notice", text })

const postBy = (author: string, text: string) => post(stream(author), 1, text)
const said = (author: string, text: string, own = false) => Entry.Said({ post: post(stream(author), 1, text), own })
const happened = (event: MeshEvent) => Entry.Happened({ event })
const linked = (who = three, { newcomer = false, known = false } = {}) =>
  happened(MeshEvent.Linked({ peer: who, newcomer, known }))
const lost = (reason: LossReason, who = three) => happened(MeshEvent.Lost({ peer: who, reason }))

const onServer = (entry: Entry) => screenLineOf(server, entry)
const onClient = (entry: Entry) => screenLineOf(peer("1", 6001), entry)

describe("ScreenLine", () => {
  it("members of other sites are called by their names, as long as they are few", () => {
    const line = (event: MeshEvent) => onClient(happened(event))?.text
    const site = Site.make("east")
    const host = serverOf(site)
    const many = Array.from({ length: 11 }, (_, at) => id(`${at}`))
    const came = (known: boolean, ...ids: ReadonlyArray<PeerId>) => line(MeshEvent.FarCame({ site, ids, known }))
    const left = (lost: boolean, ...ids: ReadonlyArray<PeerId>) => line(MeshEvent.FarLeft({ site, ids, lost }))
    assert.deepStrictEqual(
      onClient(happened(MeshEvent.FarCame({ site, ids: [id("1")], known: false }))),
      chat("Client 1: initiated")
    )
    assert.strictEqual(came(false, id("1"), id("2")), "* Client 1 and Client 2 take part through Server east")
    assert.strictEqual(came(false, host, id("1")), "* Server east takes part, and Client 1 through it")
    assert.strictEqual(
      came(true, host, id("1"), id("2"), id("ann")),
      "* Server east takes part again, and Client 1, Client 2 and Client ann through it"
    )
    assert.strictEqual(came(true, ...many), "* 11 nodes take part through Server east again")
    assert.strictEqual(left(false, id("1"), id("2")), "* Client 1 and Client 2 left")
    assert.strictEqual(left(true, id("1"), id("2")), "* Client 1 and Client 2 are lost at Server east")
    assert.strictEqual(left(true, host, id("1")), "* Server east is out of reach, and Client 1 with it")
  })

  it("a client joins: `Client 3: initiated` on the server, on every client there, and on the newcomer", () => {
    const line = chat("Client 3: initiated")
    assert.deepStrictEqual(onServer(linked(three, { newcomer: true })), line)
    assert.deepStrictEqual(onClient(linked(three, { newcomer: true })), line)
    assert.deepStrictEqual(screenLineOf(three, happened(MeshEvent.Admitted({ by: server }))), line)
  })

  it("the newcomer meets those already there: one `initiated` for each", () => {
    assert.deepStrictEqual(onClient(linked(three)), chat("Client 3: initiated"))
  })

  it("someone types: `Client 3: hello` and `Server: hello` on everyone else, and to the typist where it was not typed", () => {
    for (const on of [onServer, onClient]) {
      assert.deepStrictEqual(on(said("3", "hello")), chat("Client 3: hello", postBy("3", "hello")))
      assert.deepStrictEqual(on(said("3", "hello", true)), chat("Client 3: hello", postBy("3", "hello")))
    }
    assert.deepStrictEqual(onClient(said("Server", "hello")), chat("Server: hello", postBy("Server", "hello")))
  })

  it("the server leaves: `Server: terminated.`, with the period", () => {
    assert.deepStrictEqual(onClient(happened(MeshEvent.Left({ peer: server }))), chat("Server: terminated."))
  })

  it("a restarted server calls back: `Server: initiated` on the client", () => {
    assert.deepStrictEqual(onClient(linked(server)), chat("Server: initiated"))
  })

  it("a client answers a restarted server: `Client 3: reconnected` on the server, met before or not", () => {
    assert.deepStrictEqual(onServer(linked(three)), chat("Client 3: reconnected"))
    assert.deepStrictEqual(onServer(linked(three, { known: true })), chat("Client 3: reconnected"))
  })

  it("clients that find each other again say so in a notice: nobody is initiated twice", () => {
    assert.deepStrictEqual(onClient(linked(three, { known: true })), told("* Client 3 is back"))
    assert.deepStrictEqual(onClient(linked(server, { known: true })), told("* Server is back"))
  })

  it("a client leaves: `* Client 3 left` on everyone else", () => {
    const left = happened(MeshEvent.Left({ peer: three }))
    assert.deepStrictEqual(onServer(left), told("* Client 3 left"))
    assert.deepStrictEqual(onClient(left), told("* Client 3 left"))
  })

  it("who dies without a word is a notice that says how", () => {
    const how: Record<LossReason, string> = {
      closed: "the connection broke",
      silent: "it stopped answering",
      malformed: "it violated the protocol",
      overrun: "it does not read what it is sent",
      excessive: "it sent too much",
      dropped: "this node sent it too much",
      expelled: "it no longer takes part",
      forged: "its lines have no valid signature",
      replaced: "somebody at another site has its id",
      disbelieved: "it rejected the signatures of lines that it received"
    }
    for (const [reason, words] of Object.entries(how) as ReadonlyArray<[LossReason, string]>) {
      assert.deepStrictEqual(onServer(lost(reason)), told(`* Client 3 is lost: ${words}`))
      assert.deepStrictEqual(onClient(lost(reason)), told(`* Client 3 is lost: ${words}`))
      assert.deepStrictEqual(
        onClient(lost(reason, server)),
        told(`* Server is lost: ${words}; the chat goes on without it`)
      )
    }
  })

  it("who hands on what is not signed, or says two things at once, is named on every screen", () => {
    const forged = happened(MeshEvent.Forged({ id: id("1"), by: three }))
    const words = "* Client 3 PASSES ON LINES OF Client 1 WITHOUT A VALID SIGNATURE: they are not shown"
    assert.deepStrictEqual([onServer(forged), onClient(forged)], [told(words), told(words)])
    assert.deepStrictEqual(
      onClient(happened(MeshEvent.Forged({ id: three.id, by: three }))),
      told("* Client 3 DOES NOT SIGN ITS LINES CORRECTLY: others can't pass them on")
    )
    assert.deepStrictEqual(
      onClient(happened(MeshEvent.Contradicted({ id: three.id }))),
      told("* Client 3 SENT TWO DIFFERENT LINES under one number: others may see another line than you")
    )
  })

  it("who can't be reached any more is a notice, on the server with where it was", () => {
    const givenUp = happened(MeshEvent.GivenUp({ peer: three, ghost: false }))
    assert.deepStrictEqual(onServer(givenUp), told("* Client 3 can't be reached at localhost:6003 any more"))
    assert.deepStrictEqual(onClient(givenUp), told("* Client 3 can't be reached any more"))
    const ghost = happened(MeshEvent.GivenUp({ peer: three, ghost: true }))
    assert.deepStrictEqual([onServer(ghost), onClient(ghost)], [undefined, undefined], "it was never here")
  })

  it("lines that nobody has, or that came too fast, are counted in a notice", () => {
    const missed = (count: number) => onClient(Entry.Missed({ stream: stream("3"), count }))
    assert.deepStrictEqual(missed(1), told("* 1 line of Client 3 is no longer available"))
    assert.deepStrictEqual(missed(20), told("* 20 lines of Client 3 are no longer available"))
    assert.deepStrictEqual(onServer(Entry.Skipped({ count: 1 })), told("* 1 line came too fast to be shown"))
    assert.deepStrictEqual(onServer(Entry.Skipped({ count: 2 })), told("* 2 lines came too fast to be shown"))
  })

  it("what was said before is marked as earlier, whoever said it, and made safe as well", () => {
    const earlier = (author: string, text: string) => Entry.Earlier({ post: post(stream(author), 1, text) })
    for (const on of [onServer, onClient]) {
      assert.deepStrictEqual(on(earlier("3", "hello\u001b")), {
        ...chat("(earlier) Client 3: hello\\u{1b}", postBy("3", "hello\u001b")),
        earlier: true
      })
      assert.deepStrictEqual(on(earlier("Server", "hello")), {
        ...chat("(earlier) Server: hello", postBy("Server", "hello")),
        earlier: true
      })
      assert.deepStrictEqual(on(earlier("1", "hello")), {
        ...chat("(earlier) Client 1: hello", postBy("1", "hello")),
        earlier: true
      })
    }
  })

  it("a line of another room begins with that room, a line of the room one is in does not", () => {
    const ops = Room.make("ops")
    const inOps = (author: string, text: string) => post(streamOf(id(author), ops, epoch(1)), 1, text)
    const inMain = post(stream("3"), 1, "hello")
    const textOf = (entry: Entry, here?: Room) => screenLineOf(server, entry, here)?.text
    const said = (each: Post) => Entry.Said({ post: each, own: false })
    assert.strictEqual(textOf(said(inOps("3", "hello"))), "#ops Client 3: hello")
    assert.strictEqual(textOf(said(inOps("3", "hello")), ops), "Client 3: hello")
    assert.strictEqual(textOf(said(inMain), ops), "#main Client 3: hello")
    assert.strictEqual(textOf(said(inMain)), "Client 3: hello")
    assert.strictEqual(textOf(said(inOps("3", actionOf("waves")))), "#ops Client 3 waves")
    assert.strictEqual(textOf(Entry.Earlier({ post: inOps("3", "hello") })), "#ops (earlier) Client 3: hello")
    const missed = Entry.Missed({ stream: streamOf(id("3"), ops, epoch(1)), count: 2 })
    assert.strictEqual(textOf(missed), "* 2 lines of Client 3 in #ops are no longer available")
    assert.strictEqual(textOf(missed, ops), "* 2 lines of Client 3 are no longer available")
    assert.strictEqual(recalled(inOps("3", "hello")).text.replace(/ \S+ \S+/, ""), "* #ops Client 3: hello")
    assert.strictEqual(recalled(inMain, ops).text.replace(/ \S+ \S+/, ""), "* #main Client 3: hello")
  })

  it("no text can pass for a line of another room", () => {
    const ops = Room.make("ops")
    const room = FastCheck.constantFrom(mainRoom, ops)
    FastCheck.assert(
      FastCheck.property(Arbitraries.peerId, Arbitraries.text, room, (author, text, here) => {
        const entry = Entry.Said({ post: post(streamOf(author, here, epoch(1)), 1, text), own: false })
        assert.notMatch(screenLineOf(server, entry, here)?.text ?? "#", /^[#(*]|\n/)
      })
    )
  })

  it("how many lines were missed, and from whom they come now, is a notice", () => {
    const catchingUp = (count: number, who = three) => happened(MeshEvent.CatchingUp({ peer: who, count }))
    for (const on of [onServer, onClient]) {
      assert.deepStrictEqual(on(catchingUp(1)), told("* Client 3 sends 1 missed line"))
      assert.deepStrictEqual(on(catchingUp(20)), told("* Client 3 sends 20 missed lines"))
      assert.deepStrictEqual(on(catchingUp(2, server)), told("* Server sends 2 missed lines"))
    }
  })

  it("a log that can't be kept on disk is a notice that says why", () => {
    const unkept = happened(MeshEvent.Unkept({ detail: "no space left\u0007" }))
    for (const on of [onServer, onClient]) {
      assert.deepStrictEqual(
        on(unkept),
        told("* The log can't be written to disk (no space left\\u{7}); the chat goes on without it")
      )
    }
  })

  it("a server is let in by nobody: it says nothing of it", () => {
    assert.isUndefined(onServer(happened(MeshEvent.Admitted({ by: three }))))
  })

  it("control characters, escape sequences and line breaks in what others say are shown, not obeyed", () => {
    const shown = (text: string) => onClient(said("3", text))?.text
    assert.strictEqual(shown("\u001b[2J\u0007"), "Client 3: \\u{1b}[2J\\u{7}")
    assert.strictEqual(shown("a\r\nServer: terminated."), "Client 3: a\\u{d}\\u{a}Server: terminated.")
    assert.strictEqual(shown("\u009b31m\u0085\t\u007f\u0000"), "Client 3: \\u{9b}31m\\u{85}\\u{9}\\u{7f}\\u{0}")
    assert.strictEqual(shown("a\u2028b\u2029c"), "Client 3: a\\u{2028}b\\u{2029}c")
  })

  it("bidi controls, zero-width characters and lone surrogates are shown", () => {
    const hidden = [
      ...[0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
      ...[0xad, 0x200b, 0x2060, 0xfeff, 0xfff9, 0xe0001],
      ...[0xd800, 0xdbff, 0xdc00, 0xdfff]
    ]
    for (const code of hidden) {
      assert.strictEqual(escape(`a${String.fromCodePoint(code)}b`), `a\\u{${code.toString(16)}}b`)
    }
  })

  it("Persian words, emoji families and every other script stay as they are", () => {
    for (const text of [
      "می\u200cخواهم",
      "👩\u200d👩\u200d👧\u200d👦",
      "❤️‍🔥",
      "नमस्ते",
      "Grüße, 世界!",
      "שלום",
      "\\u{1b}"
    ]) {
      assert.strictEqual(escape(text), text)
    }
  })

  it("no text, whoever wrote it, brings a character to the screen that acts or hides", () => {
    // Everything that a terminal may obey, spelled out apart from the code's own pattern.
    const acts = (code: number) =>
      code < 0x20 ||
      (code >= 0x7f && code < 0xa0) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069) ||
      (code >= 0xd800 && code <= 0xdfff) ||
      [0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff].includes(code)
    FastCheck.assert(
      FastCheck.property(Arbitraries.text, (text) => {
        for (const line of [onClient(said("3", text)), notice(text)]) {
          for (const character of line?.text ?? "") assert.isFalse(acts(character.codePointAt(0) ?? 0))
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("every notice begins with `* `, and no line of the chat does", () => {
    assert.deepStrictEqual(notice("hello \u001b"), told("* hello \\u{1b}"))
    assert.deepStrictEqual(
      onClient(said("3", "* Client 4 left")),
      chat("Client 3: * Client 4 left", postBy("3", "* Client 4 left"))
    )
  })
})

import { assert, describe, it } from "vitest"
import { decode, encode } from "../../../web/state/Kept.ts"
import { draftOf } from "../../../web/state/State.ts"
import { excessOf } from "../../../web/state/Writing.ts"
import { chat, line, lines, Page, saying } from "./Page.ts"

const own = (n: number, text: string) => line("anna", n, { own: true, text })
const stream = own(1, "").stream
const type = (text: string, cursor = text.length) => ({ _tag: "Typed", text, cursor }) as const
const labels = (page: Page) => page.state.menu?.candidates.map(({ label, text }) => label ?? text)

const refOf = (page: Page): string => {
  const said = page.sent.findLast((each) => each.type === "say")
  if (said === undefined) throw new Error("Nothing was said")
  return said.ref ?? ""
}

describe("an own line", () => {
  it("is on its way until the log has it, and never stands twice", () => {
    const page = Page.connected()
    page.says("hello")
    const ref = refOf(page)
    assert.deepStrictEqual(
      page.state.outgoing.map(({ text, unsent }) => [text, unsent]),
      [["hello", false]]
    )
    page.hears({ type: "accepted", ref, stream, n: 1 })
    assert.lengthOf(page.state.outgoing, 1)
    page.hears(...saying(own(1, "hello")))
    assert.isEmpty(page.state.outgoing)
    page.says("again")
    // Its name and the line come in one go.
    page.hears({ type: "accepted", ref: refOf(page), stream, n: 2 }, ...saying(own(2, "again")))
    assert.isEmpty(page.state.outgoing)
    assert.deepStrictEqual(page.shown, ["hello", "again"])
  })

  it("goes where it was typed: a room by its name, a conversation by its readers", () => {
    const page = Page.connected()
    page.says("one").does({ _tag: "Go", place: "@bo,kim" }).says("two")
    assert.deepStrictEqual(
      page.sent.flatMap((each) => (each.type === "say" ? [each.room ?? each.to] : [])),
      ["main", ["bo", "kim"]]
    )
  })

  it("that was refused is not sent, and the text is there", () => {
    const page = Page.connected()
    page.says("hello").hears({ type: "settled", ref: refOf(page) }, { type: "notice", text: "It is too long." })
    assert.deepInclude(page.state.outgoing[0], { text: "hello", unsent: true })
    assert.deepStrictEqual(page.shown, ["It is too long."])
  })

  it("that was shown while history was asked for is not on its way when it gets its name", () => {
    const page = Page.connected(lines("bo", 201, 300), true)
    page.does({ _tag: "GoToLine", place: "main", line: line("bo", 7) })
    page.says("one")
    const said = page.sent
    const ref = said.findLast((each) => each.type === "say")?.ref ?? ""
    const asked = said.findLast((each) => each.type === "history")?.ref ?? ""
    page.hears({ type: "accepted", ref, stream, n: 1 }).hears(...saying(own(1, "one")))
    assert.isEmpty(page.state.outgoing)
    page.hears({ type: "history", ref: asked, lines: [], older: false, newer: false, found: false })
    assert.deepStrictEqual(page.shown, ["one"])
  })

  it("that the node had not named is not sent after the connection broke, and is sent again only by the person", () => {
    const page = Page.connected(lines("bo", 1, 1))
    page.says("one")
    page.hears({ type: "accepted", ref: refOf(page), stream, n: 1 })
    page.says("two").does({ _tag: "Disconnected" }).says("three")
    assert.deepStrictEqual(
      page.state.outgoing.map(({ text, unsent }) => [text, unsent]),
      [
        ["two", true],
        ["three", true]
      ]
    )
    page.does({ _tag: "Connected" })
    assert.isUndefined(page.sent.filter((each) => each.type === "say").find((each) => each.text === "three"))
  })

  it("that the node had, although it could not say so, is not offered again", () => {
    const page = Page.connected(lines("bo", 1, 1))
    page.says("two").says("three").does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    const [two] = page.state.outgoing
    const before = { ...own(1, "three"), at: (two?.at ?? 0) - 60_000 }
    page.answered([before, { ...own(2, "two"), at: two?.at ?? 0 }])
    // The same text was said a minute earlier: that is another line.
    assert.deepStrictEqual(
      page.state.outgoing.map(({ text }) => text),
      ["three"]
    )
    page.does({ _tag: "SendAgain", ref: page.state.outgoing[0]?.ref ?? "" })
    const ref = refOf(page)
    page.hears({ type: "accepted", ref, stream, n: 3 }, ...saying(own(3, "three")))
    assert.isEmpty(page.state.outgoing)
    assert.deepStrictEqual(page.shown, ["bo 1", "three", "two", "three"])
  })

  it("can be discarded", () => {
    const page = new Page().says("one")
    page.does({ _tag: "Discard", ref: page.state.outgoing[0]?.ref ?? "" })
    assert.isEmpty(page.state.outgoing)
  })

  it("that is too long, or empty, stays where it is typed", () => {
    const page = Page.connected()
    const long = "é".repeat(33)
    assert.strictEqual(excessOf(page.state, long), 2)
    page.says(long).says("  ")
    assert.isEmpty(page.sent.filter((each) => each.type === "say"))
    assert.strictEqual(draftOf(page.state), "  ")
  })
})

describe("a draft", () => {
  it("is of its place, and outlives a reload with what was not sent", () => {
    const page = Page.connected()
    page.does(type("for main")).does({ _tag: "Go", place: "@bo" }).does(type("for bo"))
    page.does({ _tag: "Disconnected" }).says("not sent").does(type("more"))
    const { drafts, open, outgoing } = page.state
    const next = new Page(decode(encode({ open, drafts, unsent: outgoing })))
    assert.strictEqual(next.state.open, "@bo")
    assert.strictEqual(draftOf(next.state), "more")
    assert.strictEqual(next.state.drafts.get("main"), "for main")
    assert.deepInclude(next.state.outgoing[0], { place: "@bo", text: "not sent", unsent: true })
  })

  it("of another form counts as none", () => {
    for (const text of ["{", "[]", "null", '{"drafts":[[1,2],"x"],"open":3,"unsent":[{"text":1}]}', ""]) {
      assert.deepInclude(decode(text), { open: "main", unsent: [] })
    }
  })
})

describe("completion", () => {
  it("offers ids, rooms, emoji and commands as soon as they are begun", () => {
    const page = Page.connected()
    const address = { host: "localhost", port: 6_001 }
    const peer = { role: "client", address, link: null, through: null, givenUp: false } as const
    page.hears({
      type: "peers",
      peers: [
        { id: "bo", ...peer },
        { id: "bert", ...peer }
      ]
    })
    assert.deepStrictEqual(labels(page.does(type("hi @b"))), ["bo", "bert"])
    assert.deepStrictEqual(labels(page.does(type("see #l"))), ["#lunch"])
    assert.include(labels(page.does(type(":rock")))?.[0], "🚀")
    assert.deepStrictEqual(labels(page.does(type("/j"))), ["/join"])
    assert.deepStrictEqual(labels(page.does(type("/join o"))), ["ops"])
    assert.isUndefined(labels(page.does(type("b"))))
    assert.deepStrictEqual(labels(page.does({ _tag: "Complete", cursor: 1 })), ["bo", "bert"])
  })

  it("takes the one that is chosen, and places the cursor behind it", () => {
    const page = Page.connected()
    page.does(type("see #o now", 6)).does({ _tag: "Choose", step: 1 }).does({ _tag: "Take", index: 0 })
    assert.strictEqual(draftOf(page.state), "see #ops now")
    assert.deepInclude(page.done, { _tag: "PlaceCursor", at: 9 })
    assert.isUndefined(page.state.menu)
  })

  it("goes round, and ends when nothing is wanted", () => {
    const page = Page.connected()
    page.does(type("see #"))
    for (const chosen of [2, 1, 0, 2]) {
      page.does({ _tag: "Choose", step: -1 })
      assert.strictEqual(page.state.menu?.chosen, chosen)
    }
    page.does({ _tag: "CloseMenu" })
    assert.isUndefined(page.state.menu)
  })
})

describe("a command", () => {
  it("is run by the node, as if it was typed in the room; a doubled slash says one", () => {
    const page = Page.connected()
    page.says("/topic cake at three").says("//etc/hosts")
    const [run, say] = page.sent.filter(({ type }) => type === "run" || type === "say")
    assert.deepInclude(run, { command: "topic", arguments: "cake at three", room: "main" })
    assert.deepInclude(say, { text: "/etc/hosts" })
    assert.strictEqual(draftOf(page.state), "")
  })

  it("of any name is the node's", () => {
    const page = Page.connected()
    page.says("/constructor")
    assert.deepInclude(page.sent.at(-1), { type: "run", command: "constructor" })
  })

  it("that speaks in a conversation speaks to its readers alone", () => {
    const page = Page.connected()
    page.says("/query bo").answered([])
    assert.strictEqual(page.state.open, "@bo")
    page.says("/me waves")
    const run = page.sent.at(-1)
    assert.deepInclude(run, { type: "run", command: "me", arguments: "waves", to: ["bo"] })
    assert.notProperty(run, "room")
    page.says("/leave")
    assert.strictEqual(page.state.open, "main")
    assert.isEmpty(page.state.opened)
  })

  it("goes to a conversation by its readers; what is no list of others is the node's", () => {
    for (const text of ["/query bo", "/query @bo", "/go @bo"]) {
      assert.strictEqual(Page.connected().says(text).state.open, "@bo", text)
    }
    for (const [command, rest] of [
      ["query", "bo!"],
      ["query", "anna"],
      ["query", "bo kim"],
      ["go", "@"]
    ] as const) {
      const page = Page.connected()
      page.says(`/${command} ${rest}`)
      assert.deepInclude(page.sent.at(-1), { type: "run", command, arguments: rest })
      assert.strictEqual(page.state.open, "main")
    }
  })

  it("for several, in a chat in which each of them gets a line of its own, says so", () => {
    const page = Page.connected()
    page.says("/query bo,kim")
    assert.strictEqual(page.state.open, "main")
    assert.include(page.shown[0], "/msg bo,kim TEXT")
    page.hears(chat("up", undefined, true)).says("/query bo,kim")
    assert.strictEqual(page.state.open, "@bo,kim")
  })

  it("waits where it is typed while the node is away", () => {
    const page = Page.connected()
    page.does({ _tag: "Disconnected" }).says("/join ops")
    assert.strictEqual(draftOf(page.state), "/join ops")
  })
})

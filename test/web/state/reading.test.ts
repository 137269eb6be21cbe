import { assert, describe, it } from "vitest"
import { entriesOf } from "../../../web/state/State.ts"
import { mostAtEnd, mostInAll } from "../../../web/state/Window.ts"
import { chat, line, lines, Page, rooms, saying } from "./Page.ts"

const go = (place: string) => ({ _tag: "Go", place }) as const
const scrolled = (isAtEnd: boolean, wants?: "older" | "newer") => ({ _tag: "Scrolled", isAtEnd, wants }) as const
const texts = (author: string, from: number, to: number) => lines(author, from, to).map(({ text }) => text)

describe("a page reads", () => {
  it("what is kept, and behind it what comes", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.hears(...saying(line("kim", 1), line("bo", 4)))
    assert.deepStrictEqual(page.shown, ["bo 1", "bo 2", "bo 3", "kim 1", "bo 4"])
  })

  it("each line once, although it comes while the history is asked for and in the history", () => {
    const page = new Page().does({ _tag: "Connected" })
    page.hears(chat(), ...saying(line("bo", 3), line("bo", 4)))
    page.answered(lines("bo", 1, 3))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 4))
    page.hears(...saying(line("bo", 4)))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 4))
  })

  it("in one batch a line, the answer and a line in the order in which they came", () => {
    const page = new Page().does({ _tag: "Connected" })
    const { ref } = page.asked
    page.hears(
      ...saying(line("bo", 2)),
      { type: "history", ref, lines: lines("bo", 1, 2), older: false, newer: false, found: true },
      ...saying(line("bo", 3))
    )
    assert.deepStrictEqual(page.shown, texts("bo", 1, 3))
  })

  it("lines by room, and of other rooms only that they are there", () => {
    const page = Page.connected()
    page.hears(...saying(line("bo", 1, { room: "ops" }), line("bo", 1)), rooms({ ops: 1 }))
    assert.deepStrictEqual(page.shown, ["bo 1"])
    assert.deepStrictEqual(
      entriesOf(page.state).rooms.map(({ place, unread }) => [place, unread]),
      [
        ["main", 0],
        ["ops", 1]
      ]
    )
    assert.deepStrictEqual(
      entriesOf(page.state).others.map(({ place }) => place),
      ["lunch"]
    )
    page.does(go("ops"))
    assert.include(page.asked, { room: "ops", type: "history" })
  })

  it("private lines in their conversation, whoever said them", () => {
    const page = Page.connected()
    page.does(go("@bo")).answered([])
    page.hears(...saying(line("bo", 1, { to: ["anna"] }), line("anna", 1, { to: ["bo"], own: true })))
    page.hears(...saying(line("bo", 2, { to: ["anna", "kim"] })))
    assert.deepStrictEqual(page.shown, ["bo 1", "anna 1"])
  })

  it("further up as one scrolls, and asks once", () => {
    const page = Page.connected(lines("bo", 201, 300), true)
    page.does(scrolled(false, "older"))
    assert.deepInclude(page.asked, { before: { stream: line("bo", 1).stream, n: 201 }, limit: 100 })
    page.does(scrolled(false, "older"))
    assert.deepStrictEqual(page.sent, [])
    const ref = page.state.windows.get("main")?.asked?.ref ?? ""
    page.hears({ type: "history", ref, lines: lines("bo", 101, 200), older: false, newer: false, found: true })
    assert.deepStrictEqual(page.shown, texts("bo", 101, 300))
    page.does(scrolled(false, "older"))
    assert.deepStrictEqual(page.sent, [])
  })

  it("no further up if the node keeps the first line no more", () => {
    const page = Page.connected(lines("bo", 201, 300), true)
    page.does(scrolled(false, "older"))
    page.answered(lines("bo", 401, 500), { found: false, older: true })
    page.does(scrolled(false, "older"))
    assert.deepStrictEqual(page.sent, [])
    assert.deepStrictEqual(page.shown, texts("bo", 201, 300))
  })

  it("10,000 lines up and down again, each once, in a window that stays small", () => {
    const page = Page.connected(lines("bo", 9_901, 10_000), true)
    for (let first = 9_901; first > 1; first -= 100) {
      page.does(scrolled(false, "older"))
      page.answered(lines("bo", first - 100, first - 1), { older: first > 101 })
      assert.isAtMost(page.shown.length, mostInAll)
    }
    assert.deepStrictEqual(page.shown, texts("bo", 1, mostInAll))
    // What comes meanwhile is counted, and does not follow what is shown.
    page.hears(...saying(line("bo", 10_001)))
    assert.strictEqual(page.state.windows.get("main")?.below, 1)
    for (let last = mostInAll; last < 10_001; last += 100) {
      page.does(scrolled(false, "newer"))
      const upTo = Math.min(last + 100, 10_001)
      page.answered(lines("bo", last + 1, upTo), { newer: upTo < 10_001 })
      assert.isAtMost(page.shown.length, mostInAll)
    }
    page.does(scrolled(true)).hears(...saying(line("bo", 10_002)))
    assert.strictEqual(page.shown.at(-1), "bo 10002")
    assert.isEmpty(page.doubles)
  })

  it("at the end in a window that stays small, and further up in one that keeps its place", () => {
    const page = Page.connected(lines("bo", 1, 10))
    for (let n = 11; n < 2_000; n += 10) page.hears(...saying(...lines("bo", n, n + 9)))
    assert.deepStrictEqual(page.shown, texts("bo", 2_001 - mostAtEnd, 2_000))
    page.does(scrolled(false))
    for (let n = 2_001; n < 4_000; n += 10) page.hears(...saying(...lines("bo", n, n + 9)))
    assert.strictEqual(page.shown[0], `bo ${2_001 - mostAtEnd}`)
    assert.lengthOf(page.shown, mostInAll)
    assert.strictEqual(page.state.windows.get("main")?.below, 2_000)
    page.does({ _tag: "GoToEnd" }).answered(lines("bo", 3_901, 4_000), { older: true })
    page.hears(...saying(line("bo", 4_001)))
    assert.deepStrictEqual(page.shown, texts("bo", 3_901, 4_001))
  })

  it("around a line that was found, and goes on in both directions", () => {
    const page = Page.connected(lines("bo", 901, 1_000), true)
    const { n, stream } = line("bo", 500)
    page.does({ _tag: "Search", text: "bo 500" })
    const found = page.sent.find((each) => each.type === "search")
    assert.include(found, { text: "bo 500" })
    page.hears({ type: "found", ref: found?.ref ?? "", lines: [line("bo", 500)], more: false })
    assert.lengthOf(page.state.search.lines ?? [], 1)
    page.does({ _tag: "GoToLine", place: "main", line: { stream, n } })
    assert.deepInclude(page.asked, { around: { stream, n } })
    const ref = page.state.windows.get("main")?.asked?.ref ?? ""
    page.hears({ type: "history", ref, lines: lines("bo", 450, 550), older: true, newer: true, found: true })
    assert.deepStrictEqual(page.state.sought, { stream, n })
    page.hears(...saying(line("bo", 1_001)))
    assert.deepStrictEqual(page.shown, texts("bo", 450, 550))
    page
      .does({ _tag: "Revealed" })
      .does(scrolled(false, "newer"))
      .answered(lines("bo", 551, 650), { newer: true })
    page.does(scrolled(false, "older")).answered(lines("bo", 350, 449), { older: true })
    assert.deepStrictEqual(page.shown, texts("bo", 350, 650))
  })
})

describe("after the connection has come back", () => {
  it("nothing is missing and nothing is double", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Disconnected" })
    assert.deepStrictEqual(
      page.done.flatMap((each) => (each._tag === "Redial" ? [each.attempts] : [])),
      [0, 1]
    )
    page.does({ _tag: "Connected" })
    // A live line comes before the answer.
    page.hears(...saying(line("bo", 6)))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 3))
    const ref = page.state.windows.get("main")?.asked?.ref ?? ""
    assert.deepInclude(page.asked, { after: { stream: line("bo", 1).stream, n: 3 }, ref, limit: 500 })
    page.hears({ type: "history", ref, lines: lines("bo", 4, 5), older: true, newer: false, found: true })
    assert.deepStrictEqual(page.shown, texts("bo", 1, 6))
  })

  it("the window begins anew if its last line is not kept any more", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    page.answered(lines("bo", 901, 1_000), { found: false, older: true })
    assert.deepStrictEqual(page.shown, texts("bo", 901, 1_000))
  })

  it("the window begins anew if more was missed than comes at once, and the end is looked at", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    page.answered(lines("bo", 4, 503), { newer: true })
    page.answered(lines("bo", 901, 1_000), { older: true })
    page.hears(...saying(line("bo", 1_001)))
    assert.deepStrictEqual(page.shown, texts("bo", 901, 1_001))
  })

  it("whoever was reading further up goes on there", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does(scrolled(false)).does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    page.answered(lines("bo", 4, 503), { newer: true })
    assert.deepStrictEqual(page.shown, texts("bo", 1, 503))
    page.does(scrolled(false, "newer")).answered(lines("bo", 504, 510))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 510))
  })

  it("it breaks again before the answer: the next answer fills the same gap", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    page.hears(...saying(line("bo", 6)))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    page.answered(lines("bo", 4, 6))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 6))
  })

  it("whoever was reading far from the end gets more in both directions", () => {
    const page = Page.connected(lines("bo", 901, 1_000), true)
    page.does({ _tag: "GoToLine", place: "main", line: line("bo", 500) })
    page.answered(lines("bo", 450, 550), { older: true, newer: true })
    // The answer to this never comes.
    page.does(scrolled(false, "older")).does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    assert.isNotEmpty(page.sent)
    page.does(scrolled(false, "older")).answered(lines("bo", 350, 449), { older: true })
    page.does(scrolled(false, "newer")).answered(lines("bo", 551, 650), { newer: true })
    assert.deepStrictEqual(page.shown, texts("bo", 350, 650))
  })

  it("other places are asked for again when they are opened", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does(go("ops")).answered([]).does(go("main"))
    assert.deepStrictEqual(page.shown, texts("bo", 1, 3))
    page.does(go("ops")).does({ _tag: "Disconnected" }).does({ _tag: "Connected" }).answered([])
    page.does(go("main"))
    assert.include(page.asked, { room: "main" })
  })
})

describe("what is read", () => {
  const reads = (page: Page) => page.sent.filter(({ type }) => type === "read")

  it("is told to the node while the end is looked at, once for each count of the node", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.hears(rooms({ main: 2 }))
    assert.deepStrictEqual(reads(page), [{ type: "read", room: "main" }])
    page.hears(...saying(line("bo", 4)))
    assert.isEmpty(reads(page))
    assert.strictEqual(entriesOf(page.state).rooms[0]?.unread, 0)
  })

  it("is nothing while the tab is hidden or something further up is looked at", () => {
    const page = Page.connected(lines("bo", 1, 3))
    page.does({ _tag: "Visible", isVisible: false }).hears(rooms({ main: 2 }))
    assert.isEmpty(reads(page))
    page.does({ _tag: "Visible", isVisible: true })
    assert.lengthOf(reads(page), 1)
    page.does(scrolled(false)).hears(rooms({ main: 3 }))
    assert.isEmpty(reads(page))
    page.does(scrolled(true))
    assert.lengthOf(reads(page), 1)
  })

  it("ends above the mark: what came since, and what came while nobody looked", () => {
    const page = Page.connected()
    page.hears(rooms({ ops: 2 }))
    page.does(go("ops")).answered(lines("bo", 1, 4, { room: "ops" }))
    assert.include(page.state.windows.get("ops")?.firstNew, " 3")
    page
      .does(go("main"))
      .hears(rooms({ ops: 9 }))
      .does(go("ops"))
    assert.include(page.state.windows.get("ops")?.firstNew, " 1")
    page.does(go("main")).does({ _tag: "Visible", isVisible: false })
    page.hears(...saying(line("bo", 1), line("bo", 2)))
    assert.include(page.state.windows.get("main")?.firstNew, " 1")
  })

  it("has no mark above it if what is new begins further up than what is loaded", () => {
    const page = Page.connected()
    page.hears(rooms({ ops: 500 }))
    page.does(go("ops")).answered(lines("bo", 401, 500, { room: "ops" }), { older: true })
    assert.isUndefined(page.state.windows.get("ops")?.firstNew)
  })
})

describe("the list", () => {
  it("is walked through with the keyboard, also among what is unread alone", () => {
    const page = Page.connected()
    page.hears(rooms({ ops: 0, bo: 1 }))
    page.does({ _tag: "GoBy", step: 1, onlyUnread: false })
    assert.strictEqual(page.state.open, "ops")
    page.does({ _tag: "GoBy", step: 1, onlyUnread: false })
    assert.strictEqual(page.state.open, "@bo")
    page.does(go("main")).does({ _tag: "GoBy", step: -1, onlyUnread: true })
    assert.strictEqual(page.state.open, "@bo")
  })

  it("a room that was joined opens, and one that was left closes", () => {
    const page = Page.connected()
    page.does({ _tag: "Join", room: "lunch" })
    assert.deepInclude(page.sent.at(-1), { type: "run", command: "join", arguments: "lunch" })
    page.hears({
      type: "room",
      here: true,
      room: "lunch",
      joined: true,
      peers: [],
      topic: null,
      unread: 0,
      mentions: 0
    })
    assert.strictEqual(page.state.open, "lunch")
    page.hears(rooms())
    assert.strictEqual(page.state.open, "main")
    // Lines that are said meanwhile are missed: they must be asked for when it is joined again.
    assert.isFalse(page.state.windows.has("lunch"))
  })
})

describe("whoever is called while the tab is hidden", () => {
  it("is notified once a line", () => {
    const page = Page.connected()
    const calls = () => page.done.flatMap((each) => (each._tag === "Notify" ? [each.title] : []))
    const call = line("bo", 1, { mention: true, room: "ops" })
    page.hears(...saying(call))
    assert.isEmpty(calls())
    page.does({ _tag: "Visible", isVisible: false })
    page.hears(...saying({ ...call, n: 2 }, line("bo", 3)), { type: "earlier", ...call })
    assert.deepStrictEqual(calls(), ["bo in #ops"])
    page.hears(...saying(line("kim", 1, { to: ["anna"] }), line("anna", 1, { to: ["kim"], own: true })))
    assert.deepStrictEqual(calls(), ["kim"])
    page.does({ _tag: "Notifying", notifying: "denied" }).hears(...saying({ ...call, n: 4 }))
    assert.isEmpty(calls())
  })
})

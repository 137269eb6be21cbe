import { assert, describe, it } from "vitest"
import { said } from "../../../web/state/Reading.ts"
import { delayOf } from "../../../web/state/Redial.ts"
import { dayInWords, rowsOf } from "../../../web/state/Rows.ts"
import { piecesOf } from "../../../web/state/Text.ts"
import { nameOf } from "../../../web/state/Window.ts"
import { bannerOf, clock, deliveryOf, roundTripInWords, tabTitle } from "../../../web/state/Words.ts"
import { chat, line, lines, Page } from "./Page.ts"

const at = 1_795_385_653_000

describe("the banner", () => {
  it("says when the server is away, when the node is away, and when this browser may not come in", () => {
    const page = Page.connected()
    const text = () => bannerOf(page.state)?.text
    assert.isUndefined(text())
    page.hears(chat("down", at))
    assert.strictEqual(
      text(),
      `Server has been away since ${clock(at)}: everything goes on between those who are here.`
    )
    page.at(at).does({ _tag: "Disconnected" })
    assert.include(text(), `away since ${clock(at)}`)
    page.at(at + 60_000).does({ _tag: "Disconnected" })
    assert.include(text(), `away since ${clock(at)}`)
    page.does({ _tag: "Connected" }).hears(chat())
    assert.isUndefined(text())
    page.does({ _tag: "Refused" })
    assert.include(text(), "/web")
    page.does({ _tag: "Left" })
    assert.include(text(), "Reload")
  })
})

describe("the delivery of a line", () => {
  const { n, stream } = line("anna", 5)
  const of = (upTo: number, readers: Record<string, number>) => deliveryOf({ stream, n }, [{ stream, upTo, readers }])

  it("is waiting, with some of its readers, or with all", () => {
    assert.deepInclude(of(4, { bo: 4 }), { state: "waiting" })
    assert.deepInclude(of(5, { bo: 5, kim: 4, lu: 0 }), { state: "some", short: "1 of 3" })
    assert.deepInclude(of(5, { bo: 5, kim: 7 }), { state: "all", long: "Delivered to bo, kim" })
    assert.deepInclude(of(5, {}), { state: "all", long: "Delivered to somebody who is not here" })
    assert.deepInclude(of(5, { bo: 2 }), { state: "some", short: "0 of 1" })
    const privately = (readers: Record<string, number>) =>
      deliveryOf({ stream, n, to: ["bo", "kim"] }, [{ stream, upTo: 9, readers }])
    assert.deepInclude(privately({ lu: 9 }), { state: "waiting" })
    assert.deepInclude(privately({ lu: 9, kim: 5 }), { state: "some", short: "1 of 2" })
    assert.deepInclude(privately({ bo: 6, kim: 5 }), { state: "all" })
    assert.isUndefined(deliveryOf({ stream: "another", n }, []))
  })
})

describe("the rows of a log", () => {
  const rows = (...of: ReadonlyArray<ReturnType<typeof line>>) => rowsOf({ lines: of.map(said), firstNew: undefined })
  const forms = (...of: ReadonlyArray<ReturnType<typeof line>>) =>
    rows(...of).map((row) => (row._tag === "Line" ? (row.isFirst ? "first" : "next") : row._tag))

  it("have a day before its first line, and the author before the first of several lines", () => {
    assert.deepStrictEqual(forms(line("bo", 1), line("bo", 2), line("kim", 1)), ["Day", "first", "next", "first"])
    assert.deepStrictEqual(forms(line("bo", 1), line("bo", 86_401)), ["Day", "first", "Day", "first"])
    assert.deepStrictEqual(forms(line("bo", 1), line("bo", 2, { action: true }), line("bo", 3)), [
      "Day",
      "first",
      "first",
      "first"
    ])
    assert.deepStrictEqual(forms(line("bo", 1), line("bo", 302)), ["Day", "first", "first"])
  })

  it("have a mark before what is new", () => {
    const marked = rowsOf({ lines: lines("bo", 1, 3).map(said), firstNew: nameOf(line("bo", 2)) })
    assert.deepStrictEqual(
      marked.map(({ _tag }) => _tag),
      ["Day", "Line", "New", "Line", "Line"]
    )
  })

  it("have days as people call them", () => {
    assert.strictEqual(dayInWords(at, at + 1), "Today")
    assert.strictEqual(dayInWords(at - 86_400_000, at), "Yesterday")
    assert.match(dayInWords(at - 30 * 86_400_000, at), /^[A-Z][a-z]+day,? \d+ [A-Z]\w+ 20\d\d$/)
  })
})

describe("a text", () => {
  const links = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? [])
  const shown = (text: string) =>
    piecesOf(text)
      .map((piece) => piece.text)
      .join("")

  it("has links for http, https and mailto alone", () => {
    assert.deepStrictEqual(links("see https://example.org/a_(b)?c=d. And (http://x.org/)!"), [
      "https://example.org/a_(b)?c=d",
      "http://x.org/"
    ])
    assert.deepStrictEqual(links("mailto:anna@example.org"), ["mailto:anna@example.org"])
    for (const text of [
      "javascript:alert(1)",
      "JaVaScRiPt://example.org/%0aalert(1)",
      "data:text/html,<script>alert(1)</script>",
      "vbscript:x file:///etc/passwd ftp://x.org blob:https",
      "https://",
      "https://exa\u202emple.org/",
      "https://example.org/\u200bhidden"
    ]) {
      assert.isEmpty(links(text), text)
    }
  })

  it("stays text, whatever it holds, and shows what hides", () => {
    for (const text of ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; &amp;", "a\tb"]) {
      assert.strictEqual(shown(text), text)
    }
    assert.strictEqual(shown("a\u202eb\u200bc\u0000\u001b[2J\ufeff"), "a\\u{202e}b\\u{200b}c\\u{0}\\u{1b}[2J\\u{feff}")
    assert.strictEqual(shown("می\u200cخواهم 👩\u200d💻"), "می\u200cخواهم 👩\u200d💻")
  })

  it("of 60 KB takes no time", () => {
    const begun = performance.now()
    for (const text of ["https://".repeat(8_000), "(".repeat(60_000), `https://x.org/${")".repeat(60_000)}`])
      piecesOf(text)
    assert.isBelow(performance.now() - begun, 2_000)
  })
})

describe("words", () => {
  it("for round trips, the tab, and when to dial again", () => {
    assert.deepStrictEqual([0.02, 3.456, 12.3, 1_234].map(roundTripInWords), ["0.1 ms", "3.5 ms", "12 ms", "1.2 s"])
    assert.strictEqual(tabTitle(2, "ops"), "(2) #ops · outlive")
    assert.deepStrictEqual(
      [0, 1, 2, 50].map((attempts) => delayOf(attempts, 0)),
      [250, 500, 1_000, 10_000]
    )
    assert.strictEqual(delayOf(3, 1), 1_000)
  })
})

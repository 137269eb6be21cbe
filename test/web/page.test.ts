/** The page in a real browser, at real nodes. One browser for all tests; each person has cookies of their own. */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser, Route } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import { type Actor, make, type Stage } from "../process/Stage.ts"
import { hasBrowser, launch, open } from "./Browser.ts"

if (!hasBrowser) console.log("test/web: skipped, because there is no chromium-headless-shell")

/** The link that a node prints. */
const linkOf = (node: Actor) =>
  Effect.map(node.notices("* The page is at"), (notice) => /https?:\S+/.exec(notice)?.[0] ?? "")

/** A server, and clients with these ids and a page each, who have met. */
const gather = (stage: Stage, ids: ReadonlyArray<string>, args: (id: string) => ReadonlyArray<string> = () => []) =>
  Effect.gen(function* () {
    const [port, ...rest] = yield* stage.freePorts(1 + 2 * ids.length)
    const server = yield* stage.server(port)
    const nodes: Array<Actor> = []
    const links: Array<string> = []
    // At the same ports each time: a node that comes back without a server is found where it was.
    const start = (id: string) => {
      const at = 2 * ids.indexOf(id)
      return stage.client(id, port, { listen: rest[at] ?? 0, args: ["--web", `${rest[at + 1]}`, ...args(id)] })
    }
    for (const id of ids) {
      const node = yield* start(id)
      yield* node.sees(`Client ${id}: initiated`)
      links.push(yield* linkOf(node))
      nodes.push(node)
    }
    return { port, server, nodes, links, start }
  })

/**
 * Runs in the page: scrolls close to the upper end, and waits until more is there. `by`: how far the row that was on top
 * then is from where it was, in pixels.
 */
const scrollUp = async (log: {
  scrollTop: number
  getBoundingClientRect: () => { top: number }
  querySelectorAll: (selector: string) => ArrayLike<{ getBoundingClientRect: () => { top: number } }>
}) => {
  const rows = () => Array.from(log.querySelectorAll(".line"))
  const before = rows().length
  log.scrollTop = 40
  const top = rows()[3]
  // Within the log, which itself moves when a banner comes or goes.
  const place = () => (top?.getBoundingClientRect().top ?? Number.NaN) - log.getBoundingClientRect().top
  const at = place()
  for (let waited = 0; waited < 500 && rows().length === before; waited += 1) {
    await new Promise((resume) => setTimeout(resume, 10))
  }
  return { more: rows().length - before, by: place() - at }
}

/** Runs in the page: drops files of these names there, or pastes them if there is one. */
const handOver = (names: ReadonlyArray<string>) => {
  const { ClipboardEvent, DataTransfer, DragEvent, File, document } = globalThis as unknown as {
    ClipboardEvent: new (type: string, of: object) => object
    DataTransfer: new () => { items: { add: (file: object) => void } }
    DragEvent: new (type: string, of: object) => object
    File: new (parts: ReadonlyArray<string>, name: string) => object
    document: { body: { dispatchEvent: (event: object) => void } }
  }
  const given = new DataTransfer()
  for (const name of names) given.items.add(new File(["abc"], name))
  const all = { bubbles: true, cancelable: true, dataTransfer: given, clipboardData: given }
  const events =
    names.length === 1
      ? [new ClipboardEvent("paste", all)]
      : ["dragover", "drop"].map((type) => new DragEvent(type, all))
  for (const event of events) document.body.dispatchEvent(event)
}

describe.skipIf(!hasBrowser)("the page", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  it.scopedLive("goes on when the server is killed, and when its node is killed and comes back", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { links, nodes, port, server, start } = yield* gather(stage, ["anna", "bo"], (id) => ["--data", id])
      const [anna = "", bo = ""] = links
      const kim = yield* stage.client("kim", port)
      for (const node of nodes) yield* node.sees("Client kim: initiated")
      const one = yield* open(browser, anna)
      const other = yield* open(browser, bo)
      assert.notInclude(one.page.url(), "#")

      yield* one.says("hello from the page")
      yield* kim.sees("Client anna: hello from the page")
      yield* one.sees("hello from the page")
      yield* other.sees("hello from the page")
      yield* kim.types("hello from a terminal")
      for (const tab of [one, other]) yield* tab.sees("hello from a terminal")

      yield* server.gets("SIGKILL")
      for (const tab of [one, other]) {
        yield* tab.shows((page) =>
          page.getByRole("status").filter({ hasText: /^Server has been away since \d\d:\d\d: everything/ })
        )
      }
      yield* kim.types("who needs a server")
      for (const tab of [one, other]) yield* tab.sees("who needs a server")
      yield* one.isAccessible("the server is away")

      // The node dies while something is being typed.
      yield* one.does(() => one.input.fill("what I was about to say"))
      yield* nodes[0]?.gets("SIGKILL") ?? Effect.void
      yield* one.shows((page) => page.getByRole("status").filter({ hasText: /^The node of this page has been away/ }))
      yield* one.isAccessible("the node is away")
      yield* one.does((page) => page.reload({ waitUntil: "commit" }).catch(() => undefined))
      yield* kim.types("said meanwhile", "and more")
      yield* other.sees("said meanwhile", "and more")
      yield* linkOf(yield* start("anna"))
      // The browser could not reload a page whose node is away: the person does so now.
      yield* one.does((page) => page.goto(anna.replace(/#.*/, "")))
      yield* one.sees(
        "hello from the page",
        "hello from a terminal",
        "who needs a server",
        "said meanwhile",
        "and more"
      )
      assert.strictEqual(yield* one.does(() => one.input.inputValue()), "what I was about to say")
      yield* one.presses("End", "Enter")
      yield* kim.sees("Client anna: what I was about to say")

      // Once more, without touching the page.
      const again = stage.actors.findLast(({ name }) => name === "Client anna")
      yield* again?.gets("SIGKILL") ?? Effect.void
      yield* one.shows((page) => page.getByRole("status").filter({ hasText: /^The node of this page has been away/ }))
      yield* kim.types("and once more")
      yield* start("anna")
      yield* one.sees("what I was about to say", "and once more", "said meanwhile")
      assert.deepStrictEqual(yield* one.lines, [
        ...["hello from the page", "hello from a terminal", "who needs a server"],
        ...["said meanwhile", "and more", "what I was about to say", "and once more"]
      ])
      assert.deepStrictEqual([...one.complaints, ...other.complaints], [])
    })
  )

  it.scopedLive("is used with the keyboard alone, and is accessible in every state, light and dark", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { links, nodes, port } = yield* gather(stage, ["anna"], () => ["--history", "20"])
      const kim = yield* stage.client("kim", port)
      yield* nodes[0]?.sees("Client kim: initiated") ?? Effect.void
      yield* kim.types("/join ops", "in ops", "/say main a needle in main", "/msg anna psst")
      const tab = yield* open(browser, links[0] ?? "", { colorScheme: "dark" })
      const { page } = tab
      yield* tab.sees("a needle in main")
      yield* tab.shows(() => page.getByRole("button", { name: /^kim 1 unread, 1 for you$/ }))
      yield* tab.isAccessible("dark, at the start")

      // One writes at once, in several lines, and completes what was begun.
      yield* tab.types("cake for @ki")
      yield* tab.shows(() => page.getByRole("option", { name: "kim" }))
      yield* tab.isAccessible("completions")
      yield* tab.presses("Tab")
      yield* tab.types("and :cak")
      yield* tab.presses("ArrowDown", "Enter", "Shift+Enter")
      yield* tab.types("at three")
      yield* tab.presses("Enter")
      yield* kim.sees("Client anna: cake for @kim and 🍰\\u{a}at three")
      yield* tab.shows(() => tab.log.getByText("Delivered to", { exact: false }))

      // To the private conversation, to a room that is joined on the way, and back.
      yield* tab.presses("Alt+ArrowDown")
      yield* tab.shows(() => page.getByRole("heading", { name: "kim", level: 1 }))
      yield* tab.sees("psst")
      yield* tab.types("what?")
      yield* tab.presses("Enter")
      yield* kim.sees("@anna Client anna: what?")
      yield* tab.types("/join ops")
      yield* tab.presses("Enter")
      yield* tab.shows(() => page.getByRole("heading", { name: "#ops", level: 1 }))
      yield* tab.sees("in ops")
      yield* tab.types("hello ops")
      yield* tab.presses("Enter")
      yield* kim.sees("#ops Client anna: hello ops")
      yield* tab.isAccessible("a room that was joined")

      // What is searched is found in the other room, and one is there.
      yield* tab.presses("Control+k")
      yield* tab.types("NEEDLE")
      yield* tab.shows(() => page.getByRole("button", { name: /a needle in main$/ }))
      yield* tab.isAccessible("the search")
      yield* tab.presses("Tab", "Enter")
      yield* tab.shows(() => page.getByRole("heading", { name: "#main", level: 1 }))
      yield* tab.sees("a needle in main")
      yield* tab.presses("Escape")
      assert.isTrue(yield* tab.does(() => tab.input.evaluate((input) => input.matches(":focus"))))

      // Backwards from the input: the log, the bar with who is there.
      yield* tab.presses("Shift+Tab", "Shift+Tab", "Enter")
      yield* tab.shows(() => page.getByRole("complementary", { name: "Who is there" }))
      yield* tab.shows(() => page.getByRole("button", { name: /^kim direct/ }))
      yield* tab.isAccessible("who is there")
      yield* tab.presses("Escape")

      yield* tab.does(() => page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" }))
      yield* tab.isAccessible("light")
      yield* tab.does(() => page.setViewportSize({ width: 360, height: 700 }))
      yield* tab.isAccessible("light, narrow")
      yield* tab.does(() => page.getByRole("button", { name: /^Who is there/ }).press("Enter"))
      yield* tab.does(() => page.getByRole("button", { name: /^kim direct/ }).press("Enter"))
      yield* tab.shows(() => page.getByRole("heading", { name: "kim", level: 1 }))
      assert.strictEqual(yield* tab.does(() => page.getByRole("complementary").count()), 0)
      yield* tab.does(() => page.getByRole("button", { name: /^Rooms/ }).press("Enter"))
      yield* tab.shows(() => page.getByRole("navigation", { name: "Rooms and conversations" }))
      yield* tab.isAccessible("light, narrow, with the list")
      yield* tab.presses("Escape")
      yield* tab.does(() => page.emulateMedia({ colorScheme: "dark" }))
      yield* tab.isAccessible("dark, narrow")
      assert.deepStrictEqual(tab.complaints, [])
    })
  )

  it.scopedLive("shows text as text, whatever it holds", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const downloads = `${stage.folder}/downloads`
      const { links, nodes, port } = yield* gather(stage, ["anna"], () => [
        ...["--downloads", downloads, "--data", "anna"]
      ])
      const kim = yield* stage.client("kim", port, { args: ["--json", "--limit-transfer", "100k"] })
      yield* nodes[0]?.sees("Client kim: initiated") ?? Effect.void
      const tab = yield* open(browser, links[0] ?? "")
      const texts = [
        "<script>globalThis.owned = 1</script>",
        '<img src=x onerror="globalThis.owned = 1"><svg onload="globalThis.owned = 1">',
        "<iframe srcdoc='<script>parent.owned = 1</script>'></iframe><style>*{display:none}</style>",
        "javascript:globalThis.owned=1 data:text/html,<script>1</script>",
        "{{constructor.constructor('owned=1')()}} #{owned=1}",
        `long ${"🚀<b>".repeat(6_000)}`
      ]
      const say = (text: string) => kim.types(JSON.stringify({ type: "say", text }))
      for (const text of texts) yield* say(text)
      yield* say("a\u202eb\u200bc\u2066d")
      yield* say("two\n\tlines\u202e")
      yield* say("see https://example.org/a?b=<c> now")
      yield* tab.sees("a\\u{202e}b\\u{200b}c\\u{2066}d")
      for (const text of texts.slice(0, -1)) yield* tab.sees(text)
      yield* tab.shows(() => tab.log.getByRole("button", { name: /^Show all/ }))
      yield* tab.does(() => tab.log.getByRole("button", { name: /^Show all/ }).click())
      const lines = yield* tab.lines
      assert.include(lines, texts.at(-1))
      assert.include(lines, "two\n\tlines\\u{202e}")
      const links_ = yield* tab.does(() =>
        tab.log
          .getByRole("link")
          .evaluateAll((all) => all.map((each) => [each.getAttribute("href"), each.getAttribute("rel")]))
      )
      assert.deepStrictEqual(links_, [["https://example.org/a?b=", "noopener noreferrer"]])
      assert.isUndefined(yield* tab.does((page) => page.evaluate(() => (globalThis as { owned?: unknown }).owned)))
      assert.strictEqual(yield* tab.does((page) => page.locator("img, iframe, script:not([src]), style").count()), 0)
      // Files: one that would run in the page if it was shown there, one that takes long, and one that is refused.
      const hostile = "<script>globalThis.owned = 1</script>"
      Fs.writeFileSync(`${stage.folder}/a\u202egpj.html`, hostile)
      Fs.writeFileSync(`${stage.folder}/slow.bin`, Buffer.alloc(3_000_000))
      for (const name of ["a\u202egpj.html", "slow.bin"]) {
        yield* kim.types(JSON.stringify({ type: "run", command: "send", arguments: `${stage.folder}/${name}` }))
      }
      const files = tab.log.locator(".file")
      const press = (name: string) => tab.does((page) => page.getByRole("button", { name }).press("Enter"))
      yield* tab.shows(() => files.getByText("37 bytes, kim has it"))
      yield* press("Get slow.bin")
      yield* tab.shows(() => files.getByRole("progressbar", { name: "slow.bin" }))
      yield* tab.shows(() => files.getByText(/^\d+ %.*from kim$/))
      const refuse = (route: Route) => route.fulfill({ status: 507, body: "No room." })
      yield* tab.does((page) => page.route("**/uploads", refuse))
      yield* tab.does((page) => page.evaluate(handOver, ["three"]))
      yield* tab.shows((page) => page.getByText("Not offered: No room."))
      yield* tab.isAccessible("hostile texts, an offer, a file that is being fetched, an upload that was refused")
      yield* press("Dismiss")
      yield* press("Cancel slow.bin")
      yield* tab.shows(() => files.getByRole("button", { name: "Get slow.bin" }))

      // The hostile one is fetched, and then it can only be saved.
      yield* press("Get a_gpj.html")
      yield* tab.shows(() => files.getByText(`Here: ${downloads}/a_gpj.html`))
      const saved = yield* tab.does(async () => {
        const [download] = await Promise.all([
          tab.page.waitForEvent("download"),
          files.getByRole("link", { name: "Save a copy of a_gpj.html" }).press("Enter")
        ])
        return { name: download.suggestedFilename(), text: Fs.readFileSync(await download.path(), "utf8") }
      })
      assert.deepStrictEqual(saved, { name: "a_gpj.html", text: hostile })
      const address = yield* tab.does(() => files.getByRole("link").getAttribute("href"))
      const shown = yield* tab.does((page) =>
        page.goto(new URL(`${address}`, page.url()).href).then(() => "shown", String)
      )
      assert.include(shown, "Download is starting")

      // Files that the person hands over are offered: by the button, and dropped on the page.
      yield* tab.does((page) => page.unroute("**/uploads"))
      yield* tab.does((page) =>
        page
          .locator("input[type=file]")
          .setInputFiles({ name: "report.txt", mimeType: "", buffer: Buffer.alloc(900_000) })
      )
      const hears = (what: string) =>
        stage.until(`kim to hear of ${what}`, () => kim.out.some((line) => line.includes(what)))
      yield* hears('"name":"report.txt","size":900000,')
      yield* tab.does((page) => page.evaluate(handOver, ["one", "two"]))
      yield* hears('"name":"one and 1 more","size":6,')
      yield* tab.shows(() => tab.log.getByText("2 files, 6 bytes"))
      assert.isUndefined(yield* tab.does((page) => page.evaluate(() => (globalThis as { owned?: unknown }).owned)))
      assert.deepStrictEqual(
        tab.complaints.filter((complaint) => !complaint.includes("507")),
        []
      )
    })
  )

  it.scopedLive("shows the end of 10,000 lines at once, and keeps its place when it is scrolled up", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { links, nodes, port } = yield* gather(stage, ["anna"])
      const kim = yield* stage.client("kim", port)
      const [anna] = nodes
      yield* anna?.sees("Client kim: initiated") ?? Effect.void
      const count = 9_900
      yield* kim.types(...Array.from({ length: count }, (_, index) => `line ${index + 1}`))
      yield* anna?.sees(`Client kim: line ${count}`) ?? Effect.void
      const tab = yield* open(browser, links[0] ?? "")
      yield* tab.sees(`line ${count}`)
      const [first, paint] = [yield* tab.firstScreen, yield* tab.firstPaint]
      console.log(
        `the page: the first screen of ${count} lines stands ${Math.round(first)} ms after the socket has opened, the page ${Math.round(paint)} ms after it was asked for`
      )
      assert.isBelow(first, 1_500)

      // Up by hand: the row that is on top stays where it is while more comes above it.
      for (let turn = 0; turn < 5; turn += 1) {
        const moved = yield* tab.does(() => tab.log.evaluate(scrollUp))
        assert.isAbove(moved.more, 0)
        assert.closeTo(moved.by, 0, 2)
      }
      const lines = yield* tab.lines
      assert.isAbove(lines.length, 500)
      const numbers = lines.map((line) => Number(line.replace("line ", "")))
      assert.deepStrictEqual(
        numbers,
        Array.from(numbers, (_, index) => (numbers[0] ?? 0) + index)
      )
      yield* kim.types("the newest")
      yield* tab.does((page) => page.getByRole("button", { name: /new$|^To the end$/ }).click())
      yield* tab.sees("the newest")
      assert.deepStrictEqual(tab.complaints, [])
    })
  )
})

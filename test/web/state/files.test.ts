import { assert, describe, it } from "vitest"
import { fileInWords } from "../../../web/state/Files.ts"
import type { Attached } from "../../../web/state/Transfer.ts"
import type { OfferSeen, Report, TransferNews } from "../../../web/state/Wire.ts"
import { line, lines, Page, saying } from "./Page.ts"

const digestOf = (n: number) => `${n}`.padStart(43, "A")
const offer = (n: number, more: Partial<OfferSeen> = {}): OfferSeen => ({
  name: `file ${n}.txt`,
  size: 2_000_000,
  media: "text/plain",
  digest: digestOf(n),
  ...more
})
const offering = (n: number, more: Partial<ReturnType<typeof line>> = {}) =>
  line("bo", n, { action: true, offer: offer(n), text: `offers file ${n}.txt`, ...more })

const transfer = (more: Partial<TransferNews> = {}): TransferNews => ({
  state: "fetching",
  bytes: 500_000,
  rate: 100_000,
  from: ["bo", "kim"],
  readers: 0,
  paths: [],
  ...more
})
const told = (n: number, more: Partial<TransferNews> = {}): Report => ({
  type: "transfer",
  ...offer(n),
  ...transfer(more)
})
const soughtOf = (page: Page) => page.sent.flatMap((each) => (each.type === "seek" ? [each.digests] : []))
const wordsOf = (page: Page, n: number) => fileInWords(offer(n), page.state.files.get(digestOf(n)))

describe("an offer", () => {
  it("that was there is sought, the last ones of a place; one that comes now is had by who offers it", () => {
    const page = new Page().does({ _tag: "Connected" })
    const all = Array.from({ length: 30 }, (_, index) => offering(index + 1))
    page.answered(all)
    assert.deepStrictEqual(soughtOf(page), [all.slice(10).map((each) => digestOf(each.n))])
    assert.deepInclude(wordsOf(page, 30), { facts: "2.0 MB", deed: "get" })
    page.hears({ type: "file", number: 30, by: "bo", holders: [], ...offer(30) })
    assert.strictEqual(wordsOf(page, 30).facts, "2.0 MB, nobody who is here has it")
    page.hears({ type: "file", number: 30, by: "bo", holders: ["bo", "kim"], ...offer(30) })
    assert.strictEqual(wordsOf(page, 30).facts, "2.0 MB, bo, kim have it")
    // However many come, nobody is asked.
    page.hears(...saying(...Array.from({ length: 600 }, (_, index) => offering(index + 31))))
    assert.isEmpty(soughtOf(page))
    assert.strictEqual(wordsOf(page, 630).facts, "2.0 MB, bo has it")
    assert.strictEqual(page.state.files.size, 500)
    // Whoever comes back there asks about those of which nothing is known, and about all after a new connection.
    page.does({ _tag: "Go", place: "ops" }).answered([])
    assert.isEmpty(soughtOf(page))
    page.does({ _tag: "Disconnected" }).does({ _tag: "Connected" })
    assert.strictEqual(page.state.files.size, 0)
  })

  it("is fetched, with its progress, stopped, and goes on; what is here can be saved", () => {
    const page = Page.connected(lines("bo", 1, 1))
    page.hears(...saying(offering(2))).does({ _tag: "OnFile", deed: "get", digest: digestOf(2) })
    assert.deepInclude(page.sent.at(-1), { type: "get", digest: digestOf(2) })
    page.hears(told(2))
    assert.deepInclude(wordsOf(page, 2), {
      facts: "2.0 MB",
      how: "25 %, 100 kB/s, 15 s left, from bo, kim",
      part: 0.25,
      button: "Cancel"
    })
    page.does({ _tag: "OnFile", deed: "cancel", digest: digestOf(2) })
    assert.deepInclude(page.sent.at(-1), { type: "cancel", digest: digestOf(2) })
    page.hears(told(2, { state: "waiting", from: [] }))
    assert.deepInclude(wordsOf(page, 2), { how: "25 %, waiting for somebody who has the rest", deed: "cancel" })
    page.hears(told(2, { state: "failed", why: "The disk is full." }))
    assert.deepInclude(wordsOf(page, 2), { how: "Stopped at 25 %: The disk is full.", button: "Go on", deed: "get" })
    page.hears(told(2, { state: "none" }))
    assert.deepInclude(wordsOf(page, 2), { facts: "2.0 MB, bo has it", button: "Get" })
    page.hears(told(2, { state: "done", bytes: 2_000_000, paths: ["/d/file 2.txt"], readers: 2 }))
    assert.deepInclude(wordsOf(page, 2), { how: "Here: /d/file 2.txt; 2 fetch it from here", isHere: true })
    const folder = fileInWords(offer(2, { files: 12 }), page.state.files.get(digestOf(2)))
    assert.deepInclude(folder, { facts: "12 files, 2.0 MB", isHere: false })
  })

  it("tells of what happens to it in the log", () => {
    const page = Page.connected()
    const happened = (event: "fetched" | "lied" | "failed", more: object): Report => ({
      type: "transfer-event",
      event,
      ...offer(1),
      ...more
    })
    page.hears(happened("fetched", { paths: ["/d/a"], took: 5 }), happened("lied", { peer: "kim" }))
    page.hears({ type: "transfer-event", event: "waiting", ...offer(1) })
    assert.deepStrictEqual(page.shown, [
      "file 1.txt is here: /d/a",
      "kim sent something that is not in file 1.txt: it is asked for no more of it"
    ])
  })
})

describe("files that are handed over", () => {
  const attached = (...paths: ReadonlyArray<string>): ReadonlyArray<Attached> =>
    paths.map((path) => ({ path, blob: new Blob(["12345"]) }))
  const upload = (page: Page) => page.state.uploads[0]

  it("go to the node, and are offered where they were handed over, as one offer", () => {
    const page = Page.connected()
    page.does({ _tag: "Go", place: "@bo" }).does({ _tag: "Attach", files: attached("a.txt", "b.txt", "c/d.txt") })
    const [begun] = page.done.filter((each) => each._tag === "Upload")
    assert.lengthOf(begun?.files ?? [], 3)
    assert.deepInclude(upload(page), { name: "a.txt and 2 more", size: 15, files: 3, state: "sending" })
    const ref = begun?.ref ?? ""
    page.does({ _tag: "UploadSent", ref, sent: 5 }).does({ _tag: "Go", place: "main" })
    assert.strictEqual(upload(page)?.sent, 5)
    page.does({ _tag: "Uploaded", ref, path: "/data/offered/x/a.txt and 2 more" })
    const run = { type: "run", command: "send", arguments: "/data/offered/x/a.txt and 2 more", to: ["bo"], ref }
    assert.deepStrictEqual<unknown>(page.sent.at(-1), run)
    assert.strictEqual(upload(page)?.state, "offering")
    page.hears({ type: "accepted", ref, stream: "anna/x", n: 1 })
    assert.isEmpty(page.state.uploads)
    // What can't be offered is said by the node.
    page.does({ _tag: "Attach", files: attached("a.txt") })
    const next = upload(page)?.ref ?? ""
    page.does({ _tag: "Uploaded", ref: next, path: "/x" }).hears({ type: "settled", ref: next })
    assert.isEmpty(page.state.uploads)
  })

  it("are not offered if they are taken back, refused by the node, or the node is away", () => {
    const page = Page.connected()
    page.does({ _tag: "Attach", files: [] })
    assert.isEmpty(page.state.uploads)
    page.does({ _tag: "Attach", files: attached("logs/a") })
    assert.deepInclude(upload(page), { name: "logs", files: 1 })
    const ref = upload(page)?.ref ?? ""
    page.does({ _tag: "StopUpload", ref })
    assert.deepInclude(page.done, { _tag: "StopUpload", ref })
    page.does({ _tag: "Uploaded", ref, path: "/x" })
    assert.isEmpty(page.sent)
    page.does({ _tag: "Attach", files: attached("a") })
    const second = upload(page)?.ref ?? ""
    page.does({ _tag: "UploadFailed", ref: second, why: "The disk is full." })
    assert.deepInclude(upload(page), { state: "failed", why: "The disk is full." })
    page.does({ _tag: "StopUpload", ref: second }).does({ _tag: "Attach", files: attached("b") })
    page.does({ _tag: "Uploaded", ref: upload(page)?.ref ?? "", path: "/x" }).does({ _tag: "Disconnected" })
    assert.deepInclude(upload(page), { name: "b", state: "failed" })
    page.does({ _tag: "Attach", files: attached("c") })
    assert.deepInclude(page.state.uploads[1], { state: "failed", why: "The node is away." })
  })

  it("are expected where they are dragged to", () => {
    const page = Page.connected()
    page.does({ _tag: "Dragging", isOver: true })
    assert.isTrue(page.state.isDropping)
    page.does({ _tag: "Attach", files: [] })
    assert.isFalse(page.state.isDropping)
  })
})

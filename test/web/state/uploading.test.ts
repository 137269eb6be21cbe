/** How the page hands files over, to a node that the test plays. */
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import type { Event } from "../../../web/state/Event.ts"
import { makeUploading } from "../../../web/uploading.ts"

/** A node: what it has of one upload, what it was asked, and what goes wrong with the next requests. */
class Node {
  readonly asked: Array<string> = []
  readonly received: Array<Blob> = []
  readonly troubles: Array<"lost" | "taken, then lost" | "late" | "full"> = []
  size = 0

  get bytes(): number {
    return this.received.reduce((sum, { size }) => sum + size, 0)
  }

  readonly fetch = async (path: string, request: RequestInit): Promise<Response> => {
    const at = new URL(path, "http://node").searchParams.get("at")
    request.signal?.throwIfAborted()
    const trouble = request.method === "PUT" ? this.troubles.shift() : undefined
    this.asked.push(`${request.method} ${path.split("?")[0]}${at === null ? "" : ` ${at}`}`)
    if (trouble === "lost") throw new TypeError("Failed to fetch")
    if (trouble === "late") return new Response("", { status: 408 })
    if (trouble === "full") return new Response("The disk of the node has no room for it.\n", { status: 507 })
    if (request.method === "POST") {
      this.size = JSON.parse(String(request.body)).files.reduce(
        (sum: number, file: { size: number }) => sum + file.size,
        0
      )
      return Response.json({ id: "x", received: 0 })
    }
    if (request.method === "DELETE") return new Response(null, { status: 204 })
    if (at !== `${this.bytes}`) return Response.json({ received: this.bytes }, { status: 409 })
    this.received.push(request.body as Blob)
    if (trouble === "taken, then lost") throw new TypeError("Failed to fetch")
    const path_ = this.bytes === this.size ? { path: "/data/offered/x/a" } : {}
    return Response.json({ id: "x", received: this.bytes, ...path_ })
  }
}

const files = [
  { path: "a", blob: new Blob(["a".repeat(300_000)]) },
  { path: "b", blob: new Blob(["b".repeat(700_000)]) }
]

describe("an upload", () => {
  let node: Node
  let events: Array<Event>
  beforeEach(() => {
    node = new Node()
    events = []
    vi.useFakeTimers()
    vi.stubGlobal("fetch", node.fetch)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  /** Begins one, and runs until it is over. */
  const hand = async (most = 20) => {
    const uploading = makeUploading((event) => events.push(event))
    uploading.begin("ref", files)
    for (let turn = 0; turn < most; turn += 1) await vi.advanceTimersByTimeAsync(1_000)
    return uploading
  }

  it("goes in parts that grow while the connection is quick, and comes whole", async () => {
    await hand()
    assert.deepStrictEqual(node.asked, [
      "POST /uploads",
      "PUT /uploads/x 0",
      "PUT /uploads/x 262144",
      "PUT /uploads/x 786432"
    ])
    assert.deepStrictEqual(events.at(-1), { _tag: "Uploaded", ref: "ref", path: "/data/offered/x/a" })
    assert.strictEqual(await new Blob(node.received).text(), "a".repeat(300_000) + "b".repeat(700_000))
  })

  it("goes on where the node is, after parts were lost on the way, or their answers", async () => {
    node.troubles.push("lost", "late", "taken, then lost", "lost")
    await hand()
    assert.deepStrictEqual(events.at(-1), { _tag: "Uploaded", ref: "ref", path: "/data/offered/x/a" })
    assert.strictEqual(await new Blob(node.received).text(), "a".repeat(300_000) + "b".repeat(700_000))
  })

  it("is given up with the sentence of the node, or after five tries in vain", async () => {
    node.troubles.push("full")
    await hand()
    const why = "The disk of the node has no room for it."
    assert.deepStrictEqual(events.at(-1), { _tag: "UploadFailed", ref: "ref", why })
    node.troubles.push(...Array.from({ length: 7 }, () => "lost" as const))
    await hand()
    assert.deepStrictEqual(events.at(-1)?._tag, "UploadFailed")
    assert.strictEqual(node.troubles.length, 1)
  })

  it("that is stopped, or whose page goes, is taken back, and nothing more is said of it", async () => {
    node.troubles.push("lost")
    const uploading = await hand(0)
    await vi.advanceTimersByTimeAsync(500)
    uploading.stopAll()
    await vi.advanceTimersByTimeAsync(5_000)
    assert.strictEqual(node.asked.at(-1), "DELETE /uploads/x")
    assert.isEmpty(events)
  })
})

/** Files that a browser gives to its node, and gets from it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import type { Digest, Offer } from "../../../src/domain/Offer.ts"
import type { Transfer } from "../../../src/domain/Transfer.ts"
import { type Asked, ask, bareConnection } from "../../support/http.ts"
import { originOf } from "../../support/page.ts"
import { served } from "./Served.ts"

type Site = Effect.Effect.Success<ReturnType<typeof served>>

/** Asks as the page does, or with other headers. */
const asPage = ({ address, cookie }: Site) =>
  Effect.map(
    cookie,
    (pass) =>
      ({ headers, ...asked }: Asked) =>
        ask(address, { ...asked, headers: { cookie: pass, origin: originOf(address), ...headers } })
  )

const planOf = (...files: ReadonlyArray<readonly [path: string, size: number]>) =>
  JSON.stringify({ files: files.map(([path, size]) => ({ path, size })) })

/** Uploads files of these texts in one part. Returns where the node says that they are. */
const upload = (site: Site, files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const page = yield* asPage(site)
    const plan = planOf(...Object.entries(files).map(([path, text]) => [path, Buffer.byteLength(text)] as const))
    const begun = JSON.parse((yield* page({ method: "POST", path: "/uploads", body: plan })).text)
    if (begun.path !== undefined) return begun.path as string
    const body = Object.values(files).join("")
    const { text } = yield* page({ method: "PUT", path: `/uploads/${begun.id}?at=0`, body })
    return JSON.parse(text).path as string
  })

const offeredIn = ({ folder }: Site): ReadonlyArray<string> => {
  const at = Path.join(folder, "offered")
  return Fs.existsSync(at) ? Fs.readdirSync(at) : []
}

const read = (path: string) => Fs.readFileSync(path, "utf8")

describe("an upload", () => {
  it.scoped("comes in parts, in their order, and its name is made safe", () =>
    Effect.gen(function* () {
      const site = yield* served()
      const page = yield* asPage(site)
      const begun = yield* page({ method: "POST", path: "/uploads", body: planOf(["../../a\u202egpj.exe", 10]) })
      const { id, received } = JSON.parse(begun.text)
      assert.deepStrictEqual([begun.status, received], [200, 0])
      const put = (at: number, body: string) => page({ method: "PUT", path: `/uploads/${id}?at=${at}`, body })
      assert.deepStrictEqual(JSON.parse((yield* put(0, "hello")).text), { id, received: 5 })
      // A page whose connection broke learns where to go on.
      const again = yield* put(0, "hello")
      assert.deepStrictEqual([again.status, JSON.parse(again.text)], [409, { received: 5 }])
      const last = JSON.parse((yield* put(5, "world")).text)
      assert.strictEqual(last.path, Path.join(site.folder, "offered", id, "a_gpj.exe"))
      assert.strictEqual(read(last.path), "helloworld")
      assert.strictEqual(Fs.statSync(last.path).mode & 0o777, 0o600)
      assert.strictEqual(Fs.statSync(Path.dirname(last.path)).mode & 0o777, 0o700)
      // A page that the last answer has not reached gets it again.
      assert.deepStrictEqual(JSON.parse((yield* put(5, "world")).text), last)
      assert.strictEqual((yield* page({ method: "DELETE", path: `/uploads/${id}` })).status, 404)
      assert.strictEqual(read(last.path), "helloworld")
      Fs.rmSync(Path.join(site.folder, "offered"), { recursive: true })
      assert.strictEqual(read(yield* upload(site, { b: "made again" })), "made again")
    })
  )

  it.scoped("of several files, or of a folder, is one folder; empty files are there too", () =>
    Effect.gen(function* () {
      const site = yield* served()
      const several = yield* upload(site, { "a.txt": "one", "b.txt": "", "c.txt": "three" })
      assert.strictEqual(Path.basename(several), "a.txt and 2 more")
      assert.deepStrictEqual(
        ["a.txt", "b.txt", "c.txt"].map((name) => read(Path.join(several, name))),
        ["one", "", "three"]
      )
      const folder = yield* upload(site, { "logs/x/a": "1", "logs/../../b": "2", "logs/A": "3", "logs/a": "4" })
      assert.strictEqual(Path.basename(folder), "logs")
      assert.deepStrictEqual(Fs.readdirSync(folder, { recursive: true }).sort(), ["A", "a (2)", "b", "x", "x/a"])
      const empty = yield* upload(site, { nothing: "" })
      assert.deepStrictEqual([Path.basename(empty), read(empty)], ["nothing", ""])
      assert.deepStrictEqual(Fs.readdirSync(site.folder).sort(), ["offered", "secret.txt", "web"])
    })
  )

  it.scoped("is taken from the page itself alone", () =>
    Effect.gen(function* () {
      const site = yield* served()
      const page = yield* asPage(site)
      const { id } = JSON.parse((yield* page({ method: "POST", path: "/uploads", body: planOf(["a", 5]) })).text)
      for (const { method, path } of [
        { method: "POST", path: "/uploads" },
        { method: "PUT", path: `/uploads/${id}?at=0` },
        { method: "DELETE", path: `/uploads/${id}` }
      ]) {
        const body = method === "POST" ? planOf(["b", 1]) : "hello"
        for (const origin of ["null", "https://evil.example", `http://localhost:${site.address.port}`, ""]) {
          assert.strictEqual((yield* page({ method, path, body, headers: { origin } })).status, 403, origin)
        }
        const headers = { origin: originOf(site.address) }
        assert.strictEqual((yield* ask(site.address, { method, path, body, headers })).status, 401)
        assert.strictEqual((yield* page({ method: "GET", path })).status, 405)
      }
      assert.lengthOf(offeredIn(site), 1)
      const { text } = yield* page({ method: "PUT", path: `/uploads/${id}?at=0`, body: "hello" })
      assert.strictEqual(read(JSON.parse(text).path), "hello")
    })
  )

  it.scoped("has limits, each with a sentence, and what is refused leaves nothing", () =>
    Effect.gen(function* () {
      const site = yield* served()
      const page = yield* asPage(site)
      const plan = (body: string) => page({ method: "POST", path: "/uploads", body })
      const large = yield* plan(planOf(["a", 1_000_000], ["b", 1]))
      assert.deepStrictEqual([large.status, large.text], [413, "1.0 MB are too much: this node takes 1.0 MB.\n"])
      for (const body of ["", "[]", planOf(), planOf(["a", -1]), planOf(["a", 1.5]), "x".repeat(2_000_000)]) {
        assert.strictEqual((yield* plan(body)).status, 400)
      }
      assert.strictEqual((yield* plan(planOf([`${"a/".repeat(2_000)}b`, 1]))).status, 400)
      const ids: Array<string> = []
      for (let count = 0; count < 8; count += 1) ids.push(JSON.parse((yield* plan(planOf(["a", 5]))).text).id)
      assert.strictEqual((yield* plan(planOf(["a", 5]))).status, 503)
      const [first = "", second = ""] = ids
      assert.strictEqual((yield* page({ method: "PUT", path: `/uploads/${first}?at=0`, body: "longer" })).status, 413)
      const chunked = { "transfer-encoding": "chunked" }
      const path = `/uploads/${second}?at=0`
      assert.strictEqual((yield* page({ method: "PUT", path, body: "longer", headers: chunked })).status, 413)
      assert.strictEqual((yield* page({ method: "DELETE", path: `/uploads/${ids[2]}` })).status, 204)
      assert.strictEqual((yield* page({ method: "DELETE", path: "/uploads/../../etc" })).status, 404)
      assert.lengthOf(offeredIn(site), 6)
    })
  )

  it.scoped("is given up when its page is gone, and goes with the node if it is not whole", () =>
    Effect.gen(function* () {
      const site = yield* served()
      const page = yield* asPage(site)
      const begin = () =>
        Effect.map(
          page({ method: "POST", path: "/uploads", body: planOf(["a", 500_000]) }),
          ({ text }) => JSON.parse(text).id
        )
      const id = yield* begin()
      // The connection breaks within a part: what has come stays for a while, and the page could go on.
      const socket = yield* bareConnection(site.address)
      const lines = [`PUT /uploads/${id}?at=0 HTTP/1.1`, `Host: 127.0.0.1:${site.address.port}`]
      const pass = `Cookie: ${yield* site.cookie}`
      socket.write([...lines, `Origin: ${originOf(site.address)}`, pass, "Content-Length: 9", "", "some"].join("\r\n"))
      const received = Effect.map(
        page({ method: "PUT", path: `/uploads/${id}?at=7`, body: "" }),
        ({ text }) => JSON.parse(text).received as number
      )
      while ((yield* received) < 4) yield* Effect.yieldNow()
      socket.destroy()
      let status = 409
      while (status === 409) ({ status } = yield* page({ method: "PUT", path: `/uploads/${id}?at=4`, body: "more" }))
      assert.strictEqual(status, 200)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* received, 8)
      yield* TestClock.adjust("30 seconds")
      while (offeredIn(site).length > 0) yield* Effect.promise(() => new Promise(setImmediate))

      yield* begin()
      const whole = yield* upload(site, { b: "stays" })
      yield* site.close
      assert.deepStrictEqual(offeredIn(site), [Path.basename(Path.dirname(whole))])
      const gone = yield* served({ uploads: { folder: Path.join(site.folder, "temporary"), stays: false, most: 10 } })
      yield* upload(gone, { b: "goes" })
      yield* gone.close
      assert.isFalse(Fs.existsSync(Path.join(site.folder, "temporary")))
    })
  )
})

describe("a file that is here", () => {
  const digest = "A".repeat(43) as Digest
  const here = (path: string, offer: Partial<Offer> = {}, more: Partial<Transfer> = {}) => {
    const name = offer.name ?? "x.html"
    const whole = { name, size: 8, type: "text/html", digest, manifest: 100, ...offer }
    return new Map([
      [
        digest,
        {
          ...({ offer: whole, state: "Done", bytes: 8, rate: 0, from: [], paths: [path] } as const),
          ...{ readers: 0, given: 0, takers: [] },
          ...more
        }
      ]
    ])
  }

  it.scoped("is saved and never shown, whatever it is", () =>
    Effect.gen(function* () {
      let all: ReadonlyMap<Digest, Transfer> = new Map()
      const site = yield* served({}, () => all)
      const page = yield* asPage(site)
      const path = Path.join(site.folder, "x.html")
      Fs.writeFileSync(path, "<script>")
      all = here(path, { name: "é'\"x.html" })
      const saved = yield* page({ path: `/offered/${digest}` })
      assert.deepStrictEqual([saved.status, saved.text], [200, "<script>"])
      const { headers } = saved
      assert.strictEqual(headers["content-type"], "application/octet-stream")
      assert.strictEqual(
        headers["content-disposition"],
        "attachment; filename=\"___x.html\"; filename*=UTF-8''%C3%A9%27%22x.html"
      )
      assert.strictEqual(headers["content-security-policy"], "default-src 'none'; sandbox")
      assert.strictEqual(headers["x-content-type-options"], "nosniff")
      assert.strictEqual(headers["cross-origin-resource-policy"], "same-origin")
      const head = yield* page({ method: "HEAD", path: `/offered/${digest}` })
      assert.deepStrictEqual([head.status, head.text, head.headers["content-length"]], [200, "", "8"])
      // Those who may not: without a pass, or led here by another page, also of this machine.
      assert.strictEqual((yield* ask(site.address, { path: `/offered/${digest}` })).status, 401)
      for (const site of ["cross-site", "same-site"]) {
        const { status } = yield* page({ path: `/offered/${digest}`, headers: { "sec-fetch-site": site } })
        assert.strictEqual(status, 403, site)
      }
      assert.strictEqual((yield* page({ method: "POST", path: `/offered/${digest}` })).status, 405)
    })
  )

  it.scoped("is not given if it is not whole, a folder, a link, or shorter than it was", () =>
    Effect.gen(function* () {
      let all: ReadonlyMap<Digest, Transfer> = new Map()
      const site = yield* served({}, () => all)
      const page = yield* asPage(site)
      const statusOf = (path: string, offer?: Partial<Offer>, more?: Partial<Transfer>) =>
        Effect.suspend(() => {
          all = here(path, offer, more)
          return Effect.map(page({ path: `/offered/${digest}` }), ({ status }) => status)
        })
      const path = Path.join(site.folder, "secret.txt")
      assert.strictEqual(yield* statusOf(path, {}, { state: "Fetching" }), 404)
      assert.strictEqual(yield* statusOf(path, { files: 2 }), 404)
      assert.strictEqual(yield* statusOf(path, {}, { paths: [] }), 404)
      assert.strictEqual(yield* statusOf(site.folder), 410)
      assert.strictEqual(yield* statusOf(path), 410)
      assert.strictEqual(yield* statusOf(Path.join(site.folder, "gone")), 410)
      Fs.symlinkSync(path, Path.join(site.folder, "link"))
      assert.strictEqual(yield* statusOf(Path.join(site.folder, "link"), { size: 6 }), 410)
      assert.strictEqual(yield* statusOf(path, { size: 6 }), 200)
      const empty = yield* page({ path: "/offered/../secret.txt" })
      assert.strictEqual(empty.status, 404)
    })
  )
})

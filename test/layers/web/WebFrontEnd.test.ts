import * as Fs from "node:fs"
import * as Path from "node:path"
import { gunzipSync } from "node:zlib"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as Keys from "../../../layers/identity/Keys.ts"
import type { Keep } from "../../../src/domain/Keep.ts"
import { notice } from "../../../src/domain/ScreenLine.ts"
import { temporaryFolder } from "../../support/folder.ts"
import { ask, bareConnection, closed, upgrade } from "../../support/http.ts"
import { cookieOf, exchange, openTab, originOf, partsOf } from "../../support/page.ts"
import { script, served } from "./Served.ts"

/** The status of a request for a WebSocket. */
const statusOf = (opened: ReturnType<typeof openTab>) =>
  Effect.match(opened, { onFailure: (status) => status, onSuccess: () => 101 })

describe("who may use the page", () => {
  it.scoped("the link that is told lets one browser in, once", () =>
    Effect.gen(function* () {
      const { address, told } = yield* served()
      assert.lengthOf(told(), 1)
      const { token } = partsOf(told()[0]?.match(/https?:\S+/)?.[0] ?? "")
      const first = yield* exchange(address, token)
      assert.strictEqual(first.status, 204)
      const setCookie = first.headers["set-cookie"]?.[0] ?? ""
      assert.match(
        setCookie,
        new RegExp(`^outlive-${address.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=`)
      )
      const again = yield* exchange(address, token)
      assert.deepStrictEqual([again.status, again.headers["set-cookie"]], [403, undefined])
      assert.match(again.text, /^This link was used already/)
      // A browser that comes back keeps its pass for as long again.
      const back = yield* ask(address, { path: "/", headers: { cookie: cookieOf(first) } })
      assert.deepStrictEqual(back.headers["set-cookie"], [setCookie])
      assert.isUndefined((yield* ask(address, { path: "/" })).headers["set-cookie"])
    })
  )

  it.scoped("a token is too late after a minute", () =>
    Effect.gen(function* () {
      const { address, token } = yield* served()
      const late = yield* token
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual((yield* exchange(address, late)).status, 403)
      assert.strictEqual((yield* exchange(address, yield* token)).status, 204)
    })
  )

  it.scoped("no token, a wrong one, and one that is too long", () =>
    Effect.gen(function* () {
      const { address } = yield* served()
      for (const token of ["", "wrong", "x".repeat(100_000)]) {
        assert.strictEqual((yield* exchange(address, token)).status, 403)
      }
    })
  )

  it.scoped("a foreign page can't exchange a token, and does not use it up", () =>
    Effect.gen(function* () {
      const { address, token } = yield* served()
      const good = yield* token
      for (const origin of [
        "null",
        "https://evil.example",
        `http://127.0.0.1.evil.example:${address.port}`,
        `http://localhost:${address.port}`,
        `https://127.0.0.1:${address.port}`,
        `http://127.0.0.1:${address.port}.evil.example`
      ]) {
        assert.strictEqual((yield* exchange(address, good, { origin })).status, 403, origin)
      }
      assert.strictEqual((yield* ask(address, { method: "POST", path: "/pass", body: good })).status, 403)
      assert.strictEqual((yield* exchange(address, good)).status, 204)
    })
  )

  it.scoped("a foreign Host is refused, whatever is asked for, with the headers of everything", () =>
    Effect.gen(function* () {
      const { address, cookie } = yield* served()
      const pass = yield* cookie
      for (const host of ["evil.example", `127.0.0.1.evil.example:${address.port}`, "127.0.0.1", "127.0.0.1:1"]) {
        for (const path of ["/", "/page.js", "/pass", "/session"]) {
          const { headers, status } = yield* ask(address, { path, headers: { host, cookie: pass } })
          assert.strictEqual(status, 421, host)
          assert.match(`${headers["content-security-policy"]}`, /^default-src 'none'; script-src 'self'; /)
        }
      }
    })
  )

  it.scoped("GET /pass says whether a browser has a pass", () =>
    Effect.gen(function* () {
      const { address, cookie } = yield* served()
      const headers = { cookie: `other=1; ${yield* cookie}` }
      assert.strictEqual((yield* ask(address, { path: "/pass", headers })).status, 204)
      assert.strictEqual((yield* ask(address, { path: "/pass" })).status, 401)
      const almost = { cookie: `outlive-${address.port}=x` }
      assert.strictEqual((yield* ask(address, { path: "/pass", headers: almost })).status, 401)
    })
  )

  it.scoped("passes hold in the next run, if they are kept; links don't", () =>
    Effect.gen(function* () {
      let text: string | undefined
      const keep: Keep = {
        load: Effect.sync(() => text),
        save: (given) =>
          Effect.sync(() => {
            text = given
          })
      }
      const first = yield* served({ keep })
      const cookie = yield* first.cookie
      const token = yield* first.token
      yield* first.close
      const second = yield* served({ keep, listen: first.address })
      assert.strictEqual((yield* ask(second.address, { path: "/pass", headers: { cookie } })).status, 204)
      assert.strictEqual((yield* exchange(second.address, token)).status, 403)
    })
  )
})

describe("the page over TLS", () => {
  const certificate = Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const { credentials } = yield* Keys.generate
    const paths = { certificate: Path.join(folder, "cert.pem"), key: Path.join(folder, "key.pem") }
    Fs.writeFileSync(paths.certificate, credentials.certificate)
    Fs.writeFileSync(paths.key, credentials.privateKey)
    return paths
  })

  it.scoped("has a cookie that no other host can set, and the same WebSocket; a reset of it does no harm", () =>
    Effect.gen(function* () {
      const { address, attached, close, cookie, ended, link } = yield* served({ certificate: yield* certificate })
      const url = yield* link
      assert.match(url, /^https:/)
      const { headers } = yield* exchange(address, partsOf(url).token, { secure: true })
      assert.match(`${headers["set-cookie"]}`, new RegExp(`^__Host-outlive-${address.port}=.*; Path=/; .*; Secure$`))
      assert.strictEqual((yield* Effect.flip(ask(address))).message, "socket hang up")
      const pass = yield* cookie
      assert.strictEqual(yield* statusOf(openTab(address, pass, { secure: true, origin: originOf(address) })), 403)
      for (let round = 1; round <= 5; round += 1) {
        const { socket } = yield* openTab(address, pass, { secure: true })
        yield* attached(round)
        // The TCP connection under TLS breaks, without a word.
        const { _socket } = socket as unknown as { readonly _socket: { readonly _handle: { close: () => void } } }
        _socket._handle.close()
        socket.terminate()
        yield* ended(round)
      }
      const tab = yield* openTab(address, pass, { secure: true })
      yield* tab.send({ type: "say", text: "hello" })
      yield* tab.sees(({ text }) => text === "heard hello")
      yield* close
      assert.strictEqual((yield* tab.closed).code, 1001)
    })
  )

  it.scoped("a certificate that can't be used is refused in a sentence", () =>
    Effect.gen(function* () {
      const { certificate: path, key } = yield* certificate
      const { key: another } = yield* certificate
      const failure = (certificate: { certificate: string; key: string }) =>
        Effect.map(Effect.flip(served({ certificate })), ({ message }) => message)
      assert.include(
        yield* failure({ certificate: path, key: "nowhere.pem" }),
        "nowhere.pem can't be used (ENOENT): see --web-cert and --web-key."
      )
      assert.include(yield* failure({ certificate: path, key: another }), "are no pair of PEM files")
      assert.include(yield* failure({ certificate: key, key }), "are no pair of PEM files")
    })
  )
})

describe("the files of the page", () => {
  it.scoped("have their types, the headers of everything, and an ETag", () =>
    Effect.gen(function* () {
      const { address } = yield* served()
      const page = yield* ask(address)
      assert.deepStrictEqual([page.status, page.text], [200, "<!doctype html>"])
      assert.strictEqual(page.headers["content-type"], "text/html; charset=utf-8")
      assert.strictEqual(page.headers["x-content-type-options"], "nosniff")
      assert.strictEqual(page.headers["referrer-policy"], "no-referrer")
      assert.strictEqual(page.headers["cross-origin-opener-policy"], "same-origin")
      assert.strictEqual(page.headers["cross-origin-resource-policy"], "same-origin")
      assert.strictEqual(page.headers["cache-control"], "no-cache")
      const etag = page.headers.etag ?? ""
      assert.match(etag, /^"[\w-]{22}"$/)
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
        const { body, status } = yield* ask(address, { headers: { "if-none-match": known } })
        assert.deepStrictEqual([status, body.length], [304, 0])
      }
      assert.strictEqual((yield* ask(address, { headers: { "if-none-match": '"x"' } })).status, 200)
    })
  )

  it.scoped("are compressed for those who want that", () =>
    Effect.gen(function* () {
      const { address } = yield* served()
      const path = "/page.js?x=1"
      const plain = yield* ask(address, { path })
      assert.deepStrictEqual([plain.text, plain.headers["content-encoding"]], [script, undefined])
      const short = yield* ask(address, { path, headers: { "accept-encoding": "br, gzip;q=0.5" } })
      assert.strictEqual(short.headers["content-encoding"], "gzip")
      assert.strictEqual(gunzipSync(short.body).toString(), script)
      const refused = yield* ask(address, { path, headers: { "accept-encoding": "gzip;q=0" } })
      assert.isUndefined(refused.headers["content-encoding"])
    })
  )

  it.scoped("can be read, and nothing else", () =>
    Effect.gen(function* () {
      const { address } = yield* served()
      const head = yield* ask(address, { method: "HEAD", path: "/page.js" })
      assert.deepStrictEqual(
        [head.status, head.body.length, head.headers["content-length"]],
        [200, 0, `${script.length}`]
      )
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const { headers, status } = yield* ask(address, { method })
        assert.deepStrictEqual([status, headers.allow], [405, "GET, HEAD"], method)
      }
      assert.strictEqual((yield* ask(address, { method: "DELETE", path: "/pass" })).status, 405)
      for (const path of [
        "/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/page.js/../../secret.txt",
        "/\\..\\secret.txt",
        "//etc/passwd",
        "/./page.js",
        "/page.js%00.html",
        "/__proto__",
        "/constructor"
      ]) {
        assert.strictEqual((yield* ask(address, { path })).status, 404, path)
      }
      assert.strictEqual((yield* ask(address, { path: "/session" })).status, 426)
    })
  )

  it.scoped("a page that was not built is said to be so", () =>
    Effect.gen(function* () {
      const { address } = yield* served({ folder: "nowhere" })
      const { status, text } = yield* ask(address)
      assert.deepStrictEqual([status, text], [404, "This node has no page: it was not built.\n"])
    })
  )
})

describe("the WebSocket of the page", () => {
  it.scoped("is refused without a pass, from a foreign page, and elsewhere", () =>
    Effect.gen(function* () {
      const { address, consoles, cookie } = yield* served()
      const pass = yield* cookie
      const refused = (cookie: string, as?: Parameters<typeof openTab>[2]) => statusOf(openTab(address, cookie, as))
      assert.strictEqual(yield* refused(""), 401)
      assert.strictEqual(yield* refused(`outlive-${address.port}=wrong`), 401)
      assert.strictEqual(yield* refused(pass, { path: "/" }), 404)
      for (const origin of ["https://evil.example", `http://localhost:${address.port}`, `${originOf(address)}.evil`]) {
        assert.strictEqual(yield* refused(pass, { origin }), 403, origin)
      }
      assert.lengthOf(consoles(), 0)
    })
  )

  it.scoped("is a session that speaks JSON", () =>
    Effect.gen(function* () {
      const { address, consoles, cookie, ended } = yield* served()
      const tab = yield* openTab(address, yield* cookie)
      yield* tab.sees(({ type }) => type === "outlive")
      yield* tab.send({ type: "say", text: "hello" }, { type: "say", text: "<b>\n" })
      yield* tab.sees(({ text }) => text === "heard hello")
      tab.socket.send("nonsense")
      yield* tab.sees(({ type }) => type === "error")
      assert.isFalse(consoles()[0]?.isGone())
      tab.socket.close()
      yield* ended(1)
      assert.isTrue(consoles()[0]?.isGone())
    })
  )

  it.scoped("is closed with 1001 when the node ends, whichever way", () =>
    Effect.gen(function* () {
      const one = yield* served()
      const tab = yield* openTab(one.address, yield* one.cookie)
      yield* one.attached(1)
      yield* one.nodeEnds
      assert.deepStrictEqual(yield* tab.closed, { code: 1001, why: "The node has ended." })
      const other = yield* served()
      const tabs = yield* Effect.all(
        [1, 2].map(() => Effect.flatMap(other.cookie, (pass) => openTab(other.address, pass)))
      )
      yield* other.attached(2)
      yield* other.close
      for (const { closed } of tabs) assert.strictEqual((yield* closed).code, 1001)
    })
  )

  it.scoped("is closed when it sends what is no text, or too much of it", () =>
    Effect.gen(function* () {
      const { address, cookie } = yield* served()
      const pass = yield* cookie
      const binary = yield* openTab(address, pass)
      binary.socket.send(Buffer.from("{}"))
      assert.strictEqual((yield* binary.closed).code, 1003)
      const long = yield* openTab(address, pass)
      long.socket.send("x".repeat(1_000_000))
      assert.strictEqual((yield* long.closed).code, 1009)
      const broken = yield* openTab(address, pass)
      broken.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
      assert.strictEqual((yield* broken.closed).code, 1007)
    })
  )

  it.scoped("one that reads nothing is closed with 1013, and holds up nobody else", () =>
    Effect.gen(function* () {
      const { address, attached, consoles, cookie, ended } = yield* served()
      const slow = yield* openTab(address, yield* cookie)
      yield* attached(1)
      slow.socket.pause()
      const [console] = consoles()
      const lines = [notice("x".repeat(60_000))]
      let taken = 0
      for (let given = 0; given < 400; given += 1) {
        console?.put(lines, () => {
          taken += 1
        })
      }
      const quick = yield* openTab(address, yield* cookie)
      yield* quick.send({ type: "say", text: "hello" })
      yield* quick.sees(({ text }) => text === "heard hello")
      assert.isBelow(taken, 400)
      slow.socket.resume()
      assert.strictEqual((yield* slow.closed).code, 1013)
      yield* ended(1)
    })
  )

  it.scoped("one that answers no ping is closed, and one that does is not", () =>
    Effect.gen(function* () {
      const { address, attached, cookie, ended } = yield* served()
      const pass = yield* cookie
      const dead = yield* bareConnection(address)
      dead.write(upgrade("/session", { Host: `127.0.0.1:${address.port}`, Origin: originOf(address), Cookie: pass }))
      yield* attached(1)
      const tab = yield* openTab(address, pass)
      yield* attached(2)
      for (let round = 0; round < 3; round += 1) {
        yield* tab.send({ type: "say", text: `${round}` })
        yield* tab.sees(({ text }) => text === `heard ${round}`)
        yield* TestClock.adjust("30 seconds")
      }
      yield* ended(1)
      yield* closed(dead)
      yield* tab.send({ type: "say", text: "still here" })
      yield* tab.sees(({ text }) => text === "heard still here")
    })
  )

  it.scoped("those who connect and say nothing, or reset what they asked for, are not felt", () =>
    Effect.gen(function* () {
      const { address, cookie } = yield* served()
      const pass = yield* cookie
      const tab = yield* openTab(address, pass)
      const header = upgrade("/session", {
        Host: `127.0.0.1:${address.port}`,
        Origin: originOf(address),
        Cookie: pass
      })
      yield* Effect.forEach(Array.from({ length: 100 }), () => bareConnection(address), { concurrency: 10 })
      for (let round = 0; round < 10; round += 1) {
        yield* Effect.forEach(
          Array.from({ length: 10 }),
          () =>
            Effect.scoped(
              Effect.flatMap(bareConnection(address), (socket) => {
                socket.write(header, () => socket.resetAndDestroy())
                return closed(socket)
              })
            ),
          { concurrency: 10 }
        )
        yield* tab.send({ type: "say", text: `${round}` })
        yield* tab.sees(({ text }) => text === `heard ${round}`)
      }
      assert.strictEqual((yield* ask(address)).status, 200)
    })
  )
})

/** `outlive web`: a client that opens its page in a browser. The browser is a script here. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cookieOf, exchange, openTab, partsOf } from "../support/page.ts"
import { make } from "./Stage.ts"

describe("outlive web", () => {
  it.scopedLive("opens the browser, and goes on without a terminal until a signal ends it", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port] = (yield* stage.freePorts(1)) as [number]
      const [browser, opened] = [Path.join(stage.folder, "browser"), Path.join(stage.folder, "opened")]
      Fs.writeFileSync(browser, `#!/bin/sh\nprintf '%s' "$1" > ${opened}.new\nmv ${opened}.new ${opened}\n`, {
        mode: 0o755
      })
      const server = yield* stage.server(port)
      const node = yield* stage.start("node", ["./outlive", "web", "anna", "--server", `localhost:${port}`], {
        env: { BROWSER: `/nowhere:${browser}` }
      })
      yield* node.endsInput
      yield* server.sees("Client anna: initiated")
      yield* stage.poll("the browser has the link", () => Fs.existsSync(opened))
      const { address, token } = partsOf(Fs.readFileSync(opened, "utf8"))
      yield* node.notices(`* The page is at http://127.0.0.1:${address.port}/#${token} `)
      const pass = cookieOf(yield* exchange(address, token))
      const tab = yield* Effect.orDieWith(openTab(address, pass), (status) => new Error(`refused with ${status}`))
      yield* tab.send({ type: "say", text: "hello" })
      yield* server.sees("Client anna: hello")
      yield* server.types("hello page")
      yield* tab.sees(({ text, type }) => type === "said" && text === "hello page")
      yield* tab.send({ type: "run", command: "web" })
      const another = yield* tab.sees(({ type }) => type === "page")
      assert.strictEqual((yield* exchange(address, partsOf(`${another["url"]}`).token)).status, 204)
      yield* node.gets("SIGTERM")
      assert.deepStrictEqual(yield* tab.closed, { code: 1001, why: "The node has ended." })
      assert.strictEqual(yield* node.ends, 0)
      yield* server.notices("* Client anna left")
      assert.isEmpty(node.out)
    })
  )
})

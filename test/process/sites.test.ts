/** Two servers of one chat, each at a site of its own, linked by a real NATS server. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NatsServer from "../support/natsServer.ts"
import { each, make, type Stage } from "./Stage.ts"

const site = (stage: Stage, name: string, port: number, nats: string, args: ReadonlyArray<string> = []) => {
  const folder = Path.join(stage.folder, name)
  Fs.mkdirSync(folder, { recursive: true })
  const words = ["./server", "--port", `${port}`, "--nats", nats, "--site", name, ...args]
  return Effect.tap(stage.start(`Server ${name}`, words, { folder }), (server) =>
    server.notices(`* The server listens at localhost:${port}.`)
  )
}

describe.skipIf(NatsServer.missing !== undefined)("two sites (skipped where there is no nats-server)", () => {
  it.scopedLive("are one chat; each talks on while NATS is away, and all is there once when it is back", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const nats = yield* NatsServer.natsServer()
      const [atEast, atWest, metrics] = yield* stage.freePorts(3)
      const east = yield* site(stage, "east", atEast, nats.url, ["--metrics", `${metrics}`])
      const west = yield* site(stage, "west", atWest ?? 0, nats.url)
      yield* each([east, west], (server) =>
        server.sees(server === east ? "Server west: initiated" : "Server east: initiated")
      )
      const ann = yield* stage.client("ann", atEast)
      yield* each([ann, east, west], (other) => other.sees("Client ann: initiated"))
      const bob = yield* stage.client("bob", atWest ?? 0)
      yield* each([ann, bob, east, west], (other) => other.sees("Client bob: initiated"))
      const all = [ann, bob, east, west]
      yield* stage.everyoneTalks(all, "at first")

      // A file goes from site to site, through both servers.
      const content = Buffer.alloc(3_000_000, "a line of a file, ")
      const file = Path.join(stage.folder, "a.bin")
      Fs.writeFileSync(file, content)
      yield* ann.types(`/send ${file}`)
      yield* bob.notices("* Client ann offers a.bin (3.0 MB)")
      yield* bob.types(`/get a.bin ${Path.join(stage.folder, "fetched")}`)
      yield* bob.notices("* a.bin is here: ")
      assert.isTrue(Fs.readFileSync(Path.join(stage.folder, "fetched", "a.bin")).equals(content))

      const second = yield* stage.client("ann", atWest ?? 0)
      assert.strictEqual(yield* second.ends, 1)
      assert.match(second.err.join("\n"), /The id ann is taken/)

      yield* Effect.promise(() => nats.stop("SIGKILL"))
      yield* each([east, west], (server) => server.notices("* NATS can't be used (the connection was lost)"))
      yield* each([ann, bob], (client) =>
        stage.says(client, `${client.name} without NATS`, client === ann ? [ann, east] : [bob, west])
      )
      yield* Effect.promise(() => nats.start())
      yield* each([east, west], (server) => server.notices("* NATS can be used again."))
      yield* each([bob, west], (other) => other.sees("Client ann: Client ann without NATS"))
      yield* each([ann, east], (other) => other.sees("Client bob: Client bob without NATS"))
      yield* stage.everyoneTalks(all, "again")
      for (const { name, out } of all)
        assert.lengthOf(
          new Set(out.filter((line) => line.includes("without"))),
          out.filter((line) => line.includes("without")).length,
          name
        )
      const page = yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text())
      assert.match(page, /outlive_nats_connected 1\n/)
      assert.match(page, /outlive_nats_reconnects_total 1\n/)
      assert.match(page, /outlive_site_posts_published_total \d+\n/)
      assert.match(page, /outlive_site_lag_seconds\{site="west"\} /)
    })
  )

  it.scopedLive(
    "the first server ends with one sentence if NATS does not take its password, which is shown nowhere",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        const nats = yield* NatsServer.natsServer(["--user", "ann", "--pass", "s3cret"])
        const [port] = yield* stage.freePorts(1)
        const url = nats.url.replace("//", "//ann:wr0ng@")
        const server = yield* stage.start("Server east", [
          "./server",
          "--port",
          `${port}`,
          "--nats",
          url,
          "--site",
          "east"
        ])
        assert.strictEqual(yield* server.ends, 1)
        assert.deepStrictEqual(server.out, [])
        assert.deepStrictEqual(server.err, [
          "outlive: NATS can't be used (it does not accept this server): mend the user, the password or the token in --nats, or the file of --nats-creds."
        ])
      })
  )
})

import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { make, type Stage } from "./Stage.ts"

/** What a command prints, once it has ended well. */
const printed = (stage: Stage, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const command = yield* stage.start(args.slice(0, 2).join(" "), ["node", program, ...args], { env: stateOf(stage) })
    assert.strictEqual(yield* command.ends, 0, command.err.join("\n"))
    return command.out.join("\n")
  })

const program = Path.resolve(import.meta.dirname, "../../dist/outlive.cjs")

const stateOf = ({ folder }: Stage) => ({ OUTLIVE_STATE: Path.join(folder, "state") })

/** A secure server, and what starts clients of it. */
const secureServer = (stage: Stage) =>
  Effect.gen(function* () {
    const env = stateOf(stage)
    const server = yield* stage.server(0, ["--secure"], { env })
    const start = (name: string, ...args: ReadonlyArray<string>) =>
      stage.start(name, ["node", program, ...args], { env })
    const port = /localhost:(\d+)/.exec(server.err.join("\n"))?.[1] ?? ""
    return { port, server, start }
  })

describe("secure processes", () => {
  it.scopedLive("are invited by a link, talk without the server, and know each other at the next start", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { port, server, start } = yield* secureServer(stage)
      const link = yield* printed(stage, "invite", "--uses", "2")
      assert.match(link, new RegExp(`^outlive://localhost:${port}/#[\\w-]{43}\\.[\\w-]{22}$`))
      const anna = yield* start("Client anna", "join", link, "anna")
      yield* anna.sees("Client anna: initiated")
      const bert = yield* start("Client bert", "join", link, "bert")
      yield* bert.sees("Client bert: initiated", "Client anna: initiated")
      yield* anna.sees("Client bert: initiated")
      assert.match(
        yield* printed(stage, "invite", "--list"),
        /^[\w-]{8} {2}used 2 of 2 \(anna, bert\), until [\dTZ:-]+, closed$/
      )
      const carl = yield* start("Client carl", "join", link, "carl")
      assert.strictEqual(yield* carl.ends, 1)
      assert.include(carl.err.join("\n"), "Client carl is not invited: ask the person who runs the server")
      yield* anna.types("/verify bert")
      yield* bert.types("/verify anna")
      const [one, other] = [
        yield* anna.notices("* Compare with Client bert by voice"),
        yield* bert.notices("* Compare with Client anna by voice")
      ]
      assert.strictEqual(one.replace("bert", "anna"), other)
      yield* server.gets("SIGKILL")
      yield* anna.notices("* Server is lost")
      yield* bert.types("nobody else hears this")
      yield* anna.sees("Client bert: nobody else hears this")
      yield* bert.types("Exit")
      assert.strictEqual(yield* bert.ends, 0)
      const again = yield* start(
        "Client bert again",
        "join",
        link,
        "bert",
        "--peer",
        `localhost:${listeningOf(stage, "anna")}`
      )
      yield* again.sees("Client bert: initiated", "Client anna: initiated")
    })
  )

  it.scopedLive("carry a private line that they can't read to a reader who was away, its author gone", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const env = stateOf(stage)
      const folder = (id: string) => Path.join(stage.folder, `data-${id}`)
      const kept = (id: string) => ["--data", folder(id)]
      const server = yield* stage.server(0, ["--secure", ...kept("Server")], { env })
      const start = (name: string, ...args: ReadonlyArray<string>) =>
        stage.start(name, ["node", program, ...args], { env })
      const link = yield* printed(stage, "invite", "--uses", "3")
      const joins = (id: string, ...more: ReadonlyArray<string>) =>
        start(`Client ${id}`, "join", link, id, ...kept(id), ...more)
      const anna = yield* joins("anna")
      yield* anna.sees("Client anna: initiated")
      const bert = yield* joins("bert")
      yield* bert.sees("Client bert: initiated", "Client anna: initiated")
      const carl = yield* joins("carl")
      yield* carl.sees("Client anna: initiated", "Client bert: initiated")
      yield* bert.types("Exit")
      assert.strictEqual(yield* bert.ends, 0)
      yield* anna.notices("* Client bert left")
      // So that the server carries one too.
      yield* anna.types("/msg bert a pomegranate for you")
      yield* anna.types("to all")
      yield* server.sees("Client anna: to all")
      yield* server.gets("SIGKILL")
      yield* anna.notices("* Server is lost")
      yield* anna.types("/msg bert another pomegranate")
      yield* anna.types("to carl")
      yield* carl.sees("Client anna: to carl")
      yield* anna.types("Exit")
      assert.strictEqual(yield* anna.ends, 0)
      const again = yield* joins("bert", "--peer", `localhost:${listeningOf(stage, "carl")}`)
      const lines = ["@anna Client anna: a pomegranate for you", "@anna Client anna: another pomegranate"]
      yield* again.sees(...lines)
      yield* again.types("thanks")
      yield* carl.sees("Client bert: thanks")
      assert.deepStrictEqual(
        again.out.filter((line) => line.includes("pomegranate")),
        lines
      )
      assert.isEmpty(carl.out.filter((line) => line.includes("pomegranate")))
      yield* carl.types("Exit")
      assert.strictEqual(yield* carl.ends, 0)
      for (const id of ["anna", "bert", "carl", "Server"]) {
        const files = Fs.readdirSync(folder(id), { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => Fs.readFileSync(Path.join(folder(id), name), "utf8"))
        assert.isTrue(
          files.some((text) => text.includes("anna/@/")),
          id
        )
        assert.isFalse(
          files.some((text) => text.includes("pomegranate")),
          id
        )
      }
    })
  )

  it.scopedLive("let nobody in without an invitation, nor plain, and say so in words", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { port, start } = yield* secureServer(stage)
      const at = ["--server", `localhost:${port}`]
      const stranger = yield* start("Client 1", "client", "1", "0", "0", ...at, "--secure")
      assert.strictEqual(yield* stranger.ends, 1)
      assert.include(stranger.err.join("\n"), "Client 1 is not invited")
      const plain = yield* start("Client 2", "client", "2", "0", "0", ...at)
      yield* plain.notices(`* The server at localhost:${port} can't be reached (it accepts TLS only`)
      const both = yield* start("Client 3", "client", "3", "0", "0", ...at, "--secure", "--insecure")
      assert.strictEqual(yield* both.ends, 2)
      assert.include(both.err.join("\n"), "--secure and --insecure exclude each other")
      const revoked = yield* printed(stage, "invite")
      const name = (yield* printed(stage, "invite", "--list")).slice(0, 8)
      yield* printed(stage, "invite", "--revoke", name)
      const late = yield* start("Client 4", "join", revoked, "4")
      assert.strictEqual(yield* late.ends, 1)
      assert.include(late.err.join("\n"), "Client 4 is not invited")
    })
  )

  it.scopedLive("beyond this machine are so by themselves; --insecure has to be typed, and is said", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const env = stateOf(stage)
      const open = yield* stage.start("Server", ["./server", "--port", "0", "--host", "0.0.0.0"], { env })
      yield* open.notices("* The server listens at 0.0.0.0:")
      assert.isTrue(Fs.existsSync(Path.join(stage.folder, "state", "Server", "key.pem")))
      const asked = yield* stage.start("invite", ["node", program, "invite"], { env })
      assert.strictEqual(yield* asked.ends, 1)
      assert.include(asked.err.join("\n"), "give its address with --server HOST:PORT")
      const named = yield* printed(stage, "invite", "--server", "chat.example:4000")
      assert.match(named, /^outlive:\/\/chat\.example:4000\/#/)
      const insecure = ["./server", "--port", "0", "--host", "0.0.0.0", "--insecure", "--ports", "other.txt"]
      const plain = yield* stage.start("Server", insecure, { env })
      yield* plain.notices("* Nothing is encrypted, and anybody can join (--insecure)")
    })
  )
})

/** Where a client listens, as the server knew it last. */
const listeningOf = ({ folder }: Stage, id: string): number => {
  const { roster } = JSON.parse(Fs.readFileSync(Path.join(folder, "state", "Server", "trust.json"), "utf8"))
  return roster.find((member: { id: string }) => member.id === id).port
}

/** IRC clients that nobody here wrote, at real nodes: weechat and irssi, while the server is killed and comes back. */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Module from "node:module"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasTerminals } from "../support/terminal.ts"
import { type Actor, make, type Stage } from "./Stage.ts"

const isInstalled = (program: string, flag = "--version"): boolean => spawnSync(program, [flag]).status === 0

const hasWeechat = isInstalled("weechat-headless")
const hasCatgirl = spawnSync("catgirl", ["-h"]).error === undefined && hasTerminals && isInstalled("openssl", "version")
const hasIi = spawnSync("ii", ["-v"]).error === undefined
const hasIrssi = isInstalled("irssi") && hasTerminals

/** The lines of a file, none if it is not there. */
const linesOf = (file: string): ReadonlyArray<string> => {
  try {
    return Fs.readFileSync(file, "utf8").split("\n")
  } catch {
    return []
  }
}

/** A server and two clients; IRC clients can connect to both of these. */
const gather = (stage: Stage) =>
  Effect.gen(function* () {
    const [port, irc, other] = (yield* stage.freePorts(3)) as [number, number, number]
    const server = yield* stage.server(port)
    const [one, two] = (yield* stage.clients(2, server, port, (id) => ({
      args: id === 1 ? ["--irc", `${irc}`, "--data", "one"] : ["--irc", `${other}`]
    }))) as [Actor, Actor]
    return { server, port, irc, other, one, two }
  })

/** irssi at a node, in `#main`, of which it keeps a log. */
const irssiAt = (stage: Stage, port: number, id: string) =>
  Effect.gen(function* () {
    const home = Path.join(stage.folder, "irssi")
    const irssi = yield* stage.start(
      "irssi",
      ["irssi", "--home", home, "-c", "localhost", "-p", `${port}`, "-n", "joe"],
      { terminal: true, env: { HOME: stage.folder } }
    )
    const shows = (expression: RegExp) =>
      stage.until(`irssi to show ${expression}`, () => irssi.rendered.some((line) => expression.test(line)))
    yield* shows(new RegExp(`You're now known as ${id}`))
    yield* shows(/Act: 2/)
    yield* irssi.keys(`/set autolog_path ${home}/log\r/set autolog_level ALL\r/set autolog on\r/window 2\r`)
    yield* shows(/#main: Total of 3 nicks/)
    const log = () => linesOf(Path.join(home, "log"))
    const has = (expression: RegExp) =>
      stage.poll(
        `irssi has ${expression}`,
        () => log().some((line) => expression.test(line)),
        () => log().join("\n")
      )
    return { says: (line: string) => irssi.keys(`${line}\r`), has, log }
  })

describe.skipIf(!hasWeechat || !hasIrssi)("weechat and irssi in one chat (skipped where one of them is not)", () => {
  it.scopedLive("have each line once and in order, though the server is killed, and the node of weechat too", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const { irc, one, other, port, server, two } = yield* gather(stage)
      const irssi = yield* irssiAt(stage, other, "2")
      const home = Path.join(stage.folder, "weechat")
      const logOf = (buffer: string) => Path.join(home, "logs", `irc.outlive.${buffer}.weechatlog`)
      const log = logOf("#main")
      const said = () => linesOf(log).flatMap((line) => /^[^\t]*\t2\tline (\d+)$/.exec(line)?.[1] ?? [])
      const hasLine = (expression: RegExp, file = log) =>
        stage.poll(
          `weechat has ${expression}`,
          () => linesOf(file).some((line) => expression.test(line)),
          () => linesOf(file).join("\n")
        )
      const commands = [
        "/set logger.file.auto_log on",
        "/set logger.file.flush_delay 0",
        `/server add outlive localhost/${irc} -notls -nicks=joe -username=weechat`,
        "/set irc.server.outlive.autoreconnect_delay 1",
        "/set irc.server.outlive.anti_flood_prio_high 0",
        '/set irc.server.outlive.command "/msg #main hello from weechat\\;/msg 2 psst\\;/join #ops"',
        "/connect outlive"
      ]
      yield* stage.start("weechat", ["weechat-headless", "--dir", home, "-r", commands.join(";")], {
        env: { HOME: stage.folder }
      })
      yield* two.sees("Client 1: hello from weechat")
      yield* irssi.has(/< ?1> hello from weechat/)
      yield* hasLine(/-->\t1 .* has joined #main$/)
      yield* irssi.says("hello from irssi")
      yield* irssi.says("/me waves")
      yield* hasLine(/\t2\thello from irssi$/)
      yield* hasLine(/\t \*\t2 waves$/)
      const lines = Array.from({ length: 300 }, (_, at) => at + 1)
      yield* Effect.forEach(lines, (line) => {
        const say = Effect.zipRight(two.types(`line ${line}`), Effect.sleep("2 millis"))
        return line === 150 ? Effect.zipRight(say, server.gets("SIGKILL")) : say
      })
      yield* hasLine(/\tline 300$/)
      yield* hasLine(/<--\tServer .*\(peer\.lost outlive\.net\)/)
      assert.deepStrictEqual(said().map(Number), lines)
      yield* irssi.has(/ 2> line 300$/)
      const heard = irssi.log().flatMap((line) => / 2> line (\d+)$/.exec(line)?.[1] ?? [])
      assert.deepStrictEqual(heard.map(Number), lines)
      yield* one.types("without the server")
      yield* irssi.has(/< ?1> without the server/)
      const restarted = yield* stage.server(port)
      yield* restarted.sees("Client 1: reconnected")
      yield* hasLine(/-->\tServer /)
      yield* one.types("typed at the node")
      yield* hasLine(/\t1\ttyped at the node$/)
      // Rooms and private messages, both ways.
      yield* two.sees("@1 Client 1: psst")
      yield* hasLine(/ has joined #ops$/, logOf("#ops"))
      yield* two.types("/join ops", "hello ops", "/msg 1 psst too", "/go main")
      yield* hasLine(/\t2\thello ops$/, logOf("#ops"))
      yield* hasLine(/\t2\tpsst too$/, logOf("2"))
      // The node of weechat itself is killed, and comes again with its log.
      yield* one.gets("SIGKILL")
      yield* two.types("line 301", "line 302")
      const again = yield* stage.client("1", port, { args: ["--irc", `${irc}`, "--data", "one"] })
      yield* again.sees("Client 2: line 302")
      yield* hasLine(/\tline 302$/)
      yield* two.types("line 303")
      yield* hasLine(/\tline 303$/)
      assert.deepStrictEqual(said().map(Number), [...lines, 301, 302, 303])
      // irssi waits some seconds before it shows either.
      yield* irssi.has(/Netsplit peer\.lost <-> outlive\.net quits: .*Server/)
      yield* irssi.has(/Netsplit over, joins: .*Server/)
    })
  )
})

describe.skipIf(!hasIi)("ii at a node without a terminal (skipped where there is no ii)", () => {
  it.scopedLive("speaks as nick 1 with two FIFOs, until SIGTERM ends the node", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, irc] = (yield* stage.freePorts(2)) as [number, number]
      const server = yield* stage.server(port)
      const node = yield* stage.start("node", ["./outlive", "irc", "1", "--server", `localhost:${port}`], {
        env: { OUTLIVE_IRC: `${irc}`, OUTLIVE_IRC_PASSWORD: "sesame" }
      })
      yield* server.sees("Client 1: initiated")
      yield* stage.start("ii", ["ii", "-s", "localhost", "-p", `${irc}`, "-n", "1", "-k", "PASSWORD", "-i", "ii"], {
        env: { PASSWORD: "sesame" }
      })
      const [connection, channel] = [Path.join(stage.folder, "ii", "localhost"), "#main"]
      const has = (file: string, expression: RegExp) =>
        stage.poll(
          `ii has ${expression}`,
          () => linesOf(file).some((line) => expression.test(line)),
          () => linesOf(file).join("\n")
        )
      const write = (file: string, line: string) => Effect.promise(() => Fs.promises.appendFile(file, `${line}\n`))
      yield* has(Path.join(connection, channel, "out"), /1\(1@outlive\) has joined #main/)
      yield* write(Path.join(connection, channel, "in"), "hello from ii")
      yield* server.sees("Client 1: hello from ii")
      yield* server.types("hello ii")
      yield* has(Path.join(connection, channel, "out"), /<Server> hello ii$/)
      yield* write(Path.join(connection, "in"), "/j Server psst")
      yield* server.sees("@1 Client 1: psst")
      yield* node.gets("SIGTERM")
      assert.strictEqual(yield* node.ends, 0)
      yield* server.notices("* Client 1 left")
      yield* has(Path.join(connection, "out"), /The node has ended/)
      assert.isEmpty(node.out)
    })
  )
})

describe.skipIf(!hasCatgirl)("catgirl at a node (skipped where there is no catgirl or openssl)", () => {
  it.scopedLive("joins over TLS with a password, and hears the server", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, irc] = (yield* stage.freePorts(2)) as [number, number]
      const [cert, key] = [Path.join(stage.folder, "cert.pem"), Path.join(stage.folder, "key.pem")]
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
      const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
      spawnSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert])
      const tls = ["--irc-cert", cert, "--irc-key", key]
      const lost = yield* stage.start("lost", ["./server", "--port", "0", "--irc", "192.0.2.1:0", ...tls], {
        env: { OUTLIVE_IRC_PASSWORD: "sesame" }
      })
      assert.strictEqual(yield* lost.ends, 1)
      assert.match(
        lost.err.join(" "),
        /can't listen at 192\.0\.2\.1: name one of its own names or addresses with --irc\./
      )
      const server = yield* stage.server(port, ["--irc", `0.0.0.0:${irc}`, "--irc-cert", cert, "--irc-key", key], {
        env: { OUTLIVE_IRC_PASSWORD: "sesame" }
      })
      const catgirl = yield* stage.start(
        "catgirl",
        ["catgirl", "-h", "localhost", "-p", `${irc}`, "-t", cert, "-w", "sesame", "-n", "joe", "-j", "#main"],
        { terminal: true, env: { HOME: stage.folder, XDG_DATA_HOME: stage.folder } }
      )
      const shows = (expression: RegExp) =>
        stage.until(`catgirl to show ${expression}`, () => catgirl.rendered.some((line) => expression.test(line)))
      yield* shows(/#main/)
      yield* server.types("hello catgirl")
      yield* shows(/hello catgirl/)
    })
  )
})

/** What irc-framework has of the commands of a batch. */
interface Batched {
  readonly tags: Readonly<Record<string, string>>
  readonly params: ReadonlyArray<string>
}

/** A bot in irc-framework, at a node. */
const botAt = (port: number) =>
  Effect.gen(function* () {
    const { Client } = Module.createRequire(import.meta.url)("irc-framework")
    const bot = yield* Effect.acquireRelease(
      Effect.sync(() => new Client({ host: "localhost", port, nick: "bot", username: "bot", auto_reconnect: false })),
      (bot) => Effect.sync(() => bot.connection.end())
    )
    bot.requestCap("draft/chathistory")
    const joined = Effect.async<void>((resume) => bot.once("userlist", () => resume(Effect.void)))
    bot.connect()
    yield* joined.pipe(Effect.timeout("20 seconds"))
    const page = (command: string) =>
      Effect.async<ReadonlyArray<Batched>>((resume) => {
        bot.once("batch end chathistory", ({ commands }: { commands: ReadonlyArray<Batched> }) =>
          resume(Effect.succeed(commands))
        )
        bot.raw(`CHATHISTORY ${command}`)
      }).pipe(Effect.timeout("20 seconds"))
    /** The whole history, page by page from its end. */
    return Effect.gen(function* () {
      const all: Array<Batched> = []
      for (let some = yield* page("LATEST #main * 4"); some.length > 0; ) {
        all.unshift(...some)
        some = yield* page(`BEFORE #main msgid=${some[0]?.tags["msgid"]} 4`)
      }
      return all.map(({ params, tags }) => [tags["msgid"], tags["time"], ...params].join(" "))
    })
  })

describe("a bot in irc-framework", () => {
  it.scopedLive("pages through the history at two nodes, and gets the same lines with the same names", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const [port, irc, other] = (yield* stage.freePorts(3)) as [number, number, number]
      const server = yield* stage.server(port, ["--irc", `${irc}`])
      const [one] = yield* stage.clients(1, server, port, () => ({ args: ["--irc", `${other}`] }))
      if (one === undefined) return
      const [here, there] = yield* Effect.all([botAt(irc), botAt(other)])
      const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`)
      yield* one.types(...lines)
      yield* server.sees(...lines.map((line) => `Client 1: ${line}`))
      const first = yield* here
      assert.deepStrictEqual(
        first.map((line) => line.replace(/^\S+ \S+ /, "")),
        lines.map((line) => `#main ${line}`)
      )
      assert.deepStrictEqual(yield* there, first)
    })
  )
})

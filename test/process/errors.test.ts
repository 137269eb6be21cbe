/** What can go wrong at a start: one sentence on stderr, a status, and nobody else notices. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Actor, type Ending, each, make, type Stage } from "./Stage.ts"

/** It ends with that status, after one sentence on stderr that matches, and nothing on stdout. */
const failsWith = (actor: Actor, status: Ending, sentence: RegExp) =>
  Effect.map(actor.ends, (ending) => {
    assert.deepStrictEqual(actor.out, [], "stdout")
    assert.lengthOf(actor.err, 1, actor.err.join("\n"))
    assert.match(actor.err[0] as string, sentence)
    assert.match(actor.err[0] as string, /^outlive: [^\p{Cc}└│]+$/u)
    assert.strictEqual(ending, status)
  })

const wrong: ReadonlyArray<readonly [what: string, command: ReadonlyArray<string>, sentence: RegExp]> = [
  ["a bad id", ["./client.out", "no/id", "0", "0"], /an id has 1 to 32 letters, digits, - and _/],
  ["an id of 33 characters", ["./client.out", "x".repeat(33), "0", "0"], /an id has 1 to 32 letters/],
  ["the server's id", ["./client.out", "Server", "0", "0"], /the id Server is taken by the server/],
  ["the server's id in other letters", ["./client.out", "server", "0", "0"], /the id Server is taken by the server/],
  ["a PORT1 out of range", ["./client.out", "1", "65536", "0"], /PORT1 is a whole number from 0 to 65535, not '65536'/],
  ["a PORT2 out of range", ["./client.out", "1", "0", "-1"], /PORT2 is a whole number from 0 to 65535, not '-1'/],
  [
    "a PORT1 that is no number",
    ["./client.out", "1", "five", "0"],
    /PORT1 is a whole number from 0 to 65535, not 'five'/
  ],
  [
    "a PORT2 that is no whole number",
    ["./client.out", "1", "0", "5.5"],
    /PORT2 is a whole number from 0 to 65535, not '5.5'/
  ],
  ["a PORT1 that is PORT2", ["./client.out", "1", "5001", "5001"], /PORT1 and PORT2 are both 5001: take two ports/],
  ["an empty text", ["./outlive", "send", " "], /TEXT is empty/],
  ["a missing PORT2", ["./client.out", "1", "0"], /PORT2 is missing\. Usage: outlive client ID/],
  ["an argument too many", ["./client.out", "1", "0", "0", "0"], /'0' is one argument too many/],
  ["an unknown option", ["./client.out", "1", "0", "0", "--srever"], /has no option --srever; did you mean --server\?/],
  ["an option without its value", ["./server", "--port"], /--port needs a value: --port PORT\./],
  ["a command that there is not", ["./outlive", "clinet"], /There is no command 'clinet'; did you mean client\?/],
  ["a server's address without a port", ["./client.out", "1", "0", "0", "--server", "here"], /an address is HOST:PORT/],
  ["a peer's address out of range", ["./client.out", "1", "0", "0", "--peer", "x:70000"], /an address is HOST:PORT/],
  ["a silence of nothing", ["./client.out", "1", "0", "0", "--silence", "0"], /--silence takes 0.1 to 86400 seconds/],
  [
    "a server's port out of range",
    ["./server", "--port", "65536"],
    /--port is a whole number from 0 to 65535, not '65536'/
  ],
  [
    "a server's port that is no number",
    ["./server", "--port", "http"],
    /--port is a whole number from 0 to 65535, not 'http'/
  ],
  ["an unknown option of the server", ["./server", "--prot", "4"], /has no option --prot; did you mean --port\?/],
  ["an argument that the server has no use for", ["./server", "4000"], /'4000' is one argument too many/]
]

describe("a command line that is wrong ends with status 2 and one sentence that says how:", () => {
  for (const [what, command, sentence] of wrong) {
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const stage = yield* make
        yield* failsWith(yield* stage.start(what, command), 2, sentence)
        assert.deepStrictEqual(Fs.readdirSync(stage.folder), [], "it left nothing behind")
      })
    )
  }
})

describe("settings that are wrong end with status 2 and one sentence that says where:", () => {
  const cases: ReadonlyArray<readonly [what: string, file: string, env: Readonly<Record<string, string>>, RegExp]> = [
    [
      "a name that is none",
      "sevrer = 1",
      {},
      /config\.toml can't be used \(sevrer is not a setting; did you mean server\?\): fix it/
    ],
    ["no TOML", "port = 1\nport =", {}, /config\.toml can't be used \(line 2: .+\): fix it, or name another file with/],
    ["a table", "[server]", {}, /\(server is a text, a number, true or false, or a list of words\)/],
    ["a value in the file", "port = 70000", {}, /--port is a whole number from 0 to 65535, not '70000'/],
    ["a value of a variable", "", { OUTLIVE_SILENCE: "long" }, /--silence takes 0\.1 to 86400 seconds/],
    ["a variable that goes before the file", "port = 1", { OUTLIVE_PORT: "many" }, /--port .+ not 'many'/]
  ]
  for (const [what, file, env, sentence] of cases) {
    it.scopedLive(what, () =>
      Effect.gen(function* () {
        const stage = yield* make
        const path = Path.join(stage.folder, "config.toml")
        Fs.writeFileSync(path, file)
        yield* failsWith(yield* stage.start(what, ["./server"], { env: { OUTLIVE_CONFIG: path, ...env } }), 2, sentence)
      })
    )
  }
})

/** A server and a client talk; what the guest finds wrong disturbs neither. */
const meanwhile = (act: (stage: Stage, port: number, server: Actor, one: Actor) => Effect.Effect<void, unknown>) =>
  Effect.gen(function* () {
    const stage = yield* make
    const [port] = yield* stage.freePorts(1)
    const server = yield* stage.server(port)
    const [one] = (yield* stage.clients(1, server, port)) as [Actor]
    const record = [...stage.portsFile]
    yield* act(stage, port, server, one)
    yield* stage.everyoneTalks([server, one], "did you notice anything?")
    assert.deepStrictEqual(stage.portsFile, record)
    assert.lengthOf(server.err, 1, "the server noticed nothing")
    assert.deepStrictEqual(one.err, [], "the client noticed nothing")
    yield* stage.everyoneLeaves([one], server)
    yield* stage.curtain
  })

const portOf = (entry: string | undefined) => Number(entry?.split(":")[1])

describe("what can't be had ends with status 1 and one sentence that says what to do:", () => {
  it.scopedLive("an id that somebody in the chat has, whoever is asked", () =>
    meanwhile((stage, port) =>
      Effect.gen(function* () {
        const taken = /^outlive: The id 1 is taken by somebody in the chat: choose another one\.$/
        yield* failsWith(yield* stage.client("1", port), 1, taken)
        const peer = `localhost:${portOf(stage.portsFile[0])}`
        yield* failsWith(yield* stage.client("1", port, { args: ["--peer", peer] }), 1, taken)
      })
    )
  )

  it.scopedLive("the server's port, a client's PORT1, and its PORT2", () =>
    meanwhile((stage, port) =>
      Effect.gen(function* () {
        const inUse = (taken: number) =>
          new RegExp(
            `^outlive: Port ${taken} can't be used \\(it is in use\\): choose another one, or stop the program that uses it\\.$`
          )
        const folder = Fs.mkdtempSync(Path.join(stage.folder, "elsewhere-"))
        yield* failsWith(
          yield* stage.start("another server", ["./server", "--port", `${port}`], { folder }),
          1,
          inUse(port)
        )
        const listen = portOf(stage.portsFile[0])
        yield* failsWith(yield* stage.client("2", port, { port: listen }), 1, inUse(listen))
        yield* failsWith(yield* stage.client("2", port, { listen }), 1, inUse(listen))
      })
    )
  )

  it.scopedLive("a file for the ports that another server has, until that one has ended in whatever way", () =>
    meanwhile((stage, _, server) =>
      Effect.gen(function* () {
        const inUse =
          /^outlive: ports\.txt is in use by another server: stop that one, start this one in another folder, /
        yield* failsWith(yield* stage.start("a second server", ["./server", "--port", "0"]), 1, inUse)
        const other = yield* stage.start("one with another file", ["./server", "--port", "0", "--ports", "other.txt"])
        yield* stage.poll("it runs", () => other.err.length === 1)
        yield* Effect.zipRight(other.gets("SIGKILL"), other.ends)
        const again = yield* stage.start("the same again", ["./server", "--port", "0", "--ports", "other.txt"])
        yield* stage.poll("it runs too", () => again.err.length === 1)
        assert.match(again.err[0] as string, /The server listens at/)
        yield* Effect.zipRight(again.gets("SIGKILL"), again.ends)
        assert.deepStrictEqual(Fs.readdirSync(stage.folder), ["ports.txt"])
        assert.lengthOf(server.err, 1)
      })
    )
  )

  it.scopedLive("a server's name that nobody knows, before anybody is told that it is not invited", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const unknown = /^outlive: The host no-such-host\.invalid is unknown: check its spelling, /
      const server = ["--server", "no-such-host.invalid:4000"]
      yield* failsWith(yield* stage.start("client", ["./client.out", "1", "0", "0", ...server]), 1, unknown)
      yield* failsWith(yield* stage.start("send", ["./outlive", "send", "hello", ...server]), 1, unknown)
    })
  )

  it.scopedLive("a file for the ports that can't be written", () =>
    meanwhile((stage) =>
      Effect.gen(function* () {
        const file = Path.join(stage.folder, "file")
        Fs.writeFileSync(file, "")
        const places = [
          "/proc/x/ports.txt",
          Path.join(file, "ports.txt"),
          Path.join(stage.folder, "no", "such"),
          stage.folder
        ]
        yield* each(places, (ports) =>
          Effect.flatMap(stage.start(ports, ["./server", "--port", "0", "--ports", ports]), (server) =>
            failsWith(
              server,
              1,
              /^outlive: \S+ can't be used \(.+\): start the server in a folder that you can write to, or name another file with --ports\.$/
            )
          )
        )
        assert.deepStrictEqual(Fs.readdirSync(stage.folder).sort(), ["file", "ports.txt"])
      })
    )
  )
})

describe("what a person asks for", () => {
  it.scopedLive("which settings hold: an option goes before a variable, and that before the file", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const folder = Path.join(stage.folder, "outlive")
      Fs.mkdirSync(folder)
      Fs.writeFileSync(Path.join(folder, "config.toml"), 'host = "a"\nport = 1\nports = "mine"\njson = true\n')
      const asked = yield* stage.start("config", ["./outlive", "config", "--host", "c"], {
        env: { XDG_CONFIG_HOME: stage.folder, OUTLIVE_HOST: "b", OUTLIVE_PORT: "2" }
      })
      assert.strictEqual(yield* asked.ends, 0)
      const file = Path.join(folder, "config.toml")
      assert.deepStrictEqual(
        asked.out.filter((line) => /^(host|port|ports|json|# (server:|\/))/.test(line)),
        [
          `# ${file}`,
          "# server: localhost:4000",
          'host = "c"  # option --host',
          "port = 2  # variable OUTLIVE_PORT",
          `ports = "mine"  # ${file}`,
          `json = true  # ${file}`
        ]
      )
    })
  )

  it.scopedLive("is answered on stdout: the version, help, completions", () =>
    Effect.gen(function* () {
      const stage = yield* make
      const asks: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["./server", "--version"], /^\d+\.\d+\.\d+$/m],
        [["./outlive", "-v"], /^\d+\.\d+\.\d+$/m],
        [["./server", "--help"], /^Usage: outlive server \[OPTIONS\]\n(.|\n)*--limit-log NUMBER/m],
        [["./client.out", "-h"], /^Usage: outlive client ID PORT1 PORT2 \[OPTIONS\]\n(.|\n)*more options/m],
        [["./outlive", "--help"], /^Usage: outlive COMMAND/m],
        [["./outlive", "help"], /^Usage: outlive COMMAND/m],
        [["./outlive", "help", "doctor"], /^Usage: outlive doctor/m],
        ...["bash", "zsh", "fish"].map((shell) => [["./server", "--completions", shell], /outlive/] as const)
      ]
      yield* each(asks, ([command, answer]) =>
        Effect.gen(function* () {
          const asked = yield* stage.start(command.join(" "), command)
          assert.strictEqual(yield* asked.ends, 0)
          assert.match(asked.raw, answer)
          assert.notInclude(asked.raw, "\u001b", "no colours in a pipe")
          assert.deepStrictEqual(asked.err, [])
        })
      )
    })
  )

  it.scopedLive(
    "and who says nothing to a command that needs something is shown its help, on stderr, with status 2",
    () =>
      Effect.gen(function* () {
        const stage = yield* make
        yield* each([["./client.out"], ["./outlive", "join"], ["./outlive"]], (command) =>
          Effect.gen(function* () {
            const asked = yield* stage.start(command.join(" "), command)
            assert.strictEqual(yield* asked.ends, 2)
            assert.deepStrictEqual(asked.out, [])
            assert.match(asked.err.join("\n"), /^Usage: outlive (client ID|join LINK|COMMAND)/m)
            assert.notInclude(asked.err.join("\n"), "\u001b")
          })
        )
      })
  )
})

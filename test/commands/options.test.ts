/** What options mean, as the command line, variables and the settings file give them. */
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Client from "../../src/commands/client.ts"
import * as Doctor from "../../src/commands/doctor.ts"
import * as Send from "../../src/commands/send.ts"
import * as Server from "../../src/commands/server.ts"
import { mostRooms } from "../../src/domain/Limits.ts"
import { formatAddress } from "../../src/domain/Peer.ts"
import { Room } from "../../src/domain/Post.ts"
import { encode, maxFrameBytes } from "../../src/protocol/Frame.ts"

/** What a command was given, by these words and variables. */
const given = <A>(
  makeWith: (run: (given: A) => Effect.Effect<void>) => Command.Command<string, never, never, unknown>,
  words: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>> = {}
): Effect.Effect<A> =>
  Effect.gen(function* () {
    const taken: Array<A> = []
    const command = makeWith((it) => Effect.sync(() => taken.push(it)))
    const run = Command.run(command, { name: "outlive", version: "0" })
    yield* Effect.withConfigProvider(
      run(["node", "outlive", ...words]),
      ConfigProvider.fromMap(new Map(Object.entries(variables)))
    )
    const [one] = taken
    return one ?? assert.fail("it did not run")
  }).pipe(Effect.provide(NodeContext.layer), Effect.orDie)

describe("--highlight", () => {
  const highlights = (words: ReadonlyArray<string>, variables?: Readonly<Record<string, string>>) =>
    Effect.map(
      given<Client.Arguments>((run) => Client.make(run) as never, ["1", "0", "0", ...words], variables),
      ({ screen }) => screen.highlight
    )

  it.effect("is none, or one, or several; the variable has commas between its words, and gives way to the option", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* highlights([]), [])
      assert.deepStrictEqual(yield* highlights(["--highlight", "build"]), ["build"])
      assert.deepStrictEqual(yield* highlights(["--highlight", "a", "--highlight", "b"]), ["a", "b"])
      const variables = { OUTLIVE_HIGHLIGHT: "red, green,,two words" }
      assert.deepStrictEqual(yield* highlights([], variables), ["red", "green", "two words"])
      assert.deepStrictEqual(yield* highlights(["--highlight", "blue"], variables), ["blue"])
    })
  )
})

describe("--server", () => {
  const servers = (words: ReadonlyArray<string>, variables?: Readonly<Record<string, string>>) =>
    Effect.map(
      given<Client.Arguments>((run) => Client.make(run) as never, ["1", "0", "0", ...words], variables),
      (it) => it.servers.map(formatAddress)
    )

  it.effect("is one, or several, in their order; the variable has commas between them", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* servers([]), ["localhost:4000"])
      assert.deepStrictEqual(yield* servers(["--server", "a:1", "--server", "[::1]:2"]), ["a:1", "[::1]:2"])
      assert.deepStrictEqual(yield* servers([], { OUTLIVE_SERVER: "b:3, c:4" }), ["b:3", "c:4"])
      for (const wrong of ["a", "a:0", "[nats:east]:1"]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(servers(["--server", wrong]))), wrong)
      }
    })
  )
})

describe("the doctor's --server", () => {
  const server = (words: ReadonlyArray<string>, variables?: Readonly<Record<string, string>>) =>
    Effect.map(
      given<Doctor.Arguments>((run) => Doctor.make(run) as never, words, variables),
      (it) => Option.getOrUndefined(Option.map(it.server, formatAddress))
    )

  it.effect("is where somebody says, or none, so that --port tells", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* server(["--port", "21000"]))
      assert.strictEqual(yield* server(["--server", "here:1"]), "here:1")
      assert.strictEqual(yield* server([], { OUTLIVE_SERVER: "there:2,or-there:3" }), "there:2")
    })
  )
})

describe("--irc", () => {
  const cert = ["--irc-cert", "c.pem", "--irc-key", "k.pem"]
  const serve = (irc: string, ...words: ReadonlyArray<string>) =>
    given<Client.Arguments>(
      (run) => Client.make(run) as never,
      ["1", "0", "0", "--irc", irc, ...words],
      words.includes("--irc-cert") ? { OUTLIVE_IRC_PASSWORD: "sesame" } : {}
    )

  it.effect("is at any host with TLS and a password, and without them on this machine alone", () =>
    Effect.gen(function* () {
      const at = (irc: string, ...words: ReadonlyArray<string>) =>
        Effect.map(serve(irc, ...words), (it) => Option.getOrUndefined(Option.map(it.irc, formatAddress)))
      assert.strictEqual(yield* at("0.0.0.0:6697", ...cert), "0.0.0.0:6697")
      assert.strictEqual(yield* at("[::]:6697", ...cert), "[::]:6697")
      assert.strictEqual(yield* at("6697", ...cert), "localhost:6697")
      const beyond = /Beyond this machine, --irc needs --irc-cert, --irc-key and --irc-password/
      for (const [words, sentence] of [
        [["192.168.1.5:6667"], beyond],
        [["[::]:6667"], beyond],
        [["6667", "--irc-key", "k.pem"], /--irc-cert and --irc-key need each other/],
        [["here:there"], /--irc takes PORT, or HOST:PORT/]
      ] as const) {
        const [irc, ...others] = words
        const exit = yield* Effect.exit(serve(irc, ...others))
        assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", sentence)
      }
    })
  )
})

describe("--web", () => {
  const serve = (web: string, ...words: ReadonlyArray<string>) =>
    given<Client.Arguments>((run) => Client.make(run) as never, ["1", "0", "0", "--web", web, ...words])

  it.effect("is on this machine, and beyond it only with TLS", () =>
    Effect.gen(function* () {
      const at = (web: string, ...words: ReadonlyArray<string>) =>
        Effect.map(serve(web, ...words), (it) => Option.getOrUndefined(Option.map(it.web, formatAddress)))
      const pair = ["--web-cert", "c.pem", "--web-key", "k.pem"]
      assert.strictEqual(yield* at("0"), "127.0.0.1:0")
      assert.strictEqual(yield* at("[::1]:4100"), "[::1]:4100")
      assert.strictEqual(yield* at("chat.example.org:8443", ...pair), "chat.example.org:8443")
      const beyond = /Beyond this machine, --web needs --web-cert and --web-key/
      for (const [words, sentence] of [
        [["0.0.0.0:4100"], beyond],
        [["chat.example.org:4100"], beyond],
        [["4100", "--web-cert", "c.pem"], /--web-cert and --web-key need each other/],
        [["http://localhost:4100"], /--web takes PORT, or HOST:PORT/]
      ] as const) {
        const [web, ...others] = words
        const exit = yield* Effect.exit(serve(web, ...others))
        assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", sentence)
      }
    })
  )
})

describe("--nats and --site", () => {
  const serve = (words: ReadonlyArray<string>, variables?: Readonly<Record<string, string>>) =>
    given<Server.Arguments>((run) => Server.make(run) as never, words, variables)

  it.effect("need each other, and come from variables too", () =>
    Effect.gen(function* () {
      const both = ["--nats", "nats://ann:secret@[::1]:4222", "--nats", "tls://nats.example.org", "--site", "east"]
      const { sites } = yield* serve(both)
      assert.deepStrictEqual(
        Option.map(sites, ({ nats, natsChat, site }) => [...nats, natsChat, site]),
        Option.some(["nats://ann:secret@[::1]:4222", "tls://nats.example.org", "main", "east"])
      )
      assert.isTrue(Option.isNone((yield* serve([])).sites))
      const variables = { OUTLIVE_NATS: "nats://a:1, nats://b:2", OUTLIVE_SITE: "west", OUTLIVE_NATS_CHAT: "ours" }
      assert.deepStrictEqual(
        Option.map((yield* serve([], variables)).sites, ({ nats, natsChat, site }) => [...nats, natsChat, site]),
        Option.some(["nats://a:1", "nats://b:2", "ours", "west"])
      )
      for (const [words, sentence] of [
        [["--nats", "nats://a:1"], /--nats and --site need each other/],
        [["--site", "east"], /--nats and --site need each other/],
        [["--nats", "http://a:1", "--site", "east"], /--nats takes nats:\/\/HOST:PORT or tls:\/\/HOST:PORT/],
        [["--nats", "nats://a:1", "--site", "a b"], /the name of a site has 1 to 24 letters, digits, - and _/],
        [[...both, "--nats-chat", "a.b"], /--nats-chat takes 1 to 32 letters, digits, - and _/],
        [[...both, "--nats-blind"], /--nats-blind and --invited are for secure chats/]
      ] as const) {
        const exit = yield* Effect.exit(serve(words))
        assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", sentence)
      }
      assert.isTrue(Option.exists((yield* serve([...both, "--secure", "--nats-blind"])).sites, (it) => it.natsBlind))
    })
  )
})

describe("send --to", () => {
  const send = (words: ReadonlyArray<string>) =>
    given<Send.Arguments>((run) => Send.make(run) as never, ["hello", "--to", "bo", ...words])

  it.effect("excludes a room, and more than one reader to wait for; files need somebody to wait for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* send(["--wait", "0"])).room, Option.none())
      const { files, limit } = yield* send(["--file", "a b", "--file", "c"])
      assert.deepStrictEqual([files, limit], [["a b", "c"], Option.none()])
      for (const [words, sentence] of [
        [["--room", "main"], /--to and --room exclude each other: a message to one reader is said in no room/],
        [["--wait", "2"], /--to has one reader, so --wait takes 0 or 1 with it/],
        [["--file", "a", "--wait", "0"], /--file is there to be fetched by somebody, so --wait takes 1 or more with it/]
      ] as const) {
        const exit = yield* Effect.exit(send(words))
        assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", sentence)
      }
    })
  )
})

describe("--limit-rooms", () => {
  const client = (...words: ReadonlyArray<string>) =>
    given<Client.Arguments>((run) => Client.make(run) as never, ["1", "0", "0", ...words])

  it.effect("has a bound, so that a node can name all its rooms when it introduces itself", () =>
    Effect.gen(function* () {
      const rooms = Array.from({ length: mostRooms }, (_, n) => Room.make(`${n}`.padStart(32, "r")))
      const { limits } = yield* client("--limit-rooms", `${mostRooms}`)
      assert.strictEqual(limits.rooms, mostRooms)
      assert.isBelow(encode({ type: "rooms", rooms }).length, maxFrameBytes / 1.5)
      for (const [words, sentence] of [
        [["--limit-rooms", `${mostRooms + 1}`], /--limit-rooms takes a whole number from 1 to 1000/],
        [[...rooms, "more"].flatMap((room) => ["--room", room]), /--room names 1000 rooms at most/]
      ] as const) {
        const exit = yield* Effect.exit(client(...words))
        assert.match(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", sentence)
      }
    })
  )
})

describe("--accept", () => {
  const accepted = (words: ReadonlyArray<string>, variables?: Readonly<Record<string, string>>) =>
    Effect.map(
      given<Client.Arguments>((run) => Client.make(run) as never, ["1", "0", "0", ...words], variables),
      ({ transferring }) =>
        Option.getOrUndefined(Option.map(transferring.accept, ({ from, most }) => [most, ...(from ?? ["all"])]))
    )

  it.effect("takes a size, and whose offers; without it nothing is fetched unasked", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* accepted([]))
      assert.deepStrictEqual(yield* accepted(["--accept", "10M"]), [10_000_000, "all"])
      const both = ["--accept", "2k", "--accept-from", "bo,anna", "--accept-from", "ci"]
      assert.deepStrictEqual(yield* accepted(both), [2_000, "bo", "anna", "ci"])
      const variables = { OUTLIVE_ACCEPT: "1.5G", OUTLIVE_ACCEPT_FROM: "bo, anna" }
      assert.deepStrictEqual(yield* accepted([], variables), [1_500_000_000, "bo", "anna"])
      for (const wrong of [
        ["--accept", "10"],
        ["--accept", "much"],
        ["--accept-from", "bo"]
      ]) {
        assert.isTrue(Exit.isFailure(yield* Effect.exit(accepted(wrong))), wrong.join(" "))
      }
      const badId = yield* Effect.exit(accepted(["--accept", "1M", "--accept-from", "b o"]))
      assert.isTrue(Exit.isFailure(badId))
    })
  )
})

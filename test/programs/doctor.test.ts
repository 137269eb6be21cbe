/** What the doctor finds: each thing that can be wrong, and none where nothing is. */
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as TransportProbe from "../../layers/TransportProbe.ts"
import { type Folder, HostChecks, type KeptLog, type Terminal } from "../../services/HostChecks.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import { BusUnavailable, LogInUse, PortStoreUnavailable } from "../../src/domain/Errors.ts"
import type { NatsFound, NatsStore } from "../../src/domain/NatsFound.ts"
import { type Address, formatAddress, Host, type Peer, Port } from "../../src/domain/Peer.ts"
import { Room } from "../../src/domain/Post.ts"
import { Site } from "../../src/domain/Site.ts"
import { examine, type Settings } from "../../src/programs/doctor.ts"
import { chatId, id, peer } from "../support/samples.ts"
import { secureStory, story, type World } from "./World.ts"

const at = (port: number, host = "localhost"): Address => ({ host: Host.make(host), port: Port.make(port) })

const terminal: Terminal = { isThere: true, kind: "xterm", columns: 80, utf8: true }
const folder: Folder = { exists: true, freeBytes: 2 ** 40, lastRun: 0, log: undefined }

interface Circumstances {
  /** With which key the doctor comes, where there must be one. */
  readonly place?: MemoryTransport.Place
  readonly settings?: Partial<Settings<never>>
  readonly terminal?: Partial<Terminal>
  readonly folder?: Effect.Effect<Folder, LogInUse>
}

const records = (peers: ReadonlyArray<Peer>, chat?: ChatId) => Effect.succeed({ peers, chat })

/** NATS, with a stream of which that is true, and no bucket. */
const natsWith = (stream: Partial<NonNullable<NatsStore["found"]>>): Circumstances => {
  const nats: NatsFound = {
    chat: "main",
    version: "2.9.10",
    cluster: "C1",
    copies: 3,
    stores: [
      {
        what: "posts",
        name: "s",
        found: { copies: 3, behind: 0, messages: 3, bytes: 2_000, odd: undefined, ...stream }
      },
      { what: "entries", name: "b", found: undefined }
    ],
    sites: [Site.make("east"), Site.make("west")]
  }
  return { settings: { nats: Effect.succeed(nats) } }
}

/** What is found in a world, under these circumstances. */
const findings = (
  world: World,
  { folder: kept = Effect.succeed(folder), place = {}, terminal: there = {}, settings = {} }: Circumstances
) =>
  examine({
    server: at(4000),
    listen: at(4000),
    ports: "ports.txt",
    records: records([]),
    data: Option.some("data"),
    state: "state",
    rooms: [],
    ...settings
  }).pipe(
    Effect.provide(
      TransportProbe.layer.pipe(
        Layer.provide(MemoryMessageLog.layer({ author: id("doctor") })),
        Layer.provideMerge(MemoryTransport.layer(world.network, "doctor", place))
      )
    ),
    Effect.provideService(
      HostChecks,
      HostChecks.of({
        terminal: Effect.succeed({ ...terminal, ...there }),
        addressesOf: (host) => Effect.succeed(host === "localhost" ? ["127.0.0.1"] : []),
        folder: () => kept
      })
    ),
    Effect.map((found) => found.map(({ _tag, text }) => `${_tag}: ${text}`))
  )

/** Where that node of the world listens. */
const seated = (name: string): Peer => peer(name, 6000 + Number(name))

describe("the doctor", () => {
  story("finds nothing wrong where nothing is, and nobody in the chat hears of it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      const one = yield* world.client("1")
      yield* one.sees("Client 1: initiated")
      yield* server.sees("Client 1: initiated")
      const before = [yield* server.screen, yield* one.screen]
      const found = yield* findings(world, { settings: { listen: at(4001), records: records([seated("1")]) } })
      assert.deepStrictEqual(
        found.map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, "TIME")),
        [
          "Fine: A node can listen at localhost:4001.",
          "Fine: The server answers at localhost:4000.",
          "Fine: Client 1 answers at localhost:6001.",
          "Fine: The data folder data can be used.",
          "Fine: The clock says TIME.",
          "Fine: The terminal is a xterm with 80 columns."
        ]
      )
      assert.deepStrictEqual([yield* server.screen, yield* one.screen], before)
      const again = yield* findings(world, {})
      assert.include(again, "Note: Server already listens at localhost:4000.")
    })
  )

  story("says what is wrong with addresses: nobody there, somebody else, no name, a file that can't be read", (world) =>
    Effect.gen(function* () {
      const one = yield* world.client("1")
      const server = yield* world.server
      yield* one.sees("Client 1: initiated")
      yield* server.kill
      const cases: ReadonlyArray<readonly [Partial<Settings<never>>, string]> = [
        [{}, "Wrong: The server can't be reached at localhost:4000 (nothing listens there). Start it, "],
        [{ server: at(6001) }, "Wrong: The server: Client 1 answers at localhost:6001. Give the server's own address"],
        [{ server: at(4000, "elsewhere") }, "Wrong: The server: this machine can't resolve the name elsewhere. "],
        [{ listen: at(6001) }, "Note: Client 1 already listens at localhost:6001; another node needs another port."],
        [{ records: records([peer("7", 6001)]) }, "Wrong: Client 7: Client 1 answers at localhost:6001. "],
        [
          { records: records([seated("7")]) },
          `Note: Client 7 does not answer at ${formatAddress(seated("7").address)} (nothing listens there). If it has left, nothing `
        ],
        [{}, "Note: ports.txt: no clients are recorded there. Only a server has such a file."],
        [
          { records: new PortStoreUnavailable({ path: "ports.txt", detail: "it is a folder" }) },
          "Wrong: The record of the clients: ports.txt can't be used (it is a folder): "
        ]
      ]
      for (const [settings, beginning] of cases) {
        const found = yield* findings(world, { settings })
        assert.isTrue(
          found.some((line) => line.startsWith(beginning)),
          [beginning, ...found].join("\n")
        )
      }
    })
  )

  secureStory("says of a secure server that it is one, and how to come", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* server.sees("* The server listens at localhost:4000. Type a line to talk to all, or Exit to end it.")
      const one = yield* world.client("1", { link: yield* world.safe.invite })
      yield* server.sees("Client 1: initiated")
      yield* one.sees("Client 1: initiated")
      const before = [yield* server.screen, yield* one.screen]
      const found = yield* findings(world, {
        place: { key: world.safe.of(id("nobody")).identity.key },
        settings: { records: records([seated("1")]) }
      })
      const unsure =
        "The doctor can't check its key, or whether it knows yours. Run outlive join LINK, or add --secure if you have been in that chat."
      assert.include(found, `Note: The server: a node of a secure chat answers at localhost:4000. ${unsure}`)
      assert.include(found, `Note: Client 1: a node of a secure chat answers at localhost:6001. ${unsure}`)
      assert.include(found, "Note: A node of a secure chat already listens at localhost:4000.")
      assert.isEmpty(found.filter((line) => line.startsWith("Wrong")))
      assert.deepStrictEqual([yield* server.screen, yield* one.screen], before)
    })
  )

  story("tells a server and a client of another chat from those in the file, and nobody hears of it", (world) =>
    Effect.gen(function* () {
      const server = yield* world.server
      yield* (yield* world.client("1")).sees("Client 1: initiated")
      yield* server.sees("Client 1: initiated")
      const before = yield* server.screen
      const own = yield* findings(world, { settings: { records: records([seated("1")], yield* world.chat) } })
      assert.include(own, "Fine: The server answers at localhost:4000.")
      assert.include(own, "Fine: Client 1 answers at localhost:6001.")
      const other = yield* findings(world, { settings: { records: records([seated("1")], chatId(7)) } })
      assert.include(
        other,
        "Wrong: The server: Server answers at localhost:4000, and belongs to another chat than ports.txt. Give the server's own address with --server, or its own file with --ports."
      )
      assert.include(
        other,
        "Note: Client 1 is no longer at localhost:6001: Client 1 of another chat answers there. It finds the server by itself."
      )
      assert.deepStrictEqual(yield* server.screen, before)
    })
  )

  story("says what is wrong with the folder, the rooms, the clock and the terminal", (world) =>
    Effect.gen(function* () {
      const rooms = Array.from({ length: 65 }, (_, n) => Room.make(`r${n}`))
      const log: KeptLog = {
        posts: 120,
        streams: 7,
        joined: rooms.slice(0, 2),
        carried: rooms.slice(2, 3),
        privatePosts: 2,
        sealed: 3,
        unreadable: 0,
        damaged: 0
      }
      const cases: ReadonlyArray<readonly [Circumstances, string]> = [
        [{ settings: { rooms: rooms.slice(0, 2) } }, "Fine: A node is in these rooms from its start: main, #r0, #r1."],
        [{ settings: { rooms } }, "Wrong: Rooms: 65 are set with --room, and others accept 64."],
        [{ folder: Effect.succeed({ ...folder, exists: false }) }, "Fine: The data folder data will be made when"],
        [{ folder: new LogInUse({ path: "data" }) }, "Wrong: The data folder: data is in use by another outlive"],
        [
          { folder: Effect.succeed({ ...folder, freeBytes: 5_000_000 }) },
          "Wrong: The data folder: only 4 MiB are free for data"
        ],
        [
          { folder: Effect.succeed({ ...folder, lastRun: 4e12 }) },
          "Wrong: The clock was set back: the last run in data"
        ],
        [{ settings: { data: Option.none() } }, "Note: No data folder: "],
        [
          { folder: Effect.succeed({ ...folder, log }) },
          "Fine: The log in data: 120 lines in 7 streams; 5 of them private; rooms joined: #r0, #r1; rooms carried for others: #r2."
        ],
        [
          { folder: Effect.succeed({ ...folder, log: { ...log, carried: rooms } }) },
          "Wrong: Rooms: the log in data names 67"
        ],
        [
          { folder: Effect.succeed({ ...folder, log: { ...log, unreadable: 1 } }) },
          "Wrong: Private messages: 1 in data is for you and can't be opened."
        ],
        [
          { folder: Effect.succeed({ ...folder, log: { ...log, damaged: 2 } }) },
          "Wrong: The log in data: 2 lines can't be read."
        ],
        [
          { settings: { nats: Effect.fail(new BusUnavailable({ detail: "connection refused" })) } },
          "Wrong: NATS can't be used (connection refused). Start nats-server with JetStream (-js), or fix --nats."
        ],
        [natsWith({}), "Fine: NATS 2.9.10 answers, with JetStream: the cluster C1."],
        [natsWith({}), "Fine: NATS: the stream of posts s has 3 messages, 2 KiB."],
        [natsWith({}), "Fine: NATS: these sites of the chat main have a server: east, west."],
        [natsWith({ copies: 1 }), "Wrong: NATS: the stream of posts s has 1 copy, and should have 3."],
        [natsWith({ behind: 1 }), "Note: NATS: the stream of posts s: 1 of its 3 copies are behind."],
        [
          natsWith({ odd: "it has no limit of bytes" }),
          "Wrong: NATS: the stream of posts s: it has no limit of bytes."
        ],
        [
          natsWith({}),
          "Note: NATS: the bucket of entries b is not there yet. The first server of the chat main makes it."
        ],
        [{ terminal: { isThere: false } }, "Note: No terminal: "],
        [{ terminal: { kind: "dumb" } }, "Wrong: The terminal: TERM is 'dumb'"],
        [{ terminal: { utf8: false } }, "Wrong: The terminal: the locale is not UTF-8"],
        [{ terminal: { columns: 30 } }, "Note: The terminal has 30 columns"]
      ]
      for (const [circumstances, beginning] of cases) {
        const found = yield* findings(world, circumstances)
        assert.isTrue(
          found.some((line) => line.startsWith(beginning)),
          [beginning, ...found].join("\n")
        )
      }
    })
  )
})

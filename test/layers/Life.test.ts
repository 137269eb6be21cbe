/** How links end, and what that means for others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Life from "../../layers/links/Life.ts"
import type { Link } from "../../layers/links/Link.ts"
import type { Node } from "../../layers/links/Node.ts"
import type { Listener } from "../../layers/links/Wire.ts"
import { defaultLimits, inOneGo } from "../../src/domain/Limits.ts"
import { LinkTable } from "../../src/domain/LinkTable.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { encode, type Frame } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { epoch, id, peer, post, stream } from "../support/samples.ts"
import { make } from "./ServerWithVisitors.ts"

const linkTo = (name: string, run = 1): Link =>
  ({
    peer: peer(name, 6000),
    epoch: epoch(run),
    byUs: true,
    phase: "introduced",
    passing: false,
    met: () => {},
    wire: { listen: ({ ended }: Listener) => ended("closed") },
    attempt: { settle: () => undefined },
    release: () => {}
  }) as unknown as Link

/** A node whose links only end; `gone` has those of which replication hears that the peer is gone. `logged`: what was logged. */
const ending = (receive: () => Effect.Effect<void> = () => Effect.void) => {
  const logged: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void logged.push(String(message)))
  )
  const gone: Array<Link> = []
  const table = new LinkTable<Link>(id("1"))
  const nothing = () => Effect.void
  const node = {
    isLeaving: () => false,
    events: { note: nothing },
    membership: { knows: () => true },
    peers: makeSignal(),
    settings: {},
    table
  } as unknown as Node
  const needs = {
    introductions: { went: nothing },
    search: { seekAgain: nothing },
    heartbeat: { heard: nothing },
    rateLimit: { count: () => undefined },
    run: (effect: Effect.Effect<void>) => Effect.runSync(Effect.provide(effect, logger)),
    replication: { greet: nothing, receive, ended: nothing, gone: (link: Link) => gone.push(link) }
  } as unknown as Parameters<typeof Life.make>[1]
  const { converse } = Life.make(node, needs)
  return { gone, logged, table, converse, end: (link: Link) => converse(link, []) }
}

describe("replication hears that a peer is gone", () => {
  it.effect("when its link breaks, also while a handshake is under way that may replace it", () =>
    Effect.gen(function* () {
      for (const isMeeting of [false, true]) {
        const { end, gone, table } = ending()
        const link = linkTo("2")
        table.connect(link)
        table.up(link)
        if (isMeeting) table.begin(id("2"))
        end(link)
        assert.deepStrictEqual(gone, [link])
      }
    })
  )

  it.effect("when a fault of this program ends its link, which is logged", () =>
    Effect.gen(function* () {
      const frame: Frame = { type: "post", post: post(stream("2"), 1), line: new Uint8Array() }
      for (const fail of [
        (listener: Listener) => listener.heard([frame]),
        (listener: Listener) => listener.failed(new Error("a fault"))
      ]) {
        const { converse, gone, logged, table } = ending(() => Effect.die("a fault"))
        const link: Link = { ...linkTo("2"), wire: { listen: fail, hold: () => {} } } as unknown as Link
        table.connect(link)
        table.up(link)
        converse(link, [])
        assert.deepStrictEqual(gone, [link])
        assert.deepStrictEqual(logged, ["What a peer sent could not be handled"])
      }
    })
  )

  it.effect("but not when a link ends that was replaced, or never came up", () =>
    Effect.gen(function* () {
      const { end, gone, table } = ending()
      const [first, second] = [linkTo("2"), linkTo("2")]
      table.connect(first)
      table.connect(second)
      end(first)
      end(linkTo("3"))
      assert.deepStrictEqual(gone, [])
    })
  )
})

describe("a link that was replaced", () => {
  it.scoped("does not come up again, whatever of it is read only then", () =>
    Effect.gen(function* () {
      const { mesh, status, visit } = yield* make({ silence: "1 hour" })
      const events: Array<string> = []
      yield* Effect.forkScoped(Stream.runForEach(mesh.events, ({ _tag }) => Effect.sync(() => events.push(_tag))))
      const { put } = yield* visit("1")
      yield* TestClock.adjust("1 second")
      // More than may come in one go: the last of it is left unread for a while.
      const pongs = Buffer.concat(Array.from({ length: 4_000 }, () => encode({ type: "pong" })))
      const pieces = Math.ceil(inOneGo(defaultLimits.framesPerSecond) / 4_000) + 2
      put(...Array.from({ length: pieces }, () => pongs), encode({ type: "have", streams: {}, more: false }))
      yield* TestClock.adjust("10 millis")
      yield* visit("1")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(events, ["Linked"])
      assert.deepStrictEqual(yield* linkedOf(status), [peer("1", 6000)])
    })
  )
})

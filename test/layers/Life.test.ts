/** How links end, and what that means for others. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Life from "../../layers/links/Life.ts"
import type { Link } from "../../layers/links/Link.ts"
import type { Node } from "../../layers/links/Node.ts"
import type { Listener } from "../../layers/links/Wire.ts"
import { defaultLimits, inOneGo } from "../../src/domain/Limits.ts"
import { LinkTable } from "../../src/domain/LinkTable.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { encode } from "../../src/protocol/Frame.ts"
import { linkedOf } from "../support/linked.ts"
import { epoch, id, peer } from "../support/samples.ts"
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

/** A node whose links only end; `gone` has those of which replication hears that the peer is gone. */
const ending = () => {
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
    search: { seekAgain: nothing },
    run: Effect.runSync,
    replication: { greet: nothing, ended: nothing, gone: (link: Link) => gone.push(link) }
  } as unknown as Parameters<typeof Life.make>[1]
  const { converse } = Life.make(node, needs)
  return { gone, table, end: (link: Link) => converse(link, []) }
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

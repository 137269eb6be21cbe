import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describe } from "vitest"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf, proofOf } from "../../layers/files/Keys.ts"
import { serve } from "../../layers/files/Serving.ts"
import { Share } from "../../layers/files/Share.ts"
import * as Transfers from "../../layers/files/Transfers.ts"
import type * as LinkContract from "../../layers/LinkContract.ts"
import * as MemoryFileStore from "../../layers/MemoryFileStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import { FileStore, type Shared } from "../../services/FileStore.ts"
import type { Connection } from "../../services/Transport.ts"
import { pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { Digest } from "../../src/domain/Offer.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { TransferEvent } from "../../src/domain/Transfer.ts"
import { encode, type Fetch, protocolVersion } from "../../src/protocol/Frame.ts"
import { encodeHead } from "../../src/protocol/TransferStream.ts"
import { bytesOf } from "../support/bytes.ts"
import { chatId, epoch, peer } from "../support/samples.ts"
import { listen } from "../support/serving.ts"
import { run } from "../support/VirtualTime.ts"

const pieces = 12
const content = (): Uint8Array => {
  const bytes = new Uint8Array(pieces * pieceBytes)
  for (let at = 0; at < bytes.length; at += 89) bytes[at] = at * 3 + Math.floor(at / 241)
  return bytes
}

const settings: Transfers.Settings = {
  downloads: "/downloads",
  share: true,
  bytesPerSecond: undefined,
  transfers: 2,
  transfersPerPeer: 1
}

/** How a holder behaves on a connection on which it was sent a `fetch`. */
type Manner = (connection: Connection, shared: Shared) => Effect.Effect<void, unknown, Scope.Scope>

/** Serves what it has; `how`: what it has in place of that. */
const serving =
  (how: (shared: Shared) => Shared = (shared) => shared): Manner =>
  (connection, shared) =>
    Effect.gen(function* () {
      const share = new Share(keyOf(shared.offer.digest), piecesOf(shared.offer.size), how(shared))
      const clock = yield* Effect.clock
      yield* serve(connection, share, { clock, bucket: undefined, giveBack: () => {}, unreadable: () => {} })
    })

const flipped = (bytes: Uint8Array): Uint8Array => {
  const other = bytes.slice()
  other[7] = (other[7] ?? 0) ^ 1
  return other
}

const honest = serving()
const liar = serving((shared) => ({ ...shared, read: (piece) => Effect.map(shared.read(piece), flipped) }))
const liarAboutAll = serving((shared) => ({ ...shared, manifest: flipped(shared.manifest) }))

/** Sends these bytes right behind `serving`, and then what that gives, a byte a second. */
const saying =
  (first: (shared: Shared) => Uint8Array, drip?: number): Manner =>
  (connection, shared) =>
    Effect.gen(function* () {
      const queue = [encode({ type: "serving", key: keyOf(shared.offer.digest) }), first(shared)]
      connection.drain(() => queue.shift())
      connection.wake()
      connection.receive({ take: () => {}, end: () => {} })
      connection.hold(false)
      yield* Effect.forever(
        Effect.zipRight(
          Effect.sleep("1 second"),
          Effect.sync(() => {
            if (drip === undefined) return
            queue.push(new Uint8Array([drip]))
            connection.wake()
          })
        )
      )
    })

const silent = saying(() => encodeHead({ type: "has", pieces: "all" }))
/** Has everything, and sends the first piece of it, a byte a second. */
const dripping = saying(
  () => Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"manifest":262144,"from":0}\n`)]),
  0x20
)
const garbage = saying(() => bytesOf("HTTP/1.1 200 OK\r\n\r\n"))
const tooMuch = saying(() =>
  Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"piece":0,"bytes":1e12}\n`)])
)
const unasked = saying(() =>
  Buffer.concat([encodeHead({ type: "has", pieces: "all" }), bytesOf(`{"piece":0,"bytes":2}\nab`)])
)

/** A node that fetches, and holders of those manners. */
const among = (
  manners: Readonly<Record<string, Manner>>,
  tell: (world: {
    readonly transfers: Transfers.Transfers
    readonly shared: Shared
    readonly disk: MemoryFileStore.MemoryDisk
    readonly events: ReadonlyArray<TransferEvent>
    readonly network: MemoryTransport.Network
    readonly until: (tag: TransferEvent["_tag"]) => Effect.Effect<void>
  }) => Effect.Effect<void, unknown, Scope.Scope>
): void => {
  const exit = run(
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const there = new MemoryFileStore.MemoryDisk()
      const disk = new MemoryFileStore.MemoryDisk()
      there.put("/home/a", content())
      const far = Context.get(yield* Layer.build(MemoryFileStore.layer(there)), FileStore)
      const shared = yield* far.offer(["/home/a"])
      const transfers = yield* Transfers.make(settings).pipe(Effect.provide(MemoryFileStore.layer(disk)))
      const events: Array<TransferEvent> = []
      const waiting = new Map<string, Deferred.Deferred<void>>()
      transfers.files.onEvent((event) => {
        events.push(event)
        const come = waiting.get(event._tag)
        if (come !== undefined) Deferred.unsafeDone(come, Exit.void)
      })
      const current = new Map<PeerId, LinkContract.FileLink>()
      for (const [at, [name, manner]] of Object.entries(manners).entries()) {
        const holder = peer(name, 7_000 + at)
        const link: LinkContract.FileLink = {
          peer: holder,
          epoch: epoch(2),
          hearsOfFiles: true,
          put: (...frames) => {
            for (const frame of frames) {
              if (frame.type !== "seek") continue
              const { key } = frame
              transfers.onLinks.heard(link, { type: "holds", key, pieces, of: pieces })
            }
          }
        }
        current.set(holder.id, link)
        yield* listen(network.transport(name), holder.address, (connection) =>
          frameOn(connection).pipe(Effect.zipRight(manner(connection, shared)), Effect.ignore, Effect.scoped)
        )
      }
      const me = peer("me", 6_000)
      const transport = network.transport("me")
      const wait = yield* FiberSet.makeRuntime<never, void, never>()
      yield* transport.listen(me.address, (connection) => {
        const visited = Effect.map(frameOn(connection), ({ frame }) => {
          if (frame.type === "fetch") transfers.onLinks.visited(connection, frame)
        })
        wait(Effect.ignore(visited))
      })
      const detach = transfers.onLinks.attach({
        self: () => ({ id: me.id, role: "client", epoch: epoch(1), chat: chatId(1) }),
        current,
        onChange: () => () => {},
        dial: (link) => transport.dial(link.peer.address),
        linkOf: (_, { id }) => current.get(id)
      })
      yield* tell({
        transfers,
        shared,
        disk,
        events,
        network,
        until: (tag) =>
          Effect.suspend(() => {
            if (events.some((event) => event._tag === tag)) return Effect.void
            const come = Deferred.unsafeMake<void>(FiberId.none)
            waiting.set(tag, come)
            return Effect.orDie(Effect.timeout(Deferred.await(come), "10 minutes"))
          })
      })
      detach()
    }).pipe(Effect.scoped)
  )
  if (Exit.isFailure(exit)) assert.fail(Cause.pretty(exit.cause))
}

const liars = (events: ReadonlyArray<TransferEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "Lied" ? [event.peer] : []))

/** The file is whole in the end, and just these peers were exposed. */
const comesWhole = (manners: Readonly<Record<string, Manner>>, exposed: ReadonlyArray<string>): void =>
  among(manners, ({ disk, events, shared, transfers, until }) =>
    Effect.gen(function* () {
      assert.isTrue(yield* transfers.files.fetch(shared.offer))
      yield* until("Fetched")
      assert.isTrue(Buffer.from(disk.bytes("/downloads/a") ?? []).equals(content()))
      assert.deepStrictEqual(liars(events), exposed)
    })
  )

describe("Transfers", () => {
  it("a peer that sends wrong pieces is exposed, and the others make up for it", () =>
    comesWhole({ liar, honest }, ["liar"]))

  it("a peer that sends a wrong manifest is exposed", () => comesWhole({ liarAboutAll, honest }, ["liarAboutAll"]))

  it("peers that say nothing, or other things than was asked for, are let go", () =>
    comesWhole({ silent, garbage, tooMuch, unasked, honest }, []))

  it("a peer that sends a byte a second is let go", () => comesWhole({ dripping, honest }, []))

  it("with liars alone it waits, and writes nothing under its name", () =>
    among({ liar, another: liar }, ({ disk, events, shared, transfers, until }) =>
      Effect.gen(function* () {
        yield* transfers.files.fetch(shared.offer)
        yield* until("Waiting")
        yield* Effect.sleep("2 minutes")
        assert.sameMembers([...liars(events)], ["liar", "another"])
        assert.isUndefined(disk.bytes("/downloads/a"))
        assert.strictEqual(transfers.files.transfers().get(shared.offer.digest)?.state, "Waiting")
      })
    ))

  it("an offer that can't be true fails at once, and nothing is allocated for it", () =>
    among({ honest }, ({ events, shared, transfers, until }) =>
      Effect.gen(function* () {
        const size = Number.MAX_SAFE_INTEGER
        yield* transfers.files.fetch({ ...shared.offer, size })
        yield* until("Failed")
        assert.strictEqual(events.length, 1)
      })
    ))

  it("only who knows the offer may fetch, and only so many at once", () =>
    among({ honest, other: honest, third: honest }, ({ disk, network, transfers }) =>
      Effect.gen(function* () {
        disk.put("/home/mine", content())
        const { offer } = yield* transfers.files.offer(["/home/mine"])
        const visit = (id: string, digest: Digest): Fetch => {
          const from = peer(id, 1)
          const me = peer("me", 6_000)
          return {
            type: "fetch",
            protocol: protocolVersion,
            id: from.id,
            role: "client",
            epoch: epoch(2),
            chat: chatId(1),
            to: me.id,
            key: keyOf(offer.digest),
            proof: proofOf(digest, from.id, epoch(2), me.id)
          }
        }
        const asks = (id: string, digest = offer.digest) =>
          Effect.gen(function* () {
            const connection = yield* network.transport(id).dial(peer("me", 6_000).address)
            const said = [encode(visit(id, digest))]
            connection.drain(() => said.shift())
            connection.wake()
            const { frame } = yield* frameOn(connection)
            return frame.type === "refused" ? frame.detail : frame.type
          })
        assert.strictEqual(yield* asks("honest", "A".repeat(43) as Digest), "it is not shared here")
        assert.strictEqual(yield* asks("nobody"), "only peers with a link may fetch here")
        assert.strictEqual(yield* asks("honest"), "serving")
        assert.strictEqual(yield* asks("honest"), "too many transfers are being served", "one for each peer")
        assert.strictEqual(yield* asks("other"), "serving")
        assert.strictEqual(yield* asks("third"), "too many transfers are being served", "two in all")
        yield* Effect.sleep("61 seconds")
        assert.strictEqual(yield* asks("third"), "serving", "who asks for nothing is let go")
      })
    ))
})

/** One node that fetches a file, and peers that have it, each of a manner of its own, over a network in memory. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { frameOn } from "../../layers/files/Intake.ts"
import { keyOf } from "../../layers/files/Keys.ts"
import { serve } from "../../layers/files/Serving.ts"
import { Share } from "../../layers/files/Share.ts"
import * as Transfers from "../../layers/files/Transfers.ts"
import type * as LinkContract from "../../layers/LinkContract.ts"
import * as MemoryFileStore from "../../layers/MemoryFileStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import { FileStore, type Shared } from "../../services/FileStore.ts"
import type { Connection } from "../../services/Transport.ts"
import { pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { TransferEvent } from "../../src/domain/Transfer.ts"
import { encode } from "../../src/protocol/Frame.ts"
import { chatId, epoch, peer } from "./samples.ts"
import { listen } from "./serving.ts"
import { run } from "./VirtualTime.ts"

/** The file that is offered, in bytes of so many pieces. */
export const content = (pieces = 12): Uint8Array => {
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
export type Manner = (connection: Connection, shared: Shared) => Effect.Effect<void, unknown, Scope.Scope>

/** Serves what it has; `how`: what it has in place of that. */
export const serving =
  (how: (shared: Shared) => Shared = (shared) => shared): Manner =>
  (connection, shared) =>
    Effect.gen(function* () {
      const share = new Share(keyOf(shared.offer.digest), piecesOf(shared.offer.size), how(shared))
      const clock = yield* Effect.clock
      yield* serve(connection, share, {
        clock,
        bucket: undefined,
        giveBack: () => {},
        gave: () => {},
        whole: () => {},
        unreadable: () => {}
      })
    })

/** Sends these bytes right behind `serving`, and then what that gives, a byte a second. */
export const saying =
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

/** The fetching node, and what it stands on. */
export interface Fetcher {
  /** Its links to the holders. */
  readonly links: ReadonlyMap<PeerId, LinkContract.FileLink>
  readonly transfers: Transfers.Transfers
  readonly shared: Shared
  readonly disk: MemoryFileStore.MemoryDisk
  readonly events: ReadonlyArray<TransferEvent>
  readonly network: MemoryTransport.Network
  /** Waits for an event, unless it has come already. */
  readonly until: (tag: TransferEvent["_tag"]) => Effect.Effect<void>
}

/** What is different from the usual. */
export interface Conditions {
  readonly content?: Uint8Array
  readonly settings?: Partial<Transfers.Settings>
  readonly seed?: number
  /** Whom it knows to take part at another site, and whose key the other end of a connection has, for all that it sees. */
  readonly isOfFar?: (id: PeerId) => boolean
  readonly isCalled?: (id: PeerId) => boolean
}

/** Tells a story of a node that fetches, and holders of those manners, in virtual time. Fails if the story does. */
export const among = (
  manners: Readonly<Record<string, Manner>>,
  tell: (fetcher: Fetcher) => Effect.Effect<void, unknown, Scope.Scope>,
  conditions: Conditions = {}
): void => {
  const exit = run(
    Effect.gen(function* () {
      const network = yield* MemoryTransport.makeNetwork
      const there = new MemoryFileStore.MemoryDisk()
      const disk = new MemoryFileStore.MemoryDisk()
      there.put("/home/a", conditions.content ?? content())
      const far = Context.get(yield* Layer.build(MemoryFileStore.layer(there)), FileStore)
      const shared = yield* far.offer(["/home/a"])
      const pieces = piecesOf(shared.offer.size)
      const transfers = yield* Transfers.make({ ...settings, ...conditions.settings }).pipe(
        Effect.provide(MemoryFileStore.layer(disk))
      )
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
          isFar: false,
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
          if (frame.type === "fetch" || frame.type === "connect") transfers.onLinks.visited(connection, frame)
        })
        wait(Effect.ignore(visited))
      })
      const detach = transfers.onLinks.attach({
        self: () => ({ id: me.id, role: "client", epoch: epoch(1), chat: chatId(1) }),
        current,
        onChange: () => () => {},
        dial: (link, use) => transport.dial(link.peer.address, undefined, use),
        linkOf: (_, { id }) => current.get(id),
        within: transport.within,
        isCalled: (_, id) => conditions.isCalled?.(id) ?? true,
        isOfFar: (_, { id }) => conditions.isOfFar?.(id) ?? false
      })
      yield* tell({
        links: current,
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
            return Deferred.await(come).pipe(
              Effect.timeoutTo({
                duration: "10 minutes",
                onSuccess: () => Effect.void,
                onTimeout: () => Effect.dieMessage(`no ${tag} came`)
              }),
              Effect.flatten
            )
          })
      })
      detach()
    }).pipe(Effect.scoped),
    conditions.seed
  )
  if (Exit.isFailure(exit)) throw new Error(Cause.pretty(exit.cause))
}

/** Who was exposed by now. */
export const liars = (events: ReadonlyArray<TransferEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "Lied" ? [event.peer] : []))

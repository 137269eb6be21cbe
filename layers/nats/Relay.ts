/**
 * Carries posts between sites: publishes what is said at this site, and takes in what others publish. Nobody waits for
 * it, and nothing depends on it: what it loses, links between the servers find and bring.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Bus } from "../../services/Bus.ts"
import { Guests } from "../../services/Guests.ts"
import { Membership } from "../../services/Membership.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Relay } from "../../services/Relay.ts"
import { ReplicaLog } from "../../services/ReplicaLog.ts"
import { isPrivateStream, sealedRoom } from "../../src/domain/Conversation.ts"
import { type Block, countOf } from "../../src/domain/EncodedPost.ts"
import type { BusUnavailable } from "../../src/domain/Errors.ts"
import { type Keep, nowhere, saveChanges } from "../../src/domain/Keep.ts"
import { within } from "../../src/domain/Limit.ts"
import { isServerId, type PeerId } from "../../src/domain/Peer.ts"
import { authorOf, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { after, type Rest } from "../../src/domain/Rest.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { Site } from "../../src/domain/Site.ts"
import { Position, type Stored } from "../../src/domain/Stored.ts"
import { encode } from "../../src/protocol/Relayed.ts"
import { untilConnected } from "./connected.ts"
import * as Incoming from "./Incoming.ts"
import { type Batch, Outgoing } from "./Outgoing.ts"
import { open as unwrapped, type Wrapping } from "./Wrapping.ts"

/** The most bytes of posts in a message. */
const mostInMessage = 131_072

/** The place in what others publish is kept so soon after it has changed. */
const keepAfter = "1 second"

/** When this node ends, what was said last may take so long to be published. */
const lastLimit = "1 second"

/** How soon publishing is tried again. */
const again = Schedule.exponential("100 millis").pipe(
  Schedule.jittered,
  Schedule.union(Schedule.jittered(Schedule.spaced("5 seconds")))
)

export interface Settings {
  /** This node, and its site. */
  readonly id: PeerId
  readonly site: Site
  /** Where the place in what others publish is kept for the next run. */
  readonly keep?: Keep
  /** How posts look to the message system: as they are, by default. */
  readonly wrapping?: Wrapping
}

const decodePosition = Schema.decodeUnknownOption(Position)

/**
 * What is in a message, in words: if it may have been stored already, and is published again, JetStream drops it. The end
 * of one stream is not enough: another message may end with it too, of a server that the same client has a link to.
 */
const contentOf = (site: Site, { marks, posts }: Batch): string =>
  [site, `${posts}`, ...marks.map(([stream, n]) => `${stream}/${n}`)].join("\n")

const make = ({ id, keep = nowhere, site, wrapping = unwrapped }: Settings) =>
  Effect.gen(function* () {
    const bus = yield* Bus
    const log = yield* ReplicaLog
    const guests = yield* Guests
    const mesh = yield* PeerMesh
    const membership = yield* Membership
    const clock = yield* Effect.clock

    /** Whether somebody speaks here: this node, a guest of it, or a client with a link to it. */
    const isNear = (author: PeerId): boolean =>
      author === id || guests.here.has(author) || (!isServerId(author) && mesh.isPresent(author))

    // ---- What is said here

    const outgoing = new Outgoing(log)
    const settling = makeSignal()
    let [published, received, doubles, refused] = [0, 0, 0, 0]

    const isPublished = (stream: StreamId): boolean =>
      (!isPrivateStream(stream) || roomIn(stream) === sealedRoom) && isNear(authorOf(stream))

    /** How far this node's own streams were looked at, and how much it had said then. */
    const own = new Map<StreamId, number>()
    let said = 0

    const lookAtOwn = (): void => {
      if (said === log.said()) return
      said = log.said()
      for (const room of log.rooms) {
        const stream = log.streamIn(room)
        const [before, now] = [own.get(stream) ?? 0, log.have(stream)]
        if (now > before && isPublished(stream)) outgoing.grows(stream, before)
        own.set(stream, now)
      }
    }
    for (const room of log.rooms) own.set(log.streamIn(room), log.have(log.streamIn(room)))
    said = log.said()

    // How many messages are not acknowledged yet, and why one of those was refused. Nothing more is published until all
    // are settled: what is said meanwhile goes out together.
    let underWay = 0
    let failure: BusUnavailable | undefined
    /** How often all that were under way were settled. */
    let rounds = 0

    const append = (batch: Batch): void => {
      if (batch.posts === 0) return settled(batch)
      const subject = wrapping.subjectOf(site, batch.room)
      const bytes = wrapping.wrap(encode(site, batch.pieces))
      bus.append(subject, wrapping.idOf(contentOf(site, batch)), bytes, (refusal) => settled(batch, refusal))
    }

    /** Posts count as published once they are acknowledged, and not before. */
    const settled = (batch: Batch, refusal?: BusUnavailable): void => {
      if (refusal === undefined) {
        outgoing.stored(batch)
        published += batch.posts
      }
      failure ??= refusal
      underWay -= 1
      if (underWay > 0) return
      rounds += 1
      if (failure === undefined) publishNext()
      settling.changed()
    }

    /** Publishes the next posts of each room, unless some are under way. */
    const publishNext = (): void => {
      if (underWay > 0 || outgoing.waiting === 0) return
      const batches = outgoing.next(Math.min(mostInMessage, bus.mostBytes() / 2))
      underWay = batches.length
      for (const batch of batches) append(batch)
    }

    /** The same as an effect. Returns when these are settled, and fails if one was refused. */
    const publish: Effect.Effect<void, BusUnavailable> = Effect.suspend(() => {
      const before = rounds
      failure = undefined
      publishNext()
      return settling.until(() => rounds > before || outgoing.waiting === 0)
    }).pipe(Effect.zipRight(Effect.suspend(() => failure ?? Effect.void)))

    yield* Effect.addFinalizer(() =>
      Effect.ignore(within(lastLimit)(Effect.repeat(publish, { while: () => outgoing.waiting > 0 })))
    )
    yield* settling
      .until(() => failure !== undefined && underWay === 0)
      .pipe(
        Effect.zipRight(Effect.retry(Effect.zipRight(untilConnected(bus), publish), again)),
        Effect.forever,
        Effect.forkScoped
      )
    yield* Effect.acquireRelease(
      Effect.sync(() => [
        log.onHeard((stream, first) => {
          if (isPublished(stream)) outgoing.grows(stream, first - 1)
        }),
        log.onGrowth(() => {
          lookAtOwn()
          if (failure === undefined) publishNext()
        })
      ]),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )

    // ---- What is said at other sites

    const read = Incoming.make({ site, log, membership, isNear })
    const lag = new Map<Site, number>()
    let position = Option.getOrUndefined(decodePosition(yield* keep.load))
    const moved = yield* saveChanges(
      Effect.suspend(() => (position === undefined ? Effect.void : Effect.zipRight(log.written, keep.save(position)))),
      keepAfter
    )

    /** The posts in these messages that are to be taken in. */
    const blocksIn = (batch: ReadonlyArray<Stored>): ReadonlyArray<Block> =>
      batch.flatMap(({ bytes }) => {
        const inside = wrapping.unwrap(bytes)
        const arrival = inside === undefined ? undefined : read(inside)
        if (arrival === undefined) return []
        doubles += arrival.doubles
        refused += arrival.refused
        const last = arrival.blocks.at(-1)
        if (last !== undefined) lag.set(arrival.site, clock.unsafeCurrentTimeMillis() - last.post.at)
        return arrival.blocks
      })

    const take = (batch: ReadonlyArray<Stored>): Rest => {
      const blocks = blocksIn(batch)
      received += countOf(blocks)
      const isTaken = blocks.length === 0 || log.receiveNow(blocks) !== undefined
      return after(isTaken ? undefined : Effect.asVoid(log.receive(blocks)), () => {
        position = batch.at(-1)?.position
        moved()
        return undefined
      })
    }

    yield* Effect.forkScoped(bus.follow(position, take))

    return Relay.of({
      tally: () => ({ published, waiting: outgoing.waiting, received, doubles, refused, lag })
    })
  })

/** The relay of one run of a server. */
export const layer = (
  settings: Settings
): Layer.Layer<Relay, never, Bus | ReplicaLog | Guests | PeerMesh | Membership> => Layer.scoped(Relay, make(settings))

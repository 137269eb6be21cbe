/** How much a peer may send, and what becomes of one that sends more. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { PeerLost } from "../../src/domain/Errors.ts"
import { mostNamed, timesAsMuch } from "../../src/domain/Limits.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { Quota } from "../../src/domain/Quota.ts"
import type { Dropped } from "../../src/protocol/Frame.ts"
import type { Link, Quotas } from "./Link.ts"
import type { Node } from "./Node.ts"

/** Whoever is dropped is told so within this time, if it listens. */
const droppedLimit = Duration.seconds(1)

/** To check a seal takes as long as so many frames of others: 128 µs. */
const framesACheck = 16

/** What takes this node longer than that is followed by as long a pause, in which it is there for the others. In ms. */
const longWork = 10

/**
 * No pause for that is longer, in ms: what came together is never so much work. A node that was frozen meanwhile, or waited for its
 * disk, has not worked. If it left its peer unread for as long again, it would not see the link's end either, and would send
 * the peer away that dials anew.
 */
const longestPause = 250

export const make = ({ clock, limits, log, scope, table }: Node) => {
  /** Who was dropped, and when it may come again, in monotonic ms: those first who may come first. */
  const dropped = new Map<PeerId, number>()
  /** What each may send, those last who came last. */
  const quotas = new Map<PeerId, Quotas>()

  /** How much a peer has named that this node lacks. What it lists as a whole may be twice as much: most of that is here too. */
  const named = ({ floors, listing, theirs }: Link): number =>
    Math.max(theirs.size, floors.size, (listing?.size ?? 0) / 2)

  /** What this node has by now need not be remembered of a peer. */
  const forgetWhatIsHad = ({ floors, theirs }: Link): void => {
    for (const [stream, n] of theirs) if (n <= log.have(stream) && stream !== log.stream) theirs.delete(stream)
    for (const [stream, n] of floors) if (n <= log.have(stream)) floors.delete(stream)
  }

  const limitOverstepped = (link: Link): Dropped["limit"] | undefined => {
    const most = mostNamed(limits)
    if (named(link) > most) forgetWhatIsHad(link)
    if (named(link) > most) return "streams"
    return (link.rooms?.size ?? 0) > limits.rooms ? "rooms" : undefined
  }

  /** Tells a peer that it is let go, and lets it in no more for a while. */
  const bar = (link: Link, limit: Dropped["limit"]): Effect.Effect<LossReason> =>
    Effect.gen(function* () {
      const now = Monotonic.millis(clock)
      for (const [id, until] of dropped) if (until <= now) dropped.delete(id)
      dropped.set(link.peer.id, now + Duration.toMillis(limits.overload))
      yield* link.send({ type: "dropped", limit })
      yield* link.connection.finish.pipe(Effect.timeoutOption(droppedLimit))
      return limit === "seals" ? "forged" : "excessive"
    })

  const drop = (link: Link, limit: Dropped["limit"]): Effect.Effect<never, PeerLost> =>
    Effect.flatMap(bar(link, limit), (reason) => new PeerLost({ reason }))

  const quotaOf = (id: PeerId): Quotas => {
    const now = Monotonic.millis(clock)
    const quota = quotas.get(id) ?? { unasked: new Quota(limits, now), asked: new Quota(timesAsMuch(limits), now) }
    quotas.delete(id)
    quotas.set(id, quota)
    const gone =
      quotas.size > limits.connections ? [...quotas.keys()].find((other) => !table.links.has(other)) : undefined
    if (gone !== undefined) quotas.delete(gone)
    return quota
  }

  /** Counts what has come; how long the peer is to be left unread for that, in ms. */
  const waitFor = (link: Link, frames: number): number => {
    const { askedBytes, askedFrames, checks, named, quota } = link
    const now = Monotonic.millis(clock)
    const received = link.connection.received()
    const bytes = Math.max(0, received - link.counted - askedBytes)
    link.counted = received
    link.askedFrames = 0
    link.askedBytes = 0
    link.checks = 0
    link.named = 0
    const worked = Number(clock.unsafeCurrentTimeNanos() - link.begun()) / 1e6
    return Math.max(
      worked > longWork ? Math.min(worked, longestPause) : 0,
      quota.unasked.count(frames - askedFrames + named, bytes, now),
      askedFrames + checks === 0 ? 0 : quota.asked.count(askedFrames + framesACheck * checks, askedBytes, now)
    )
  }

  const leaveUnread = (link: Link, millis: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      link.slowed = true
      return Effect.sleep(millis)
    }).pipe(
      Effect.zipRight(
        Effect.sync(() => {
          link.slowed = false
        })
      )
    )

  return {
    /** Of how much a peer has spoken too much, if it has. */
    limitOverstepped,
    /** Tells a peer that it went too far, or is not to be believed, and lets it go. It is not called back, and not let in for a while. */
    drop,
    /** The same, where it is not that peer's own frames that are being handled. */
    cut: (link: Link, limit: Dropped["limit"]): Effect.Effect<void> =>
      Effect.asVoid(Effect.forkIn(Effect.flatMap(bar(link, limit), link.connection.abort), scope)),
    /** Whether that peer was dropped, and must wait still. */
    isDropped: (id: PeerId): boolean => (dropped.get(id) ?? 0) > Monotonic.millis(clock),
    /** A peer that comes again goes on with the quota it had: to come anew is no way to send more. */
    quotaOf,
    /** So many frames have come and were handled: who sends too much is left unread for a while, and dropped if that never ends. */
    count: (link: Link, frames: number): Effect.Effect<void, PeerLost> => {
      const wait = waitFor(link, frames)
      if (wait === 0) return Effect.void
      return wait === Number.POSITIVE_INFINITY ? drop(link, "rate") : leaveUnread(link, wait)
    }
  }
}

export type RateLimit = ReturnType<typeof make>

/** How much a peer may send, and what becomes of one that sends more. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { absurd } from "../../src/domain/Absurd.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { timesAsMuch } from "../../src/domain/Limits.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { Quota } from "../../src/domain/Quota.ts"
import type { Dropped } from "../../src/protocol/Frame.ts"
import type { Charge } from "../LinkContract.ts"
import type { Quotas } from "./Account.ts"
import type { Link } from "./Link.ts"
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

export const make = ({ clock, limits, scope, table }: Node) => {
  /** Who was dropped, and when it may come again, in monotonic ms: those first who may come first. */
  const dropped = new Map<PeerId, number>()
  /** What each may send, those last who came last. */
  const quotas = new Map<PeerId, Quotas>()

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

  const quotasOf = (id: PeerId): Quotas => {
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
    const { account } = link
    const { askedBytes, askedFrames, checked, named, quotas } = account
    const now = Monotonic.millis(clock)
    const received = link.connection.received()
    const bytes = Math.max(0, received - account.counted - askedBytes)
    account.counted = received
    account.askedFrames = 0
    account.askedBytes = 0
    account.checked = 0
    account.named = 0
    const worked = Number(clock.unsafeCurrentTimeNanos() - link.begun()) / 1e6
    return Math.max(
      worked > longWork ? Math.min(worked, longestPause) : 0,
      quotas.unasked.count(frames - askedFrames + named, bytes, now),
      askedFrames + checked === 0 ? 0 : quotas.asked.count(askedFrames + framesACheck * checked, askedBytes, now)
    )
  }

  const leaveUnread = (link: Link, millis: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      link.account.slowed = true
      return Effect.sleep(millis)
    }).pipe(
      Effect.zipRight(
        Effect.sync(() => {
          link.account.slowed = false
        })
      )
    )

  return {
    /** What a peer costs besides the frames that it sends by itself: so many of that, and their bytes. */
    charge: ({ account }: Link, what: Charge, count: number, bytes = 0): void => {
      switch (what) {
        case "asked":
          account.askedFrames += count
          account.askedBytes += bytes
          break
        case "checked":
          account.checked += count
          break
        case "named":
          account.named += count
          break
        default:
          absurd(what)
      }
    },
    /** Tells a peer that it went too far, or is not to be believed, and lets it go. It is not called back, and not let in for a while. */
    drop,
    /** The same, where it is not that peer's own frames that are being handled. */
    cut: (link: Link, limit: Dropped["limit"]): Effect.Effect<void> =>
      Effect.asVoid(Effect.forkIn(Effect.flatMap(bar(link, limit), link.connection.abort), scope)),
    /** Whether that peer was dropped, and must wait still. */
    isDropped: (id: PeerId): boolean => (dropped.get(id) ?? 0) > Monotonic.millis(clock),
    /** A peer that comes again goes on with the quota it had: to come anew is no way to send more. */
    quotasOf,
    /** So many frames have come and were handled: who sends too much is left unread for a while, and dropped if that never ends. */
    count: (link: Link, frames: number): Effect.Effect<void, PeerLost> => {
      const wait = waitFor(link, frames)
      if (wait === 0) return Effect.void
      return wait === Number.POSITIVE_INFINITY ? drop(link, "rate") : leaveUnread(link, wait)
    }
  }
}

export type RateLimit = ReturnType<typeof make>

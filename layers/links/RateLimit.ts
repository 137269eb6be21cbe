/** Rate limits: how much a peer may send, and what happens if it sends more. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { absurd } from "../../src/domain/Absurd.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { timesAsMuch } from "../../src/domain/Limits.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { Quota } from "../../src/domain/Quota.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import type { Dropped } from "../../src/protocol/Frame.ts"
import type { Charge } from "../LinkContract.ts"
import type { Quotas } from "./Account.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/** How long a dropped peer has to receive that. */
const droppedLimit = Duration.seconds(1)

/** Checking a seal costs as much as this many frames: 128 µs. */
const framesACheck = 16

/** If handling a chunk takes longer than this, the link pauses for as long, so that others get their turn. In ms. */
const longWork = 10

/**
 * The longest such pause, in ms: one chunk is never more work. A node that was frozen, or waited for its disk, has not
 * worked all that time. If it paused for as long again, it would not notice the end of the link, and would refuse the
 * peer that dials again.
 */
const longestPause = 250

export const make = ({ clock, limits, scope, table }: Node) => {
  /** The dropped peers, and when each may come back, in monotonic ms, in that order. */
  const dropped = new Map<PeerId, number>()
  /** The quotas of peers, the latest last. */
  const quotas = new Map<PeerId, Quotas>()

  /** Sends `dropped` to a peer, and refuses it for a while. */
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

  /** Counts what has come. Returns how long not to read from the peer, in ms. */
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
    const worked = Number(clock.unsafeCurrentTimeNanos() - link.wire.begun()) / 1e6
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
    /** Charges a peer for what it causes besides the frames that it sends by itself. */
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
    /**
     * Sends `dropped` to a peer that exceeded a limit or is not believed, and ends the link. The peer is not dialled,
     * and refused for a while.
     */
    drop,
    /** The same, when the frames of another peer are being handled. */
    cut: (link: Link, limit: Dropped["limit"]): Effect.Effect<void> =>
      Effect.asVoid(
        Effect.forkIn(
          Effect.map(bar(link, limit), (reason) => link.connection.close(reason)),
          scope
        )
      ),
    /** Whether a peer was dropped, and still has to wait. */
    isDropped: (id: PeerId): boolean => (dropped.get(id) ?? 0) > Monotonic.millis(clock),
    /** The quotas of a peer. A peer that comes back keeps them, so reconnecting does not allow more. */
    quotasOf,
    /** Counts handled frames. A peer that sends too much is not read for a while, and dropped if that does not end. */
    count: (link: Link, frames: number): Rest<PeerLost> => {
      const wait = waitFor(link, frames)
      if (wait === 0) return undefined
      return wait === Number.POSITIVE_INFINITY ? drop(link, "rate") : leaveUnread(link, wait)
    }
  }
}

export type RateLimit = ReturnType<typeof make>

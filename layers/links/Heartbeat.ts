/** The heartbeat: cuts silent peers, and measures round trips. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { encode, partsOf } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/**
 * All links are checked in rounds, and silence is counted in rounds. So a node that was frozen itself does not take its
 * peers for dead when it wakes. A peer that was silent for this many rounds is pinged, and cut if two more bring
 * nothing.
 */
const roundsUntilPinged = 3
const roundsOfSilence = 5

/** How many links are checked together. A round is spread over its time, so pings hold up nothing else. */
const lookedAtTogether = 64

/** Quiet links are measured by their pings. Busy links are measured once in this many rounds. */
const roundsUntilMeasured = 25

/** One encoded ping for all links. */
const ping = [encode({ type: "ping" })]
const pong = [encode({ type: "pong" })]

export const make = ({ clock, peers, settings, table }: Node) => {
  const least = Duration.toMillis(settings.silence)
  const aLink = Duration.toMillis(settings.silenceALink ?? Duration.zero)

  /**
   * The limit of silence in ms. It grows with the number of links, so that more links do not mean more pings a second.
   */
  const limit = (): number => Math.max(least, aLink * table.links.size)

  /** Checks one link. Returns what ends it, if it can't go on. */
  const lookAt = (link: Link, now: bigint): Effect.Effect<void> | undefined => {
    if (!isCurrent(link)) return undefined
    const { account, pulse } = link
    // Whoever is not read can't be heard.
    pulse.quietRounds = account.slowed ? 0 : pulse.quietRounds + 1
    pulse.unmeasuredRounds += 1
    if (pulse.quietRounds >= roundsOfSilence) return link.connection.abort("silent")
    const isDue = pulse.pinged === undefined && pulse.unmeasuredRounds >= roundsUntilMeasured
    if (pulse.quietRounds !== roundsUntilPinged && !isDue) return undefined
    return ask(link, now) ? undefined : link.connection.abort("overrun")
  }

  /** Sends a ping. False if the link has no room for it. */
  const ask = (link: Link, now: bigint): boolean => {
    link.pulse.pinged ??= now
    link.pulse.pings += 1
    return link.give(ping)
  }

  /** Checks all links. Plain loops and shared bytes: this is the cost of idle links. */
  const lookAtAll = (links: ReadonlyArray<Link>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const now = clock.unsafeCurrentTimeNanos()
      return Effect.all(
        links.flatMap((link) => lookAt(link, now) ?? []),
        { discard: true }
      )
    })

  const round = Effect.suspend(() => {
    const parts = partsOf([...table.links.values()], lookedAtTogether)
    const pause = Duration.millis(limit() / roundsOfSilence / parts.length)
    return Effect.forEach(parts, (part) => Effect.zipRight(lookAtAll(part), Effect.sleep(pause)), { discard: true })
  })

  return {
    /** As long as the node runs. */
    beat: Effect.forever(round),
    /** The limit of silence for the present number of links. */
    silence: Effect.sync(() => Duration.millis(limit())),
    /** Something was received from that peer. */
    heard: (link: Link): void => {
      link.pulse.quietRounds = 0
    },
    /**
     * Whether a peer is alive: it answers a ping that is sent now. Nothing else proves that, because frames of a dead
     * peer may be on their way for long. False when its link has ended. May never return.
     */
    lives: (link: Link): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const { pulse } = link
        const isOver = () => !isCurrent(link)
        pulse.probed = true
        if (!ask(link, clock.unsafeCurrentTimeNanos())) return Effect.as(link.connection.abort("overrun"), false)
        const due = pulse.pings
        return Effect.map(
          peers.until(() => isOver() || pulse.pongs >= due),
          () => !isOver()
        )
      }),
    /** A ping has come. */
    answer: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => (link.give(pong) ? Effect.void : link.connection.abort("overrun"))),
    /** A pong has come. */
    answered: (link: Link): Effect.Effect<void> =>
      Effect.sync(() => {
        const { pulse } = link
        pulse.pongs += 1
        if (pulse.probed) peers.changed()
        if (pulse.pinged === undefined) return
        pulse.roundTrip = Duration.nanos(clock.unsafeCurrentTimeNanos() - pulse.pinged)
        pulse.pinged = undefined
        pulse.unmeasuredRounds = 0
      })
  }
}

export type Heartbeat = ReturnType<typeof make>

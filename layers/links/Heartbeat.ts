/** The heartbeat: cuts silent peers, and measures round trips. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import { constVoid } from "effect/Function"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { encode, partsOf } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/**
 * Parts of the limit of silence. A peer that was silent for `untilAsked` is pinged, and cut if `untilCut` more bring
 * nothing: together no more than the limit. The side that was pinged last waits for `courtesy` longer, so that one of
 * the two pings and not both.
 */
const untilAsked = 0.6
const courtesy = 0.05
const untilCut = 0.35

/** The parts of the limit in which many links are looked at in turn, and in which pings are brought forward. */
const round = 0.2

/**
 * A look that is later than this part of the limit shows that this node itself was frozen. That time does not count as
 * the silence of its peers.
 */
const frozen = 0.05

/**
 * In limits: a link that was not measured for `untilMeasured` is pinged by this node next, so that its ping measures it
 * too. A link that is never silent is pinged anyway, after `untilMeasuredAnyway`.
 */
const untilMeasured = 5
const untilMeasuredAnyway = 6

/** How many links are looked at together. The looks at more of them are spread over a round. */
const lookedAtTogether = 64

/** The least pause between two looks, in ms: a timer may fire a little early. */
const leastPause = 10

/** One encoded ping for all links. */
const ping = [encode({ type: "ping" })]
const pong = [encode({ type: "pong" })]

export const make = ({ clock, peers, settings, table }: Node) => {
  const least = Duration.toMillis(settings.silence)
  const aLink = Duration.toMillis(settings.silenceALink ?? Duration.zero)

  // Mutable, each change in one synchronous step.
  /** Whether the next look may have to be earlier or later than planned. */
  let isStirred = false
  /** Whether this part only waits for the next look, which is at `due` if there is to be one. */
  let isResting = false
  let due: bigint | undefined
  /** Looks now, in place of what this part waits for. */
  let restart: () => void = constVoid
  /** Tells that a round trip was measured. */
  const measured = makeSignal()
  /** How many silent peers have been asked and have not answered yet. */
  let unanswered = 0
  /** Whether this node was frozen before the last look. */
  let wasFrozen = false

  const stir = (): void => {
    isStirred = true
    if (!isResting) return
    wake()
    restart()
  }

  /**
   * The limit of silence in ms. It grows with the number of links, so that more links do not mean more pings a second.
   */
  const limit = (): number => Math.max(least, aLink * table.links.size)

  /** A part of the limit in ns. */
  const nanos = (part: number): bigint => BigInt(Math.round(part * limit() * 1e6))

  const isUnmeasured = ({ pulse: { measuredAt } }: Link, limits: number, now: bigint): boolean =>
    measuredAt === undefined || measuredAt + nanos(limits) <= now

  /** When to ping a link that stays silent. Of many links each is looked at in turn, which settles who pings. */
  const askAt = (link: Link, now: bigint, areMany: boolean): bigint => {
    const { heardAt, leaves } = link.pulse
    const yields = areMany ? 0 : isUnmeasured(link, untilMeasured, now) ? -courtesy : leaves ? courtesy : 0
    return heardAt + nanos(untilAsked + yields)
  }

  const cutAt = (askedAt: bigint): bigint => askedAt + nanos(untilCut)

  /** Looks at one link, and cuts it if it can't go on. */
  const lookAt = (link: Link, now: bigint, areMany: boolean): void => {
    if (!isCurrent(link)) return
    const { account, pulse } = link
    // Whoever is not read can't be heard.
    if (account.slowed) hear(link, now)
    if (pulse.askedAt !== undefined) {
      if (cutAt(pulse.askedAt) <= now) return link.connection.abort("silent")
      unanswered += 1
      return
    }
    // What is due within a round is done now: links that are asked together bring one wake-up, not several.
    const isSilent = askAt(link, now, areMany) < now + nanos(round)
    const isToBeMeasured = pulse.pinged === undefined && isUnmeasured(link, untilMeasuredAnyway, now)
    if (!isSilent && !isToBeMeasured) return
    if (isSilent) {
      pulse.askedAt = now
      unanswered += 1
    }
    ask(link, now)
  }

  /** Sends a ping. */
  const ask = (link: Link, now: bigint): void => {
    link.pulse.pinged ??= now
    link.pulse.pings += 1
    link.pulse.leaves = false
    link.putLines(ping)
  }

  /** Looks at these links. Plain loops and shared bytes: this is the cost of idle links. */
  const lookAtAll = (links: ReadonlyArray<Link>, areMany: boolean): Effect.Effect<void> =>
    Effect.sync(() => {
      const now = clock.unsafeCurrentTimeNanos()
      isStirred = false
      unanswered = 0
      for (const link of links) lookAt(link, now, areMany)
    })

  /** When the next of these links needs a look; undefined if there is none. */
  const nextLook = (links: ReadonlyArray<Link>): bigint | undefined => {
    const now = clock.unsafeCurrentTimeNanos()
    let next: bigint | undefined
    for (const link of links) {
      if (!isCurrent(link)) continue
      const { askedAt } = link.pulse
      const due = askedAt === undefined ? askAt(link, now, false) : cutAt(askedAt)
      if (next === undefined || due < next) next = due
    }
    return next
  }

  const hear = ({ pulse }: Link, at: bigint): void => {
    pulse.heardAt = at
    if (pulse.askedAt === undefined) return
    pulse.askedAt = undefined
    unanswered -= 1
    if (unanswered === 0) stir()
  }

  /**
   * This node was frozen for so many ns. What has come meanwhile is not read yet, so peers that were asked get a round
   * more. They get it once, however often this node is late: else a busy node would cut nobody.
   */
  const forgive = (late: bigint, now: bigint): void => {
    const earlier = (at: bigint) => (at < now ? at : now)
    const more = late + (wasFrozen ? 0n : nanos(round))
    for (const { pulse } of table.links.values()) {
      pulse.heardAt = earlier(pulse.heardAt + late)
      if (pulse.askedAt !== undefined) pulse.askedAt = earlier(pulse.askedAt + more)
    }
  }

  /** The sleep has ended: finds out whether this node was frozen meanwhile. */
  const wake = (): void => {
    isResting = false
    if (due === undefined) return
    const now = clock.unsafeCurrentTimeNanos()
    const isFrozen = now > due + nanos(frozen)
    if (isFrozen) forgive(now - due, now)
    wasFrozen = isFrozen
    due = undefined
  }

  /** Sleeps until a moment. */
  const sleepUntil = (moment: bigint): Effect.Effect<void> =>
    Effect.suspend(() => {
      const now = clock.unsafeCurrentTimeNanos()
      const pause = Math.max(leastPause, Number(moment - now) / 1e6)
      due = now + BigInt(Math.round(pause * 1e6))
      return Effect.map(Effect.sleep(pause), wake)
    })

  /** Looks at few links, and then sleeps until one of them needs another look. */
  const lookAndRest = (links: ReadonlyArray<Link>): Effect.Effect<void> =>
    Effect.flatMap(lookAtAll(links, false), () => {
      if (isStirred) return Effect.void
      isResting = true
      const next = nextLook(links)
      return next === undefined ? Effect.never : sleepUntil(next)
    })

  /** Looks at many links, part by part. */
  const lookInTurn = (parts: ReadonlyArray<ReadonlyArray<Link>>): Effect.Effect<void> =>
    Effect.forEach(
      parts,
      (part) =>
        Effect.zipRight(
          lookAtAll(part, true),
          Effect.suspend(() => sleepUntil(clock.unsafeCurrentTimeNanos() + nanos(round / parts.length)))
        ),
      { discard: true }
    )

  const beating = Effect.forever(
    Effect.suspend(() => {
      const links = [...table.links.values()]
      return links.length <= lookedAtTogether ? lookAndRest(links) : lookInTurn(partsOf(links, lookedAtTogether))
    })
  )

  return {
    /**
     * As long as the node runs. Without links it sleeps. A sleep that is moved is a fiber that is replaced: a race of a
     * sleep with a signal takes three times as many fibers, most of the cost of a node at rest.
     */
    beat: Effect.scoped(
      Effect.flatMap(FiberHandle.makeRuntime<never>(), (run) => {
        restart = () => void run(beating)
        restart()
        return Effect.never
      })
    ),
    /** The limit of silence for the present number of links. */
    silence: Effect.sync(() => Duration.millis(limit())),
    /** The link is up. */
    begin: stir,
    /** Something was received from that peer. */
    heard: (link: Link): void => hear(link, link.wire.begun()),
    /**
     * Whether a peer is alive: it answers a ping that is sent now. Nothing else proves that, because frames of a dead
     * peer may be on their way for long. False when its link has ended. May never return.
     */
    lives: (link: Link): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const { pulse } = link
        const isOver = () => !isCurrent(link)
        pulse.probed = true
        ask(link, clock.unsafeCurrentTimeNanos())
        const due = pulse.pings
        return Effect.map(
          peers.until(() => isOver() || pulse.pongs >= due),
          () => !isOver()
        )
      }),
    /** A ping has come. If two pings have crossed, the side that has dialled leaves the next one to the other. */
    answer: (link: Link): void => {
      link.pulse.leaves = link.pulse.pinged === undefined || link.byUs
      link.putLines(pong)
    },
    /** A pong has come. */
    answered: ({ pulse }: Link): void => {
      pulse.pongs += 1
      if (pulse.probed) peers.changed()
      if (pulse.pinged === undefined) return
      pulse.measuredAt = clock.unsafeCurrentTimeNanos()
      pulse.roundTrip = Duration.nanos(pulse.measuredAt - pulse.pinged)
      pulse.pinged = undefined
      measured.changed()
    },
    /** Calls a function after each measurement of a round trip, until the function that is returned is called. */
    onMeasured: measured.listen
  }
}

export type Heartbeat = ReturnType<typeof make>

/** Signs of life: who gives none for too long is cut, and how long a ping takes is measured. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { encode } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/** Silence is counted in ticks, so that a node which itself was frozen does not take its peers for dead when it wakes. */
const ticksOfSilence = 4

/** Quiet links are pinged, and so measured; busy ones each so many ticks. */
const ticksUntilMeasured = 20

/** The same bytes for all. */
const ping = [encode({ type: "ping" })]
const pong = [encode({ type: "pong" })]

export const make = ({ clock, peers, settings, table }: Node) => {
  let ticks = 0

  /** A plain loop, and the same bytes to all: it is what idle links cost. */
  const tick = Effect.suspend(() => {
    const cut: Array<Effect.Effect<void>> = []
    const now = clock.unsafeCurrentTimeNanos()
    const allAreMeasured = ticks % ticksUntilMeasured === 0
    ticks += 1
    for (const link of table.links.values()) {
      // Whoever is not read can't be heard.
      link.quietTicks = link.slowed ? 0 : link.quietTicks + 1
      if (link.quietTicks >= ticksOfSilence) cut.push(link.connection.abort("silent"))
      else if (link.quietTicks > 1 || allAreMeasured || link.roundTrip === undefined) {
        link.pinged ??= now
        if (!link.give(ping)) cut.push(link.connection.abort("overrun"))
      }
    }
    return Effect.all(cut, { discard: true })
  })

  const interval = Duration.times(Duration.decode(settings.silence), 1 / ticksOfSilence)

  return {
    /** As long as the node runs. */
    beat: Effect.repeat(tick, Schedule.spaced(interval)),
    /** Something has come from that peer. A plain function. */
    heard: (link: Link): void => {
      link.quietTicks = 0
      link.heard += 1
      if (link.probed) peers.changed()
    },
    /** A ping has come. */
    answer: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => (link.give(pong) ? Effect.void : link.connection.abort("overrun"))),
    /** A pong has come. */
    answered: (link: Link): Effect.Effect<void> =>
      Effect.sync(() => {
        if (link.pinged === undefined) return
        link.roundTrip = Duration.nanos(clock.unsafeCurrentTimeNanos() - link.pinged)
        link.pinged = undefined
      })
  }
}

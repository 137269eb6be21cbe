/** Who has what: peers tell each other how far they have each stream, when they meet, as it grows, and in full now and then. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Mark } from "../../services/MessageLog.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import type { StreamId, Summary } from "../../src/domain/Post.ts"
import type { Control, Have } from "../../src/protocol/Frame.ts"
import type { Link } from "../links/Link.ts"
import type { Node } from "../links/Node.ts"
import type { RateLimit } from "../links/RateLimit.ts"
import * as Wire from "../links/Wire.ts"
import type { Delivery } from "./Delivery.ts"
import * as Folds from "./Folds.ts"
import type { Forks } from "./Forks.ts"
import type { Replicator } from "./Replicator.ts"

/** How often all is compared with all, whatever was told before. */
const compareEvery = Duration.seconds(15)

const haveFrames = (marks: ReadonlyArray<Mark>): ReadonlyArray<Control> =>
  Wire.partsOf(marks).map((part, index, parts) => ({
    type: "have",
    streams: Object.fromEntries(part),
    more: index < parts.length - 1
  }))

interface Needs {
  readonly rateLimit: RateLimit
  readonly delivery: Delivery
  readonly folds: Folds.Folds
  readonly replicator: Replicator
  /** The peer has said how far it has each stream: the link comes up. */
  readonly comeUp: (link: Link) => Effect.Effect<void>
  readonly forks: Forks
}

export const make = ({ log, table }: Node, { rateLimit, comeUp, delivery, folds, forks, replicator }: Needs) => {
  /** How far everybody knows this node to have each stream. */
  let offered: Summary = new Map()
  /** How far this node had each stream when all was compared last: what has not moved since, and should have, is stuck. */
  let compared: Summary = new Map()

  const heard = (link: Link, { more, streams }: Have): Effect.Effect<void, PeerLost> =>
    Effect.suspend(() => {
      const marks = Object.entries(streams) as unknown as ReadonlyArray<Mark>
      link.named += marks.length
      for (const mark of marks) delivery.hasUpTo(link, mark)
      folds.heardOf(link, marks, more)
      const overstepped = rateLimit.limitOverstepped(link)
      if (overstepped !== undefined) return rateLimit.drop(link, overstepped)
      if (table.links.get(link.peer.id) === link) {
        return Effect.zipRight(forks.heardOf(link), replicator.pull(link, marks))
      }
      return more ? Effect.void : Effect.zipRight(comeUp(link), forks.heardOf(link))
    })

  /** Everything that this node has: what it has folded away, and what it lists. */
  const all = (): ReadonlyArray<Control> => {
    const { folds: folded, summary } = log.listing()
    return [...Folds.framesOf(folded), ...haveFrames([...summary])]
  }

  const summarize = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (link.summarized) return Effect.void
      link.summarized = true
      return link.send(...all())
    })

  const sendToAll = (frames: ReadonlyArray<Control>) =>
    Effect.suspend(() => Wire.sendTo([...table.links.values()], frames))

  /** Tells everybody which streams have grown since it was told last. */
  const offer = Effect.flatMap(log.summary, (summary) => {
    const grown = [...summary].filter(([stream, n]) => offered.get(stream) !== n)
    offered = summary
    return grown.length === 0 ? Effect.void : sendToAll(haveFrames(grown))
  })

  /**
   * Tells everybody everything, and asks again for what is missing still: it repairs whatever went wrong. Who was told all
   * that there is needs no word: where nothing is said, nothing is sent.
   */
  const compare = Effect.gen(function* () {
    const summary = yield* log.summary
    const isStuck = (stream: StreamId) => compared.get(stream) === summary.get(stream)
    const isNews = [...summary.keys()].some((stream) => !isStuck(stream))
    replicator.forgetAsked()
    forks.review()
    if (isNews) yield* Effect.suspend(() => sendToAll(all()))
    for (const link of table.links.values()) yield* replicator.pull(link, link.theirs, isStuck)
    compared = summary
  })

  return {
    /** Takes in how far a peer has some streams. */
    heard,
    /** Tells a peer how far this node has each stream, once. */
    summarize,
    /** To be run each second: tells what has grown, and gives up what is gone. */
    offer: offer.pipe(Effect.zipRight(replicator.skipWhatIsGone), Effect.zipRight(folds.tellWhatIsMissed)),
    /** Tells everybody what has grown: before this node leaves, they know what it has got from them. */
    offerLast: offer,
    /** As long as the node runs. */
    comparing: Effect.repeat(compare, Schedule.spaced(compareEvery))
  }
}

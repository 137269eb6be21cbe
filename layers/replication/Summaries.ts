/** Who has what: peers tell each other how far they have each stream, when they meet, as it grows, and in full now and then. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { absurd } from "../../src/domain/Absurd.ts"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import { type Room, roomIn, type StreamId, type Summary } from "../../src/domain/Post.ts"
import { type Control, type Have, partsOf } from "../../src/protocol/Frame.ts"
import type { Asking } from "./Asking.ts"
import type { Delivery } from "./Delivery.ts"
import * as Folds from "./Folds.ts"
import type { Forks } from "./Forks.ts"
import type { Gone } from "./Gone.ts"
import type { Ground, Link } from "./Ground.ts"

/** How often all is compared with all, whatever was told before. */
const compareEvery = Duration.seconds(15)

const haveFrames = (marks: ReadonlyArray<Mark>): ReadonlyArray<Control> =>
  partsOf(marks).map((part, index, parts) => ({
    type: "have",
    streams: Object.fromEntries(part),
    more: index < parts.length - 1
  }))

interface Needs {
  readonly delivery: Delivery
  readonly folds: Folds.Folds
  readonly asking: Asking
  readonly gone: Gone
  readonly forks: Forks
}

export const make = ({ links, log }: Ground, { asking, delivery, folds, forks, gone }: Needs) => {
  /** How far everybody knows this node to have each stream. */
  let offered: Summary = new Map()
  /** How far this node had each stream when all was compared last: what has not moved since, and should have, is stuck. */
  let compared: Summary = new Map()

  const heard = (link: Link, { more, streams }: Have): Effect.Effect<void, PeerLost> =>
    Effect.suspend(() => {
      const marks = Object.entries(streams) as unknown as ReadonlyArray<Mark>
      links.charge(link, "named", marks.length)
      for (const mark of marks) delivery.hasUpTo(link, mark)
      folds.heardOf(link, marks, more)
      const overstepped = delivery.limitOverstepped(link)
      if (overstepped !== undefined) return links.drop(link, overstepped)
      switch (link.phase) {
        case "placed":
        case "up":
          return Effect.zipRight(forks.heardOf(link), asking.pull(link, marks))
        case "introduced":
        // The one that has taken its place may be no more.
        case "replaced":
          return more ? Effect.void : Effect.zipRight(links.comeUp(link), forks.heardOf(link))
        case "ended":
          return Effect.void
        default:
          return absurd(link.phase)
      }
    })

  /** What of that is said in these rooms. */
  const within = (rooms: ReadonlySet<Room>, marks: Iterable<Mark>): ReadonlyArray<Mark> =>
    log.rooms.size === 1 ? [...marks] : [...marks].filter(([stream]) => rooms.has(roomIn(stream)))

  /** Everything that this node has in these rooms: what it has folded away, and what it lists. */
  const all = (rooms: ReadonlySet<Room>): ReadonlyArray<Control> => {
    const { folds: folded, summary } = log.listing()
    return [
      ...Folds.framesOf([...folded].filter(([room]) => rooms.has(room))),
      ...haveFrames(within(rooms, [...summary]))
    ]
  }

  const summarize = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (link.replica.isSummarized) return Effect.void
      link.replica.isSummarized = true
      return link.send(...all(link.rooms))
    })

  /** All links, those together of which the peers take part in the same of this node's rooms. */
  const groups = (): ReadonlyArray<readonly [Link, ...ReadonlyArray<Link>]> => {
    const grouped = new Map<string, [Link, ...Array<Link>]>()
    for (const link of links.current.values()) {
      const shared = log.rooms.size === 1 ? "" : [...log.rooms].filter((room) => link.rooms.has(room)).join(" ")
      const group = grouped.get(shared)
      if (group === undefined) grouped.set(shared, [link])
      else group.push(link)
    }
    return [...grouped.values()]
  }

  /** Tells all peers what is for them: of each room, those who take part in it. */
  const tellAll = (framesFor: (rooms: ReadonlySet<Room>) => ReadonlyArray<Control>) =>
    Effect.suspend(() =>
      Effect.forEach(groups(), (group) => links.tell(group, framesFor(group[0].rooms)), { discard: true })
    )

  /** Tells everybody which streams have grown since it was told last. */
  const offer = Effect.flatMap(log.summary, (summary) => {
    const grown = [...summary].filter(([stream, n]) => offered.get(stream) !== n)
    offered = summary
    return grown.length === 0
      ? Effect.void
      : tellAll((rooms) => {
          const marks = within(rooms, grown)
          return marks.length === 0 ? [] : haveFrames(marks)
        })
  })

  /**
   * Tells everybody everything, and asks again for what is missing still: it repairs whatever went wrong. Who was told all
   * that there is needs no word: where nothing is said, nothing is sent.
   */
  const compare = Effect.gen(function* () {
    const summary = yield* log.summary
    const isStuck = (stream: StreamId) => compared.get(stream) === summary.get(stream)
    const isNews = [...summary.keys()].some((stream) => !isStuck(stream))
    asking.forgetAll()
    forks.review()
    if (isNews) yield* tellAll(all)
    for (const link of links.current.values()) yield* asking.pull(link, link.replica.theirs, isStuck)
    compared = summary
  })

  return {
    /** Takes in how far a peer has some streams. */
    heard,
    /** Tells a peer how far this node has each stream, once. */
    summarize,
    /** To be run each second: tells what has grown, and gives up what is gone. */
    offer: offer.pipe(Effect.zipRight(gone.skipWhatIsGone), Effect.zipRight(folds.tellWhatIsMissed)),
    /** Tells everybody what has grown: before this node leaves, they know what it has got from them. */
    offerLast: offer,
    /** As long as the node runs. */
    comparing: Effect.repeat(compare, Schedule.spaced(compareEvery))
  }
}

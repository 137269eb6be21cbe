/**
 * Summaries: peers tell each other how far they have each stream, when they meet, as streams grow, and completely now
 * and then.
 */
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import { absurd } from "../../src/domain/Absurd.ts"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import { within as withinTime } from "../../src/domain/Limit.ts"
import { type Room, roomIn, type StreamId, type Summary } from "../../src/domain/Post.ts"
import { after, type Rest } from "../../src/domain/Rest.ts"
import { type Control, type Have, partsOf } from "../../src/protocol/Frame.ts"
import type { Asking } from "./Asking.ts"
import type { Delivery } from "./Delivery.ts"
import * as Folds from "./Folds.ts"
import type { Forks } from "./Forks.ts"
import type { Gone } from "./Gone.ts"
import type { Ground, Link } from "./Ground.ts"

/** The maximum time that an offer waits for the journal. */
const writeLimit = "1 second"

/** `about`: the room, if these are all of its streams, and what is folded away there. */
const haveFrames = (marks: ReadonlyArray<Mark>, about: Pick<Have, "room" | "folded"> = {}): ReadonlyArray<Have> =>
  partsOf(marks).map((part, index, parts) => ({
    type: "have",
    streams: Object.fromEntries(part),
    more: index < parts.length - 1,
    ...about
  }))

interface Needs {
  readonly delivery: Delivery
  readonly folds: Folds.Folds
  readonly asking: Asking
  readonly gone: Gone
  readonly forks: Forks
}

export const make = ({ links, log }: Ground, { asking, delivery, folds, forks, gone }: Needs) => {
  /** Whether the last offer was not made, because the journal did not have the posts in time. */
  let isWithheld = false
  /** How far each stream was offered to all peers. */
  let offered: Summary = new Map()
  /**
   * How far each stream was at the last comparison. A stream that should have moved since then, and has not, is stuck.
   */
  let compared: Summary = new Map()
  /** Whether the last comparison had news: then the next one finds out what is stuck. */
  let wasNews = false

  const heard = (link: Link, frame: Have): Rest<PeerLost> => {
    const { more, room, streams } = frame
    const marks = Object.entries(streams) as unknown as ReadonlyArray<Mark>
    links.charge(link, "named", marks.length)
    for (const mark of marks) delivery.hasUpTo(link, mark)
    folds.heardOf(link, frame, marks)
    const overstepped = delivery.limitOverstepped(link)
    if (overstepped !== undefined) return links.drop(link, overstepped)
    // What is asked for of a room begins once the room is shared: see `Sharing`.
    if (room !== undefined) return undefined
    switch (link.phase) {
      case "placed":
      case "up":
        forks.heardOf(link)
        asking.pull(link, marks)
        return undefined
      case "introduced":
        return more
          ? undefined
          : after(links.comeUp(link), () => {
              forks.heardOf(link)
              return undefined
            })
      // Frames that came before it was cut off.
      case "replaced":
      case "ended":
        return undefined
      default:
        return absurd(link.phase)
    }
  }

  /** The part of a summary that belongs to these rooms, as far as this node takes part in them. */
  const within = (rooms: ReadonlySet<Room>, marks: Iterable<Mark>): ReadonlyArray<Mark> =>
    [...marks].filter(([stream]) => isAmong(rooms, roomIn(stream)))

  const isAmong = (rooms: ReadonlySet<Room>, room: Room): boolean => rooms.has(room) && log.rooms.has(room)

  /** The whole summary for these rooms: folds, then streams. */
  const all = (rooms: ReadonlySet<Room>): ReadonlyArray<Control> => {
    const { folds: folded, summary } = log.listing()
    return [
      ...Folds.framesOf([...folded].filter(([room]) => isAmong(rooms, room))),
      ...haveFrames(within(rooms, [...summary]))
    ]
  }

  /** The whole summary of one room. */
  const of = (room: Room): ReadonlyArray<Have> => {
    const { folds: folded, summary } = log.listing()
    const fold = folded.get(room)
    const marks = [...summary].filter(([stream]) => roomIn(stream) === room)
    return haveFrames(marks, { room, ...(fold === undefined ? {} : { folded: fold }) })
  }

  const summarize = (link: Link): void => {
    if (link.replica.isSummarized) return
    link.replica.isSummarized = true
    link.put(...all(link.rooms))
  }

  /** The links, grouped by the rooms that they share with this node. */
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

  /** Sends each peer the frames for the rooms that it shares. */
  const tellAll = (framesFor: (rooms: ReadonlySet<Room>) => ReadonlyArray<Control>) =>
    Effect.sync(() => {
      for (const group of groups()) links.tell(group, framesFor(group[0].rooms))
    })

  /**
   * Offers all peers the streams that have grown since the last offer. An author that leaves relies on it, so it waits
   * until the posts are in the journal. While the disk is stuck, nothing is offered, and it is tried again.
   */
  const offer = Effect.flatMap(log.summary, (summary) => {
    const grown = [...summary].filter(([stream, n]) => offered.get(stream) !== n)
    if (grown.length === 0) return Effect.void
    return Effect.flatMap(withinTime(writeLimit)(log.written), (written) => {
      isWithheld = Option.isNone(written)
      if (isWithheld) return Effect.void
      offered = summary
      return tellAll((rooms) => {
        const marks = within(rooms, grown)
        return marks.length === 0 ? [] : haveFrames(marks)
      })
    })
  })

  /**
   * Sends whole summaries, and asks again for everything that is missing: this repairs whatever went wrong. Sends
   * nothing if nothing has changed.
   */
  const compare = Effect.gen(function* () {
    const summary = yield* log.summary
    const isStuck = (stream: StreamId) => compared.get(stream) === summary.get(stream)
    const isNews = [...summary.keys()].some((stream) => !isStuck(stream))
    asking.forgetAll()
    forks.review()
    if (isNews) yield* tellAll(all)
    wasNews = isNews
    for (const link of links.current.values()) asking.pull(link, link.replica.theirs, isStuck)
    compared = summary
  })

  const lacksFrom = ({ replica }: Link): boolean => Iterable.some(replica.theirs, ([stream, n]) => n > log.have(stream))

  return {
    /** Handles how far a peer has some streams. */
    heard,
    /** The whole summary of one room, for a peer that has come to share it. */
    of,
    /** Sends a peer the summary, once. */
    summarize,
    /** Whether `offer` must run again although nothing has changed. */
    isUnfinished: (): boolean => isWithheld || gone.isUnfinished() || folds.isUnfinished(),
    /** Must run each second after a change: offers what has grown, and gives up posts that are gone. */
    offer: offer.pipe(Effect.zipRight(gone.skipWhatIsGone), Effect.zipRight(folds.tellWhatIsMissed)),
    /** Offers everything that has grown before this node leaves, so that peers know what it has received. */
    offerLast: offer,
    /** Must run in the next 15 s after a change, and each 15 s while `isUncompared`. */
    compare,
    /** Whether a peer has something that this node lacks, or another comparison is needed. */
    isUncompared: (): boolean => wasNews || forks.isUnfinished() || Iterable.some(links.current.values(), lacksFrom)
  }
}

export type Summaries = ReturnType<typeof make>

/** What is missing is asked of those who have it: of one at a time, and of no peer too much at once. */
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import type { Block, Mark } from "../../src/domain/EncodedPost.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { authorOf, epochIn, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Control } from "../../src/protocol/Frame.ts"
import type { Blocked } from "./Blocked.ts"
import type { Ground, Link } from "./Ground.ts"

/** A peer is asked for so many streams at a time: what asks for more would wait for one that is slow, and is cut off for that. */
const mostAsked = 256

interface Needs {
  readonly blocked: Blocked
}

export const make = ({ links, log }: Ground, { blocked }: Needs) => {
  /** What was asked of whom: of whom each stream was asked last. */
  const wanted = new Map<StreamId, { readonly link: Link; readonly to: number }>()
  /** Who was asked in vain before that was forgotten: others come first now. */
  const inVain = new Map<StreamId, Link>()
  /** Streams whose author's key is not known here, or not accepted: nobody is asked for them until that changes. */
  const doubted = new Set<StreamId>()

  /** Whether the author itself is there and sends that stream as it grows. */
  const comesByItself = (stream: StreamId): boolean => {
    const author = links.current.get(authorOf(stream))
    return author !== undefined && epochIn(stream) === author.epoch && author.rooms.has(roomIn(stream))
  }

  /** Whether somebody who is here was asked for the next post of a stream, and has not said that it does not keep it. */
  const isAwaited = (stream: StreamId, have: number): boolean => {
    const asked = wanted.get(stream)
    if (asked === undefined || asked.to <= have) return false
    return isCurrent(asked.link) && asked.link.replica.floorOf(stream) <= have
  }

  /** For how many more streams that peer may be asked: what others have sent meanwhile does not count. */
  const roomToAsk = (link: Link): number => {
    const { asked } = link.replica
    if (asked === undefined) return mostAsked
    for (const stream of asked) {
      const last = wanted.get(stream)
      if (last?.link !== link || last.to <= log.have(stream)) asked.delete(stream)
    }
    return mostAsked - asked.size
  }

  const pull = (link: Link, marks: Iterable<Mark>, isStuck = (_: StreamId) => false): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { replica } = link
      const frames: Array<Control> = []
      let room: number | undefined
      for (const [stream] of marks) {
        const to = replica.upTo(stream)
        const after = log.have(stream)
        if (to <= after || replica.floorOf(stream) > after) continue
        if (log.isOwn(stream) || (comesByItself(stream) && !isStuck(stream))) continue
        if (doubted.has(stream)) {
          blocked.add(stream)
          continue
        }
        if (inVain.get(stream) === link && isKeptByAnother(link, stream, after)) continue
        if (isAwaited(stream, after)) continue
        room ??= roomToAsk(link)
        if (room <= 0) {
          replica.toAsk ??= new Set()
          replica.toAsk.add(stream)
          continue
        }
        room -= 1
        replica.asked ??= new Set()
        replica.asked.add(stream)
        wanted.set(stream, { link, to })
        frames.push({ type: "want", stream, after, to })
      }
      return frames.length === 0 ? Effect.void : link.send(...frames)
    })

  /** The same of all who are here. */
  const pullFromAll = (marks: ReadonlyArray<Mark>): Effect.Effect<void> =>
    // When all links break at once, nothing was asked over most of them: each would look at all others.
    marks.length === 0
      ? Effect.void
      : Effect.forEach(links.current.values(), (link) => pull(link, marks), { discard: true })

  /** Asks a peer for more of what it is to be asked for, once it has sent half of what it was asked for last. */
  const pullMore = (link: Link): Effect.Effect<void> =>
    Effect.suspend(() => {
      const { toAsk } = link.replica
      const room = toAsk === undefined || toAsk.size === 0 ? 0 : roomToAsk(link)
      if (toAsk === undefined || room * 2 < mostAsked) return Effect.void
      const next = [...Iterable.take(toAsk, room)]
      for (const stream of next) toAsk.delete(stream)
      return pull(
        link,
        next.map((stream): Mark => [stream, 0])
      )
    })

  /** Of whom to ask again for what found no room: of its author, who sends it anyway, or of somebody who keeps it. */
  const holderOf = (stream: StreamId, after: number): Link | undefined => {
    if (comesByItself(stream)) return links.current.get(authorOf(stream))
    const keeps = (link: Link) =>
      link.replica.upTo(stream) > after && link.replica.floorOf(stream) <= after && isCurrent(link)
    const asked = wanted.get(stream)?.link
    return asked !== undefined && keeps(asked) ? asked : [...links.current.values()].find(keeps)
  }

  /** Asks again for what was dropped for want of room, now that there is some. */
  const pullAgain: Effect.Effect<void> = Effect.suspend(() => {
    const ranges = log.again()
    if (ranges.length === 0) return Effect.void
    const frames = new Map<Link, Array<Control>>()
    for (const { stream, after, to } of ranges) {
      const link = doubted.has(stream) ? undefined : holderOf(stream, after)
      if (link === undefined) continue
      const isAuthor = stream.startsWith(link.replica.prefix)
      const until = isAuthor ? to : Math.min(to, link.replica.upTo(stream))
      if (until === Number.POSITIVE_INFINITY) continue
      if (!isAuthor) wanted.set(stream, { link, to: until })
      const wants = frames.get(link) ?? []
      wants.push({ type: "want", stream, after, to: until })
      frames.set(link, wants)
    }
    return Effect.forEach(frames, ([link, wants]) => link.send(...wants), { discard: true })
  })

  const isKeptByAnother = (link: Link, stream: StreamId, after: number): boolean =>
    [...links.current.values()].some(
      (other) => other !== link && other.replica.upTo(stream) > after && other.replica.floorOf(stream) <= after
    )

  /** What was asked may be asked of others now: who has not answered comes last. */
  const forget = (stream: StreamId): void => {
    const asked = wanted.get(stream)
    if (asked !== undefined && log.have(stream) < asked.to) inVain.set(stream, asked.link)
    wanted.delete(stream)
  }

  return {
    /** Whether the author itself is there and sends that stream as it grows. */
    comesByItself,
    /** Whether somebody who is here was asked for the next post of a stream, and has not said that it does not keep it. */
    isAwaited,
    /** Whether a peer was asked for what it sends of others. */
    isAsked: (link: Link, { post }: Block): boolean =>
      !post.stream.startsWith(link.replica.prefix) && wanted.get(post.stream)?.link === link,
    /** A post has come that was asked for. It need not be delivered yet: what it waits for may be what is to be asked for next. */
    hasSent: ({ replica }: Link, { post: { n, stream } }: Block): void => {
      if (n >= (wanted.get(stream)?.to ?? 0)) replica.asked?.delete(stream)
    },
    /** Asks a peer for what it has and this node lacks, unless that comes by itself or was asked of somebody else. */
    pull,
    pullFromAll,
    pullMore,
    pullAgain,
    /** A peer does not keep a stream up to there. What comes after that still comes from it, unless somebody else is asked now. */
    keepsNot: (link: Link, stream: StreamId, to: number): void => {
      const asked = wanted.get(stream)
      if (asked?.link === link && asked.to <= to) wanted.delete(stream)
      blocked.add(stream)
    },
    /** Nobody is asked for that any more. */
    isGone: (stream: StreamId): void => {
      wanted.delete(stream)
    },
    /** Nobody can show that it is the author's as long as the author's key is not known: it is not asked of others then. */
    doubt: (stream: StreamId): void => {
      doubted.add(stream)
      wanted.delete(stream)
      blocked.add(stream)
    },
    isDoubted: (stream: StreamId): boolean => doubted.has(stream),
    /** What was doubted is asked for again. */
    reconsider: Effect.suspend(() => {
      const marks = Array.from(doubted, (stream): Mark => [stream, 0])
      doubted.clear()
      return pullFromAll(marks)
    }),
    /** Whether all that was asked for has come. */
    isDone: (): boolean => {
      for (const [stream, { to }] of wanted) if (log.have(stream) < to) return false
      return true
    },
    forget,
    /** Forgets all that was asked: it may be asked of others now, and those who have not answered come last. */
    forgetAll: (): void => {
      inVain.clear()
      for (const stream of wanted.keys()) forget(stream)
    },
    /** The link is no more: asks others for what was asked of that peer. */
    ended: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        const orphaned: Array<Mark> = []
        for (const [stream, asked] of wanted) {
          if (asked.link !== link) continue
          orphaned.push([stream, 0])
          wanted.delete(stream)
        }
        return pullFromAll(orphaned)
      })
  }
}

export type Asking = ReturnType<typeof make>

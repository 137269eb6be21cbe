/** Asks peers for missing posts: one peer at a time for each stream, and no peer for too much at once. */
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import type { Block, Mark } from "../../src/domain/EncodedPost.ts"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import { authorOf, epochIn, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import type { Control } from "../../src/protocol/Frame.ts"
import type { Blocked } from "./Blocked.ts"
import type { Ground, Link } from "./Ground.ts"

/**
 * A peer is asked for at most this many streams at a time. Otherwise one slow request would hold up the others, and the
 * link would be cut.
 */
const mostAsked = 256

interface Needs {
  readonly blocked: Blocked
}

export const make = ({ links, log }: Ground, { blocked }: Needs) => {
  /** For each stream, the peer that was asked last, and up to where. */
  const wanted = new Map<StreamId, { readonly link: Link; readonly to: number }>()
  /** Peers that did not answer before all requests were forgotten. Others are asked first now. */
  const inVain = new Map<StreamId, Link>()
  /** Streams whose author's key is not known or not accepted here. No peer is asked for them until that changes. */
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

  /** For how many more streams that peer may be asked. Posts that others have sent meanwhile do not count. */
  const roomToAsk = (link: Link): number => {
    const { asked } = link.replica
    if (asked === undefined) return mostAsked
    for (const stream of asked) {
      const last = wanted.get(stream)
      if (last?.link !== link || last.to <= log.have(stream)) asked.delete(stream)
    }
    return mostAsked - asked.size
  }

  const pull = (link: Link, marks: Iterable<Mark>, isStuck = (_: StreamId) => false): void => {
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
    if (frames.length > 0) link.put(...frames)
  }

  /** The same for all links. */
  const pullFromAll = (marks: ReadonlyArray<Mark>): void => {
    // When all links break at once, nothing was asked over most of them: each would look at all others.
    if (marks.length === 0) return
    for (const link of links.current.values()) pull(link, marks)
  }

  /** Asks a peer for more streams once it has sent half of what it was asked for last. */
  const pullMore = (link: Link): void => {
    const { toAsk } = link.replica
    const room = toAsk === undefined || toAsk.size === 0 ? 0 : roomToAsk(link)
    if (toAsk === undefined || room * 2 < mostAsked) return
    const next = [...Iterable.take(toAsk, room)]
    for (const stream of next) toAsk.delete(stream)
    pull(
      link,
      next.map((stream): Mark => [stream, 0])
    )
  }

  /** The peer to ask for posts that found no room: the author, who sends them anyway, or a peer that keeps them. */
  const holderOf = (stream: StreamId, after: number): Link | undefined => {
    if (comesByItself(stream)) return links.current.get(authorOf(stream))
    const keeps = (link: Link) =>
      link.replica.upTo(stream) > after && link.replica.floorOf(stream) <= after && isCurrent(link)
    const asked = wanted.get(stream)?.link
    return asked !== undefined && keeps(asked) ? asked : [...links.current.values()].find(keeps)
  }

  /** Asks again for posts that were dropped because too many were held. */
  const pullAgain = (): void => {
    const ranges = log.again()
    if (ranges.length === 0) return
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
    for (const [link, wants] of frames) link.put(...wants)
  }

  const isKeptByAnother = (link: Link, stream: StreamId, after: number): boolean =>
    [...links.current.values()].some(
      (other) => other !== link && other.replica.upTo(stream) > after && other.replica.floorOf(stream) <= after
    )

  /** Allows asking other peers. Those that have not answered come last. */
  const forget = (stream: StreamId): void => {
    const asked = wanted.get(stream)
    if (asked !== undefined && log.have(stream) < asked.to) inVain.set(stream, asked.link)
    wanted.delete(stream)
  }

  /** Asks other peers for the streams among these for which that peer was asked. */
  const askOthers = (link: Link, concerns: (stream: StreamId) => boolean): void => {
    const orphaned: Array<Mark> = []
    for (const [stream, asked] of wanted) {
      if (asked.link !== link || !concerns(stream)) continue
      orphaned.push([stream, 0])
      wanted.delete(stream)
    }
    pullFromAll(orphaned)
  }

  /** The peer that should bring the next post of a stream: its author, or one that was asked. */
  const sourceOf = (stream: StreamId): Link | undefined =>
    isAwaited(stream, log.have(stream))
      ? wanted.get(stream)?.link
      : comesByItself(stream)
        ? links.current.get(authorOf(stream))
        : undefined

  return {
    /** Whether the author itself is there and sends that stream as it grows. */
    comesByItself,
    sourceOf,
    /** Asks another peer that keeps the next post of a stream, if there is one, in place of one that does not send it. */
    askInsteadOf: (source: Link, stream: StreamId): void => {
      if (!isKeptByAnother(source, stream, log.have(stream))) return
      forget(stream)
      for (const link of links.current.values()) if (link !== source) pull(link, [[stream, 0]], () => true)
    },
    /** Whether somebody who is here was asked for the next post of a stream, and has not said that it does not keep it. */
    isAwaited,
    /** Whether a peer was asked for the posts of others that it sends. */
    isAsked: (link: Link, { post }: Block): boolean =>
      !post.stream.startsWith(link.replica.prefix) && wanted.get(post.stream)?.link === link,
    /** A requested post has come. It may still be held, and the post that it waits for may be the next to ask for. */
    hasSent: ({ replica }: Link, { post: { n, stream } }: Block): void => {
      if (n >= (wanted.get(stream)?.to ?? 0)) replica.asked?.delete(stream)
    },
    /**
     * Asks a peer for what it has and this node lacks, unless the author's link brings it or another peer was asked.
     */
    pull,
    pullFromAll,
    pullMore,
    pullAgain,
    /**
     * A peer does not keep a stream up to that number. Later posts still come from it, unless another peer is asked.
     */
    keepsNot: (link: Link, stream: StreamId, to: number): void => {
      const asked = wanted.get(stream)
      if (asked?.link === link && asked.to <= to) wanted.delete(stream)
      blocked.add(stream)
    },
    /** No peer is asked for that stream any more. */
    isGone: (stream: StreamId): void => {
      wanted.delete(stream)
    },
    /** The stream can't be verified while the author's key is not known: no other peer is asked for it until then. */
    doubt: (stream: StreamId): void => {
      doubted.add(stream)
      wanted.delete(stream)
      blocked.add(stream)
    },
    isDoubted: (stream: StreamId): boolean => doubted.has(stream),
    /** Asks again for doubted streams. */
    reconsider: (): void => {
      const marks = Array.from(doubted, (stream): Mark => [stream, 0])
      doubted.clear()
      pullFromAll(marks)
    },
    /** Whether everything that was asked for has come. */
    isDone: (): boolean => {
      for (const [stream, { to }] of wanted) if (log.have(stream) < to) return false
      return true
    },
    forget,
    /** Forgets all requests: other peers may be asked now, and those that have not answered come last. */
    forgetAll: (): void => {
      inVain.clear()
      for (const stream of wanted.keys()) forget(stream)
    },
    /** The link has ended: asks other peers for what that peer was asked for. */
    ended: (link: Link): Effect.Effect<void> => Effect.sync(() => askOthers(link, () => true)),
    /** The peer takes part in that room no more. */
    leaves: (link: Link, room: Room): void => {
      for (const of of [link.replica.asked, link.replica.toAsk])
        for (const stream of of ?? []) if (roomIn(stream) === room) of?.delete(stream)
      askOthers(link, (stream) => roomIn(stream) === room)
    },
    /** This node takes part in that room no more. */
    left: (room: Room): void => {
      for (const streams of [wanted, inVain, doubted])
        for (const stream of streams.keys()) if (roomIn(stream) === room) streams.delete(stream)
    }
  }
}

export type Asking = ReturnType<typeof make>

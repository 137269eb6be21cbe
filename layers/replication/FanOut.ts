/** Feeds links from the log: one cursor for each link, and for all of them one listener and one Stream. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, mainRoom, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { siteOf } from "../../src/domain/Site.ts"
import type { Want } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"
import type { SiteList } from "./SiteList.ts"

/**
 * The maximum size of a slice that is handed to all links, in bytes: as much as is said in one go, in one write. A link
 * that is behind gets smaller ones, so that a control frame need not wait for long.
 */
const together = 524_288

/** An own stream, and the number of its last post that was offered to all links. */
interface Front {
  readonly stream: StreamId
  after: number
}

interface Needs {
  readonly proofs: Proofs
  readonly siteList: SiteList
}

/** `most`: the maximum size of a slice that is handed to all links, in bytes. */
export const make = (
  { guests, links, events, log, membership }: Ground,
  { proofs, siteList }: Needs,
  most = together
) => {
  /**
   * Links that have asked for posts of others. They are checked whenever the log grows; checking all links would be too
   * slow.
   */
  const asking = new Set<Link>()
  /** Where this node is in each room in which it takes part. */
  const fronts = new Map<Room, Front>()
  /** The same for the streams of the guests of this node. */
  const guestFronts = new Map<StreamId, Front>()
  /** Streams of members of other sites of which posts have come, and the number after which they are to be handed on. */
  const heard = new Map<StreamId, number>()
  /** How many posts ended links were handed. */
  let sentBefore = 0
  /** The server of a site alone hands posts of others on. */
  const isGateway = siteOf(authorOf(log.streamIn(mainRoom))) !== undefined

  const start = (link: Link, stream: StreamId, after: number, to: number): Effect.Effect<void> => {
    link.outbox.start(stream, after, to)
    asking.add(link)
    return Effect.sync(() => link.connection.wake())
  }

  /** In a secure chat, sends only posts that the peer can verify. Otherwise it would cut off this node. */
  const startProven = (link: Link, stream: StreamId, after: number, wanted: number): Effect.Effect<void> => {
    const last = Math.min(wanted, log.have(stream))
    return Effect.flatMap(proofs.proven(stream, last), ({ objection, to }) => {
      const given = to > after ? start(link, stream, after, Math.min(to, last)) : Effect.void
      const refused =
        objection !== undefined && to <= after ? link.send({ type: "gap", stream, to: last }) : Effect.void
      return Effect.zipRight(Effect.zipRight(given, refused), objection === "forged" ? accuse(stream) : Effect.void)
    })
  }

  /** The author itself sent these posts over its own link: posts from elsewhere were verified before. */
  const accuse = (stream: StreamId): Effect.Effect<void> =>
    Effect.suspend(() => {
      const author = links.current.get(authorOf(stream))
      if (author === undefined) return Effect.void
      events.note(MeshEvent.Forged({ id: author.peer.id, by: author.peer }))
      return links.cut(author, "seals")
    })

  /**
   * Hands the next posts to all links. Those that have everything before them get the same bytes at once. The others
   * are woken: they go on from where they are, as far as their sockets have room.
   */
  const offer = (front: Front): void => {
    const { after, stream } = front
    const found = log.slice(stream, after, most)
    if (found === undefined) return
    front.after = found.last
    const isNext = found.first === after + 1 && found.bytes.length > 0
    for (const { connection, outbox } of links.current.values()) {
      if (isNext && outbox.isAt(stream, after) && connection.put(found.bytes)) outbox.moved(stream, found)
      else if (outbox.follows(stream)) connection.wake()
    }
  }

  const wakeAsking = (): void => {
    for (const link of asking) {
      if (link.outbox.isAsked()) link.connection.wake()
      else asking.delete(link)
    }
  }

  const isBehind = ({ after, stream }: Front): boolean => {
    const have = log.have(stream)
    // Infinite if this node has just left the room.
    return have > after && have !== Number.POSITIVE_INFINITY
  }

  /** Posts of others have been added to the log. */
  const hasHeard = (stream: StreamId, first: number): void => {
    if (!heard.has(stream) && siteList.isHandedOn(stream)) heard.set(stream, first - 1)
  }

  /**
   * Hands posts of a member of another site to the clients near this server, which hear them from nobody else. A link
   * has no cursor for them: there may be thousands of such members, and what is lost is found by the summaries.
   */
  const handOn = (stream: StreamId, after: number, to: number): void => {
    const found = log.slice(stream, after, most, to)
    if (found === undefined) return
    const isWhole = found.first === after + 1 && found.last === to
    for (const link of links.current.values()) {
      const { connection, isFar, outbox, peer, replica } = link
      if (isFar || peer.role === "server" || !flows(link, roomIn(stream)) || replica.upTo(stream) >= to) continue
      if (isWhole && outbox.isFree() && connection.put(found.bytes)) outbox.handed(found)
      else {
        outbox.handOn(stream, after, to)
        asking.add(link)
        connection.wake()
      }
    }
  }

  const handOnAll = (): void => {
    for (const [stream, after] of heard) handOn(stream, after, log.have(stream))
    heard.clear()
  }

  /** The same in a secure chat, as far as the peers can verify the posts. */
  const handOnProven = Effect.suspend(() => {
    const next = [...heard]
    heard.clear()
    return Effect.forEach(
      next,
      ([stream, after]) =>
        Effect.map(proofs.proven(stream, log.have(stream)), ({ to }) => {
          if (to > after) handOn(stream, after, Math.min(to, log.have(stream)))
        }),
      { discard: true }
    )
  })

  const takes = (room: Room): void => {
    const stream = log.streamIn(room)
    fronts.set(room, { stream, after: log.have(stream) })
  }

  /** From now on the peer gets that stream, beginning with what it has missed. */
  const follow = ({ outbox, replica }: Link, stream: StreamId): void => {
    // Whoever counts more than there is as had was lied to.
    if (!outbox.follows(stream)) outbox.follow(stream, Math.min(replica.upTo(stream), log.have(stream)))
  }

  /** Whether what this node says in that room goes to the peer, and what its guests say with it. */
  const flows = ({ hearsOfGuests, outbox }: Link, room: Room): boolean =>
    hearsOfGuests && log.rooms.has(room) && outbox.follows(log.streamIn(room))

  /** Guests have spoken for the first time, or have gone. */
  const reviewGuests = (): void => {
    const streams = new Set<StreamId>()
    for (const guest of guests.here.values()) {
      for (const stream of guest.streams.keys()) if (log.rooms.has(roomIn(stream))) streams.add(stream)
    }
    for (const stream of streams) {
      if (guestFronts.has(stream)) continue
      guestFronts.set(stream, { stream, after: log.have(stream) })
      for (const link of links.current.values()) if (flows(link, roomIn(stream))) follow(link, stream)
    }
    for (const stream of guestFronts.keys()) {
      if (streams.has(stream)) continue
      guestFronts.delete(stream)
      for (const link of links.current.values()) {
        link.outbox.settle(stream, log.have(stream))
        if (link.outbox.isAsked()) asking.add(link)
      }
    }
  }

  return {
    reviewGuests,
    /** This node takes part in that room from now on. */
    takes,
    /** This node takes part in that room no more. */
    leaves: (room: Room): void => {
      fronts.delete(room)
    },
    /** From now on the peer gets the own posts of that room, beginning with those that it has missed. */
    follow: (link: Link, room: Room): void => {
      follow(link, log.streamIn(room))
      if (link.hearsOfGuests) for (const stream of guestFronts.keys()) if (roomIn(stream) === room) follow(link, stream)
      link.connection.wake()
    },
    /** The peer asks for posts. */
    heardWant: (link: Link, { after, stream, to }: Want): Effect.Effect<void> => {
      const have = log.have(stream)
      if (have === 0) return Effect.void
      // Nobody hears what is said in a room in which it takes no part. What was folded away was listed before that.
      const isFolded = have === Number.POSITIVE_INFINITY
      if (isFolded || !link.rooms.has(roomIn(stream))) return link.send({ type: "gap", stream, to })
      return membership.sign === undefined || log.isOwn(stream)
        ? start(link, stream, after, to)
        : startProven(link, stream, after, to)
    },
    /** The link is no more. */
    ended: (link: Link): void => {
      asking.delete(link)
      sentBefore += link.outbox.sent()
    },
    /** How many posts were handed to links. */
    sent: (): number => {
      let sent = sentBefore
      for (const link of links.current.values()) sent += link.outbox.sent()
      return sent
    },
    /**
     * Sends own posts to all links as long as the node runs, and posts of others to the links that have asked. A listener
     * does that within the step by which the log grows. It offers one slice of each stream, so that a step is short. The
     * Stream offers the rest, if there is any, and lets others run after each slice.
     */
    run: Effect.suspend(() => {
      for (const room of log.rooms) takes(room)
      const isLeft = () =>
        heard.size > 0 || Iterable.some(fronts.values(), isBehind) || Iterable.some(guestFronts.values(), isBehind)
      const left = makeSignal()
      const offerNext = (): void => {
        for (const front of fronts.values()) if (isBehind(front)) offer(front)
        for (const front of guestFronts.values()) if (isBehind(front)) offer(front)
      }
      const look = (): void => {
        offerNext()
        if (heard.size > 0 && membership.sign === undefined) handOnAll()
        wakeAsking()
        if (isLeft()) left.changed()
      }
      return Effect.acquireUseRelease(
        Effect.sync(() => [log.onGrowth(look), ...(isGateway ? [log.onHeard(hasHeard)] : [])]),
        () =>
          Stream.runForEachChunk(
            left.stream(isLeft, () => growth),
            () => Effect.sync(offerNext).pipe(Effect.zipRight(handOnProven), Effect.zipRight(Effect.yieldNow()))
          ),
        (stops) =>
          Effect.sync(() => {
            for (const stop of stops) stop()
          })
      )
    })
  }
}

/** The element of the Stream. It carries no data. */
const growth = Option.some(Chunk.of(undefined))

export type FanOut = ReturnType<typeof make>

/** Feeds links from the log: one Stream for the node, one cursor for each link. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { authorOf, type StreamId } from "../../src/domain/Post.ts"
import type { Want } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import type { Proofs } from "./Proofs.ts"

interface Needs {
  readonly proofs: Proofs
}

export const make = ({ links, events, log, membership }: Ground, { proofs }: Needs) => {
  /**
   * Links that have asked for posts of others. They are checked whenever the log grows; checking all links would be too
   * slow.
   */
  const asking = new Set<Link>()
  /** How many posts ended links were handed. */
  let sentBefore = 0

  const start = (link: Link, stream: StreamId, after: number, to: number): Effect.Effect<void> => {
    link.outbox.start(stream, after, to)
    asking.add(link)
    return Effect.sync(link.connection.wake)
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
      return author === undefined
        ? Effect.void
        : Effect.zipRight(
            events.note(MeshEvent.Forged({ id: author.peer.id, by: author.peer })),
            links.cut(author, "seals")
          )
    })

  return {
    /** From now on the peer gets the own posts of the shared rooms, beginning with those that it has missed. */
    begin: (link: Link): void => {
      for (const room of log.rooms) {
        if (!link.rooms.has(room)) continue
        const own = log.streamIn(room)
        // Whoever counts more than there is as had was lied to.
        link.outbox.follow(own, Math.min(link.replica.upTo(own), log.have(own)))
      }
      link.connection.wake()
    },
    /** The peer asks for posts. */
    heardWant: (link: Link, { after, stream, to }: Want): Effect.Effect<void> => {
      const have = log.have(stream)
      if (have === 0) return Effect.void
      // It was listed before it was folded away.
      if (have === Number.POSITIVE_INFINITY) return link.send({ type: "gap", stream, to })
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
    /** Sends own posts to all links as long as the node runs, and posts of others to the links that have asked. */
    run: Effect.suspend(() => {
      let said = log.said()
      return Stream.runForEachChunk(
        log.grown(() => log.said() > said || asking.size > 0),
        () =>
          Effect.sync(() => {
            const last = log.said()
            for (const link of asking) if (!link.outbox.isAsked()) asking.delete(link)
            for (const link of last > said ? links.current.values() : asking) link.connection.wake()
            said = last
          })
      )
    })
  }
}

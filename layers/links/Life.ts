/** A link's life, from the handshake to the goodbye. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { absurd } from "../../src/domain/Absurd.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { type Connected, isCurrent, stays } from "../../src/domain/LinkTable.ts"
import { type LossReason, MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Peer } from "../../src/domain/Peer.ts"
import { isEarlier } from "../../src/domain/Post.ts"
import type { Control, Frame, PostFrame } from "../../src/protocol/Frame.ts"
import type { Replication } from "../LinkContract.ts"
import { vanished } from "./Attempt.ts"
import type { Departures } from "./Departures.ts"
import type { Heartbeat } from "./Heartbeat.ts"
import type { Introductions } from "./Introductions.ts"
import { Goodbye, type Link } from "./Link.ts"
import type { Members } from "./Members.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"
import type { Search } from "./Search.ts"

interface Needs {
  readonly rateLimit: RateLimit
  readonly heartbeat: Heartbeat
  readonly members: Members
  readonly search: Search
  readonly departures: Departures
  readonly introductions: Introductions
  readonly replication: Replication<unknown>
  /** This node has joined the chat. */
  readonly admitted: () => void
}

export const make = (node: Node, needs: Needs) => {
  const { clock, events, isLeaving, isMember, log, membership, peers, settings, table } = node
  const { admitted, departures, heartbeat, introductions, members, rateLimit, replication, search } = needs

  // ---- What comes over a link

  const handleAll = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
    Effect.suspend(() => {
      heartbeat.heard(link)
      return handleFrom(link, frames, 0)
    })

  /**
   * Handles frames in order, each after the effects of the previous ones. Posts that follow each other are taken in
   * together.
   */
  const handleFrom = (
    link: Link,
    frames: ReadonlyArray<Frame>,
    begin: number
  ): Effect.Effect<void, Goodbye | PeerLost> => {
    const posts: Array<PostFrame> = []
    let at = begin
    for (; at < frames.length; at += 1) {
      const frame = frames[at]
      if (frame?.type !== "post") break
      posts.push(frame)
    }
    const frame = frames[at]
    const isControl = posts.length === 0 && frame !== undefined && frame.type !== "post"
    const step = isControl ? handle(link, frame) : posts.length > 0 ? replication.receive(link, posts) : Effect.void
    const next = isControl ? at + 1 : at
    return next < frames.length ? Effect.flatMap(step, () => handleFrom(link, frames, next)) : step
  }

  const handle = (link: Link, frame: Control): Effect.Effect<void, Goodbye | PeerLost> => {
    switch (frame.type) {
      case "have":
      case "folded":
      case "gap":
      case "want":
      case "recall":
      case "earlier":
        return replication.heard(link, frame)
      case "roster":
        return replication.hasShown(link)
          ? introductions.heardRoster(link, frame.peers)
          : new PeerLost({ reason: "malformed" })
      case "introduce":
        return introductions.heardOfNewcomers(link, frame.peers)
      case "missing":
        return departures.heardMissing(link, frame)
      case "left":
        return departures.heardLeft(link, frame)
      case "members":
        return members.heard(link, frame)
      case "ping":
        return heartbeat.answer(link)
      case "pong":
        return heartbeat.answered(link)
      case "dropped":
        return new PeerLost({ reason: frame.limit === "seals" ? "disbelieved" : "dropped" })
      case "bye":
        return new Goodbye()
      // Both have introduced themselves already.
      case "hello":
      case "welcome":
      case "refused":
      case "stranger":
        return new PeerLost({ reason: "malformed" })
      default:
        return absurd(frame)
    }
  }

  /** Handles what has come. A peer that sends too much is not read for a while, and dropped if that does not end. */
  const handleAllWithin = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
    Effect.flatMap(handleAll(link, frames), () => rateLimit.count(link, frames.length))

  // ---- How it begins

  /** Both sides have introduced themselves: serves the link until it ends. */
  const converse = (link: Link, rest: ReadonlyArray<Frame>): Effect.Effect<void> =>
    Effect.suspend(() => {
      // What waits for the next frames is all that an idle link has of a fiber: nothing else may stand on its stack.
      const listen: Effect.Effect<never, Goodbye | PeerLost> = Effect.flatMap(link.frames, (frames) =>
        Effect.flatMap(handleAllWithin(link, frames), () => listen)
      )
      return replication.greet(link).pipe(
        Effect.zipRight(handleAllWithin(link, rest)),
        Effect.zipRight(listen),
        Effect.catchAll((end) => (end._tag === "Goodbye" ? ended(link) : ended(link, end.reason))),
        // Without effect if it has come up.
        Effect.zipRight(Effect.suspend(() => link.attempt.settle(Exit.fail(vanished(link.peer)))))
      )
    })

  /** The peer's summary is complete: the link is up, or another one is kept. */
  const comeUp = (link: Link): Effect.Effect<void> =>
    Effect.gen(function* () {
      // What a newcomer says would count as said long ago: it must begin anew. Who is in the chat already is heard from here on.
      if (link.newcomer && replication.isOutdated(link.peer.id, link.epoch)) {
        return yield* link.connection.abort("closed")
      }
      // Of two chats that a node might enter at the same time, it enters one.
      const entered = yield* Effect.option(membership.enter(link.chat))
      if (Option.isNone(entered) || entered.value !== link.chat) return yield* link.connection.abort("closed")
      const outcome = table.connect(link)
      link.since = clock.unsafeCurrentTimeMillis()
      link.upSince = Monotonic.millis(clock)
      if (isLeaving() || !stays(outcome)) return yield* link.connection.abort("closed")
      yield* replication.met(link)
      const isNew = yield* tellOf(link, outcome)
      yield* link.send(...members.newsFor(link))
      replication.flow(link)
      if (outcome._tag === "Superseded") yield* outcome.other.connection.abort("closed")
      yield* replication.catchUp(link, isNew)
      if (settings.role === "server" || link.newcomer) yield* introductions.introduce(link)
      yield* search.found(link.peer.id)
      table.up(link)
      heartbeat.begin()
      peers.changed()
      link.met()
      yield* link.attempt.settle(Exit.void)
    })

  /**
   * Reports that the link is up, where that is news. Returns whether the peer joined while this node was here: posts
   * that it said before there was a link do not count as missed.
   */
  const tellOf = (link: Link, outcome: Connected<Link>): Effect.Effect<boolean> =>
    Effect.gen(function* () {
      const wasMember = isMember()
      // A server that lets us in goes without saying, even if somebody who was dialling us has been faster.
      const isUnderstood = link.peer.role === "server" && (!wasMember || link.attempt.joins)
      const isNews = !wasMember || outcome._tag === "Linked"
      const isBack = outcome._tag === "Linked" && outcome.known
      if (!wasMember) {
        admitted()
        yield* events.note(MeshEvent.Admitted({ by: link.peer }))
      }
      if (link.passing) yield* events.note(MeshEvent.Passing({ peer: link.peer, here: true }))
      else if (isNews && !isUnderstood) {
        const known = wasMember && isBack
        yield* events.note(MeshEvent.Linked({ peer: link.peer, newcomer: link.newcomer, known }))
      }
      return !isBack && isEarlier(log.epoch, link.epoch)
    })

  // ---- How it ends

  /** The link has ended. Without a reason, the peer has said goodbye. */
  const ended = (link: Link, reason?: LossReason): Effect.Effect<void> =>
    Effect.gen(function* () {
      link.met()
      const { phase } = link
      const wasCurrent = isCurrent(link)
      const final = table.disconnect(link, reason)
      peers.changed()
      yield* replication.ended(link)
      if (isLeaving()) return
      if (wasCurrent) replication.gone(link, reason !== undefined)
      if (link.passing) {
        if (final) yield* events.note(MeshEvent.Passing({ peer: link.peer, here: false }))
        return
      }
      if (reason === undefined) departures.heardGoodbye(link)
      if (final) return yield* reason === undefined ? left(link.peer, false) : lost(link, reason)
      switch (phase) {
        case "introduced":
          return yield* turnedBack(link, reason)
        // Another link has taken its place, or may take it.
        case "placed":
        case "up":
        case "replaced":
        case "ended":
          return
        default:
          return absurd(phase)
      }
    })

  /** A newcomer that was let in, and perhaps put on record, but has not come through the door. */
  const turnedBack = (link: Link, reason: LossReason | undefined): Effect.Effect<void> => {
    if (!link.newcomer || link.byUs) return Effect.void
    return reason === undefined
      ? left(link.peer, true)
      : search.seek(link.peer, Duration.zero, { ghost: true, epoch: link.epoch })
  }

  const lost = ({ epoch, passing, peer: gone }: Link, reason: LossReason): Effect.Effect<void> => {
    if (passing) return events.note(MeshEvent.Passing({ peer: gone, here: false }))
    return membership.knows(gone.id)
      ? Effect.zipRight(events.note(MeshEvent.Lost({ peer: gone, reason })), search.seekAgain(gone, epoch))
      : search.forget(gone.id)
  }

  const left = (gone: Peer, unseen: boolean): Effect.Effect<void> =>
    Effect.gen(function* () {
      yield* search.forget(gone.id)
      yield* events.note(MeshEvent.Left({ peer: gone, unseen }))
      yield* replication.expectNoMore(gone.id)
    })

  return { converse, comeUp, lost, left }
}

export type Life = ReturnType<typeof make>

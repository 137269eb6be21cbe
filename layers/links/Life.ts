/** A link's life, from the handshake to the goodbye. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { absurd } from "../../src/domain/Absurd.ts"
import type { ChatId } from "../../src/domain/Chat.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import { type Connected, isCurrent, stays } from "../../src/domain/LinkTable.ts"
import { type LossReason, MeshEvent } from "../../src/domain/MeshEvent.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Peer } from "../../src/domain/Peer.ts"
import { isEarlier, runOf } from "../../src/domain/Post.ts"
import { after, effectOf, type Rest } from "../../src/domain/Rest.ts"
import { type Control, type Frame, listedIn, type PostFrame } from "../../src/protocol/Frame.ts"
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
import type { Servers } from "./Servers.ts"

interface Needs {
  readonly rateLimit: RateLimit
  readonly heartbeat: Heartbeat
  readonly members: Members
  readonly search: Search
  readonly departures: Departures
  readonly introductions: Introductions
  readonly replication: Replication<unknown>
  readonly servers: Servers
  /** Runs what has to be waited for, until it is done or the node ends. */
  readonly run: (effect: Effect.Effect<void>) => unknown
  /** This node has joined the chat. */
  readonly admitted: () => void
}

export const make = (node: Node, needs: Needs) => {
  const { clock, events, files, isLeaving, isMember, log, membership, peers, settings, table } = node
  const { admitted, departures, heartbeat, introductions, members, rateLimit, replication, run, search, servers } =
    needs

  // ---- What comes over a link

  /**
   * Handles frames in order, each after the effects of the previous ones. Posts that follow each other are taken in
   * together. A loop, because thousands of frames may come together.
   */
  const handleFrom = (link: Link, frames: ReadonlyArray<Frame>, begin: number): Rest<Goodbye | PeerLost> => {
    for (let at = begin; at < frames.length; ) {
      const frame = frames[at]
      const posts = postsFrom(frames, at)
      at += Math.max(1, posts.length)
      const step =
        posts.length > 0
          ? replication.receive(link, posts)
          : frame === undefined || frame.type === "post"
            ? undefined
            : handle(link, frame)
      if (step !== undefined) return after(step, () => handleFrom(link, frames, at))
    }
    return undefined
  }

  const handle = (link: Link, frame: Control): Rest<Goodbye | PeerLost> => {
    switch (frame.type) {
      case "have":
      case "folded":
      case "gap":
      case "want":
      case "rooms":
      case "guests":
      case "site":
      case "cipher":
      case "join":
      case "joined":
      case "recall":
      case "earlier":
        return replication.heard(link, frame)
      case "roster":
        if (!replication.hasShown(link)) return new PeerLost({ reason: "malformed" })
        // Who is near one site is introduced to nobody at another.
        if (!link.isFar) introductions.heardRoster(link, listedIn(frame.peers))
        return undefined
      case "introduce":
        if (!link.isFar) introductions.heardOfSeekers(link, listedIn(frame.peers))
        return undefined
      case "missing":
        if (link.isFar) return undefined
        introductions.heardMissing(link, frame.peers)
        return departures.heardMissing(link, frame)
      case "left":
        return link.isFar ? undefined : departures.heardLeft(link, frame)
      case "servers":
        servers.heard(link, frame)
        return undefined
      case "members":
        return members.heard(link, frame)
      case "seek":
      case "holds":
      case "call":
        files?.heard(link, frame)
        return undefined
      case "ping":
        heartbeat.answer(link)
        return undefined
      case "pong":
        heartbeat.answered(link)
        return undefined
      case "dropped":
        return new PeerLost({ reason: frame.limit === "seals" ? "disbelieved" : "dropped" })
      case "moved":
        return heardMoved(link)
      case "bye":
        return new Goodbye()
      // Both have introduced themselves already.
      case "hello":
      case "welcome":
      case "refused":
      case "stranger":
      case "fetch":
      case "serve":
      case "serving":
      case "connect":
      case "connected":
        return new PeerLost({ reason: "malformed" })
      default:
        return absurd(frame)
    }
  }

  /** A client goes to another site. If no server has said that it is there, its link has just ended. */
  const heardMoved = (link: Link): Rest<Goodbye | PeerLost> => {
    if (settings.role !== "server" || link.peer.role !== "client") return new PeerLost({ reason: "malformed" })
    link.moved = replication.isElsewhere(link.peer.id, link.epoch)
    return link.moved ? new Goodbye() : new PeerLost({ reason: "closed" })
  }

  /** Handles what has come. A peer that sends too much is not read for a while, and dropped if that does not end. */
  const handleAll = (link: Link, frames: ReadonlyArray<Frame>): Rest<Goodbye | PeerLost> => {
    heartbeat.heard(link)
    return after(handleFrom(link, frames, 0), () => rateLimit.count(link, frames.length))
  }

  // ---- How it begins

  /** Both sides have introduced themselves: serves the link until it ends. */
  const converse = (link: Link, rest: ReadonlyArray<Frame>): void => {
    replication.greet(link)
    link.wire.listen(
      {
        heard: (frames) => hear(link, frames),
        ended: (reason) => end(link, reason),
        failed: (defect) => run(failed(link, Cause.die(defect)))
      },
      rest
    )
  }

  /** Handles frames. While something has to be waited for, nothing else from that peer is handled. */
  const hear = (link: Link, frames: ReadonlyArray<Frame>): void => {
    const slow = handleAll(link, frames)
    link.wire.hold(slow !== undefined)
    if (slow === undefined) return
    run(
      Effect.matchCauseEffect(slow, {
        onSuccess: () => Effect.sync(() => link.wire.hold(false)),
        onFailure: (cause) =>
          Option.match(Cause.failureOption(cause), {
            onNone: () => failed(link, cause),
            onSome: (error) => Effect.sync(() => end(link, error._tag === "Goodbye" ? undefined : error.reason))
          })
      })
    )
  }

  /** A fault of this program that a peer has found ends the link to that peer, and nothing else. */
  const failed = (link: Link, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
    Effect.logError("What a peer sent could not be handled", cause).pipe(
      Effect.annotateLogs({ peer: link.peer.id }),
      Effect.zipRight(Effect.sync(() => end(link, "malformed")))
    )

  /** The link has ended. Without a reason, the peer has said goodbye. */
  const end = (link: Link, reason?: LossReason): void => {
    // Not within this call: whoever has cut the link may be in the middle of a step.
    const over = Effect.yieldNow().pipe(
      Effect.zipRight(ended(link, reason)),
      // Without effect if it has come up.
      Effect.zipRight(effectOf(() => link.attempt.settle(Exit.fail(vanished(link.peer))))),
      Effect.ensuring(Effect.sync(link.release))
    )
    run(over)
  }

  /** The peer's summary is complete: the link is up, or another one is kept. */
  const comeUp = (link: Link): Rest => {
    // What a newcomer says would count as said long ago: it must begin anew. Who is in the chat already is heard from here on.
    if (link.newcomer && replication.isOutdated(link.peer.id, link.epoch)) return cut(link)
    const entered = membership.enterNow(link.chat)
    if (entered !== undefined) return connect(link, entered)
    return Effect.flatMap(
      Effect.option(membership.enter(link.chat)),
      (chat) => connect(link, Option.getOrUndefined(chat)) ?? Effect.void
    )
  }

  /** This node has entered that chat, if any: of two that it might enter at the same time, it enters one. */
  const connect = (link: Link, entered: ChatId | undefined): Rest => {
    if (entered !== link.chat) return cut(link)
    const outcome = table.connect(link)
    link.since = clock.unsafeCurrentTimeMillis()
    link.upSince = Monotonic.millis(clock)
    if (isLeaving() || !stays(outcome)) return cut(link)
    return after(replication.met(link), () => {
      const isNew = tellOf(link, outcome)
      link.put(...members.newsFor(link))
      replication.flow(link)
      if (outcome._tag === "Superseded") outcome.other.connection.abort("closed")
      return after(replication.catchUp(link, isNew), () => isUp(link))
    })
  }

  const cut = ({ connection }: Link): undefined => {
    connection.abort("closed")
  }

  const isUp = (link: Link): Rest => {
    if (!link.isFar && (settings.role === "server" || link.newcomer)) introductions.introduce(link)
    servers.came(link)
    introductions.came(link)
    return after(search.found(link.peer.id), () => {
      table.up(link)
      heartbeat.begin()
      peers.changed()
      link.met()
      return link.attempt.settle(Exit.void)
    })
  }

  /**
   * Reports that the link is up, where that is news. Returns whether the peer joined while this node was here: posts
   * that it said before there was a link do not count as missed.
   */
  const tellOf = (link: Link, outcome: Connected<Link>): boolean => {
    const wasMember = isMember()
    // A server that lets us in goes without saying, even if somebody who was dialling us has been faster.
    const isUnderstood = link.peer.role === "server" && (!wasMember || link.attempt.joins)
    const isNews = !wasMember || outcome._tag === "Linked"
    const isBack = outcome._tag === "Linked" && outcome.known
    if (!wasMember) {
      admitted()
      events.note(MeshEvent.Admitted({ by: link.peer }))
    }
    if (link.passing) events.note(MeshEvent.Passing({ peer: link.peer, here: true }))
    else if (isNews && !isUnderstood) {
      const known = wasMember && (isBack || replication.wasFar(link.peer.id, link.epoch))
      events.note(MeshEvent.Linked({ peer: link.peer, newcomer: link.newcomer, known }))
    }
    return !isBack && isEarlier(log.epoch, link.epoch)
  }

  // ---- How it ends

  /** The link has ended. Without a reason, the peer has said goodbye. */
  const ended = (link: Link, reason?: LossReason): Effect.Effect<void> =>
    Effect.gen(function* () {
      link.met()
      const { phase } = link
      const wasCurrent = isCurrent(link)
      const final = table.disconnect(link, reason)
      introductions.went(link)
      peers.changed()
      yield* replication.ended(link)
      if (isLeaving()) return
      if (wasCurrent) replication.gone(link, reason !== undefined || link.moved)
      if (link.passing) {
        if (final) events.note(MeshEvent.Passing({ peer: link.peer, here: false }))
        return
      }
      if (link.moved) return yield* final ? moved(link.peer) : Effect.void
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

  /** A visitor that was let in, and put on record if this is a server, but has not come through the door. */
  const turnedBack = (link: Link, reason: LossReason | undefined): Effect.Effect<void> => {
    if (link.byUs || (!link.newcomer && settings.role !== "server")) return Effect.void
    return reason === undefined
      ? left(link.peer, true)
      : search.seek(link.peer, Duration.zero, { ghost: true, run: runOf(link.epoch) })
  }

  const lost = ({ epoch, passing, peer: gone }: Link, reason: LossReason): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (passing) {
        events.note(MeshEvent.Passing({ peer: gone, here: false }))
        return Effect.void
      }
      if (!membership.knows(gone.id)) return search.forget(gone.id)
      events.note(MeshEvent.Lost({ peer: gone, reason }))
      return reason === "replaced" ? search.forget(gone.id) : search.seekAgain(gone, epoch)
    })

  /** The peer takes part at another site now, or this node does. */
  const moved = (gone: Peer): Effect.Effect<void> =>
    Effect.map(search.forget(gone.id), () => events.note(MeshEvent.Moved({ peer: gone })))

  const left = (gone: Peer, unseen: boolean): Effect.Effect<void> =>
    Effect.gen(function* () {
      yield* search.forget(gone.id)
      events.note(MeshEvent.Left({ peer: gone, unseen }))
      yield* replication.expectNoMore(gone.id)
    })

  return { converse, comeUp, lost, left, moved }
}

/** The posts that follow each other from that place on. */
const postsFrom = (frames: ReadonlyArray<Frame>, begin: number): ReadonlyArray<PostFrame> => {
  const posts: Array<PostFrame> = []
  for (let at = begin; ; at += 1) {
    const frame = frames[at]
    if (frame?.type !== "post") return posts
    posts.push(frame)
  }
}

export type Life = ReturnType<typeof make>

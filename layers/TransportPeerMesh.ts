/** A PeerMesh over a Transport: its parts put together, and a link's life from the handshake to the goodbye. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Membership } from "../services/Membership.ts"
import { MessageLog } from "../services/MessageLog.ts"
import { PeerMesh } from "../services/PeerMesh.ts"
import { type Connection, Transport } from "../services/Transport.ts"
import {
  type Forked,
  type HostElsewhere,
  type IdTaken,
  NotInvited,
  PeerLost,
  type PortTaken,
  RunOutlived,
  StreamForked
} from "../src/domain/Errors.ts"
import { within } from "../src/domain/Limit.ts"
import { defaultLimits } from "../src/domain/Limits.ts"
import { LinkTable } from "../src/domain/LinkTable.ts"
import { type LossReason, MeshEvent } from "../src/domain/MeshEvent.ts"
import * as Monotonic from "../src/domain/Monotonic.ts"
import type { Peer } from "../src/domain/Peer.ts"
import type { PeerStatus } from "../src/domain/PeerStatus.ts"
import { type Epoch, isEarlier, mainRoom, streamOf } from "../src/domain/Post.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import type { Control, Frame, PostFrame } from "../src/protocol/Frame.ts"
import * as Acceptor from "./links/Acceptor.ts"
import * as Attempt from "./links/Attempt.ts"
import * as Awakening from "./links/Awakening.ts"
import * as Deadlines from "./links/Deadlines.ts"
import * as Departures from "./links/Departures.ts"
import * as Dialer from "./links/Dialer.ts"
import * as Handshake from "./links/Handshake.ts"
import * as Heartbeat from "./links/Heartbeat.ts"
import * as Introductions from "./links/Introductions.ts"
import { Goodbye, type Link, makeLinkOver } from "./links/Link.ts"
import * as Members from "./links/Members.ts"
import type { Node, Settings } from "./links/Node.ts"
import * as RateLimit from "./links/RateLimit.ts"
import * as Search from "./links/Search.ts"
import * as Bootstrap from "./replication/Bootstrap.ts"
import * as Delivery from "./replication/Delivery.ts"
import * as FanOut from "./replication/FanOut.ts"
import * as Folds from "./replication/Folds.ts"
import * as Forks from "./replication/Forks.ts"
import * as History from "./replication/History.ts"
import * as Proofs from "./replication/Proofs.ts"
import * as Replicator from "./replication/Replicator.ts"
import * as Summaries from "./replication/Summaries.ts"

export type { Settings } from "./links/Node.ts"

/** A node that leaves waits no longer than this for slow peers to take what it said last. */
const goodbyeLimit = Duration.seconds(2)

/** The same, if it was asked to wait for nobody. */
const hurriedLimit = Duration.millis(200)

/** A node that leaves waits no longer than this for handshakes under way. */
const settlingLimit = Duration.seconds(1)

/** What is looked at now and then is looked at so often. */
const lookEvery = Duration.seconds(1)

const make = (settings: Settings) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const log = yield* MessageLog
    const membership = yield* Membership

    const limits = { ...defaultLimits, ...settings.limits }
    const deadlines = yield* Deadlines.make(Handshake.limit)
    const visits = yield* Deadlines.make(limits.handshake)
    const contested = yield* Deferred.make<never, IdTaken | NotInvited>()
    const forked = yield* Deferred.make<never, Forked>()

    // Mutable, each change in one synchronous step.
    const table = new LinkTable<Link>(settings.id)
    const peers = makeSignal()
    let address = settings.listen
    let member = settings.member
    let leaving = false
    let hurried = false
    const peer = (): Peer => ({ id: settings.id, role: settings.role, address })

    const node: Node = {
      settings,
      limits,
      log,
      membership,
      clock: yield* Effect.clock,
      table,
      peers,
      scope: yield* Effect.scope,
      address: () => address,
      isMember: () => member,
      isLeaving: () => leaving
    }

    // ---- The parts, each made of those before it. One circle is left: a call becomes a link, and whose link is lost is
    // called again. A link's life, below, closes it: `converse`, `comeUp` and `lost` are given to the parts as functions.

    const rateLimit = RateLimit.make(node)
    const delivery = Delivery.make(node)
    const proofs = Proofs.make(node)
    const history = History.make(node, { rateLimit, proofs })
    const fanOut = FanOut.make(node, { rateLimit, proofs })
    const heartbeat = Heartbeat.make(node)
    const bootstrap = Bootstrap.make(node)
    const members = Members.make(node, {
      expelled: Effect.suspend(() => Deferred.fail(contested, new NotInvited({ id: settings.id })))
    })
    const self = (connection: Connection): Handshake.Self => ({
      pass: membership.pass(connection),
      peer: peer(),
      epoch: log.epoch,
      chat: membership.chat(),
      member,
      history: bootstrap.areThere() ? 0 : (settings.history ?? 0),
      passing: settings.passing ?? false
    })
    const entrance: Attempt.Entrance = {
      deadlines,
      self,
      begin: Attempt.make(node, { lost: (link, reason) => lost(link, reason) }),
      linkOver: makeLinkOver({ quotaOf: rateLimit.quotaOf, visits }),
      converse: (link, rest) => converse(link, rest)
    }
    const acceptor = yield* Acceptor.make(node, {
      ...entrance,
      rateLimit,
      heartbeat,
      history,
      bootstrap,
      visits,
      sought: () => search.sought().map(({ peer }) => peer.id)
    })
    const { call, isAnswering } = yield* Dialer.make(node, {
      ...entrance,
      transport,
      outlived: (after) => outlived(after)
    })
    const search = yield* Search.make(node, {
      rateLimit,
      awakening: Awakening.make(node, { transport }),
      bootstrap,
      call,
      contested: (error) => Deferred.fail(contested, error)
    })
    const departures = Departures.make(node, {
      missing: search.missing,
      gone: ({ epoch, peer }) => left(peer, !table.hasMet(peer.id, epoch))
    })
    const introductions = Introductions.make(node, { meet: search.meet, hasLeft: departures.hasLeft })
    const forks = Forks.make(node, {
      delivery,
      proofs,
      forked: (shared) => Effect.asVoid(Deferred.fail(forked, new StreamForked({ id: settings.id, shared })))
    })
    const replicator = Replicator.make(node, { rateLimit, delivery, forks, proofs, search })
    const folds = Folds.make(node, { replicator })
    const summaries = Summaries.make(node, {
      rateLimit,
      delivery,
      folds,
      forks,
      replicator,
      comeUp: (link) => comeUp(link)
    })

    // ---- What comes over a link

    const handleAll = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
      Effect.suspend(() => {
        heartbeat.heard(link)
        return handleFrom(link, frames, 0)
      })

    /** Each frame is judged by what the ones before it have changed. Posts that follow each other are taken in together. */
    const handleFrom = (
      link: Link,
      frames: ReadonlyArray<Frame>,
      begin: number
    ): Effect.Effect<void, Goodbye | PeerLost> => {
      const posts: Array<PostFrame> = []
      let at = begin
      if (link.recalled === undefined) {
        for (; at < frames.length; at += 1) {
          const frame = frames[at]
          if (frame?.type !== "post") break
          posts.push(frame)
        }
      }
      const frame = frames[at]
      const step =
        posts.length > 0
          ? replicator.receive(link, posts)
          : frame === undefined
            ? Effect.void
            : frame.type === "post"
              ? history.take(link, frame)
              : handle(link, frame)
      const next = posts.length > 0 ? at : at + 1
      return next < frames.length ? Effect.flatMap(step, () => handleFrom(link, frames, next)) : step
    }

    const handle = (link: Link, frame: Control): Effect.Effect<void, Goodbye | PeerLost> => {
      switch (frame.type) {
        case "have":
          return summaries.heard(link, frame)
        case "roster":
          return !history.isOver(link)
            ? new PeerLost({ reason: "malformed" })
            : introductions.heardRoster(link, frame.peers)
        case "introduce":
          return introductions.heardOfNewcomers(link, frame.peers)
        case "missing":
          return departures.heardMissing(link, frame)
        case "left":
          return departures.heardLeft(link, frame)
        case "members":
          return members.heard(link, frame)
        case "folded":
          return Effect.sync(() => folds.heard(link, frame))
        case "gap":
          return replicator.heardGap(link, frame)
        case "want":
          return fanOut.heardWant(link, frame)
        case "recall":
          return history.heardRecall(link, frame)
        case "earlier":
          return history.begins(link, frame)
        case "ping":
          return heartbeat.answer(link)
        case "pong":
          return heartbeat.answered(link)
        case "dropped":
          return new PeerLost({ reason: frame.limit === "seals" ? "disbelieved" : "dropped" })
        case "bye":
          return new Goodbye()
        default:
          return new PeerLost({ reason: "malformed" })
      }
    }

    /** What has come is handled; one that sends too much is left unread for a while then, and dropped if that never ends. */
    const handleAllWithin = (link: Link, frames: ReadonlyArray<Frame>): Effect.Effect<void, Goodbye | PeerLost> =>
      Effect.flatMap(handleAll(link, frames), () => rateLimit.count(link, frames.length))

    // ---- A link's life

    /** Both sides have introduced themselves: goes on with this link until it ends. */
    const converse = (link: Link, rest: ReadonlyArray<Frame>): Effect.Effect<void> =>
      Effect.suspend(() => {
        // What waits for the next frames is all that an idle link has of a fiber: nothing else may stand on its stack.
        const listen: Effect.Effect<never, Goodbye | PeerLost> = Effect.flatMap(link.frames, (frames) =>
          Effect.flatMap(handleAllWithin(link, frames), () => listen)
        )
        // A node that is not rooted hears first what a member has, and then says that it has the same.
        return (bootstrap.areThere() || link.newcomer ? summaries.summarize(link) : Effect.void).pipe(
          Effect.zipRight(handleAllWithin(link, rest)),
          Effect.zipRight(listen),
          Effect.catchAll((end) => (end._tag === "Goodbye" ? ended(link) : ended(link, end.reason))),
          Effect.zipRight(
            Effect.suspend(() =>
              link.isUp ? Effect.void : link.attempt.settle(Exit.fail(Attempt.vanished(link.peer)))
            )
          )
        )
      })

    /** The peer has said how far it has each stream: the link is up, or there is a better one. */
    const comeUp = (link: Link): Effect.Effect<void> =>
      Effect.gen(function* () {
        // What a newcomer says would count as said long ago: it must begin anew. Who is in the chat already is heard from here on.
        if (link.newcomer && log.have(streamOf(link.peer.id, mainRoom, link.epoch)) === Number.POSITIVE_INFINITY) {
          return yield* link.connection.abort("closed")
        }
        // Of two chats that a node might enter at the same time, it enters one.
        const entered = yield* Effect.option(membership.enter(link.chat))
        if (Option.isNone(entered) || entered.value !== link.chat) return yield* link.connection.abort("closed")
        const outcome = table.connect(link)
        link.since = node.clock.unsafeCurrentTimeMillis()
        link.upSince = Monotonic.millis(node.clock)
        if (leaving || outcome._tag === "Redundant" || outcome._tag === "Taken") {
          return yield* link.connection.abort("closed")
        }
        folds.begins(link)
        yield* bootstrap.cameUp(link)
        folds.cameUp(link)
        if (link.newcomer) yield* bootstrap.expectNoMore(link.peer.id)
        yield* summaries.summarize(link)
        // A server that lets us in goes without saying, even if somebody who was dialling us has been faster.
        const isUnderstood = link.peer.role === "server" && (!member || link.attempt.joins)
        const isNews = !member || outcome._tag === "Linked"
        const isBack = outcome._tag === "Linked" && outcome.known
        const wasMet = member && isBack
        // It came while this node was here: what it said before there was a link to it was not missed, it was said on the way in.
        const isNew = !isBack && isEarlier(log.epoch, link.epoch)
        if (!member) {
          member = true
          yield* log.note(MeshEvent.Admitted({ by: link.peer }))
        }
        if (link.passing) yield* log.note(MeshEvent.Passing({ peer: link.peer, here: true }))
        else if (isNews && !isUnderstood) {
          yield* log.note(MeshEvent.Linked({ peer: link.peer, newcomer: link.newcomer, known: wasMet }))
        }
        yield* link.send(...members.newsFor(link))
        fanOut.begin(link)
        if (outcome._tag === "Superseded") yield* outcome.other.connection.abort("closed")
        if (link.newcomer) yield* history.tellTo(link)
        else if (!link.passing) yield* replicator.announce(link, isNew)
        yield* replicator.pull(link, link.theirs)
        if (settings.role === "server" || link.newcomer) yield* introductions.introduce(link)
        yield* search.found(link.peer.id)
        link.isUp = true
        peers.changed()
        link.met()
        yield* link.attempt.settle(Exit.void)
      })

    /** Only who has no link believes that: whoever has one is in the chat, whatever one peer says of its clock. */
    const outlived = (after: Epoch): Effect.Effect<void> =>
      Effect.suspend(() =>
        table.links.size > 0 || isEarlier(after, log.epoch)
          ? Effect.void
          : Effect.asVoid(Deferred.fail(forked, new RunOutlived({ id: settings.id, shared: delivery.upTo(), after })))
      )

    /** The link is no more. Without a reason, the peer has said goodbye. */
    const ended = (link: Link, reason?: LossReason): Effect.Effect<void> =>
      Effect.gen(function* () {
        link.met()
        fanOut.ended(link)
        forks.ended(link)
        const final = table.disconnect(link, reason)
        peers.changed()
        yield* replicator.ended(link)
        if (leaving) return
        if (final) folds.ended(link, reason !== undefined)
        if (link.passing) {
          if (final) yield* log.note(MeshEvent.Passing({ peer: link.peer, here: false }))
          return
        }
        if (reason === undefined) departures.heardGoodbye(link)
        if (final) yield* reason === undefined ? left(link.peer, false) : lost(link, reason)
        // A newcomer that was let in, and perhaps put on record, but has not come through the door.
        else if (!link.isUp && link.newcomer && !link.byUs)
          yield* reason === undefined
            ? left(link.peer, true)
            : search.seek(link.peer, Duration.zero, { ghost: true, epoch: link.epoch })
      })

    const lost = ({ epoch, passing, peer: gone }: Link, reason: LossReason): Effect.Effect<void> => {
      if (passing) return log.note(MeshEvent.Passing({ peer: gone, here: false }))
      return membership.knows(gone.id)
        ? Effect.zipRight(log.note(MeshEvent.Lost({ peer: gone, reason })), search.seekAgain(gone, epoch))
        : search.forget(gone.id)
    }

    const left = (gone: Peer, unseen: boolean): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* search.forget(gone.id)
        yield* log.note(MeshEvent.Left({ peer: gone, unseen }))
        yield* bootstrap.expectNoMore(gone.id)
      })

    /** Says goodbye to all, after everything else that was said. */
    const leave = Effect.gen(function* () {
      if (!hurried) {
        yield* search.untilFound
        // A link that is up at the other side alone has taken another's place there: the goodbye must go over it.
        yield* peers.until(() => !table.unsettled).pipe(within(settlingLimit))
      }
      leaving = true
      // Others are not to think that nobody has what this node has just got from them.
      yield* summaries.offerLast
      const open = [...table.links.values()]
      for (const link of open) link.outbox.leave()
      yield* search.stop
      yield* Effect.forEach(open, (link) => link.connection.finish, { concurrency: "unbounded", discard: true }).pipe(
        within(hurried ? hurriedLimit : goodbyeLimit)
      )
    })

    const peerStatuses = (): ReadonlyArray<PeerStatus> => {
      const last = log.have(log.stream)
      const linked = Array.from(table.links.values(), (link) => ({
        peer: link.peer,
        link: {
          since: link.since,
          roundTrip: link.roundTrip,
          behind: Math.max(0, last - (link.theirs.get(log.stream) ?? 0))
        },
        through: undefined,
        givenUp: false
      }))
      const sought = search
        .sought()
        .filter(({ peer: { id } }) => !table.links.has(id))
        .map(({ peer: each }) => ({
          peer: each,
          link: undefined,
          through: replicator.relayOf(each.id),
          givenUp: false
        }))
      const heard = search.heardThoughGivenUp().flatMap((each): ReadonlyArray<PeerStatus> => {
        const through = replicator.relayOf(each.id)
        // Whoever handed on its lines must be here: else nothing tells that it is.
        if (through === undefined || !table.links.has(through) || table.links.has(each.id)) return []
        return [{ peer: each, link: undefined, through, givenUp: true }]
      })
      return [...linked, ...sought, ...heard]
    }

    // ---- What runs as long as the node does

    address = yield* transport.listen(settings.listen, acceptor.receive, acceptor.regret)
    yield* Effect.forkScoped(members.follow)
    yield* Effect.forkScoped(members.note)
    yield* Effect.forkScoped(Stream.runForEach(membership.changes, () => replicator.reconsider))
    yield* Effect.forkScoped(fanOut.run)
    yield* Effect.forkScoped(heartbeat.beat)
    // One fiber for all that is to be done each second: an idle node wakes for it once.
    yield* Effect.forkScoped(
      Effect.repeat(
        Effect.all([summaries.offer, departures.ask, search.dialThoseGivenUp], { discard: true }),
        Schedule.spaced(lookEvery)
      )
    )
    yield* Effect.forkScoped(summaries.comparing)
    yield* Effect.forkScoped(introductions.tellOfNewcomers)
    yield* Effect.addFinalizer(() => leave)

    return PeerMesh.of({
      self: peer(),
      join: (route) => Effect.suspend(() => (member ? Effect.void : call(route))),
      joinRequests: acceptor.joinRequests,
      keep: (kept) =>
        Effect.suspend(() => {
          bootstrap.expect(kept.id)
          return search.seek(kept, Duration.zero)
        }),
      reach: search.reachServer,
      awaitLoss: (id) => peers.until(() => !table.links.has(id)),
      contested: Deferred.await(contested),
      forked: Deferred.await(forked),
      isAnswering,
      isPresent: (id) => table.links.has(id) || table.isMeeting(id),
      settled: (id) => peers.until(() => !table.isMeeting(id)),
      linked: Effect.sync(() => Array.from(table.links.values(), (link) => link.peer)),
      peerStatuses: Effect.sync(peerStatuses),
      silence: heartbeat.silence,
      delivery: delivery.ofOwn,
      sent: Effect.sync(fanOut.sent),
      holders: (n) => Effect.sync(() => delivery.holders(n)),
      awaitHolders: (n, count) => peers.until(() => delivery.holders(n) >= count),
      hurry: Effect.sync(() => {
        hurried = true
      }),
      events: log.events
    })
  })

/** A mesh for that node. */
export const layer = (
  settings: Settings
): Layer.Layer<PeerMesh, PortTaken | HostElsewhere, Transport | MessageLog | Membership> =>
  Layer.scoped(PeerMesh, make(settings))

/** Links: how two nodes get one live link, and know that it is alive. Puts the parts together. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Route } from "../../services/PeerMesh.ts"
import { type Connection, Transport } from "../../services/Transport.ts"
import { type IdTaken, NotInvited } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { LinkTable } from "../../src/domain/LinkTable.ts"
import { looksLike, type Peer, type PeerId, serverLike } from "../../src/domain/Peer.ts"
import { runOf } from "../../src/domain/Post.ts"
import { whileOpen } from "../../src/domain/Signal.ts"
import { farAddress, isFar, siteOf } from "../../src/domain/Site.ts"
import type * as LinkContract from "../LinkContract.ts"
import * as Acceptor from "./Acceptor.ts"
import * as Awakening from "./Awakening.ts"
import * as Deadlines from "./Deadlines.ts"
import * as Departures from "./Departures.ts"
import * as Dialer from "./Dialer.ts"
import * as Entrance from "./Entrance.ts"
import * as Handshake from "./Handshake.ts"
import * as Heartbeat from "./Heartbeat.ts"
import * as Home from "./Home.ts"
import * as Introductions from "./Introductions.ts"
import * as Life from "./Life.ts"
import { type Link, makeLinkOver } from "./Link.ts"
import * as Members from "./Members.ts"
import * as Missing from "./Missing.ts"
import type { Node, Settings } from "./Node.ts"
import * as Objections from "./Objections.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Search from "./Search.ts"
import * as Servers from "./Servers.ts"
import * as Statuses from "./Statuses.ts"
import * as Transfers from "./Transfers.ts"
import * as Wire from "./Wire.ts"

/** How long a node that leaves waits for slow peers to take its last posts. */
const goodbyeLimit = Duration.seconds(2)

/** The same, if it should not wait. */
const hurriedLimit = Duration.millis(200)

/** How long a node that leaves waits for handshakes under way. */
const settlingLimit = Duration.seconds(1)

/** The links of a node. `replicating` makes what replicates over them. */
export const make = <R, Replicating extends LinkContract.Replication<R>>(
  ground: LinkContract.Ground,
  settings: Settings,
  replicating: (links: LinkContract.Links<R>) => Effect.Effect<Replicating, never, Scope.Scope>
) =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const { limits, log, membership, peers } = ground
    const deadlines = yield* Deadlines.make(Handshake.limit)
    const visits = yield* Deadlines.make(limits.handshake)
    const contested = yield* Deferred.make<never, IdTaken | NotInvited>()
    const run = yield* FiberSet.makeRuntime<never, void, never>()

    // Mutable, each change in one synchronous step.
    const table = new LinkTable<Link<R>>(settings.id)
    let address = settings.listen
    let member = settings.member
    let leaving = false
    let hurried = false
    const peer = (): Peer => ({ id: settings.id, role: settings.role, address })
    const site = siteOf(settings.id)
    /** This node as the other side of that connection reaches it. */
    const seenOver = ({ from }: Connection): Peer =>
      site !== undefined && isFar({ host: from }) ? { ...peer(), address: farAddress(site) } : peer()

    const node: Node = {
      ...ground,
      settings,
      table,
      address: () => address,
      isMember: () => member,
      isLeaving: () => leaving
    }

    // ---- The parts, each made of those before it. One circle is left: a call becomes a link, and whose link is lost is
    // called again. So `converse`, `comeUp` and `lost` of a link's life are given to the parts as functions.

    const rateLimit = RateLimit.make(node)
    const missing = yield* Missing.make(node)
    // What replication hands back is what it was given: every link was made here, and each with what `begin` has made for it.
    const own = (link: LinkContract.Link<R>) => link as Link<R>
    const replicated = yield* replicating({
      current: table.links,
      hasMet: (id, epoch) => table.hasMet(id, runOf(epoch)),
      isSettling: () => table.unsettled,
      comeUp: (link) => life.comeUp(own(link)),
      tell: (some, frames) => {
        if (frames.length > 0) Wire.putTo(some.map(own), frames)
      },
      charge: (link, ...what) => rateLimit.charge(own(link), ...what),
      drop: (link, limit) => rateLimit.drop(own(link), limit),
      cut: (link, limit) => rateLimit.cut(own(link), limit),
      missing: {
        isServerAway: missing.isServerAway,
        withinPatience: missing.withinPatience,
        isSought: missing.isSought,
        hasMoved: (id) => {
          const peer = missing.wantedAs(id)
          if (peer !== undefined && !table.links.has(id)) run(life.moved(peer))
        },
        isHeard: missing.isHeard,
        comesThrough: (link, stream) => missing.comesThrough(own(link), stream),
        tellThrough: missing.tellThrough
      }
    })
    const replication = replicated as LinkContract.Replication<unknown>
    const heartbeat = Heartbeat.make(node)
    const members = Members.make(node, {
      expelled: Effect.suspend(() => Deferred.fail(contested, new NotInvited({ id: settings.id })))
    })
    const self = (connection: Connection): Handshake.Self => ({
      pass: membership.pass(connection),
      peer: seenOver(connection),
      epoch: log.epoch,
      chat: membership.chat(),
      member,
      history: replication.wanted(),
      passing: settings.passing ?? false,
      rooms: replication.rooms(),
      guests: true,
      files: ground.files !== undefined
    })
    const entrance: Entrance.Entrance = {
      deadlines,
      self,
      begin: Entrance.beginning(node, { lost: (link, reason) => life.lost(link, reason) }),
      linkOver: makeLinkOver({
        quotasOf: rateLimit.quotasOf,
        visits,
        replicaOf: replication.begin,
        roomsOf: replication.roomsOf
      }),
      converse: (link, rest) => life.converse(link, rest),
      replication
    }
    const acceptor = yield* Acceptor.make(node, {
      ...entrance,
      objections: Objections.make(node, {
        rateLimit,
        replication,
        sought: () => missing.sought().map(({ peer }) => peer.id)
      }),
      heartbeat,
      visits,
      run
    })
    const servers = Servers.make(node)
    const { answering, call } = yield* Dialer.make(node, { ...entrance, servers, transport })
    const search = yield* Search.make(node, {
      rateLimit,
      servers,
      awakening: Awakening.make(node, { transport }),
      missing,
      replication,
      call,
      contested: (error) => Deferred.fail(contested, error)
    })
    const departures = Departures.make(node, {
      rateLimit,
      missing: missing.all,
      gone: ({ peer, run }) => life.left(peer, !table.hasMet(peer.id, run))
    })
    const introductions = Introductions.make(node, { rateLimit, meet: search.meet, hasLeft: departures.hasLeft })
    const life = Life.make(node, {
      rateLimit,
      heartbeat,
      members,
      search,
      departures,
      introductions,
      replication,
      servers,
      run,
      admitted: () => {
        member = true
      }
    })
    // A guest gets no id that a peer has, or may come back with, or that looks like one of those.
    yield* whileOpen(() =>
      ground.guests.ask({
        holderOf: (id) => {
          const server = serverLike(id)
          if (server !== undefined) return server
          if (table.isPresent(id)) return id
          const others = [...missing.sought().map(({ peer }) => peer.id), ...replication.farMembers()]
          return table.lookalike(id) ?? others.find((each) => each === id || looksLike(each, id))
        },
        epochOf: replication.epochOfGuest,
        siteOf: replication.siteOf
      })
    )
    const statuses = Statuses.make(node, { missing, replication })

    /** Says goodbye to all peers, after everything else is sent. */
    const leave = Effect.gen(function* () {
      if (!hurried) {
        yield* search.untilFound
        // A link that is up at the other side alone has taken another's place there: the goodbye must go over it.
        yield* peers.until(() => !table.unsettled).pipe(within(settlingLimit))
      }
      leaving = true
      // Others are not to think that nobody has what this node has just got from them.
      yield* replication.tellLast
      const open = [...table.links.values()]
      for (const link of open) link.outbox.leave()
      yield* search.stop
      yield* Effect.forEach(open, (link) => link.connection.finish, { concurrency: "unbounded", discard: true }).pipe(
        within(hurried ? hurriedLimit : goodbyeLimit)
      )
    })

    const { files } = ground
    if (files !== undefined) {
      yield* Effect.acquireRelease(
        Effect.sync(() => files.attach(Transfers.make(node, { transport, replication }))),
        (detach) => Effect.sync(detach)
      )
    }
    address = yield* transport.listen(settings.listen, acceptor.receive, acceptor.regret)

    return {
      replication: replicated,
      /** This node, and the address at which the others reach it. */
      self: peer(),
      table,
      joinRequests: acceptor.joinRequests,
      contested: Deferred.await(contested),
      join: Effect.fn("PeerMesh.join")(function* (route: Route) {
        if (!member) yield* call(route)
      }),
      answering,
      reach: (id: PeerId, route: Route, others: ReadonlyArray<Route> = []) =>
        servers.isAny(id) ? search.reachAnyServer(route, others) : search.reachServer(id, route),
      goHome: Home.make(node, { replication, search, servers }),
      isThere: servers.isThere,
      letGo: (id: PeerId): Effect.Effect<void> =>
        Effect.suspend(() => {
          table.links.get(id)?.connection.abort("replaced")
          return search.forget(id)
        }),
      tellServers: servers.tell,
      keep: (kept: Peer) => search.seek(kept, Duration.zero),
      silence: heartbeat.silence,
      onMeasured: heartbeat.onMeasured,
      statuses,
      hurry: () => {
        hurried = true
      },
      leave,
      /** To be done each second while `isUnfinished`. */
      eachSecond: Effect.zipRight(departures.ask, search.dialThoseGivenUp),
      isUnfinished: missing.isAny,
      /** To be run as long as the node does, each in a fiber of its own. */
      running: [
        members.follow,
        members.note,
        heartbeat.beat,
        introductions.tellOfSeekers,
        search.meetInTurn
      ] as ReadonlyArray<Effect.Effect<unknown>>
    }
  })

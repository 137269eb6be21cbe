/** Replication: gets posts to everyone. Puts the parts together for links. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Rooms } from "../../services/Rooms.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import type { PeerLost } from "../../src/domain/Errors.ts"
import { type Forked, RunOutlived, StreamForked } from "../../src/domain/Errors.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { type Epoch, isEarlier, type StreamId } from "../../src/domain/Post.ts"
import { after, effectOf, type Rest } from "../../src/domain/Rest.ts"
import type { PostFrame } from "../../src/protocol/Frame.ts"
import type * as LinkContract from "../LinkContract.ts"
import * as Asking from "./Asking.ts"
import { Blocked } from "./Blocked.ts"
import * as Bootstrap from "./Bootstrap.ts"
import * as Delivery from "./Delivery.ts"
import * as FanOut from "./FanOut.ts"
import * as Folds from "./Folds.ts"
import * as Forks from "./Forks.ts"
import * as Gone from "./Gone.ts"
import type { Ground, Link } from "./Ground.ts"
import * as GuestList from "./GuestList.ts"
import * as History from "./History.ts"
import * as Joining from "./Joining.ts"
import * as Late from "./Late.ts"
import * as OwnRooms from "./OwnRooms.ts"
import * as Proofs from "./Proofs.ts"
import { Replica } from "./Replica.ts"
import * as Replicator from "./Replicator.ts"
import * as Sharing from "./Sharing.ts"
import * as SiteList from "./SiteList.ts"
import * as Summaries from "./Summaries.ts"

export type { Replica } from "./Replica.ts"

interface Settings {
  readonly id: PeerId
  /** How much history this node wants; none by default. */
  readonly history?: number
  /** In which rooms of others it takes part without joining them; none by default. */
  readonly carries?: OwnRooms.Carries
}

/** What the node does with replication besides giving it to links. */
export interface Replicating extends LinkContract.Replication<Replica> {
  /** How far own posts have come. */
  readonly delivery: Delivery.Delivery["ofOwn"]
  /** The same now, in a plain call. */
  readonly deliveryNow: Delivery.Delivery["howFar"]
  /** How many peers are known to have a stream of this node up to a number. */
  readonly holders: (stream: StreamId, n: number) => number
  /** The rooms of this node. */
  readonly ownRooms: Rooms["Type"]
  /** How many posts were handed to links. */
  readonly sent: () => number
  /** Fails when this node must begin another run. */
  readonly forked: Effect.Effect<never, Forked>
  /** Must run in the next second after a change, and each second while `isUnfinished`. */
  readonly eachSecond: Effect.Effect<void>
  readonly isUnfinished: () => boolean
  /** Must run in the next 15 s after a change, and each 15 s while `isUncompared`. */
  readonly compare: Effect.Effect<void>
  readonly isUncompared: () => boolean
  /** Must run as long as the node does, each in a fiber of its own. */
  readonly running: ReadonlyArray<Effect.Effect<unknown>>
}

export const make = (
  ground: Ground,
  { carries = "none", history: mostShown = 0, id }: Settings
): Effect.Effect<Replicating, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { guests, links, log, membership, siteKeys, stir } = ground
    const forked = yield* Deferred.make<never, Forked>()

    // Each part is made of those before it.
    const delivery = Delivery.make(ground)
    const guestList = GuestList.make(ground)
    const siteList = SiteList.make(ground)
    const proofs = Proofs.make(ground)
    const history = History.make(ground, { proofs })
    const fanOut = FanOut.make(ground, { proofs, siteList })
    const bootstrap = Bootstrap.make(ground)
    const blocked = new Blocked(stir)
    const asking = Asking.make(ground, { blocked })
    const late = Late.make(ground, { asking })
    const gone = Gone.make(ground, { asking, blocked, late })
    const forks = Forks.make(ground, {
      delivery,
      proofs,
      forked: (shared) => Effect.asVoid(Deferred.fail(forked, new StreamForked({ id, shared })))
    })
    const replicator = Replicator.make(ground, { asking, delivery, forks, guestList, proofs, siteList })
    const folds = Folds.make(ground, { gone })
    const summaries = Summaries.make(ground, { asking, delivery, folds, forks, gone })
    const sharing = Sharing.make(ground, { asking, delivery, fanOut, folds, forks, guestList, siteList, summaries })
    const joining = Joining.make(ground, { history, sharing })
    const ownRooms = yield* OwnRooms.make(ground, {
      carries,
      delivery,
      guestList,
      history: mostShown,
      joining,
      sharing,
      siteList
    })

    /** History that has begun comes first. Everything after it is new. */
    const receive = (link: Link, posts: ReadonlyArray<PostFrame>, from = 0): Rest<PeerLost> => {
      link.replica.hasSpoken = true
      if (!history.isComing(link)) {
        const given = from === 0 ? posts : posts.slice(from)
        return after(sharing.spoken(link, streamsOf(given)), () => replicator.receive(link, given))
      }
      const post = posts[from]
      if (post === undefined) return undefined
      const taken = history.take(link, post)
      return from + 1 < posts.length ? after(taken, () => receive(link, posts, from + 1)) : taken
    }

    const heard = (link: Link, frame: LinkContract.ReplicationFrame): Rest<PeerLost> => {
      stir()
      link.replica.hasSpoken = true
      switch (frame.type) {
        case "have":
          return after(sharing.spoken(link, streamsIn(frame.streams)), () =>
            after(summaries.heard(link, frame), () => {
              if (frame.room !== undefined && !frame.more) sharing.met(link, frame.room)
              return undefined
            })
          )
        case "folded":
          folds.heard(link, frame)
          return undefined
        case "gap":
          return replicator.heardGap(link, frame)
        case "want":
          return fanOut.heardWant(link, frame)
        case "rooms":
          return after(sharing.heard(link, frame), () => ownRooms.carry(link))
        case "guests":
          // Guests at another site are members of it.
          if (link.isFar) return undefined
          guestList.heard(link, frame)
          return sharing.heardGuests(link)
        case "site":
          siteList.heard(link, frame)
          return link.isFar ? ownRooms.carry(link) : undefined
        case "cipher":
          if (link.isFar) siteKeys?.learn(frame.secret)
          return undefined
        case "join":
          return joining.heardJoin(link, frame)
        case "joined":
          return joining.heardJoined(link, frame)
        case "recall":
          return history.heardRecall(link, frame)
        case "earlier":
          return history.begins(link, frame)
        default:
          return absurd(frame)
      }
    }

    yield* Effect.acquireRelease(
      Effect.sync(() => [
        guests.onChange(sharing.guestsChanged),
        guests.onChange(siteList.guestsChanged),
        guests.onSpeaking(sharing.guestSpeaks),
        guests.onEnded(sharing.ended)
      ]),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )

    const met = (link: Link): Rest => {
      stir()
      // Of two who have an id, the one stays that needs no host.
      const guest = guests.here.get(link.peer.id)
      if (guest !== undefined) guests.leave(guest, "a node has this id")
      guestList.giveWay(link.peer.id)
      guestList.back(link)
      sharing.introduced(link)
      folds.begins(link)
      return after(bootstrap.cameUp(link), () => {
        folds.cameUp(link)
        return after(link.newcomer ? bootstrap.expectNoMore(link.peer.id) : undefined, () => {
          summaries.summarize(link)
          sharing.catchUp(link)
          sharing.changes.changed()
          return ownRooms.carry(link)
        })
      })
    }

    const catchUp = (link: Link, isNew: boolean): Rest => {
      if (!link.newcomer && !link.passing) replicator.announce(link, isNew)
      return after(link.newcomer ? history.tellTo(link) : undefined, () => {
        asking.pull(link, link.replica.theirs)
        return undefined
      })
    }

    /**
     * Believed only while this node has no link: with a link it is in the chat, whatever one peer says about its clock.
     */
    const outlived = (after: Epoch): Effect.Effect<void> =>
      Effect.suspend(() =>
        links.current.size > 0 || isEarlier(after, log.epoch)
          ? Effect.void
          : Effect.asVoid(Deferred.fail(forked, new RunOutlived({ id, shared: delivery.reached(), after })))
      )

    return {
      wanted: () => (bootstrap.areThere() ? 0 : mostShown),
      hasSpoken: () => log.said() > 0,
      isOutdated: folds.isOutdated,
      latest: folds.latest,
      outlived,
      ready: (wanted, rooms) =>
        after(bootstrap.first(), () => (wanted === 0 ? undefined : history.complete(wanted, rooms))),
      expect: bootstrap.expect,
      expectNoMore: (gone) => effectOf(() => bootstrap.expectNoMore(gone)),
      rooms: sharing.told,
      roomsOf: sharing.roomsOf,
      begin: (peer, told, owed) => new Replica(peer, told, owed),
      // A node that does not know what was said before hears first what a member has, and then says that it has the same.
      greet: (link) => {
        // Of two servers that know nothing yet, one has to begin.
        if (bootstrap.areThere() || link.newcomer || (link.isFar && !link.byUs)) summaries.summarize(link)
      },
      receive,
      heard,
      hasShown: history.isOver,
      met,
      flow: (link) => {
        if (link.isFar && siteKeys !== undefined) link.put({ type: "cipher", secret: siteKeys.own })
        sharing.flow(link)
      },
      catchUp,
      ended: (link) => {
        fanOut.ended(link)
        forks.ended(link)
        sharing.changes.changed()
        return asking.ended(link)
      },
      gone: (link, isLost) => {
        guestList.lost(link, isLost)
        siteList.lost(link, isLost)
        folds.ended(link, isLost)
      },
      tellLast: summaries.offerLast,
      behind: ({ replica, rooms }) => {
        let count = 0
        for (const room of log.rooms) {
          const own = log.streamIn(room)
          if (rooms.has(room)) count += Math.max(0, log.have(own) - replica.upTo(own))
        }
        return count
      },
      relayOf: replicator.relayOf,
      guestsElsewhere: guestList.elsewhere,
      epochOfGuest: guestList.epochOf,
      guestStatuses: () => [...guestList.statuses(), ...siteList.statuses()],
      wasFar: siteList.wasFar,
      isElsewhere: siteList.has,
      hasSentHome: siteList.hasSentHome,
      siteOf: siteList.of,
      farMembers: siteList.ids,
      delivery: delivery.ofOwn,
      deliveryNow: delivery.howFar,
      holders: delivery.holders,
      ownRooms: ownRooms.service,
      sent: fanOut.sent,
      forked: Deferred.await(forked),
      eachSecond: summaries.offer,
      isUnfinished: summaries.isUnfinished,
      compare: summaries.compare,
      isUncompared: summaries.isUncompared,
      running: [Stream.runForEach(membership.changes, () => replicator.reconsider), fanOut.run, sharing.run]
    }
  })

/** The streams of a summary. */
const streamsIn = (summary: object): ReadonlyArray<StreamId> => Object.keys(summary) as Array<string> as Array<StreamId>

/** The streams of these posts. Posts of one stream usually come together, so there are few. */
const streamsOf = (posts: ReadonlyArray<PostFrame>): ReadonlyArray<StreamId> => {
  const streams: Array<StreamId> = []
  let last: StreamId | undefined
  for (const { post } of posts) {
    if (post.stream === last) continue
    last = post.stream
    streams.push(last)
  }
  return streams
}

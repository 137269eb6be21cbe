/** A guest of this node: the services of the node, as its session has them. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import { type Guest, Guests } from "../../services/Guests.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { type KnownRoom, Rooms } from "../../services/Rooms.ts"
import { isFor, isOf, isPrivate } from "../domain/Conversation.ts"
import type { Delivery } from "../domain/Delivery.ts"
import type { Peer, PeerId } from "../domain/Peer.ts"
import type { PeerStatus } from "../domain/PeerStatus.ts"
import { mainRoom, type Post, type Room, roomIn } from "../domain/Post.ts"
import { Run } from "./Run.ts"

/** What a guest says is where it belongs as soon as its node has it: it is gone when its node is. */
const arrived: Delivery = {
  upTo: () => Number.POSITIVE_INFINITY,
  readBy: () => Number.POSITIVE_INFINITY,
  alone: false
}

/**
 * Whether what is private there is said with that guest, now or under the id that it had before. Without a guest: with
 * that node.
 */
export const isPrivateTo = (guest: Guest | undefined, self: PeerId): ((conversation: Room) => boolean) =>
  guest === undefined
    ? (conversation) => isFor(conversation, self)
    : (conversation) =>
        isOf(conversation, guest.visitor) ||
        (guest.visitorBefore !== undefined && isOf(conversation, guest.visitorBefore))

/** Has what is to be replaced in the context of a session: who speaks, where, to whom, and what becomes of it. */
export type GuestView = PeerMesh | MessageLog | Rooms | MeshStatus | Run

/** The services of this node for a session of that guest, in place of its own. */
export const viewOf = (guest: Guest): Effect.Effect<Context.Context<GuestView>, never, GuestView | Guests> =>
  Effect.gen(function* () {
    const guests = yield* Guests
    const log = yield* MessageLog
    const mesh = yield* PeerMesh
    const rooms = yield* Rooms
    const run = yield* Run
    const status = yield* MeshStatus

    // A guest may change its id during a visit.
    const self: Peer = {
      get id() {
        return guest.id
      },
      role: "client",
      address: mesh.self.address
    }
    const isForGuest = ({ stream }: Post): boolean => {
      const room = roomIn(stream)
      return isPrivate(room) ? isOf(room, guest.visitor) : guest.rooms.has(room)
    }

    const known = (): ReadonlyArray<KnownRoom> =>
      rooms.known().map(({ joined, peers, room }) => {
        const others = peers.filter((id) => id !== guest.id && (room !== mainRoom || isInMain(id)))
        return { room, joined: guest.rooms.has(room), peers: joined ? [mesh.self.id, ...others] : others }
      })
    /** Everybody is in `main`, but guests see each other there only if they have joined it, as in any channel. */
    const isInMain = (id: PeerId): boolean => guests.here.get(id)?.rooms.has(mainRoom) ?? true

    const statusOfNode = Effect.sync(
      (): PeerStatus => ({
        peer: mesh.self,
        link: { since: run.since, roundTrip: Duration.zero, behind: 0 },
        through: undefined,
        givenUp: false
      })
    )

    return Context.make(PeerMesh, { ...mesh, self }).pipe(
      Context.add(MessageLog, {
        ...log,
        say: (room, lines, by = log.screen) => guests.say(guest, room, lines, by),
        sayNow: () => undefined,
        confide: ([reader], lines, by = log.screen) => guests.confide(guest, reader, lines, by),
        recent: (count, of) =>
          Effect.map(log.recent(Number.POSITIVE_INFINITY, of), (posts) =>
            posts.filter(isForGuest).slice(-Math.max(1, count))
          ),
        own: Effect.succeed([])
      }),
      Context.add(Rooms, {
        joined: () => [...guest.rooms],
        isJoined: (room) => guest.rooms.has(room),
        canLeave: () => true,
        join: (room) => guests.join(guest, room),
        leave: (room) => Effect.sync(() => guests.part(guest, room)),
        known,
        onChange: rooms.onChange
      }),
      Context.add(MeshStatus, {
        ...status,
        peerStatuses: Effect.zipWith(statusOfNode, status.peerStatuses, (node, others) => [
          node,
          ...others.filter(({ peer }) => peer.id !== guest.id)
        ]),
        delivery: Subscribable.make({ get: Effect.succeed(arrived), changes: Stream.never }),
        deliveryNow: () => arrived
      }),
      Context.add(Run, {
        ...run,
        undelivered: { posts: Effect.succeed([]), unheld: Effect.succeed(0), delivery: () => arrived, see: () => {} }
      })
    )
  })

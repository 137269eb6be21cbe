/** Tells a program of what it watches: at once, and then of each change. */
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { whenTaken } from "../../../services/Console.ts"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { addresseesIn, isPrivate, otherIn } from "../../domain/Conversation.ts"
import { Fact } from "../../domain/Fact.ts"
import type { PeerId } from "../../domain/Peer.ts"
import type { PeerStatus } from "../../domain/PeerStatus.ts"
import type { Room } from "../../domain/Post.ts"
import type { Aspect } from "../../domain/Request.ts"
import { makeSignal, type Signal } from "../../domain/Signal.ts"
import type { ServerState } from "../../domain/Status.ts"
import { topicIn } from "../../domain/Topic.ts"
import { Run } from "../Run.ts"
import type { Session } from "./Session.ts"

/** Something is told no more often than once in this time. */
const pause = "250 millis"

/** Something to watch: how it is now, and what tells of changes. These may tell of too many. */
interface Watched {
  readonly now: Effect.Effect<Fact>
  readonly changes: ReadonlyArray<Signal["listen"]>
}

/** Tells how something is, and then of each change. While nothing changes, this costs nothing. */
const watch = ({ changes, now }: Watched, tell: (fact: Fact) => Effect.Effect<void>): Effect.Effect<never> =>
  Effect.gen(function* () {
    const dirt = makeSignal()
    let isDirty = true
    // Called for each line in a busy chat.
    const touch = (): void => {
      if (isDirty) return
      isDirty = true
      dirt.changed()
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => changes.map((listen) => listen(touch))),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )
    let told: string | undefined
    while (true) {
      yield* dirt.until(() => isDirty)
      isDirty = false
      const fact = yield* now
      const text = JSON.stringify(fact)
      if (text !== told) yield* tell(fact)
      told = text
      yield* Effect.sleep(pause)
    }
  }).pipe(Effect.scoped)

/** How the chat is, as the status line of a terminal says it. */
const chat = Effect.gen(function* () {
  const { self } = yield* PeerMesh
  const { onGrowth, seals } = yield* MessageLog
  const { answering, onChange, peerStatuses, servers } = yield* MeshStatus
  let answers = yield* answering.get
  const answered = makeSignal()
  // No event reports that the server answers.
  yield* Effect.forkScoped(
    Stream.runForEach(answering.changes, (now) =>
      Effect.sync(() => {
        answers = now
        answered.changed()
      })
    )
  )
  const serverNow = (statuses: ReadonlyArray<PeerStatus>): ServerState => {
    const { lostAt, there } = servers()
    if (self.role === "server") return { _tag: "Self" }
    if (there.size > 0) return { _tag: "Up" }
    if (lostAt === undefined) return { _tag: "Sought" }
    const isAnswering = statuses.some(({ peer: { id, role } }) => role === "server" && answers.has(id))
    return { _tag: isAnswering ? "Returning" : "Down", since: lostAt }
  }
  return {
    now: Effect.map(peerStatuses, (statuses) =>
      Fact.ChatIs({
        self,
        server: serverNow(statuses),
        connected: statuses.filter(({ guestSince, link }) => link !== undefined || guestSince !== undefined).length,
        known: statuses.length,
        secure: seals
      })
    ),
    changes: [onChange, onGrowth, answered.listen]
  } satisfies Watched
})

/** The rooms and the conversations, and what is new there. */
const places = ({ muted, reading }: Session["Type"]) =>
  Effect.gen(function* () {
    const rooms = yield* Rooms
    const { onGrowth, topicOf } = yield* MessageLog
    return {
      now: Effect.sync(() => {
        const silenced = MutableRef.get(muted)
        return Fact.PlacesAre({
          rooms: rooms.known().map(({ joined, peers, room }) => ({
            room,
            joined,
            peers,
            topic: topicIn(topicOf(room)?.text ?? "") || undefined,
            ...reading.newsIn(room, silenced)
          })),
          conversations: reading.conversations().map((place) => ({
            with: addresseesIn(place) ?? [],
            lines: reading.newsIn(place, silenced).lines
          }))
        })
      }),
      changes: [rooms.onChange, onGrowth, reading.onChange]
    } satisfies Watched
  })

const peers = Effect.gen(function* () {
  const { onChange, peerStatuses } = yield* MeshStatus
  const { onGrowth } = yield* MessageLog
  return {
    now: Effect.map(peerStatuses, (peers) => Fact.PeersAre({ peers })),
    changes: [onChange, onGrowth]
  } satisfies Watched
})

/** How far own lines of this run are. */
const delivery = Effect.gen(function* () {
  const { self } = yield* PeerMesh
  const log = yield* MessageLog
  const rooms = yield* Rooms
  const { onChange, peerStatuses } = yield* MeshStatus
  const { undelivered } = yield* Run
  return {
    now: Effect.map(peerStatuses, (statuses) => {
      const { readBy, upTo } = undelivered.delivery()
      const members = new Map(rooms.known().map(({ peers, room }) => [room, peers]))
      const known = statuses.map(({ peer }) => peer.id)
      /** Those to whom the lines of a room go. Anybody carries what is sealed. */
      const readersIn = (room: Room): ReadonlyArray<PeerId> => {
        const other = otherIn(room, self.id)
        return other !== undefined ? [other] : isPrivate(room) ? known : (members.get(room) ?? [])
      }
      const streams = [...log.rooms].flatMap((room) => {
        const stream = log.streamIn(room)
        if (log.have(stream) === 0) return []
        const readers = readersIn(room).map((id) => ({ id, n: readBy(id, stream) }))
        return [{ stream, room: isPrivate(room) ? undefined : room, upTo: upTo(stream), readers }]
      })
      return Fact.DeliveryIs({ streams })
    }),
    changes: [onChange, log.onGrowth]
  } satisfies Watched
})

type Needs = MeshStatus | MessageLog | PeerMesh | Rooms | Run

/**
 * Tells a session of what it watches, until the scope closes. It goes on when the node begins another run. Returns a
 * function that lets it watch other things, in place of those before.
 */
export const watching = (
  session: Session["Type"]
): Effect.Effect<(what: ReadonlyArray<Aspect>) => Effect.Effect<void>, never, Needs | Scope.Scope> =>
  Effect.gen(function* () {
    const { console, watched } = session
    if (Option.isNone(console.tell)) return () => Effect.void
    const put = whenTaken(console.tell.value)
    const context = yield* Effect.context<Needs>()
    const running = yield* FiberHandle.make<never>()
    const aspects: Record<Aspect, Effect.Effect<Watched, never, Needs | Scope.Scope>> = {
      chat,
      rooms: places(session),
      peers,
      delivery
    }
    const watchAll = (what: ReadonlyArray<Aspect>) =>
      Effect.suspend(() => {
        MutableRef.set(watched, what)
        const all = [...new Set(what)].map((aspect) =>
          Effect.scoped(Effect.flatMap(aspects[aspect], (each) => watch(each, (fact) => put([fact]))))
        )
        return Effect.asVoid(
          FiberHandle.run(
            running,
            Effect.provide(Effect.zipRight(Effect.all(all, { concurrency: "unbounded" }), Effect.never), context)
          )
        )
      })
    const before = MutableRef.get(watched)
    if (before.length > 0) yield* watchAll(before)
    return watchAll
  })

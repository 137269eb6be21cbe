/** The rooms of this node: the service `Rooms`, and the rooms that it carries for others. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { KnownRoom, Rooms } from "../../services/Rooms.ts"
import { openOf } from "../../src/domain/Conversation.ts"
import { RoomsFull, RoomUndelivered } from "../../src/domain/Errors.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, type Room, roomIn } from "../../src/domain/Post.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import { makeSignal, whileOpen } from "../../src/domain/Signal.ts"
import type { Delivery } from "./Delivery.ts"
import type { Ground, Link } from "./Ground.ts"
import type { GuestList } from "./GuestList.ts"
import type { Joining, Told } from "./Joining.ts"
import type { Sharing } from "./Sharing.ts"
import type { SiteList } from "./SiteList.ts"

/** In which rooms of others a node takes part without joining them, so that their history outlives their people. */
export type Carries = "all" | "none"

/** A room that is being joined, or given back. */
interface Under {
  readonly over: Deferred.Deferred<void>
  /** Whether it was left meanwhile. */
  isLeft: boolean
  /** Whether it is being given back: who wants to join it waits, and then joins it again. */
  readonly isEnding: boolean
}

interface Needs {
  readonly carries: Carries
  readonly delivery: Delivery
  readonly guestList: GuestList
  /** How much history of a room a guest gets that joins it. */
  readonly history: number
  readonly joining: Joining
  readonly sharing: Sharing
  readonly siteList: SiteList
}

export const make = (
  { guests, limits, links, log, pastLog, peers }: Ground,
  { carries, delivery, guestList, history, joining, sharing, siteList }: Needs
) =>
  Effect.gen(function* () {
    const { changes } = sharing
    /** One change of the rooms at a time: what was looked up before a change still holds when it is made. */
    const inTurn = (yield* Effect.makeSemaphore(1)).withPermits(1)
    const under = new Map<Room, Under>()
    /** The rooms that guests are about to enter, and how many are. */
    const awaited = new Map<Room, number>()
    let isClosed = false
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        isClosed = true
        peers.changed()
      })
    )

    yield* Effect.acquireRelease(
      Effect.sync(() => [
        guests.onChange(changes.changed),
        guestList.onChange(changes.changed),
        siteList.onChange(changes.changed)
      ]),
      (stops) =>
        Effect.sync(() => {
          for (const stop of stops) stop()
        })
    )

    /** How many more rooms there is room for. */
    const left = (): number => limits.rooms - (openOf(log.rooms).length - 1) - under.size

    const isMember = (room: Room, { passing, rooms }: Link): boolean => rooms.has(room) && !passing

    /** Takes part in a room as one that was joined: from then on what was told counts as seen, and peers know it. */
    const begin = (room: Room, told: Told | undefined, joined: boolean): Effect.Effect<void> =>
      Effect.gen(function* () {
        const isNew = !log.rooms.has(room)
        yield* log.takePart(room, {
          joined: joined || log.joined.has(room),
          ...(told === undefined ? {} : { seen: told })
        })
        if (!isNew) return changes.changed()
        for (const { line, post } of pastLog.lackedOf(told?.history ?? [])) yield* pastLog.recall(post, line)
        sharing.took(room)
      }).pipe(Effect.uninterruptible, inTurn)

    const enter = (room: Room, history: number, joined: boolean, state: Under): Effect.Effect<void> => {
      const isWanted = () => !state.isLeft && !isClosed
      return Effect.flatMap(
        log.rooms.has(room) ? Effect.succeed(undefined) : joining.learn(room, history, isWanted),
        (told) => (isWanted() ? begin(room, told, joined) : Effect.void)
      )
    }

    /** Does something about a room. Others who want to do something about it wait. */
    const during = <E>(room: Room, isEnding: boolean, what: (state: Under) => Effect.Effect<void, E>) => {
      const state: Under = { over: Deferred.unsafeMake(FiberId.none), isLeft: false, isEnding }
      under.set(room, state)
      return Effect.ensuring(
        what(state),
        Effect.sync(() => {
          under.delete(room)
          Deferred.unsafeDone(state.over, Effect.void)
        })
      )
    }

    /** Takes part in a room: as one that is `joined`, or as one that is carried for others. */
    const come = (room: Room, history: number, joined: boolean): Effect.Effect<void, RoomsFull> =>
      Effect.suspend(() => {
        const before = under.get(room)
        const isThere = (joined ? log.joined : log.rooms).has(room) && before?.isEnding !== true
        if (isThere || isClosed) return Effect.void
        if (before !== undefined) {
          // Whoever joins it may be interrupted.
          return Effect.zipRight(
            Deferred.await(before.over),
            Effect.suspend(() => (before.isLeft ? Effect.void : come(room, history, joined)))
          )
        }
        if (!log.rooms.has(room) && left() <= 0) {
          const empty = emptiest()
          return empty === undefined
            ? new RoomsFull({ most: limits.rooms })
            : Effect.zipRight(giveBack(empty, hasNobody), come(room, history, joined))
        }
        return during(room, false, (state) => enter(room, history, joined, state))
      })

    /** How many lines that this node has said in a room nobody has. */
    const undelivered = (room: Room): number => {
      const own = log.streamIn(room)
      return Math.max(0, log.have(own) - delivery.upTo(own))
    }

    /** Ends the joining of a room that is under way. */
    const stopJoining = (room: Room): Effect.Effect<void> =>
      Effect.suspend(() => {
        const state = under.get(room)
        if (state === undefined || state.isEnding) return Effect.void
        state.isLeft = true
        peers.changed()
        return Deferred.await(state.over)
      })

    /** Takes part in a room no more. What was said there is kept aside. Whoever joins it meanwhile waits, and joins again. */
    const giveBackNow = (room: Room): Effect.Effect<void> =>
      during(room, true, () => Effect.map(log.leave(room), () => sharing.left(room)))

    /** A room in which guests are is given back when the last of them leaves it. */
    const leaveNow = (room: Room): Effect.Effect<void> =>
      (carries === "all" || isForGuests(room)
        ? Effect.map(log.takePart(room, { joined: false }), changes.changed)
        : giveBackNow(room)
      ).pipe(Effect.uninterruptible)

    const leave = (room: Room, anyway: boolean): Effect.Effect<void, RoomUndelivered> =>
      Effect.zipRight(
        stopJoining(room),
        inTurn(
          Effect.suspend((): Effect.Effect<void, RoomUndelivered> => {
            if (room === mainRoom || !log.joined.has(room)) return Effect.void
            const count = undelivered(room)
            return count > 0 && !anyway ? new RoomUndelivered({ count }) : leaveNow(room)
          })
        )
      )

    /** The guests in a room. All of them are in `main`, as everybody is. */
    const guestsIn = (room: Room): ReadonlyArray<PeerId> =>
      [...guests.here.values()].filter(({ rooms }) => room === mainRoom || rooms.has(room)).map(({ id }) => id)

    const look = (): ReadonlyArray<KnownRoom> => {
      const all = [...links.current.values()]
      const names = new Set(openOf([...log.rooms, ...all.flatMap(({ rooms }) => [...rooms])]))
      names.delete(mainRoom)
      return [mainRoom, ...[...names].sort()].map((room) => ({
        room,
        joined: log.joined.has(room),
        peers: [
          ...all.filter((link) => isMember(room, link)).map(({ peer }) => peer.id),
          ...guestsIn(room),
          ...guestList.inRoom(room),
          ...siteList.inRoom(room)
        ]
      }))
    }

    /** The last look. Each session of each guest looks after each change: they share one. */
    let lastLook: ReadonlyArray<KnownRoom> | undefined
    const forgetLook = (): void => {
      lastLook = undefined
    }
    yield* whileOpen(() => changes.listen(forgetLook))
    const known = (): ReadonlyArray<KnownRoom> => {
      if (guests.here.size === 0) return look()
      if (lastLook === undefined) {
        lastLook = look()
        queueMicrotask(forgetLook)
      }
      return lastLook
    }

    const isForGuests = (room: Room): boolean =>
      awaited.has(room) || [...guests.here.values()].some(({ rooms }) => rooms.has(room))

    /** Whether nobody who is here is in a room that is carried. */
    const hasNobody = (room: Room): boolean =>
      !log.joined.has(room) &&
      !isForGuests(room) &&
      guestList.inRoom(room).length === 0 &&
      siteList.inRoom(room).length === 0 &&
      // The server of another site may take part because this one does.
      [...links.current.values()].every(({ isFar, rooms }) => isFar || !rooms.has(room))

    /** Whether nothing was said there either. */
    const isIdle = (room: Room): boolean =>
      hasNobody(room) && [...log.listing().summary].every(([stream, n]) => n === 0 || roomIn(stream) !== room)

    /** A room in which nobody is: one in which nothing was said, or else the one of which this node takes part longest. */
    const emptiest = (): Room | undefined => {
      const empty = openOf(log.rooms).filter((room) => hasNobody(room) && !under.has(room))
      return empty.find(isIdle) ?? empty[0]
    }

    /** The same in turn, unless somebody has come meanwhile. */
    const giveBack = (room: Room, isOver: (room: Room) => boolean): Effect.Effect<void> =>
      inTurn(
        Effect.suspend(() =>
          isOver(room) && log.rooms.has(room) && !under.has(room) ? giveBackNow(room) : Effect.void
        )
      ).pipe(Effect.uninterruptible)

    /**
     * The rooms that guests have left. If this node carries rooms for others, one stays in which something was said,
     * until there is need for its place.
     */
    const isLeftBehind = (room: Room): boolean =>
      carries === "all" ? isIdle(room) : !log.joined.has(room) && !isForGuests(room)
    const carried = (): ReadonlyArray<Room> => openOf(log.rooms).filter((room) => !log.joined.has(room))
    let haveGuestsChanged = false
    const guestChanges = makeSignal()
    yield* whileOpen(() =>
      guests.onChange(() => {
        haveGuestsChanged = true
        guestChanges.changed()
      })
    )
    const tidy = Effect.zipRight(
      guestChanges.until(() => haveGuestsChanged),
      Effect.suspend(() => {
        haveGuestsChanged = false
        return Effect.forEach(carried().filter(isLeftBehind), (room) => giveBack(room, isLeftBehind), { discard: true })
      })
    )
    yield* Effect.forkScoped(Effect.forever(tidy))

    /** Takes part in a room until a guest is there. */
    const comeFor = (room: Room, history: number, enter: Effect.Effect<void>): Effect.Effect<void, RoomsFull> =>
      Effect.acquireUseRelease(
        Effect.sync(() => awaited.set(room, (awaited.get(room) ?? 0) + 1)),
        () => Effect.zipRight(come(room, history, false), enter),
        () =>
          Effect.sync(() => {
            const others = (awaited.get(room) ?? 1) - 1
            if (others > 0) awaited.set(room, others)
            else awaited.delete(room)
            haveGuestsChanged = true
            guestChanges.changed()
          })
      )

    yield* whileOpen(() => guests.carryBy((room, enter) => comeFor(room, history, enter)))

    /** Carries one more room. If there is no space, a room that is idle makes way for it. */
    const carryOne = (room: Room): Effect.Effect<void> =>
      Effect.gen(function* () {
        if (log.rooms.has(room)) return
        if (left() <= 0) {
          const idle = openOf(log.rooms).find((room) => isIdle(room) && !under.has(room))
          if (idle === undefined) return
          yield* giveBackNow(idle)
        }
        yield* log.takePart(room, { joined: false })
        sharing.took(room)
      }).pipe(Effect.uninterruptible, inTurn)

    const service: Rooms["Type"] = {
      joined: () => [...log.joined],
      isJoined: (room) => log.joined.has(room),
      join: (room, history) => come(room, history, true),
      canLeave: (room) => room !== mainRoom,
      leave,
      known,
      onChange: changes.listen
    }
    return {
      service,
      /**
       * Takes part in the rooms of a peer too, if this node carries rooms for others. Of those of another site only in such
       * as somebody there is in: two servers would keep each other in their empty rooms.
       */
      carry: (link: Link): Rest => {
        if (carries === "none") return undefined
        const isWanted = (room: Room) => !link.isFar || siteList.inRoom(room).length > 0
        const missing = openOf(link.rooms).filter((room) => !log.rooms.has(room) && !under.has(room) && isWanted(room))
        if (missing.length === 0) return undefined
        return Effect.forEach(missing, carryOne, { discard: true })
      }
    }
  })

export type OwnRooms = Effect.Effect.Success<ReturnType<typeof make>>

/** What a session does when the rooms of its node change. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Rooms } from "../../../services/Rooms.ts"
import { Fact } from "../../domain/Fact.ts"
import { type PeerId, title } from "../../domain/Peer.ts"
import { mainRoom, type Room, roomTitle } from "../../domain/Post.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { whileOpen } from "../../domain/Signal.ts"
import { goTo, RoomNotices, roomOf, type Session } from "./Session.ts"

/** The peers in each room that the node has joined. */
type Attendance = ReadonlyMap<Room, ReadonlySet<PeerId>>

/**
 * Who joined a room, and who left one, in sentences. A peer that comes to the chat or goes from it, or is lost, has
 * joined and left no room: that is news of `main`.
 */
export const comingsAndGoings = (before: Attendance, after: Attendance): ReadonlyArray<string> => {
  const stays = (id: PeerId) => before.get(mainRoom)?.has(id) === true && after.get(mainRoom)?.has(id) === true
  const moved = (one: ReadonlySet<PeerId>, other: ReadonlySet<PeerId>) =>
    [...one].filter((id) => !other.has(id) && stays(id))
  return [...after].flatMap(([room, present]) => {
    const past = before.get(room)
    if (past === undefined || room === mainRoom) return []
    return [
      ...moved(present, past).map((id) => `${title(id)} joined ${roomTitle(room)}`),
      ...moved(past, present).map((id) => `${title(id)} left ${roomTitle(room)}`)
    ]
  })
}

/**
 * Takes a session to `main` when the node has left the room in which it speaks, until the scope closes. Tells a program
 * of the rooms and of each change. With `RoomNotices` it shows who joins a room that the node has joined, and who leaves it.
 */
export const followRooms = (session: Session["Type"]): Effect.Effect<void, never, Rooms | Scope.Scope> =>
  Effect.gen(function* () {
    const rooms = yield* Rooms
    const tells = yield* RoomNotices
    // At each change: nobody is looked at where nobody is told of, as at a server with thousands of clients in `main`.
    const attendance = (): Attendance =>
      !tells || rooms.joined().length === 1
        ? new Map()
        : new Map(rooms.known().flatMap(({ joined, peers, room }) => (joined ? [[room, new Set(peers)] as const] : [])))
    const show = (sentences: ReadonlyArray<string>): void => {
      if (sentences.length > 0) session.console.put(sentences.map(notice), () => {})
    }
    const tell = () => {
      Option.map(session.console.tell, (tell) => tell([Fact.RoomsAre({ rooms: rooms.known() })], () => {}))
    }
    let before = attendance()
    let joined = rooms.joined()
    tell()
    const look = () => {
      const after = attendance()
      show(comingsAndGoings(before, after))
      before = after
      tell()
      const left = joined.filter((room) => !rooms.isJoined(room))
      joined = rooms.joined()
      for (const room of left) {
        const wasHere = roomOf(session) === room
        session.reading.read(room)
        if (!wasHere) continue
        goTo(session, mainRoom)
        show([`This node has left ${roomTitle(room)}: you are in main.`])
      }
    }
    yield* whileOpen(() => rooms.onChange(look))
  })

/** A session: one person or program at one console of a node. It goes on when the node begins another run. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Console, Typed } from "../../../services/Console.ts"
import type { Guest } from "../../../services/Guests.ts"
import type { Reader } from "../../../services/MessageLog.ts"
import type { Said } from "../../domain/Delivery.ts"
import type { Digest } from "../../domain/Offer.ts"
import type { PeerId } from "../../domain/Peer.ts"
import { beginIn, closed, goneTo, type Place, type RoomNews } from "../../domain/Place.ts"
import { mainRoom, type Room } from "../../domain/Post.ts"
import type { Aspect } from "../../domain/Request.ts"
import { makeSignal, type Signal } from "../../domain/Signal.ts"
import type { KnownOffer } from "../../domain/Transfer.ts"
import { nothing } from "../../domain/Unread.ts"
import { Reading, uncounted } from "../reading.ts"

/** Words that count as a mention of the person at the console, besides the node's own id. */
export class Highlights extends Context.Reference<Highlights>()("outlive/Highlights", {
  defaultValue: (): ReadonlyArray<string> => []
}) {}

/** The room in which a session begins. */
export class FirstRoom extends Context.Reference<FirstRoom>()("outlive/FirstRoom", {
  defaultValue: (): Room => mainRoom
}) {}

/** How many of a room's last lines to show when it is joined. */
export class JoinHistory extends Context.Reference<JoinHistory>()("outlive/JoinHistory", {
  defaultValue: (): number => 20
}) {}

/** The only rooms of which sessions show anything; undefined: all that the node has joined. */
export class ShownRooms extends Context.Reference<ShownRooms>()("outlive/ShownRooms", {
  defaultValue: (): ReadonlySet<Room> | undefined => undefined
}) {}

/** Whether joining and leaving of rooms is shown. */
export class RoomNotices extends Context.Reference<RoomNotices>()("outlive/RoomNotices", {
  defaultValue: (): boolean => false
}) {}

type Muted = MutableRef.MutableRef<ReadonlySet<PeerId>>

export class Session extends Context.Tag("outlive/Session")<
  Session,
  {
    readonly console: Console["Type"]
    /** The guest whose session it is; undefined if it is one of the node itself. */
    readonly as: Guest | undefined
    /** Its place in the log, from which it reads and speaks. */
    readonly reader: Reader
    /** The room in which typed lines are said, and the conversations that are open. It is changed with `move`. */
    readonly place: MutableRef.MutableRef<Place>
    /** What is read at its node. */
    readonly reading: Reading["Type"]
    /** Tells of each change of its place. */
    readonly moved: Signal
    /** The ids whose lines are not shown here. */
    readonly muted: Muted
    readonly highlights: ReadonlyArray<string>
    /** The last typed line, if the session asked whether to send it. Typed again, it is sent. */
    readonly questioned: Ref.Ref<string | undefined>
    /** Whether the person was told that private lines of a plain chat are not encrypted. */
    readonly isWarned: Ref.Ref<boolean>
    /** The lines typed here that no peer is known to have. */
    readonly waiting: MutableRef.MutableRef<ReadonlyArray<Said<Typed>>>
    /** What a program watches here. */
    readonly watched: MutableRef.MutableRef<ReadonlyArray<Aspect>>
    /** The offers of which a program wants to know who has them, and what it was told of each. */
    readonly sought: MutableRef.MutableRef<ReadonlyMap<Digest, KnownOffer>>
    /** How many lines of a script could not be said. */
    readonly refused: Ref.Ref<number>
  }
>() {}

/** Makes a session that begins now. `refused` counts its lines that could not be said. */
export const make = (
  console: Console["Type"],
  reader: Reader,
  refused: Ref.Ref<number>,
  { as, muted }: { readonly as?: Guest | undefined; readonly muted?: Muted | undefined } = {}
) =>
  Effect.all({
    console: Effect.succeed(console),
    as: Effect.succeed(as),
    reader: Effect.succeed(reader),
    // A guest is another person. What is new for one is counted nowhere.
    reading: as === undefined ? Reading : uncounted,
    place: Effect.map(FirstRoom, (room) => MutableRef.make(beginIn(room))),
    moved: Effect.sync(makeSignal),
    muted: Effect.sync(() => muted ?? MutableRef.make<ReadonlySet<PeerId>>(new Set())),
    highlights: Highlights,
    questioned: Ref.make<string | undefined>(undefined),
    // A guest has come to a server of IRC, of which everybody knows that.
    isWarned: Ref.make(as !== undefined),
    waiting: Effect.sync(() => MutableRef.make<ReadonlyArray<Said<Typed>>>([])),
    watched: Effect.sync(() => MutableRef.make<ReadonlyArray<Aspect>>([])),
    sought: Effect.sync(() => MutableRef.make<ReadonlyMap<Digest, KnownOffer>>(new Map())),
    refused: Effect.succeed(refused)
  })

/** The room in which a session speaks now. */
export const roomOf = ({ place }: Pick<Session["Type"], "place">): Room => MutableRef.get(place).room

/** Puts a session in another place. A plain function, so that no line is shown or said in between. */
export const move = (session: Session["Type"], to: (before: Place) => Place): void => {
  const { moved, place } = session
  const before = MutableRef.get(place)
  const after = to(before)
  if (after === before) return
  MutableRef.set(place, after)
  if (after.room !== before.room) goneFrom(session, before.room)
  moved.changed()
}

/** Whoever goes somewhere has read what was there before, and at a person's console what comes. A program says what it has read. */
const goneFrom = (session: Session["Type"], before: Room): void => {
  const { console, reading } = session
  if (Option.isNone(console.tell)) reading.read(before)
  reading.read(roomOf(session))
  attend(session)
}

/** A person reads what comes in the room of the session. */
export const attend = (session: Session["Type"]): void => {
  if (session.console.isPerson) session.reading.attend(session.reader, roomOf(session))
}

/** The session has ended. */
export const attendNoMore = ({ reader, reading }: Session["Type"]): void => reading.attend(reader, undefined)

/** What nobody has read in each of these rooms, in their order. There is nothing new in the room of the session. */
export const newsIn = (session: Session["Type"], rooms: Iterable<Room>): ReadonlyArray<RoomNews> => {
  const [here, muted] = [roomOf(session), MutableRef.get(session.muted)]
  return Array.from(rooms, (room) => ({ room, ...(room === here ? nothing : session.reading.newsIn(room, muted)) }))
}

/** Lets a session speak in that room from now on. */
export const goTo = (session: Session["Type"], room: Room): void => move(session, (before) => goneTo(before, room))

/** Closes a private conversation. A session that speaks there goes to `main`. */
export const close = (session: Session["Type"], conversation: Room): void => {
  session.reading.read(conversation)
  move(session, (before) => closed(before, conversation))
}

/**
 * The room whose lines begin without its name in a session: at a terminal that shows where one is, the one in which it
 * speaks. Elsewhere nobody could tell which one that was, so it is always `main`.
 */
export const roomUnnamed = (session: Session["Type"]): Room =>
  Option.isSome(session.console.prompt) ? roomOf(session) : mainRoom

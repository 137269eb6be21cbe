/** The commands about rooms: `/join`, `/go`, `/leave`, `/rooms`, `/topic` and `/say`. */
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import { MessageLog } from "../../../services/MessageLog.ts"
import { type KnownRoom, Rooms } from "../../../services/Rooms.ts"
import { addresseesIn, isPrivate, privatelyTo } from "../../domain/Conversation.ts"
import { Fact } from "../../domain/Fact.ts"
import { nearest } from "../../domain/Nearest.ts"
import { type PeerId, titlesOf } from "../../domain/Peer.ts"
import { notJoined, type RoomNews, type RoomState } from "../../domain/Place.ts"
import { mainRoom, type Room, roomTitle } from "../../domain/Post.ts"
import { linesOf, notice } from "../../domain/ScreenLine.ts"
import { placeArgument, roomArgument, roomOrText, textArgument } from "../../domain/SlashCommand.ts"
import { topicIn, topicOf as topicSetting } from "../../domain/Topic.ts"
import { close, goTo, JoinHistory, newsIn, roomOf, Session } from "../session/Session.ts"
import { Answer, answer, CommandLine, make, Say } from "./Command.ts"
import { talkTo } from "./private.ts"

/** The rooms that are known, as the session sees them. */
const seen = Effect.gen(function* () {
  const rooms = yield* Rooms
  const session = yield* Session
  const { topicOf } = yield* MessageLog
  const known = rooms.known()
  const names = known.map(({ room }) => room)
  const news = newsIn(session, names)
  return known.map(
    (each: KnownRoom, index): RoomState => ({
      ...each,
      lines: news[index]?.lines ?? 0,
      mentions: news[index]?.mentions ?? 0,
      here: each.room === roomOf(session),
      topic: topicIn(topicOf(each.room)?.text ?? "") || undefined
    })
  )
})

/** More names than this are counted. */
const mostNamed = 5

const company = (peers: ReadonlyArray<PeerId>): string => {
  if (peers.length === 0) return "Nobody else is there."
  return peers.length > mostNamed
    ? `${peers.length} others are there.`
    : `${titlesOf(peers)} ${peers.length === 1 ? "is" : "are"} there too.`
}

const unreadIn = ({ lines, mentions }: RoomNews): ReadonlyArray<string> =>
  lines === 0 ? [] : [`${linesOf(lines)} unread${mentions === 0 ? "" : `, ${mentions} for you`}`]

const lineOn = (state: RoomState): string => {
  const { here, joined, peers, room, topic } = state
  const count = peers.length + (joined ? 1 : 0)
  return [
    `${roomTitle(room)}: ${count === 1 ? "1 member" : `${count} members`}`,
    ...(here ? ["you are in it"] : joined ? unreadIn(state) : [`not joined: /join ${room}`]),
    ...(topic === undefined ? [] : [`topic: ${topic}`])
  ].join(", ")
}

/** The private conversations that are open in the session, a line for each. */
const conversations = Effect.map(Session, (session) => {
  const at = MutableRef.get(session.place)
  return newsIn(session, at.conversations).map((news) =>
    [`${news.room}: private`, ...(news.room === at.room ? ["you are in it"] : unreadIn(news))].join(", ")
  )
})

/** What to say of a room in which the session is now. */
const nowIn = (room: Room) =>
  Effect.map(seen, (all) => {
    const state = all.find((each) => each.room === room)
    const topic = state?.topic === undefined ? [] : [`The topic: ${state.topic}`]
    const lines = [`You are in ${roomTitle(room)}. ${company(state?.peers ?? [])}`, ...topic].map(notice)
    return Answer({ lines, facts: state === undefined ? [] : [Fact.InRoom(state)] })
  })

const elsewhere = (room: Room) =>
  Effect.map(Rooms, (rooms) => {
    const meant = nearest(room, rooms.joined())
    return answer(`${notJoined(room)}${meant === undefined ? "" : ` Did you mean ${roomTitle(meant)}?`}`)
  })

export const join = make({
  name: "join",
  elsewhere: ["j", "channel"],
  help: "Joins ROOM and goes there: what you type is said there.",
  details: "A room that nobody is in begins with you. /go goes to another room, /leave leaves one.",
  arguments: Schema.Tuple(Schema.optionalElement(roomArgument)),
  run: ([room]) =>
    Effect.gen(function* () {
      const rooms = yield* Rooms
      const session = yield* Session
      if (room === undefined) {
        const all = yield* seen
        return answer(
          "/join ROOM joins a room and takes you there. A room has 1 to 32 letters, digits, - and _; a new one begins with you.",
          ...all.map(lineOn)
        )
      }
      const before = roomOf(session)
      // First, so that the history that comes is shown as what was said in the room where one is, below the typed line.
      goTo(session, room)
      yield* Effect.flatMap(CommandLine, ({ settle }) => settle)
      // Also if the run of the node ends meanwhile: then it has not joined the room.
      const joined = yield* Effect.either(rooms.join(room, yield* JoinHistory)).pipe(
        Effect.onInterrupt(() => Effect.sync(() => goTo(session, before)))
      )
      if (joined._tag === "Right") return yield* nowIn(room)
      goTo(session, before)
      return answer(joined.left.message)
    })
})

export const go = make({
  name: "go",
  elsewhere: ["window", "win", "buffer", "room", "switch"],
  help: "Goes to a ROOM that you have joined.",
  details: "/go @bo goes to the private conversation with bo, as /query bo does.",
  arguments: Schema.Tuple(placeArgument),
  run: ([room]) =>
    Effect.gen(function* () {
      const rooms = yield* Rooms
      const readers = addresseesIn(room)
      // The first line that is said there brings the warning about a plain chat.
      if (readers !== undefined) return yield* talkTo(readers, Effect.succeed([]))
      if (!rooms.isJoined(room)) return yield* elsewhere(room)
      goTo(yield* Session, room)
      return yield* nowIn(room)
    })
})

export const leave = make({
  name: "leave",
  elsewhere: ["part", "cycle", "hop", "close", "wc"],
  help: "Leaves ROOM, or the one you are in. /quit leaves the chat.",
  details:
    "Its lines are no longer shown here. What this node keeps of it is shown again after /join. /leave @bo closes a private conversation, until the next line comes.",
  arguments: Schema.Tuple(Schema.optionalElement(placeArgument)),
  run: ([given]) =>
    Effect.gen(function* () {
      const rooms = yield* Rooms
      const session = yield* Session
      const here = roomOf(session)
      const room = given ?? here
      const readers = addresseesIn(room)
      if (readers !== undefined) {
        close(session, privatelyTo(readers))
        return yield* nowIn(roomOf(session))
      }
      if (!rooms.canLeave(room)) return answer("Everybody is in main, and nobody can leave it. /quit leaves the chat.")
      if (!rooms.isJoined(room)) return answer(`This node is not in ${roomTitle(room)}.`)
      const again = `/leave ${room}`
      const isRepeated = (yield* Ref.getAndSet(session.questioned, again)) === again
      if (here === room) goTo(session, mainRoom)
      const left = yield* Effect.either(rooms.leave(room, isRepeated))
      if (left._tag === "Left") {
        goTo(session, here)
        return answer(`${left.left.message} /pending lists your lines. ${again} again leaves all the same.`)
      }
      yield* Ref.set(session.questioned, undefined)
      return answer(`You have left ${roomTitle(room)}. You are in ${roomTitle(roomOf(session))}.`)
    })
})

export const rooms = make({
  name: "rooms",
  elsewhere: ["list", "channels"],
  help: "Lists the rooms: how many are in each, and what is unread.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.map(Effect.zip(seen, conversations), ([all, open]) =>
      Answer({ lines: [...all.map(lineOn), ...open].map(notice), facts: all.map((each) => Fact.InRoom(each)) })
    )
})

/** The room that a line begins with, and the rest of it. A room that is not known needs its `#`. */
const roomAndRest = (line: string, known: ReadonlyArray<Room>): readonly [room: Room | undefined, rest: string] => {
  const [, mark = "", name = "", rest = ""] = /^(#?)([A-Za-z0-9_-]{1,32})(?:\s+([\s\S]*))?$/.exec(line) ?? []
  const room = known.find((each) => each === name)
  return room !== undefined || mark !== "" ? [name as Room, rest] : [undefined, line]
}

export const topic = make({
  name: "topic",
  help: "Shows the topic of a room; with TEXT, sets it.",
  details: "/topic - removes it. To begin a TEXT with the name of a room, name the room before it: /topic #ops ops now",
  arguments: Schema.Tuple(Schema.optionalElement(roomOrText), Schema.optionalElement(textArgument("TEXT"))),
  run: ([first, more]) =>
    Effect.gen(function* () {
      const rooms = yield* Rooms
      const here = roomOf(yield* Session)
      const line = [first ?? "", more ?? ""].join(" ").trim()
      const [given, text] = roomAndRest(
        line,
        rooms.known().map(({ room }) => room)
      )
      const room = given ?? here
      if (isPrivate(room)) return answer("What is said in private has no topic. /topic #ROOM TEXT sets that of a room.")
      if (!rooms.isJoined(room)) return yield* elsewhere(room)
      if (text !== "") return Say({ room, text: topicSetting(text === "-" ? "" : text) })
      const state = (yield* seen).find((each) => each.room === room)
      const words =
        state?.topic === undefined ? `${roomTitle(room)} has no topic.` : `${roomTitle(room)}: ${state.topic}`
      return Answer({
        lines: [notice(words)],
        facts: state === undefined ? [] : [Fact.InRoom(state)]
      })
    })
})

export const say = make({
  name: "say",
  help: "Says one line in ROOM. You stay where you are.",
  arguments: Schema.Tuple(roomArgument, textArgument("TEXT")),
  run: ([room, text]) =>
    Effect.flatMap(Rooms, ({ isJoined }) => (isJoined(room) ? Effect.succeed(Say({ room, text })) : elsewhere(room)))
})

/** Shows the entries of the log in a session. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { MessageLog } from "../../../services/MessageLog.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { absurd } from "../../domain/Absurd.ts"
import { isClosed, isPrivate, isPrivateStream, placeOf } from "../../domain/Conversation.ts"
import { type Entry, isPost } from "../../domain/Entry.ts"
import { Fact } from "../../domain/Fact.ts"
import { isPresenceEvent } from "../../domain/MeshEvent.ts"
import type { Named, Peer, PeerId } from "../../domain/Peer.ts"
import { opened } from "../../domain/Place.ts"
import { authorOf, mainRoom, type Room, roomReader } from "../../domain/Post.ts"
import { privateMark, type ScreenLine, screenLineOf } from "../../domain/ScreenLine.ts"
import { isPrivateTo } from "../guest.ts"
import type { OwnLines } from "./ownLines.ts"
import { recollection } from "./recollection.ts"
import { move, roomUnnamed, type Session, ShownRooms } from "./Session.ts"
import { type Hand, makeShowing } from "./Showing.ts"

/**
 * Shows entries of the log in order, until the log or the scope closes. A line typed in this session is not shown
 * again, as it stands where it was typed; a program gets it all the same. Returns an effect that returns once
 * everything up to the end of the log is shown, or once nothing more will be.
 */
export const showWhatHappens = (
  session: Session["Type"],
  ownLines: OwnLines
): Effect.Effect<Effect.Effect<void>, never, MessageLog | PeerMesh | Rooms | Scope.Scope> =>
  Effect.gen(function* () {
    const { console, muted, reader } = session
    const { self } = yield* PeerMesh
    const { onGrowth } = yield* MessageLog
    const isHere = fromRooms(session, self, (yield* Rooms).isJoined, yield* ShownRooms)
    const isNews: Predicate.Predicate<Entry> = (entry) =>
      (entry._tag !== "Said" || entry.by !== reader) && isHere(entry)
    const show = putOn(session, self)
    const hear = hearing(session, self)
    const put = (entries: ReadonlyArray<Entry>, hand: Hand): void => {
      show(entries, hand)
      hear(entries)
    }
    const ended = yield* Deferred.make<void>()
    const { look, stop } = makeShowing({
      cursor: reader.open(Option.isNone(console.tell) ? isNews : isHere),
      isDue: ownLines.isDue,
      show: (entries, hand) =>
        ownLines.witness(entries, (some) => put(unmuted(MutableRef.get(muted), some), hand), hand),
      seen: (last) => {
        if (!console.isGone()) reader.shown(last)
      },
      end: (exit) => Deferred.unsafeDone(ended, exit)
    })
    const deafen = [onGrowth(look), ownLines.onDue(look)]
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const stopListening of deafen) stopListening()
        stop()
      })
    )
    look()
    return Deferred.await(ended)
  })

/**
 * Whether an entry is of a room that the node has joined, and of one of these, if they are given. Who comes and goes is
 * news of `main`. What concerns the node itself is of no room. What guests say to each other in private is for nobody else.
 */
const fromRooms = (
  { as }: Session["Type"],
  self: Named,
  isJoined: (room: Room) => boolean,
  shown: ReadonlySet<Room> | undefined
): Predicate.Predicate<Entry> => {
  const isPrivatelySaid = isPrivateTo(as, self.id)
  const isShown = (room: Room): boolean =>
    isPrivate(room)
      ? shown === undefined && isPrivatelySaid(room)
      : (shown === undefined || shown.has(room)) && isJoined(room)
  const roomOfStream = roomReader()
  return (entry) => {
    switch (entry._tag) {
      case "Said":
      case "Earlier":
        return isShown(roomOfStream(entry.post.stream))
      case "Missed":
        return isShown(roomOfStream(entry.stream))
      case "Happened":
        // A guest meets others in whichever room it is.
        return !isPresenceEvent(entry.event) || as !== undefined || isShown(mainRoom)
      case "Outlived":
      case "Skipped":
        return true
      default:
        return absurd(entry)
    }
  }
}

/** Puts entries on a console: for people as lines, for programs as facts. */
const putOn = (session: Session["Type"], self: Peer): ((entries: ReadonlyArray<Entry>, hand: Hand) => void) => {
  const recall = recollection(session, self.id)
  return Option.match(session.console.tell, {
    onNone: () => (entries, hand) => {
      const lines: Array<ScreenLine> = []
      const here = roomUnnamed(session)
      const isTerminal = Option.isSome(session.console.prompt)
      for (const entry of entries) {
        const line = screenLineOf(self, entry, here)
        if (line !== undefined) lines.push(isTerminal ? line : terse(self, line))
      }
      hand(session.console.put, lines)
    },
    onSome: (tell) => (entries, hand) =>
      hand(
        tell,
        entries.map((entry) =>
          Fact.Witnessed({
            entry,
            here: entry._tag === "Said" && entry.by === session.reader,
            isMention: isPost(entry) && recall(entry.post).isMention
          })
        )
      )
  })
}

/** On a pipe a private line begins with the place in which it can be answered: `@bo `. */
const terse = (self: Peer, line: ScreenLine): ScreenLine =>
  line.post !== undefined && isPrivateStream(line.post.stream)
    ? { ...line, text: line.text.replace(privateMark, `${placeOf(self.id, line.post)} `) }
    : line

/** Opens the conversations in which something is said. What is sealed for others is nowhere. */
const hearing = (session: Session["Type"], self: Peer): ((entries: ReadonlyArray<Entry>) => void) => {
  const open = (room: Room): void => move(session, (before) => opened(before, room))
  return (entries) => {
    for (const entry of entries) {
      if (entry._tag !== "Said" || entry.own || !isPrivateStream(entry.post.stream)) continue
      if (!isClosed(entry.post)) open(placeOf(self.id, entry.post))
    }
  }
}

const unmuted = (silenced: ReadonlySet<PeerId>, entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> =>
  silenced.size === 0
    ? entries
    : entries.filter((entry) => !(isPost(entry) && silenced.has(authorOf(entry.post.stream))))

/**
 * Guests: people who take part in the chat through this node, each under an id of its own. A guest is no node: it speaks
 * in this node's log, and is gone when the node is. `docs/design/irc.md` explains.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { Party, Visitor } from "../src/domain/Conversation.ts"
import type {
  AtAnotherSite,
  GuestGone,
  IdLooksAlike,
  IdTaken,
  LogUnavailable,
  RoomsFull
} from "../src/domain/Errors.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Epoch, Room, StreamId } from "../src/domain/Post.ts"
import type { Site } from "../src/domain/Site.ts"
import type { Reader, SayResult } from "./MessageLog.ts"

/** One visit of a guest. */
export interface Guest {
  /** Its id. It changes with `rename`. */
  readonly id: PeerId
  /** The run in which it speaks. It has another one under another id. */
  readonly epoch: Epoch
  /** Its name in conversations: nobody else ever has it, whoever has its id later. It has another one under another id. */
  readonly visitor: Visitor
  /** The one before. What was said to it is still shown. */
  readonly visitorBefore?: Visitor | undefined
  /** The rooms that it is in. `main` is one of them only if it has joined it. One live set. */
  readonly rooms: ReadonlySet<Room>
  /** The id that it had before, if it has changed it. */
  readonly before?: PeerId | undefined
  /** How much it has said in each stream of this run. One live map. */
  readonly streams: ReadonlyMap<StreamId, number>
  /** When it came, in ms since 1970. */
  readonly since: number
}

/** Why nobody can come in under an id. */
export type Objection = IdTaken | IdLooksAlike

/**
 * Lets this node take part in a room without joining it, as long as somebody is there. `enter` lets the guest in, and
 * runs when the room is there.
 */
export type Carry = (room: Room, enter: Effect.Effect<void>) => Effect.Effect<void, RoomsFull>

/** Whom a node knows besides its own guests. */
export interface Others {
  /** Who else is in the chat under an id, or under one that looks like it. */
  readonly holderOf: (id: PeerId) => PeerId | undefined
  /** The run of a guest elsewhere that has that id, or had it when the link to its node was lost. */
  readonly epochOf: (id: PeerId) => Epoch | undefined
  /** The other site at which somebody takes part. */
  readonly siteOf: (id: PeerId) => Site | undefined
}

export class Guests extends Context.Tag("outlive/Guests")<
  Guests,
  {
    /** The guests that are here, by their ids. One live map. */
    readonly here: ReadonlyMap<PeerId, Guest>
    /** What speaks against an id, if anything: who is in the chat has it, or one that looks like it. */
    readonly objectionTo: (id: PeerId, except?: Guest) => Objection | undefined
    /** Lets a guest in. All of these are plain functions, and everybody is told in the same step. */
    readonly enter: (id: PeerId) => Either.Either<Guest, Objection>
    /** Lets a guest go. `words`: its last ones, which only this node knows. */
    readonly leave: (guest: Guest, words: string) => void
    /** Gives a guest another id, unless something speaks against that. */
    readonly rename: (guest: Guest, id: PeerId) => Objection | undefined
    /** Puts a guest into a room. This node takes part in the room from then on. */
    readonly join: (guest: Guest, room: Room) => Effect.Effect<void, RoomsFull>
    /** Has a function let this node take part in rooms, until the result is called. */
    readonly carryBy: (carry: Carry) => () => void
    /** Takes a guest out of a room. */
    readonly part: (guest: Guest, room: Room) => void
    /**
     * Says lines of a guest in a room, as `MessageLog.say` does for this node. What it says is a stream of its own.
     * `outside`: also if the guest is not in the room.
     */
    readonly say: (
      guest: Guest,
      room: Room,
      lines: ReadonlyArray<string>,
      by: Reader,
      outside?: boolean
    ) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable>
    /** Says lines of a guest to that reader alone. Fails if the reader was a guest, and is gone, or is at another site. */
    readonly confide: (
      guest: Guest,
      reader: PeerId,
      lines: ReadonlyArray<string>,
      by: Reader
    ) => Effect.Effect<ReadonlyArray<SayResult>, LogUnavailable | GuestGone | AtAnotherSite>
    /**
     * Who is meant by an id in a conversation of a plain chat now. None if the last one who had the id was a guest, and is
     * gone, or if somebody of another site has it: nothing private goes there.
     */
    readonly partyOf: (id: PeerId) => Either.Either<Party, GuestGone | AtAnotherSite>
    /** A guest of another node is gone, or a node has the id of a guest that is gone. */
    readonly hasGone: (id: PeerId) => void
    readonly isBack: (id: PeerId) => void
    /** Asks about others from now on, until the result is called. */
    readonly ask: (others: Others) => () => void
    /** Calls a plain function when a conversation with a guest has ended: the log does not take part any more. */
    readonly onEnded: (look: (conversation: Room) => void) => () => void
    /** Calls a plain function before a guest speaks in a stream for the first time, until the result is called. */
    readonly onSpeaking: (look: () => void) => () => void
    /** Calls a plain function when guests come, go, or change their rooms or ids, until the result is called. */
    readonly onChange: (look: () => void) => () => void
  }
>() {}

/** The rooms of this node: which it has joined, which there are, and who is in them. `docs/design/rooms.md` explains. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RoomsFull, RoomUndelivered } from "../src/domain/Errors.ts"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Room } from "../src/domain/Post.ts"

/** A room that somebody takes part in. */
export interface KnownRoom {
  readonly room: Room
  /** Whether this node has joined it. */
  readonly joined: boolean
  /** The peers with a link that take part in it. */
  readonly peers: ReadonlyArray<PeerId>
}

export class Rooms extends Context.Tag("outlive/Rooms")<
  Rooms,
  {
    /** The rooms that this node has joined, `main` first, in the order of joining. Changes while the node runs. */
    readonly joined: () => ReadonlyArray<Room>
    /** Whether this node has joined that room: for what is shown with every post. */
    readonly isJoined: (room: Room) => boolean
    /**
     * Joins a room. When this returns, what was said there before counts as seen, and the last `history` lines of it are
     * in the log as history. No effect on a room that is joined. Takes no longer than 15 s, whoever does not answer.
     */
    readonly join: (room: Room, history: number) => Effect.Effect<void, RoomsFull>
    /** Whether that room can be left: all but `main`. */
    readonly canLeave: (room: Room) => boolean
    /**
     * Leaves a room. `main` can't be left. Fails if nobody has the last lines that this node said there, unless
     * `anyway`.
     */
    readonly leave: (room: Room, anyway: boolean) => Effect.Effect<void, RoomUndelivered>
    /** All rooms that this node or a linked peer takes part in, `main` first, then by name. */
    readonly known: () => ReadonlyArray<KnownRoom>
    /** Calls a plain function whenever `joined` or `known` has changed, until the function that is returned is called. */
    readonly onChange: (look: () => void) => () => void
  }
>() {}

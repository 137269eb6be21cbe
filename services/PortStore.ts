/** Where every client listens, and which chat that is, kept where it outlives the server. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Subscribable from "effect/Subscribable"
import type { ChatId } from "../src/domain/Chat.ts"
import type { PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"

/** Remembers where every client listens, so that a restarted server can call them back. */
export class PortStore extends Context.Tag("outlive/PortStore")<
  PortStore,
  {
    /** Records where a client listens, in place of what was known of it. It is on disk when this returns. */
    readonly record: (peer: Peer) => Effect.Effect<void, PortStoreUnavailable>
    /** Drops a client that has left for good; one that is unknown is no error. */
    readonly forget: (id: PeerId) => Effect.Effect<void, PortStoreUnavailable>
    /** Every client on record, in the order in which they joined. */
    readonly all: Effect.Effect<ReadonlyArray<Peer>, PortStoreUnavailable>
    /** The chat that all of these are in, if it is on record. */
    readonly chat: Effect.Effect<ChatId | undefined>
    /** Records which chat it is. It is on disk when this returns. */
    readonly recordChat: (chat: ChatId) => Effect.Effect<void, PortStoreUnavailable>
    /** Why nothing can be recorded, as far as is known: now, and at each change. None once something could be. */
    readonly trouble: Subscribable.Subscribable<Option.Option<PortStoreUnavailable>>
  }
>() {}

/** Where every client listens, and which chat this is, kept beyond the server's end. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Subscribable from "effect/Subscribable"
import type { ChatId } from "../src/domain/Chat.ts"
import type { IdElsewhere, PortStoreUnavailable } from "../src/domain/Errors.ts"
import type { Peer, PeerId } from "../src/domain/Peer.ts"
import type { Epoch } from "../src/domain/Post.ts"

/** Records where every client listens, so that a restarted server can call them back. */
export class PortStore extends Context.Tag("outlive/PortStore")<
  PortStore,
  {
    /**
     * Records a client's address in place of an earlier one. It is on disk when this returns. `run`: its run, if that is
     * known. A client of another site is recorded here instead if it is the same run, which has moved here, or if that
     * site has lost it.
     */
    readonly record: (peer: Peer, run?: Epoch) => Effect.Effect<void, PortStoreUnavailable | IdElsewhere>
    /**
     * The link to a client is lost, and it may come back: it stays recorded. If it is not recorded anew within some
     * seconds, another site may have its id from then on.
     */
    readonly lost: (id: PeerId) => Effect.Effect<void>
    /**
     * Removes a client that has left for good, unless it is back when its turn has come. An unknown one is no error.
     * Changes are made in the order of the calls.
     */
    readonly forget: (id: PeerId, isBack?: () => boolean) => Effect.Effect<void, PortStoreUnavailable>
    /** All recorded clients of this site, in the order in which they joined. */
    readonly all: Effect.Effect<ReadonlyArray<Peer>, PortStoreUnavailable>
    /** The chat of these clients, if it is recorded. */
    readonly chat: Effect.Effect<ChatId | undefined>
    /** Records the chat. It is on disk when this returns. */
    readonly recordChat: (chat: ChatId) => Effect.Effect<void, PortStoreUnavailable>
    /** Why nothing can be recorded: now, and at each change. None once recording works again. */
    readonly trouble: Subscribable.Subscribable<Option.Option<PortStoreUnavailable>>
  }
>() {}

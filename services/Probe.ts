/** Finds out which node listens at an address, without joining. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ChatId } from "../src/domain/Chat.ts"
import type { ForeignChat, PeerUnreachable, StrangersTurnedAway } from "../src/domain/Errors.ts"
import type { Address, Named } from "../src/domain/Peer.ts"

export class Probe extends Context.Tag("outlive/Probe")<
  Probe,
  {
    /**
     * The node that answers at that address, if it is in that chat, or in any chat if none is given. Nobody in the chat
     * is told. It has a time limit of its own.
     */
    readonly whoAnswers: (
      address: Address,
      chat?: ChatId
    ) => Effect.Effect<Named, PeerUnreachable | StrangersTurnedAway | ForeignChat>
  }
>() {}

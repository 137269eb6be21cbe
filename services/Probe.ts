/** Asks who is there, without joining anything. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ChatId } from "../src/domain/Chat.ts"
import type { ForeignChat, PeerUnreachable, StrangersTurnedAway } from "../src/domain/Errors.ts"
import type { Address, Named } from "../src/domain/Peer.ts"

export class Probe extends Context.Tag("outlive/Probe")<
  Probe,
  {
    /**
     * Who answers at that address, if it is in that chat, or in any if none is named: nobody in the chat hears of the question.
     * Has a time limit of its own.
     */
    readonly whoAnswers: (
      address: Address,
      chat?: ChatId
    ) => Effect.Effect<Named, PeerUnreachable | StrangersTurnedAway | ForeignChat>
  }
>() {}

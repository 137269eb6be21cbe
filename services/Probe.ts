/** Asks who is there, without joining anything. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { PeerUnreachable, StrangersTurnedAway } from "../src/domain/Errors.ts"
import type { Address, PeerId } from "../src/domain/Peer.ts"

export class Probe extends Context.Tag("outlive/Probe")<
  Probe,
  {
    /** Who answers at that address: nobody in the chat hears of the question. Has a time limit of its own. */
    readonly whoAnswers: (address: Address) => Effect.Effect<PeerId, PeerUnreachable | StrangersTurnedAway>
  }
>() {}

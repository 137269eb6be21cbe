/** The sessions of a node: each is one person or program at a console of its own. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as MutableRef from "effect/MutableRef"
import type { PeerId } from "../src/domain/Peer.ts"
import type { Console } from "./Console.ts"
import type { Guest } from "./Guests.ts"

/** Why a session has ended: a typed line, the end of the console's input, or the end of the node. */
export type SessionEnd = "exit" | "end of input" | "node ended"

export class Sessions extends Context.Tag("outlive/Sessions")<
  Sessions,
  {
    /**
     * Runs a session at that console until it ends: shows what its node witnesses from now on, says what is typed, and
     * runs commands. `history`: how many of the last posts to show first; none by default. The node goes on when the
     * session ends. `as`: it is the session of that guest, who sees and says in it what a guest does.
     * `muted`: whose lines it hides, which its commands change; nobody's by default. The session goes on when the node
     * begins another run. Nobody waits for a console that accepts nothing.
     */
    readonly attach: (
      console: Console["Type"],
      options?: {
        readonly history?: number
        readonly as?: Guest
        readonly muted?: MutableRef.MutableRef<ReadonlySet<PeerId>>
      }
    ) => Effect.Effect<SessionEnd>
  }
>() {}

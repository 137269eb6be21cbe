/** The sessions of a node: each is one person or program at a console of its own. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Console } from "./Console.ts"

/** Why a session has ended: by what was typed, since its console has no more lines, or since the node is no more. */
export type SessionEnd = "exit" | "end of input" | "node ended"

export class Sessions extends Context.Tag("outlive/Sessions")<
  Sessions,
  {
    /**
     * Runs a session at that console until it ends: shows what its node witnesses from now on, says what is typed, and obeys
     * commands. `history`: so many of the last posts are shown first, as history; none by default. The node goes on when the
     * session ends. The session goes on when the node begins anew. Nobody else waits for a console that takes nothing.
     */
    readonly attach: (console: Console["Type"], options?: { readonly history?: number }) => Effect.Effect<SessionEnd>
  }
>() {}

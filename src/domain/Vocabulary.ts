/** The names that can be completed in a line. */

import type * as Effect from "effect/Effect"
import type { Described } from "./Described.ts"
import type { Listed } from "./Path.ts"
import type { PeerId } from "./Peer.ts"
import type { Room } from "./Post.ts"

export interface Vocabulary {
  readonly commands: ReadonlyArray<Described>
  /** The peers known at the time of the call. */
  readonly ids: () => ReadonlyArray<PeerId>
  /** The rooms known at the time of the call. */
  readonly rooms: () => ReadonlyArray<Room>
  /** The private conversations that are open at the time of the call: `@bo`. */
  readonly conversations: () => ReadonlyArray<Room>
}

/** The same where files can be named. */
export interface WithFiles extends Vocabulary {
  /** What is in a folder, as it was typed, with a name that begins so. */
  readonly listed: (path: {
    readonly folder: string
    readonly beginning: string
  }) => Effect.Effect<ReadonlyArray<Listed>>
  /** The names of the files that are offered now, the last one first. */
  readonly offers: Effect.Effect<ReadonlyArray<string>>
}

/** What can be named in a line that is being typed. */
import type { PeerId } from "./Peer.ts"
import type { Described } from "./SlashCommand.ts"

export interface Vocabulary {
  readonly commands: ReadonlyArray<Described>
  /** The peers known at the time of the call. */
  readonly ids: () => ReadonlyArray<PeerId>
}

/** What all IRC clients of a node share. */
import type { Sessions } from "../../services/Sessions.ts"
import type { Named } from "../../src/domain/Peer.ts"
import type { Post } from "../../src/domain/Post.ts"
import type { Policy } from "../../src/protocol/irc/Registration.ts"
import type { SeenByClients } from "./Seen.ts"

export interface House {
  readonly self: Named
  readonly version: string
  readonly policy: Policy
  readonly sessions: Sessions["Type"]
  /** All posts that the log keeps, oldest first. */
  readonly posts: () => ReadonlyArray<Post>
  readonly seen: SeenByClients
}

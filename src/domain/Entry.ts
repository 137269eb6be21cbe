/** What a node's log holds: posts and happenings, in the order in which this node witnessed them. */
import * as Data from "effect/Data"
import type { MeshEvent } from "./MeshEvent.ts"
import type { Post, StreamId } from "./Post.ts"

export type Entry = Data.TaggedEnum<{
  /** Somebody said something. `own`: this node did. `by`: in that session of it; it is only ever compared. */
  Said: { readonly post: Post; readonly own: boolean; readonly by?: object }
  /** Something was said before this run of this node: shown as history. */
  Earlier: { readonly post: Post }
  /** Something happened. */
  Happened: { readonly event: MeshEvent }
  /** Posts of an author were lost before they came here: nobody has them any more. */
  Missed: { readonly stream: StreamId; readonly count: number }
  /** So many posts of runs of long ago were lost before they came here: others had them, and nobody has them any more. */
  Outlived: { readonly count: number }
  /** Whoever follows the log was so slow that this many entries are gone. */
  Skipped: { readonly count: number }
}>

export const Entry = Data.taggedEnum<Entry>()

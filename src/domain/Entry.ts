/** Entries of a node's log: posts and events, in the order in which this node witnessed them. */
import * as Data from "effect/Data"
import type { MeshEvent } from "./MeshEvent.ts"
import type { Post, StreamId } from "./Post.ts"

export type Entry = Data.TaggedEnum<{
  /** A post. `own`: this node said it. `by`: the session that said it; it is only ever compared. */
  Said: { readonly post: Post; readonly own: boolean; readonly by?: object }
  /** A post from before this run of this node: history. */
  Earlier: { readonly post: Post }
  /** An event. */
  Happened: { readonly event: MeshEvent }
  /** Posts of an author that this node never received, and that no peer keeps any more. */
  Missed: { readonly stream: StreamId; readonly count: number }
  /** The same for old runs whose streams were folded away: `count` posts that other nodes had. */
  Outlived: { readonly count: number }
  /** The reader was so slow that this many entries are gone. */
  Skipped: { readonly count: number }
}>

export const Entry = Data.taggedEnum<Entry>()

/** Whether somebody said that: now, or before this run. */
export const isPost = (entry: Entry | undefined): entry is Extract<Entry, { readonly post: Post }> =>
  entry?._tag === "Said" || entry?._tag === "Earlier"

/** Where the lines stand that this node says: with nobody yet, or with some peer. */
import * as Duration from "effect/Duration"
import type { Entry } from "./Entry.ts"
import type { Post, StreamId } from "./Post.ts"

/** How far what this node says in this run has come. */
export interface Delivery {
  /** The number of the last post that some peer is known to have, 0 if there is none. What a peer had counts, even if it is gone. */
  readonly upTo: number
  /** Whether nobody is there to hear the next. */
  readonly alone: boolean
}

/** Peers say once a second how far they have what is said. What none has told of for so long, nobody seems to get. */
export const doubtAfter = Duration.seconds(2)

/** A line as it was typed, and the post that it became. */
export interface Said<Line> {
  readonly line: Line
  readonly post: Post
  /** When it was said, in monotonic ms. */
  readonly saidAt: number
}

/** What a line says: mostly what was typed. */
export interface Saying<Line> {
  readonly line: Line
  readonly text: string
}

/** The lines with the posts that they became at that time, in the same order; what became none, because it could not be said, apart. */
export const pairOff = <Line>(
  sayings: ReadonlyArray<Saying<Line>>,
  posts: ReadonlyArray<Post>,
  saidAt: number
): { readonly said: ReadonlyArray<Said<Line>>; readonly unsaid: ReadonlyArray<Line> } => {
  const said: Array<Said<Line>> = []
  const unsaid: Array<Line> = []
  for (const { line, text } of sayings) {
    const post = posts[said.length]
    if (post?.text === text) said.push({ line, post, saidAt })
    else unsaid.push(line)
  }
  return { said, unsaid }
}

/** The number of the last post of that stream which an author of these had seen; 0 if there is none. */
export const lastAnswered = (stream: StreamId, entries: Iterable<Entry>): number => {
  let last = 0
  for (const entry of entries) if (entry._tag === "Said") last = Math.max(last, entry.post.deps[stream] ?? 0)
  return last
}

/** Of lines in the order in which they were said: those that some peer has, those that wait for one, and which of these are to be marked. */
export const sortOut = <Line>(lines: ReadonlyArray<Said<Line>>, { alone, upTo }: Delivery, now: number) => {
  const waiting = lines.filter(({ post }) => post.n > upTo)
  return {
    delivered: lines.filter(({ post }) => post.n <= upTo),
    waiting,
    doubtful: waiting.filter(({ saidAt }) => alone || now - saidAt >= Duration.toMillis(doubtAfter))
  }
}

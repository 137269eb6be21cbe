/** Where the lines stand that this node says: with nobody yet, or with some peer. */
import * as Duration from "effect/Duration"
import type { Entry } from "./Entry.ts"
import { isTooLong, type LineTooLong } from "./Errors.ts"
import type { Post, StreamId } from "./Post.ts"

/** How far what this node says in this run has come. */
export interface Delivery {
  /** The number of the last post that some peer is known to have, 0 if there is none. What a peer had counts, even if it is gone. */
  readonly upTo: (stream: StreamId) => number
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

/** The lines that could be said, with the posts that they became at that time; the others apart. `results`: one for each line. */
export const pairUp = <Line>(
  sayings: ReadonlyArray<Saying<Line>>,
  results: ReadonlyArray<Post | LineTooLong>,
  saidAt: number
): { readonly said: ReadonlyArray<Said<Line>>; readonly unsaid: ReadonlyArray<Line> } => {
  const said: Array<Said<Line>> = []
  const unsaid: Array<Line> = []
  for (const [index, { line }] of sayings.entries()) {
    const result = results[index]
    if (result === undefined || isTooLong(result)) unsaid.push(line)
    else said.push({ line, post: result, saidAt })
  }
  return { said, unsaid }
}

/** The lines of which the posts were said anew, with the posts that they are now, said at that time; the others apart. */
export const saidAnew = <Line>(
  lines: ReadonlyArray<Said<Line>>,
  posts: ReadonlyMap<Post, Post>,
  saidAt: number
): { readonly said: ReadonlyArray<Said<Line>>; readonly left: ReadonlyArray<Line> } => {
  const said: Array<Said<Line>> = []
  const left: Array<Line> = []
  for (const { line, post: before } of lines) {
    const post = posts.get(before)
    if (post === undefined) left.push(line)
    else said.push({ line, post, saidAt })
  }
  return { said, left }
}

/** The number of the last post of that stream which an author of these had seen; 0 if there is none. */
export const lastAnswered = (stream: StreamId, entries: Iterable<Entry>): number => {
  let last = 0
  for (const entry of entries) if (entry._tag === "Said") last = Math.max(last, entry.post.deps[stream] ?? 0)
  return last
}

/** Of lines in the order in which they were said: those that some peer has, those that wait for one, and which of these are to be marked. */
export const sortOut = <Line>(lines: ReadonlyArray<Said<Line>>, { alone, upTo }: Delivery, now: number) => {
  const waiting = lines.filter(({ post }) => post.n > upTo(post.stream))
  return {
    delivered: lines.filter(({ post }) => post.n <= upTo(post.stream)),
    waiting,
    doubtful: waiting.filter(({ saidAt }) => alone || now - saidAt >= Duration.toMillis(doubtAfter))
  }
}

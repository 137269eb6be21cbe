/** Which of this node's own lines a peer has. */
import * as Duration from "effect/Duration"
import { confidantsOf, isPrivateStream } from "./Conversation.ts"
import type { Entry } from "./Entry.ts"
import { isTooLong, type LineTooLong } from "./Errors.ts"
import type { PeerId } from "./Peer.ts"
import type { Post, StreamId } from "./Post.ts"

/** How far the own posts of this run have come. */
export interface Delivery {
  /**
   * The number of the last post that some peer is known to have; 0 if there is none. A peer that has gone still counts.
   */
  readonly upTo: (stream: StreamId) => number
  /** The same for one peer. */
  readonly readBy: (reader: PeerId, stream: StreamId) => number
  /** Whether no peer is there to receive the next post. */
  readonly alone: boolean
}

/**
 * Whether a post has arrived: at some peer, or if it is private, at all its readers. `self`: its author. Whoever carries
 * a sealed post for others confirms nothing.
 */
export const hasArrived = (self: PeerId, post: Post, { readBy, upTo }: Pick<Delivery, "readBy" | "upTo">): boolean =>
  isPrivateStream(post.stream)
    ? confidantsOf(self, post).every((reader) => post.n <= readBy(reader, post.stream))
    : isHeld(post, { upTo })

/** Whether a peer has a post: whoever carries a sealed one has it too. Nothing is lost then if the author leaves. */
export const isHeld = ({ n, stream }: Post, { upTo }: Pick<Delivery, "upTo">): boolean => n <= upTo(stream)

/** Peers confirm once a second what they have. A post without a confirmation for this long counts as undelivered. */
export const doubtAfter = Duration.seconds(2)

/** A line as it was typed, and the post that it became. */
export interface Said<Line> {
  readonly line: Line
  readonly post: Post
  /** When it was said, in monotonic ms. */
  readonly saidAt: number
}

/** A line and the text that it says, usually the text that was typed. */
export interface Saying<Line> {
  readonly line: Line
  readonly text: string
}

/**
 * Pairs each line that could be said with its post and the time `saidAt`; returns the other lines separately. `results`
 * has one result for each line.
 */
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

/** Pairs each line whose post was said again in a new run with that post; returns the other lines separately. */
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

/** The highest number of that stream that the authors of these entries had seen; 0 if there is none. */
export const lastAnswered = (stream: StreamId, entries: Iterable<Entry>): number => {
  let last = 0
  for (const entry of entries) if (entry._tag === "Said") last = Math.max(last, entry.post.deps[stream] ?? 0)
  return last
}

/** Sorts lines into those that a peer has and those that wait, and says which of the waiting ones to mark. */
export const sortOut = <Line>(self: PeerId, lines: ReadonlyArray<Said<Line>>, delivery: Delivery, now: number) => {
  const { alone } = delivery
  const waiting = lines.filter(({ post }) => !hasArrived(self, post, delivery))
  // A line that was said to several, one by one, has arrived when all of them have it.
  const isLeft = new Set(waiting.map(({ line }) => line))
  return {
    delivered: lines.filter(({ line }) => !isLeft.has(line)),
    waiting,
    doubtful: waiting.filter(({ saidAt }) => alone || now - saidAt >= Duration.toMillis(doubtAfter))
  }
}

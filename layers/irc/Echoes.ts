/**
 * The lines that a client has said and does not see yet. Each comes back to it when somebody has it, or when it is clear
 * that nobody has it. What a node says in a room is shown in the order in which it was said.
 */
import type { Typed } from "../../services/Console.ts"
import type { Post, StreamId } from "../../src/domain/Post.ts"
import type { Outgoing } from "../../src/protocol/irc/Message.ts"

/** What has become of a line. */
export type Outcome = "delivered" | "undelivered"

/** A line that was said here, and the answer to whoever said it. */
interface Awaited {
  readonly line: Typed
  readonly answer: (messages: ReadonlyArray<Outgoing>) => void
  outcome?: Outcome
}

/** A post of this node that is not shown yet. */
interface Held {
  readonly awaited: Awaited | undefined
  readonly show: (outcome: Outcome) => void
}

export interface Echoes {
  /** Waits for the post that a line becomes. */
  readonly expect: (line: Typed, answer: Awaited["answer"]) => void
  /** The answer to a line that this is the post of. Nobody waits for its post any more. `isIt`: whether it is that line. */
  readonly found: (isIt: (line: Typed) => boolean) => Awaited | undefined
  /** The answer to a line that becomes no post. */
  readonly givenUp: (line: Typed) => Awaited["answer"] | undefined
  /** Shows a post of this node, when all before it are shown and something has become of it. Without `awaited`: at once. */
  readonly hold: (post: Post, awaited: Awaited | undefined, show: Held["show"]) => void
  /** Whether a line is not said yet: its post has not come. */
  readonly isWaiting: () => boolean
  /** Says what has become of lines. What was said first, holds. */
  readonly release: (lines: ReadonlyArray<Typed>, outcome: Outcome) => void
}

/** Mutable: one client is the only user. `allSaid`: called when no line is left whose post has not come. */
export const makeEchoes = (allSaid: () => void): Echoes => {
  /** Those whose posts have not come, by their lines, in the order in which they were said. */
  const awaited = new Map<Typed, Awaited>()
  const shown = new Map<Typed, Awaited>()
  const held = new Map<StreamId, ReadonlyArray<Held>>()

  const flush = (stream: StreamId): void => {
    let rest = held.get(stream) ?? []
    for (let [first] = rest; first !== undefined; [first] = rest) {
      const outcome = first.awaited === undefined ? "delivered" : first.awaited.outcome
      if (outcome === undefined) break
      rest = rest.slice(1)
      held.set(stream, rest)
      if (first.awaited !== undefined) shown.delete(first.awaited.line)
      first.show(outcome)
    }
    if (rest.length === 0) held.delete(stream)
  }
  const take = (line: Typed | undefined): Awaited | undefined => {
    const found = line === undefined ? undefined : awaited.get(line)
    if (line !== undefined && awaited.delete(line) && awaited.size === 0) allSaid()
    return found
  }
  return {
    expect: (line, answer) => {
      awaited.set(line, { line, answer })
    },
    found: (isIt) => take([...awaited.keys()].find(isIt)),
    givenUp: (line) => take(line)?.answer,
    isWaiting: () => awaited.size > 0,
    hold: ({ stream }, waiting, show) => {
      if (waiting !== undefined) shown.set(waiting.line, waiting)
      held.set(stream, [...(held.get(stream) ?? []), { awaited: waiting, show }])
      flush(stream)
    },
    release: (lines, outcome) => {
      for (const line of lines) {
        const found = awaited.get(line) ?? shown.get(line)
        if (found !== undefined) found.outcome ??= outcome
      }
      for (const stream of [...held.keys()]) flush(stream)
    }
  }
}

/** Posts that no peer has any more: how long to wait for them, and when to report them. */
import * as Effect from "effect/Effect"
import { absurd } from "../../src/domain/Absurd.ts"
import { authorOf, type StreamId } from "../../src/domain/Post.ts"
import type { Asking } from "./Asking.ts"
import type { Blocked } from "./Blocked.ts"
import type { Ground } from "./Ground.ts"
import type { Late } from "./Late.ts"

/**
 * Posts that no peer keeps count as gone after this many offers; after more while the server is away, which may keep
 * them.
 */
const ticksUntilGone = 5
const ticksUntilGoneWithoutServer = 30

/**
 * An author with a link says each second how far it is. A post that it has not named for this many offers does not
 * exist.
 */
const ticksUntilUnsaid = 30

/** What to do with a stream whose next post does not come. */
type Prospect =
  | { readonly _tag: "Kept" }
  /** `regardless`: of who is sought. */
  | { readonly _tag: "Gone"; readonly to: number; readonly after: number; readonly regardless?: boolean }
  | { readonly _tag: "Unsaid"; readonly above: number; readonly after: number }

interface Needs {
  readonly blocked: Blocked
  readonly asking: Asking
  readonly late: Late
}

export const make = ({ links, log }: Ground, { asking, blocked, late }: Needs) => {
  /** Whether posts were held at the last check. */
  let isHolding = false

  /** How far a stream goes, by the word of its author: this node, or a peer whose present run it is. */
  const wordOn = (stream: StreamId): number | undefined => {
    if (log.isOwn(stream)) return log.have(stream)
    return asking.comesByItself(stream) ? (links.current.get(authorOf(stream))?.replica.upTo(stream) ?? 0) : undefined
  }

  /**
   * What is to be done about a stream of which the next post does not come: asked of these, taken for gone up to there, or
   * taken for never said above there. `after`: so many offers later, if nothing has changed by then. Undefined: nothing.
   * `needed`: up to where posts that are held wait for it.
   */
  const prospectOf = (stream: StreamId, needed: number): Prospect | undefined => {
    const have = log.have(stream)
    const word = wordOn(stream)
    if (word !== undefined && word <= have) {
      return needed > have ? { _tag: "Unsaid", above: word, after: ticksUntilUnsaid } : undefined
    }
    const holders = [...links.current.values()].filter((link) => link.replica.upTo(stream) > have)
    const patience = links.missing.isServerAway() ? ticksUntilGoneWithoutServer : ticksUntilGone
    if (holders.length === 0) return needed > have ? { _tag: "Gone", to: needed, after: patience } : undefined
    if (asking.isDoubted(stream)) {
      // Whoever could still come has the same lines: what others say below them must not wait for a person's decision.
      const to = Math.max(...holders.map((link) => link.replica.upTo(stream)))
      return word === undefined ? { _tag: "Gone", to, after: ticksUntilGone, regardless: true } : undefined
    }
    const floors = holders.map((link) => link.replica.floorOf(stream))
    if (floors.some((floor) => floor <= have)) return { _tag: "Kept" }
    return { _tag: "Gone", to: Math.min(...floors, word ?? Number.POSITIVE_INFINITY), after: patience }
  }

  /** Skips posts. Posts that came meanwhile were held as far as there was room, and the rest is asked for again. */
  const skip = (stream: StreamId, to: number): Effect.Effect<void> =>
    Effect.flatMap(log.skip(stream, to), () => {
      asking.isGone(stream)
      return Effect.sync(() => asking.pullFromAll([[stream, to]]))
    })

  /** Nothing is looked for unless something is held, or somebody does not keep what it was asked for. */
  const skipWhatIsGone = Effect.gen(function* () {
    const missing = new Map(yield* log.missing)
    isHolding = missing.size > 0
    late.review(missing.keys())
    for (const stream of missing.keys()) blocked.add(stream)
    if (blocked.size === 0) return
    const sought = (yield* links.missing.withinPatience) > 0 || links.isSettling()
    for (const [stream, ticks] of blocked) {
      const prospect = prospectOf(stream, missing.get(stream) ?? 0)
      if (prospect !== undefined && prospect._tag !== "Kept") {
        const isOpen = prospect._tag === "Gone" && prospect.regardless !== true && sought
        if (ticks < prospect.after || isOpen) {
          blocked.wait(stream)
          continue
        }
      }
      blocked.delete(stream)
      if (prospect === undefined) continue
      switch (prospect._tag) {
        case "Kept":
          asking.pullFromAll([[stream, 0]])
          break
        case "Gone":
          yield* skip(stream, prospect.to)
          break
        case "Unsaid":
          // What is dropped for that may be another's word on what somebody has said: others are asked for it.
          for (const freed of yield* log.refuse(stream, prospect.above)) asking.forget(freed)
          break
        default:
          absurd(prospect)
      }
    }
    asking.pullAgain()
  })

  /** Whether nothing is asked for, no linked peer has what is missing, and no peer is dialled that could have it. */
  const isCalm = Effect.map(
    links.missing.withinPatience,
    (sought) => sought === 0 && !links.isSettling() && blocked.size === 0 && asking.isDone()
  )

  return {
    /** What nobody who is here keeps any more, and nobody who is sought could bring, is gone; that is said, not hidden. */
    skipWhatIsGone,
    /** Whether something is held or not sent, so that time alone may change what is to be done. */
    isUnfinished: (): boolean => isHolding || blocked.size > 0,
    isCalm
  }
}

export type Gone = ReturnType<typeof make>

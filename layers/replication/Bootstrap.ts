/** How a node learns what was said before it came. */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isPrivateStream } from "../../src/domain/Conversation.ts"
import type { Mark } from "../../src/domain/EncodedPost.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, epochIn, type Folds, type Summary } from "../../src/domain/Post.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import type { Ground, Link } from "./Ground.ts"
import { visitOf } from "./Listed.ts"

/** How long a node that has begun waits for members that know what was said before. */
const firstCall = Duration.seconds(1)

export const make = ({ clock, links, log, peers }: Ground) => {
  const begun = Monotonic.millis(clock)
  /** Whether this node knows what was said before it came. Only then it treats everything else as new. */
  let rooted = log.restored
  /** Peers that were in the chat before this node began, and may come back. */
  const expected = new Set<PeerId>()
  /** The runs that this node has met while it was not rooted. */
  const met = new Set<string>()

  const take = (
    { news, old }: { readonly old: Summary; readonly news: Summary },
    folds: Folds
  ): Effect.Effect<void> => {
    rooted = true
    met.clear()
    peers.changed()
    return log.adopt(old, news, folds)
  }

  /**
   * Splits what a peer has: posts of runs that this node has met must still be received, and all others were said
   * before it came.
   */
  const split = (link: Link): { readonly old: Summary; readonly news: Summary } => {
    const [old, news] = Arr.partition(link.replica.listing?.streams ?? link.replica.theirs, ([stream]) =>
      met.has(visitOf(authorOf(stream), epochIn(stream)))
    )
    // What is private was said to this node alone, however long ago: it is never taken as seen.
    const open = (marks: ReadonlyArray<Mark>) => new Map(marks.filter(([stream]) => !isPrivateStream(stream)))
    return { old: open(old), news: open(news) }
  }

  return {
    /** Whether this node knows what was said before it came. */
    areThere: (): boolean => rooted,
    /** A link has come up. From the first peer that was in the chat before, this node adopts what was said. */
    cameUp: (link: Link): Rest => {
      if (rooted) return undefined
      const run = visitOf(link.peer.id, link.epoch)
      if (!link.newcomer && !met.has(run)) return take(split(link), link.replica.listing?.folds ?? new Map())
      met.add(run)
      return undefined
    },
    /** That peer was in the chat before, and may come back. */
    expect: (id: PeerId): void => {
      expected.add(id)
    },
    /** That peer will not come back from before this node began. When none is left that could, the chat begins. */
    expectNoMore: (id: PeerId): Rest => {
      expected.delete(id)
      peers.changed()
      return rooted || expected.size > 0 || links.current.size === 0
        ? undefined
        : take({ old: new Map(), news: new Map() }, new Map())
    },
    /** Waits a moment for members that know what was said before, because a newcomer learns it from this node. */
    first: (): Rest => {
      const isKnown = () => rooted || expected.size === 0
      const left = begun + Duration.toMillis(firstCall) - Monotonic.millis(clock)
      return isKnown() || left <= 0 ? undefined : Effect.asVoid(Effect.timeoutOption(peers.until(isKnown), left))
    }
  }
}

export type Bootstrap = ReturnType<typeof make>

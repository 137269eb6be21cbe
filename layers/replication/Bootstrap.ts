/** What was said before a node came: from whom it learns what that is. */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { authorOf, type Epoch, epochIn, type Folds, type Summary } from "../../src/domain/Post.ts"
import type { Ground, Link } from "./Ground.ts"

/** Those who can tell what was said before have so long to come, once this node has begun. */
const firstCall = Duration.seconds(1)

/** One run of one peer, or of the author of a stream. */
const runOf = (id: PeerId, epoch: Epoch): string => `${id}/${epoch}`

export const make = ({ clock, links, log, peers }: Ground) => {
  const begun = Monotonic.millis(clock)
  /** Whether this node knows what was said before it came, and so must not take that for news. */
  let rooted = log.restored
  /** Who was in the chat before this node began, and may come back to tell of it. */
  const expected = new Set<PeerId>()
  /** Which runs this node has met while it did not know. */
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

  /** What a peer has, in two: what those runs have said that this node has met, it must hear; the rest was said before it came. */
  const split = (link: Link): { readonly old: Summary; readonly news: Summary } => {
    const [old, news] = Arr.partition(link.replica.listing?.streams ?? link.replica.theirs, ([stream]) =>
      met.has(runOf(authorOf(stream), epochIn(stream)))
    )
    return { old: new Map(old), news: new Map(news) }
  }

  return {
    /** Whether this node knows what was said before it came. */
    areThere: (): boolean => rooted,
    /** A link has come up: the first who was in the chat before tells what was said there. */
    cameUp: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (rooted) return Effect.void
        const run = runOf(link.peer.id, link.epoch)
        if (!link.newcomer && !met.has(run)) return take(split(link), link.replica.listing?.folds ?? new Map())
        met.add(run)
        return Effect.void
      }),
    /** That one was in the chat before, and may come back. */
    expect: (id: PeerId): void => {
      expected.add(id)
    },
    /** That one does not come back from before this node began. Where nobody is left who could, the chat begins. */
    expectNoMore: (id: PeerId): Effect.Effect<void> =>
      Effect.suspend(() => {
        expected.delete(id)
        peers.changed()
        return rooted || expected.size > 0 || links.current.size === 0
          ? Effect.void
          : take({ old: new Map(), news: new Map() }, new Map())
      }),
    /** A newcomer learns from this node what was said before it came: when this node begins, those who can tell it come first. */
    first: Effect.suspend(() =>
      peers
        .until(() => rooted || expected.size === 0)
        .pipe(
          Effect.timeoutOption(Math.max(0, begun + Duration.toMillis(firstCall) - Monotonic.millis(clock))),
          Effect.asVoid
        )
    )
  }
}

export type Bootstrap = ReturnType<typeof make>

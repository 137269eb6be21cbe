/**
 * Posts that lines wait for, and that do not come from where they were expected: from their author, or from the peer that
 * was asked. A peer that is cut off counts as lost only after a while, and what is said near this node must not wait for that.
 */
import type { StreamId } from "../../src/domain/Post.ts"
import type { Asking } from "./Asking.ts"
import type { Ground } from "./Ground.ts"

interface Needs {
  readonly asking: Asking
}

export const make = ({ links, log }: Ground, { asking }: Needs) => {
  /** The streams that lines waited for at the last offer, and how far each was. */
  let before: ReadonlyMap<StreamId, number> = new Map()

  return {
    /**
     * Must run at each offer as long as lines wait for posts of streams: of these. If a stream has not grown since the last
     * offer, and nothing at all has come from the peer that should bring it, another one is asked that has it.
     */
    review: (missing: Iterable<StreamId>): void => {
      const now = new Map<StreamId, number>()
      for (const stream of missing) {
        now.set(stream, log.have(stream))
        const source = before.get(stream) === log.have(stream) ? asking.sourceOf(stream) : undefined
        if (source?.replica.hasSpoken === false) asking.askInsteadOf(source, stream)
      }
      before = now
      if (now.size > 0) for (const { replica } of links.current.values()) replica.hasSpoken = false
    }
  }
}

export type Late = ReturnType<typeof make>

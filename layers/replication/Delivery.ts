/** How far the others have what was said, as far as they have told: each what, and somebody what this node says. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import type { Mark } from "../../services/MessageLog.ts"
import type { Delivery as HowFar } from "../../src/domain/Delivery.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, roomIn, type StreamId, streamOf } from "../../src/domain/Post.ts"
import type { Link } from "../links/Link.ts"
import type { Node } from "../links/Node.ts"

export const make = ({ log, peers, table }: Node) => {
  /** How far some peer is known to have what this node says. */
  let delivered = 0
  /** How far each peer is known to have, or to have had, what this node says. */
  const heardBy = new Map<PeerId, number>()

  const howFar = (): HowFar => ({ upTo: delivered, alone: table.links.size === 0 })

  /** What there is to tell after that was told. */
  const after = (told: HowFar | undefined) =>
    Effect.map(
      peers.until(() => told?.upTo !== delivered || told.alone !== howFar().alone),
      () => Option.some([howFar(), howFar()] as const)
    )

  /** Whether a peer speaks in that stream in its present run. */
  const isPresent = ({ epoch, peer }: Link, stream: StreamId): boolean => stream === streamOf(peer.id, mainRoom, epoch)

  const holders = (n: number): number => {
    let count = 0
    for (const upTo of heardBy.values()) if (upTo >= n) count += 1
    return count
  }

  return {
    /** The peer has that stream up to there. */
    hasUpTo: (link: Link, [stream, n]: Mark): void => {
      const before = link.theirs.get(stream)
      // What this node has too need not be remembered: a peer names each run there ever was.
      const isLacked = n > log.have(stream) || stream === log.stream || isPresent(link, stream)
      if (n > (before ?? 0) && isLacked) link.theirs.set(stream, n)
      if (before === undefined && roomIn(stream) !== mainRoom) {
        link.rooms ??= new Set()
        link.rooms.add(roomIn(stream))
      }
      // Who is there for a moment does not hand it on.
      if (link.passing) return
      // Who names more than there is has something else, or nothing: see `Forks`.
      if (stream === log.stream && n <= log.have(stream) && n > (heardBy.get(link.peer.id) ?? 0)) {
        heardBy.set(link.peer.id, n)
        delivered = Math.max(delivered, n)
        peers.changed()
      }
    },
    /** How many peers are known to have what this node has said up to that number. */
    holders,
    /** Up to which number some peer is known to have what this node has said. */
    upTo: (): number => delivered,
    /** How far what this node says has come. */
    ofOwn: Subscribable.make({
      get: Effect.sync(howFar),
      changes: Stream.unfoldEffect(undefined as HowFar | undefined, after)
    })
  }
}

export type Delivery = ReturnType<typeof make>

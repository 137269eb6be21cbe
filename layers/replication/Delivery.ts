/** How far the others have what was said, as far as they have told: each what, and somebody what this node says. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import type { Mark } from "../../services/MessageLog.ts"
import type { Delivery as HowFar } from "../../src/domain/Delivery.ts"
import { mostNamed } from "../../src/domain/Limits.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, roomIn, type StreamId, streamOf } from "../../src/domain/Post.ts"
import type { Dropped } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"

export const make = ({ limits, links, log, peers }: Ground) => {
  /** How far some peer is known to have what this node says. */
  let delivered = 0
  /** How far each peer is known to have, or to have had, what this node says. */
  const heardBy = new Map<PeerId, number>()

  const howFar = (): HowFar => ({ upTo: delivered, alone: links.current.size === 0 })

  /** What there is to tell after that was told. */
  const after = (told: HowFar | undefined) =>
    Effect.map(
      peers.until(() => told?.upTo !== delivered || told.alone !== howFar().alone),
      () => Option.some([howFar(), howFar()] as const)
    )

  /** Whether a peer speaks in that stream in its present run. */
  const isPresent = ({ epoch, peer }: Link, stream: StreamId): boolean => stream === streamOf(peer.id, mainRoom, epoch)

  /** How much a peer has named that this node lacks. What it lists as a whole may be twice as much: most of that is here too. */
  const named = ({ replica: { floors, listing, theirs } }: Link): number =>
    Math.max(theirs.size, floors?.size ?? 0, (listing?.streams?.size ?? 0) / 2)

  /** What this node has by now need not be remembered of a peer. */
  const forgetWhatIsHad = ({ replica: { floors, theirs } }: Link): void => {
    for (const [stream, n] of theirs) if (n <= log.have(stream) && stream !== log.stream) theirs.delete(stream)
    for (const [stream, n] of floors ?? []) if (n <= log.have(stream)) floors?.delete(stream)
  }

  const limitOverstepped = (link: Link): Dropped["limit"] | undefined => {
    const most = mostNamed(limits)
    if (named(link) > most) forgetWhatIsHad(link)
    if (named(link) > most) return "streams"
    return (link.replica.rooms?.size ?? 0) > limits.rooms ? "rooms" : undefined
  }

  const holders = (n: number): number => {
    let count = 0
    for (const upTo of heardBy.values()) if (upTo >= n) count += 1
    return count
  }

  return {
    /** The peer has that stream up to there. */
    hasUpTo: (link: Link, [stream, n]: Mark): void => {
      const { replica } = link
      const before = replica.theirs.get(stream)
      // What this node has too need not be remembered: a peer names each run there ever was.
      const isLacked = n > log.have(stream) || stream === log.stream || isPresent(link, stream)
      if (n > (before ?? 0) && isLacked) replica.theirs.set(stream, n)
      if (before === undefined && roomIn(stream) !== mainRoom) {
        replica.rooms ??= new Set()
        replica.rooms.add(roomIn(stream))
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
    /** The peer does not keep that stream up to there any more. */
    lacksUpTo: ({ replica }: Link, stream: StreamId, to: number): void => {
      replica.floors ??= new Map()
      replica.floors.set(stream, to)
    },
    /** Of how much a peer has spoken too much, if it has. */
    limitOverstepped,
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

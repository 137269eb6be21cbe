/** Who tells whom who is there: lists of peers, sent and heard. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { isCurrent } from "../../src/domain/LinkTable.ts"
import type { Peer, PeerId } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { type Control, type Listed, named, naming, partsOf } from "../../src/protocol/Frame.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"
import * as Wire from "./Wire.ts"

/** A newcomer is expected to call first; it is dialled after half to three halves of this time. */
const courtesy = Duration.seconds(1)

/** So long those who come are gathered, before all are told of them: when a server is back, they all come at once. */
const gathering = Duration.millis(10)

const listed = ({ epoch, peer }: Link) => ({ ...naming(peer), ...peer.address, epoch })
const unlisted = (each: Listed): Peer => ({ ...named(each), address: { host: each.host, port: each.port } })

/** Those peers, by their addresses. */
const listing = (type: "roster" | "introduce", links: ReadonlyArray<Link>): ReadonlyArray<Control> =>
  partsOf(links).map((part) => ({ type, peers: part.map(listed) }))

interface Needs {
  readonly rateLimit: RateLimit
  /** Keeps a link to whom others name, from after that time on. */
  readonly meet: (named: Peer, epoch: Epoch | undefined, after: Duration.Duration) => Effect.Effect<void>
  /** Whether that run is known to have left: who names it has not heard of that yet. */
  readonly hasLeft: (id: PeerId, epoch: Epoch | undefined) => boolean
}

export const make = ({ membership, peers, table }: Node, { hasLeft, meet, rateLimit }: Needs) => {
  /** Who has come, and the others have yet to hear of. */
  let introduced: Array<Link> = []

  const clients = (): ReadonlyArray<Link> => [...table.links.values()].filter(({ peer }) => peer.role !== "server")

  /** Seeks those whom a peer lists, each after some time; nobody for whom the server has not vouched, nor in another role. */
  const seekAll = (
    link: Link,
    all: ReadonlyArray<Listed>,
    after: Effect.Effect<Duration.Duration>
  ): Effect.Effect<void> => {
    rateLimit.charge(link, "named", all.length)
    return Effect.forEach(
      all,
      (each) =>
        membership.knows(each.id) &&
        membership.hasRole(named(each)) &&
        !(each.epoch !== undefined && hasLeft(each.id, each.epoch))
          ? Effect.flatMap(after, (duration) => meet(unlisted(each), each.epoch, duration))
          : Effect.void,
      { discard: true }
    )
  }

  return {
    /** Those are there: they wait to be called. */
    heardRoster: (link: Link, all: ReadonlyArray<Listed>): Effect.Effect<void> =>
      seekAll(link, all, Effect.succeed(Duration.zero)),
    /** Those have come. */
    heardOfNewcomers: (link: Link, all: ReadonlyArray<Listed>): Effect.Effect<void> =>
      seekAll(
        link,
        all,
        Effect.map(Random.nextRange(0.5, 1.5), (share) => Duration.times(courtesy, share))
      ),
    /** Tells the peer who is there; those who are there hear of it soon. */
    introduce: (link: Link): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (link.peer.role === "server") return link.send({ type: "roster", peers: [] })
        if (!link.passing) introduced.push(link)
        peers.changed()
        return link.send(
          ...listing(
            "roster",
            clients().filter((other) => other !== link && !other.passing)
          )
        )
      }),
    /** Tells everybody of all who have come within a while, again and again: the same to all, themselves among them. */
    tellOfNewcomers: Effect.forever(
      peers
        .until(() => introduced.length > 0)
        .pipe(
          Effect.zipRight(Effect.sleep(gathering)),
          Effect.zipRight(
            Effect.suspend(() => {
              const here = introduced.filter(isCurrent)
              introduced = []
              return here.length === 0 ? Effect.void : Wire.sendTo(clients(), listing("introduce", here))
            })
          )
        )
    )
  }
}

export type Introductions = ReturnType<typeof make>

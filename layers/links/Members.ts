/** The roster of a secure chat: receives it from peers, and passes it on. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { PeerLost } from "../../src/domain/Errors.ts"
import { type Control, type Members as MembersFrame, maxMembersListed, partsOf } from "../../src/protocol/Frame.ts"
import * as Handshake from "./Handshake.ts"
import type { Link } from "./Link.ts"
import type { Node } from "./Node.ts"

/** How long an expelled peer has to receive the news. */
const lastWords = Duration.seconds(1)

/** The greatest size of a roster. A peer that sends more is cut off. */
const mostMembers = 10_000

interface Needs {
  /** This node itself was expelled. */
  readonly expelled: Effect.Effect<unknown>
}

export const make = ({ events, membership, scope, settings, table }: Node, { expelled }: Needs) => {
  const heard = (link: Link, { members, more }: MembersFrame): Effect.Effect<void, PeerLost> =>
    Effect.suspend(() => {
      link.news ??= []
      link.news.push(...members)
      if (link.news.length > mostMembers) return new PeerLost({ reason: "malformed" })
      if (more) return Effect.void
      const news = link.news
      link.news = undefined
      link.roster = Math.max(link.roster, news.at(-1)?.version ?? 0)
      return Effect.flatMap(membership.learn(news), (genuine) =>
        genuine ? Effect.void : new PeerLost({ reason: "malformed" })
      )
    })

  const newsFor = (link: Link): ReadonlyArray<Control> => {
    const news = link.roster < membership.version() ? membership.since(link.roster) : []
    link.roster = Math.max(link.roster, membership.version())
    return news.length === 0
      ? []
      : partsOf(news, maxMembersListed).map((members, index, parts) => ({
          type: "members",
          members,
          more: index < parts.length - 1
        }))
  }

  return {
    /** Handles roster entries from a peer. */
    heard,
    /** The frames with the entries that a peer lacks. They count as sent. */
    newsFor,
    /** When the roster or the known keys change: passes entries on, and ends links to expelled members. */
    follow: Stream.runForEach(membership.changes, () =>
      Effect.forEach(
        [...table.links.values()],
        (link) => {
          const frames = newsFor(link)
          if (membership.isCalled(link.connection, link.peer.id)) return link.send(...frames)
          const cut = Effect.sync(() => link.connection.abort("expelled"))
          return Effect.zipRight(
            Effect.forkIn(Handshake.sayLast(link, ...frames), scope),
            Effect.forkIn(Effect.delay(cut, lastWords), scope)
          )
        },
        { discard: true }
      )
    ),
    /** Records changes of membership in the log. */
    note: Stream.runForEach(membership.events, (event) =>
      Effect.suspend(() => {
        events.note(event)
        return event._tag === "Expelled" && event.id === settings.id ? expelled : Effect.void
      })
    )
  }
}

export type Members = ReturnType<typeof make>

/**
 * The server of a site as the gateway for files: members of different sites have no links, so it hands on who has what,
 * and connects those who fetch with those who serve. It reads nothing of what they say to each other, and keeps none of it.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Accepted } from "../../services/Transport.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { TokenBucket } from "../../src/domain/TokenBucket.ts"
import type { Holding, OfferKey } from "../../src/domain/Transfer.ts"
import type { Connect, Holds } from "../../src/protocol/Frame.ts"
import type * as LinkContract from "../LinkContract.ts"
import * as Calls from "./Calls.ts"
import { pass } from "./Passage.ts"
import { type Limits, makePlaces } from "./Places.ts"
import { refuse, say, visitOf } from "./Saying.ts"

export interface Settings extends Limits {
  /** Bytes a second that pass here in all, in both directions; a sane number if it is left out. */
  readonly bytesPerSecond: number | undefined
}

/** What passes by default, in bytes a second: lines between sites have the same way. */
const usualBytesPerSecond = 8 * 1_048_576

/** About so many offers the server knows who has asked, and who has answered. Those that were asked about last. */
const mostQuestions = 1_024

/** How many holders it knows for each. */
const mostHolders = 64

/** How often the same question is handed on to the same side, in ms. Who asks again asks each 15 s. */
const askEvery = 5_000

/** How many frames a peer may cause at others: in a second, and at once. The server of another site asks for many. */
const caused = { near: [4, 128], far: [40, 1_280] } as const

const refusals = {
  stranger: "only members of the chat are connected",
  unknown: "nobody there has said that it has pieces of it",
  busy: "too many transfers pass here",
  unreachable: "it can't be reached"
}

/** What is known about an offer. Mutable: each change is one synchronous step. */
interface Question {
  readonly askers: Set<LinkContract.FileLink>
  /** Who has pieces, and the link over which that was said. */
  readonly holders: Map<PeerId, { readonly holding: Holding; readonly through: LinkContract.FileLink }>
  /** When those near and those far were asked last, in monotonic ms. */
  readonly askedAt: { near: number; far: number }
}

/** `own`: the files of the server itself. */
export const make = (
  { bytesPerSecond = usualBytesPerSecond, ...limits }: Settings,
  own: LinkContract.Files,
  clock: Clock.Clock,
  run: (effect: Effect.Effect<void>) => unknown
): LinkContract.Files => {
  const now = () => Monotonic.millis(clock)
  const bucket = new TokenBucket(bytesPerSecond, bytesPerSecond / 8, now())
  const questions = new Recent<OfferKey, Question>(mostQuestions)
  const budgets = new WeakMap<LinkContract.FileLink, TokenBucket>()
  const places = makePlaces(limits)
  /** The connections of this run, and how each is ended. */
  const open = new Set<() => void>()
  const calls = Calls.make()
  let links: LinkContract.FileLinks | undefined

  // ---- Who has what

  const sideOf = ({ isFar }: LinkContract.FileLink) => (isFar ? "far" : "near")

  /** Whether that peer may cause another frame. */
  const mayCause = (link: LinkContract.FileLink): boolean => {
    const [perSecond, most] = caused[sideOf(link)]
    const budget = budgets.get(link) ?? new TokenBucket(perSecond, most, now())
    budgets.set(link, budget)
    if (budget.take(0, now()) > 0) return false
    budget.take(1, now())
    return true
  }

  const isThere = (link: LinkContract.FileLink): boolean => links?.current.get(link.peer.id) === link

  const questionOf = (key: OfferKey): Question => {
    const question = questions.get(key) ?? {
      askers: new Set(),
      holders: new Map(),
      askedAt: { near: Number.NEGATIVE_INFINITY, far: Number.NEGATIVE_INFINITY }
    }
    questions.set(key, question)
    return question
  }

  const tell = (asker: LinkContract.FileLink, key: OfferKey, by: PeerId, { of, pieces }: Holding): void =>
    asker.put({ type: "holds", key, by, pieces, of })

  const heardSeek = (link: LinkContract.FileLink, key: OfferKey): void => {
    if (!mayCause(link)) return
    const question = questionOf(key)
    for (const asker of question.askers) if (!isThere(asker)) question.askers.delete(asker)
    question.askers.add(link)
    for (const [id, { holding, through }] of question.holders) {
      if (!isThere(through)) question.holders.delete(id)
      else if (through.isFar !== link.isFar) tell(link, key, id, holding)
    }
    const side = link.isFar ? "near" : "far"
    if (now() - question.askedAt[side] < askEvery) return
    question.askedAt[side] = now()
    for (const other of links?.current.values() ?? []) {
      if (other.hearsOfFiles && sideOf(other) === side) other.put({ type: "seek", key })
    }
  }

  const heardHolds = (link: LinkContract.FileLink, { by = link.peer.id, key, of, pieces }: Holds): void => {
    const question = questions.get(key)
    // Whoever is near speaks for itself.
    if (question === undefined || (!link.isFar && by !== link.peer.id) || !mayCause(link)) return
    if (!question.holders.has(by) && question.holders.size >= mostHolders) return
    question.holders.set(by, { holding: { pieces, of }, through: link })
    for (const asker of question.askers) {
      if (asker.isFar !== link.isFar && isThere(asker)) tell(asker, key, by, { pieces, of })
    }
  }

  // ---- Connections

  /** With whom a visitor is connected, and on whose account; or why it is not. */
  const wayOf = (connection: Accepted, visit: Connect) => {
    const from = links?.linkOf(connection, visit)
    if (from === undefined) return refusals.stranger
    const holder = questions.get(visit.key)?.holders.get(visit.with)
    // From near to far or from far to near: so nothing goes in circles, or from site to site.
    if (holder === undefined || !isThere(holder.through) || holder.through.isFar === from.isFar) return refusals.unknown
    const member = from.isFar ? visit.for : from.peer.id
    return places.hasRoomFor(member) ? { next: holder.through, member } : refusals.busy
  }

  /** Connects a visitor with the next one on the way to the holder, and passes on what they say. */
  const connect = (connection: Accepted, visit: Connect, next: LinkContract.FileLink, member: PeerId) =>
    Effect.gen(function* () {
      const self = links?.self()
      if (links === undefined || self?.chat === undefined) return
      const dialled = yield* links.dial(next, "frames").pipe(
        Effect.catchAll((error) => (next.isFar ? Effect.fail(error) : calls.call(next, visit.key))),
        Effect.option
      )
      if (dialled._tag === "None") {
        questions.get(visit.key)?.holders.delete(visit.with)
        return yield* refuse(links, connection, refusals.unreachable)
      }
      const { value: other } = dialled
      const about = visitOf(self, self.chat, next.peer.id, visit.key)
      say(other, { type: "connect", ...about, with: visit.with, for: member })
      const end = (): void => connection.abort("closed")
      yield* Effect.acquireRelease(
        Effect.sync(() => open.add(end)),
        () => Effect.sync(() => open.delete(end))
      )
      yield* pass(connection, other, { clock, bucket })
    }).pipe(
      Effect.scoped,
      Effect.ensuring(
        Effect.sync(() => {
          places.count(member, -1)
          connection.release()
        })
      )
    )

  const admit = (connection: Accepted, visit: Connect): void => {
    const way = wayOf(connection, visit)
    if (typeof way === "string") {
      run(refuse(links, connection, way))
      return
    }
    connection.introduced()
    places.count(way.member, 1)
    run(connect(connection, visit, way.next, way.member))
  }

  return {
    attach: (given) => {
      links = given
      const detach = own.attach(given)
      return () => {
        detach()
        if (links !== given) return
        links = undefined
        for (const end of [...open]) end()
      }
    },
    heard: (link, frame) => {
      own.heard(link, frame)
      if (frame.type === "seek") heardSeek(link, frame.key)
      else if (frame.type === "holds") heardHolds(link, frame)
    },
    visited: (connection, visit) => {
      if (visit.type === "connect" && visit.with !== links?.self().id) return admit(connection, visit)
      const link = visit.type === "serve" ? links?.linkOf(connection, visit) : undefined
      if (link === undefined || !calls.come(link, visit.key, connection)) own.visited(connection, visit)
    }
  }
}

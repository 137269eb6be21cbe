/** Fetches what others offer, unasked, as far as the node's user has allowed it. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Files } from "../../services/Files.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Rooms } from "../../services/Rooms.ts"
import { type Acceptance, accepts } from "../domain/Acceptance.ts"
import { isFor, isPrivate } from "../domain/Conversation.ts"
import type { Entry } from "../domain/Entry.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import { type Offer, offerIn } from "../domain/Offer.ts"
import { offerInWords } from "../domain/OfferWords.ts"
import { type PeerId, title } from "../domain/Peer.ts"
import { authorOf, type Room, roomIn } from "../domain/Post.ts"
import { whenFiles } from "./whenFiles.ts"

/** What is fetched unasked. By default nothing. */
export class Accepting extends Context.Reference<Accepting>()("outlive/Accepting", {
  defaultValue: (): Acceptance | undefined => undefined
}) {}

/** How many offers are fetched unasked at a time. */
const atATime = 4

/** How many are begun in an hour. So all together have a limit too: this many times the most bytes of one. */
const mostInAnHour = 100
const anHour = 3_600_000

/** One that nobody has any more is given up after this long. */
const mostWaiting = "1 minute"

/** How long one may take, so that nobody holds up the others: an hour, and what it takes at 100 kB a second. */
const mostTime = ({ size }: Offer): Duration.Duration => Duration.millis(anHour + size / 100)

interface Offered {
  readonly offer: Offer
  readonly by: PeerId
  readonly room: Room
}

/** The offer in an entry, if it is a post that somebody else has said just now. */
const offeredIn = (entry: Entry): Offered | undefined => {
  if (entry._tag !== "Said" || entry.own) return undefined
  const { stream, text } = entry.post
  const offer = offerIn(text)
  return offer && { offer, by: authorOf(stream), room: roomIn(stream) }
}

/**
 * Fetches what is offered from now on, until the scope closes. `tell` says a sentence at every console of the node. Offers
 * wait in the log, so a flood of them takes no memory.
 */
export const acceptOffers = (tell: (sentence: string) => void): Effect.Effect<void, never, Needs> =>
  Effect.flatMap(Accepting, (acceptance) => (acceptance === undefined ? Effect.void : follow(acceptance, tell)))

type Needs = Files | MessageLog | PeerMesh | Rooms | Scope.Scope

const follow = (acceptance: Acceptance, tell: (sentence: string) => void): Effect.Effect<void, never, Needs> =>
  Effect.gen(function* () {
    const files = yield* Files
    const log = yield* MessageLog
    const { self } = yield* PeerMesh
    const { isJoined } = yield* Rooms
    const clock = yield* Effect.clock
    const now = () => Monotonic.millis(clock)
    const isHere = (room: Room): boolean => (isPrivate(room) ? isFor(room, self.id) : isJoined(room))
    const isWanted: Predicate.Predicate<Entry> = (entry) => {
      const offered = offeredIn(entry)
      return offered !== undefined && accepts(acceptance, offered.by, offered.offer) && isHere(offered.room)
    }

    let hourBegan = now()
    let count = 0
    /** Whether another one may be begun. If not, that is said once an hour. */
    const isAllowed = (): boolean => {
      if (now() - hourBegan >= anHour) {
        hourBegan = now()
        count = 0
      }
      count += 1
      if (count === mostInAnHour + 1) {
        tell(`${mostInAnHour} files were fetched unasked within an hour. /get fetches more of what /files lists.`)
      }
      return count <= mostInAnHour
    }

    const stateOf = ({ digest }: Offer) => files.transfers().get(digest)?.state
    const until = (holds: () => boolean) => whenFiles(files, holds)
    const isUnderWay = (offer: Offer): boolean => stateOf(offer) === "Fetching" || stateOf(offer) === "Waiting"

    /** Returns when nobody has had the rest of it for long. */
    const stuck = (offer: Offer): Effect.Effect<void> =>
      until(() => stateOf(offer) === "Waiting").pipe(
        Effect.zipRight(
          Effect.timeoutOption(
            until(() => stateOf(offer) !== "Waiting"),
            mostWaiting
          )
        ),
        Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: () => stuck(offer) }))
      )
    const accept = ({ by, offer }: Offered): Effect.Effect<void> =>
      Effect.gen(function* () {
        const { digest, name } = offer
        const state = stateOf(offer)
        if ((state !== undefined && state !== "Failed") || !isAllowed()) return
        if (!(yield* files.fetch(offer))) return
        tell(`${offerInWords(offer)} of ${title(by)} is fetched unasked. /cancel ${name} stops it.`)
        const trouble = yield* until(() => !isUnderWay(offer)).pipe(
          Effect.as(undefined),
          Effect.raceFirst(Effect.as(stuck(offer), "nobody who is here has the rest")),
          Effect.raceFirst(Effect.as(Effect.sleep(mostTime(offer)), "it is too slow"))
        )
        if (trouble === undefined) return
        yield* files.cancel(digest)
        tell(`${name} is fetched no further: ${trouble}. /get ${name} goes on where it stopped.`)
      })

    const reader = yield* log.openReader(0)
    yield* reader.follow(isWanted).pipe(
      Stream.mapEffect(
        (entry) => {
          const offered = offeredIn(entry)
          return offered === undefined ? Effect.void : accept(offered)
        },
        { concurrency: atATime, unordered: true }
      ),
      Stream.runDrain,
      Effect.forkScoped
    )
  })

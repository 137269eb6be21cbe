/** Says one line in a room, or to one node alone, or offers files there, and waits until those have it for whom it is. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Console } from "../../services/Console.ts"
import { Files } from "../../services/Files.ts"
import { Interrupts } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { MessageLog, type SayResult } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import {
  isTooLong,
  type LineTooLong,
  type LogUnavailable,
  NotFetched,
  NotHeard,
  NotRead,
  OfferGivenUp,
  type Unreachable
} from "../domain/Errors.ts"
import * as Monotonic from "../domain/Monotonic.ts"
import { type Offer, textOf } from "../domain/Offer.ts"
import { givingInWords, makingInWords } from "../domain/OfferWords.ts"
import type { PeerId } from "../domain/Peer.ts"
import type { Post, Room } from "../domain/Post.ts"
import { whileOpen } from "../domain/Signal.ts"
import { join, type Settings } from "./client.ts"
import { leftOut } from "./offers.ts"
import { whenFiles } from "./whenFiles.ts"

/** Where a line is said: to all in a room, or to one reader alone. */
export type Whither = { readonly room: Room } | { readonly reader: PeerId }

/** How a line gets there. */
interface Way<E> {
  readonly say: Effect.Effect<ReadonlyArray<SayResult>, E>
  /** Returns when those have the post for whom it is. */
  readonly arrived: (post: Post) => Effect.Effect<unknown>
  /** What to say if they don't in time. No post: this node could not join, and said nothing. */
  readonly late: (post: Post | undefined, outside: string | undefined) => Effect.Effect<NotHeard | NotRead | NotFetched>
}

/** Who sends where. `wait`: how many peers in a room must have it, or whether the one reader must. */
interface Sending extends Settings {
  readonly whither: Whither
  readonly wait: number
}

/**
 * Joins, says the line, and returns when `wait` peers are known to have it, or the one reader. `wait` 0: at once. Fails
 * if that takes longer than `limit`.
 */
export const send = ({
  limit,
  text,
  ...sending
}: Sending & { readonly text: string; readonly limit: Duration.DurationInput }) =>
  Effect.flatMap(wayOf(sending, [text]), (way) => deliver(sending, way, Effect.sleep(limit)))

/**
 * Offers files and folders as one offer, below a text if there is one, and returns when those have fetched it who are
 * meant. Fails if nobody has fetched anything for `limit`, if there is one. `tell` is told how it goes, in words.
 */
export const sendFiles = ({
  limit,
  paths,
  tell,
  text,
  ...sending
}: Sending & {
  readonly paths: ReadonlyArray<string>
  readonly text: string | undefined
  readonly limit: Option.Option<Duration.Duration>
  readonly tell: (words: string) => void
}) =>
  Effect.gen(function* () {
    const console = yield* Console
    const files = yield* Files
    const { offer, skipped } = yield* made(paths, tell)
    yield* console.show(leftOut(skipped))
    const giving = yield* follow(offer, tell)
    const way = yield* wayOf(sending, [...(text === undefined ? [] : [text]), textOf(offer)])
    const reader = "reader" in sending.whither ? sending.whither.reader : undefined
    const isThere = () => {
      const takers = giving.takers()
      return reader === undefined ? takers.size >= sending.wait : takers.has(reader)
    }
    yield* deliver(
      sending,
      {
        say: way.say,
        arrived: () => Effect.zipRight(giving.begin, whenFiles(files, isThere)),
        late: (_, outside) =>
          Effect.sync(
            () => new NotFetched({ name: offer.name, had: [...giving.takers()], wanted: sending.wait, reader, outside })
          )
      },
      Option.match(limit, { onNone: () => Effect.never, onSome: giving.idle })
    )
  }).pipe(Effect.scoped)

/** Makes the offer. `tell` is told how far it is, and then nothing more: what else is said stands in its own row. */
const made = (paths: ReadonlyArray<string>, tell: (words: string) => void) =>
  Effect.gen(function* () {
    const { making, offer, onChange } = yield* Files
    const interrupts = yield* Interrupts
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        onChange(() => {
          for (const each of making()) tell(makingInWords(each))
        })
      ),
      (stop) =>
        Effect.sync(() => {
          stop()
          tell("")
        })
    )
    const givenUp = Effect.zipRight(interrupts.next, new OfferGivenUp({ names: paths }))
    return yield* Effect.raceFirst(offer(paths), givenUp)
  }).pipe(Effect.scoped)

/** How often peers are asked whether they have it, for those who fetch it from others. */
const seekEvery = "15 seconds"

/** Follows how an offer of this node is fetched, until the scope closes. Of that `tell` is told only once it has begun. */
const follow = (offer: Offer, tell: (words: string) => void) =>
  Effect.gen(function* () {
    const files = yield* Files
    const clock = yield* Effect.clock
    const now = () => Monotonic.millis(clock)
    const here = () => files.transfers().get(offer.digest)
    /** When something was fetched for the last time, and for the first time. */
    let lastAt = now()
    let firstAt: number | undefined
    let given = 0
    let takers = 0
    let hasBegun = false

    /** The peers that have all of it, from here or from others. */
    const having = (): ReadonlySet<PeerId> => {
      const holders = [...files.holders(offer.digest)].filter(([, { of, pieces }]) => pieces === of)
      return new Set([...(here()?.takers ?? []), ...holders.map(([id]) => id)])
    }
    const look = (): void => {
      const transfer = here()
      if (transfer === undefined) return
      const has = having()
      if (transfer.given !== given || has.size !== takers) lastAt = now()
      if (transfer.given > 0) firstAt ??= now()
      given = transfer.given
      takers = has.size
      if (!hasBegun) return
      const seconds = (now() - (firstAt ?? now())) / 1_000
      tell(givingInWords(transfer, [...has], seconds < 1 ? 0 : given / seconds))
    }
    yield* whileOpen(() => files.onChange(look))
    look()
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(files.seek(offer), Effect.sleep(seekEvery))))
    /** Returns when nobody has fetched anything for that long. */
    const idle = (limit: Duration.Duration): Effect.Effect<void> =>
      Effect.suspend(() => {
        const left = lastAt + Duration.toMillis(limit) - now()
        return left <= 0 ? Effect.void : Effect.zipRight(Effect.sleep(left), idle(limit))
      })
    const begin = Effect.sync(() => {
      hasBegun = true
      look()
    })
    return { begin, takers: having, idle }
  })

/** Joins, says what is to be said, and waits until it has arrived, or until it is `over`. */
const deliver = <E>(
  { wait: _, whither: __, ...settings }: Sending,
  { arrived, late, say }: Way<E>,
  over: Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const mesh = yield* PeerMesh
    const interrupts = yield* Interrupts
    const outside = yield* Ref.make<string | undefined>(undefined)
    const said = yield* Ref.make<Post | undefined>(undefined)
    const isLate = Effect.gen(function* () {
      const error = yield* late(yield* Ref.get(said), yield* Ref.get(outside))
      return yield* Effect.zipRight(mesh.hurry, Effect.fail(error))
    })
    yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
    yield* join(settings, ({ message }) => Ref.set(outside, message)).pipe(
      Effect.zipRight(Ref.set(outside, undefined)),
      // Only now, because a member of a secure chat that joined lately may be known from now on.
      Effect.zipRight(Effect.flatMap(say, lastOf)),
      Effect.tap((post) => Ref.set(said, post)),
      Effect.flatMap(arrived),
      Effect.raceFirst(mesh.contested),
      Effect.raceFirst(mesh.forked),
      // An interrupt gets the same report as the end of the time limit.
      Effect.raceFirst(Effect.zipRight(Effect.raceFirst(interrupts.next, over), isLate))
    )
  }).pipe(Effect.scoped)

/** The post that the last line became. */
const lastOf = (results: ReadonlyArray<SayResult>): Effect.Effect<Post, LineTooLong> => {
  const tooLong = results.find(isTooLong)
  if (tooLong !== undefined) return tooLong
  const last = results.at(-1)
  return last === undefined || isTooLong(last) ? Effect.dieMessage("a line has no result") : Effect.succeed(last)
}

const wayOf = ({ wait, whither }: Sending, lines: ReadonlyArray<string>) =>
  Effect.gen(function* (): Effect.fn.Return<Way<LogUnavailable | Unreachable>, never, MeshStatus | MessageLog> {
    return "reader" in whither ? yield* toReader(whither.reader, lines, wait) : yield* inRoom(whither.room, lines, wait)
  })

const inRoom = (room: Room, lines: ReadonlyArray<string>, wanted: number) =>
  Effect.gen(function* () {
    const status = yield* MeshStatus
    const { say } = yield* MessageLog
    return {
      say: say(room, lines),
      arrived: ({ n, stream }) => status.awaitHolders(stream, n, wanted),
      late: (post, outside) =>
        Effect.map(
          post === undefined ? Effect.succeed(0) : status.holders(post.stream, post.n),
          (had) => new NotHeard({ had, outside, room, wanted })
        )
    } satisfies Way<LogUnavailable>
  })

/** Whoever carries a sealed line to its reader has it too, but it has not arrived there. */
const toReader = (reader: PeerId, lines: ReadonlyArray<string>, wait: number) =>
  Effect.gen(function* () {
    const { delivery, deliveryNow, peerStatuses } = yield* MeshStatus
    const { confide } = yield* MessageLog
    const has =
      ({ n, stream }: Post) =>
      (id: PeerId): boolean =>
        deliveryNow().readBy(id, stream) >= n
    return {
      say: confide([reader], lines),
      arrived: (post) =>
        wait === 0 ? Effect.void : Stream.runHead(Stream.filter(delivery.changes, () => has(post)(reader))),
      late: (post, outside) =>
        Effect.map(peerStatuses, (all) => {
          const keepers = post === undefined ? [] : all.map(({ peer }) => peer.id).filter(has(post))
          return new NotRead({ reader, keepers, outside })
        })
    } satisfies Way<LogUnavailable | Unreachable>
  })

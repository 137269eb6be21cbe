/** Fetches one offer: from several peers at once, rarest pieces first, whoever comes and goes. */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import type { FileStore, Shared, Target } from "../../services/FileStore.ts"
import type { Connection } from "../../services/Transport.ts"
import { absurd } from "../../src/domain/Absurd.ts"
import { type DiskFull, type FolderUnusable, ManifestMalformed } from "../../src/domain/Errors.ts"
import { digestBytes, mostManifestBytes, pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { PiecePlan } from "../../src/domain/PiecePlan.ts"
import { PieceSet } from "../../src/domain/PieceSet.ts"
import { makeSignal, whileOpen } from "../../src/domain/Signal.ts"
import type { Holding } from "../../src/domain/Transfer.ts"
import type { Answer } from "../../src/protocol/TransferStream.ts"
import { Intake } from "./Intake.ts"

/** From how many peers it fetches at once. */
const mostIntakes = 4

/** How many pieces one peer is asked for ahead, those that are being written among them. */
const mostAhead = 8

/** How long to wait before a peer is asked again: one that could not be reached, and one that was slow. In ms. */
const retryAfter = 5_000
const slowAfter = 60_000

/** A peer that says nothing for this long while something is wanted of it is let go, in ms. */
const silentFor = 30_000

/** A peer that has nothing of use for this long makes room for others, in ms. */
const uselessFor = 5_000

/** For how long nobody has anything of use before that is told, in ms. */
const waitsFor = 5_000

export type FetchFailed = ManifestMalformed | DiskFull | FolderUnusable

/** What is known of a fetch at a time. */
export interface Progress {
  readonly bytes: number
  readonly rate: number
  readonly from: ReadonlyArray<PeerId>
  readonly isWaiting: boolean
}

export interface Needs {
  readonly clock: Clock.Clock
  readonly store: FileStore["Type"]
  /** The peers that have pieces of it, and can be asked. */
  readonly holders: () => Iterable<readonly [PeerId, Holding]>
  /** Whether that peer is at another site: everything from there goes through its server. */
  readonly isFar: (peer: PeerId) => boolean
  /** Calls a plain function when that may have changed. */
  readonly onHolders: (look: () => void) => () => void
  /** Asks the peers for holders, where that is due. Called each second with whether more are wanted. */
  readonly seek: (wantsMore: boolean) => void
  /** A connection to that peer on which it serves the offer, and the bytes that came with it. */
  readonly open: (
    peer: PeerId
  ) => Effect.Effect<{ readonly connection: Connection; readonly rest: Uint8Array }, unknown, Scope.Scope>
  /** The part is there: from now on its pieces can be served. */
  readonly begun: (target: Target) => void
  /** Another piece is there. */
  readonly grown: () => void
  /** Something is different: at most once a second, if it is progress alone. */
  readonly told: (progress: Progress) => void
  /** That peer has sent what the offer does not contain. */
  readonly lied: (peer: PeerId) => void
}

/** What the offer says of itself can be true. Nothing is allocated for one that can't. */
const isPossible = ({ manifest, size }: Offer): boolean =>
  manifest <= mostManifestBytes && piecesOf(size) * digestBytes < manifest

/**
 * Fetches an offer into a folder. Returns when its files are there: they can be served until the scope closes. What is
 * there stays if it is interrupted or fails.
 */
export const fetch = (offer: Offer, folder: string, needs: Needs): Effect.Effect<Shared, FetchFailed, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (lasting) =>
    Effect.flatMap(Effect.scoped(gather(offer, folder, needs, lasting)), ({ finish }) => finish)
  )

/** Returns when all pieces are there. The target is open until the `lasting` scope closes. */
const gather = (
  offer: Offer,
  folder: string,
  needs: Needs,
  lasting: Scope.Scope
): Effect.Effect<Target, FetchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    if (!isPossible(offer)) return yield* new ManifestMalformed({ detail: "what the offer says of it can't be true" })
    const { clock, store } = needs
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const now = () => Monotonic.millis(clock)
    const of = piecesOf(offer.size)
    const done = yield* Deferred.make<void, FetchFailed>()
    const manifestHere = yield* Deferred.make<Uint8Array>()

    // Mutable, each change in one synchronous step.
    const intakes = new Map<PeerId, Intake>()
    const opening = new Set<PeerId>()
    const notBefore = new Map<PeerId, number>()
    const liars = new Set<PeerId>()
    const sets = new Map<PeerId, PieceSet>()
    const inWriting = new Set<number>()
    const signal = makeSignal()
    let plan: PiecePlan<PeerId> | undefined
    let target: Target | undefined
    let bytes = 0
    let rate = 0
    let lastBytes = 0
    let usefulAt = now()
    let isOver = false
    /** Whether somebody near has everything, so that nobody far is asked. */
    let sparesFar = false

    // ---- The manifest: from one peer at a time

    let manifest: Uint8Array | undefined
    let manifestCame = 0
    let manifestFrom: PeerId | undefined
    /** Who has sent parts of it. */
    const authors = new Set<PeerId>()
    let isNeeded = false

    const askManifest = (): void => {
      if (!isNeeded || manifestFrom !== undefined) return
      const intake = [...intakes.values()].find(({ peer }) => sets.has(peer))
      if (intake === undefined) return
      manifestFrom = intake.peer
      intake.askManifest(manifestCame)
    }

    const tookManifest = (intake: Intake, from: number, part: Uint8Array): boolean => {
      if (manifestFrom !== intake.peer || from !== manifestCame || part.length === 0) return false
      if (manifestCame + part.length > offer.manifest) return false
      authors.add(intake.peer)
      // The thread of a store sees the same memory.
      manifest ??= new Uint8Array(new SharedArrayBuffer(offer.manifest))
      manifest.set(part, manifestCame)
      manifestCame += part.length
      if (manifestCame === offer.manifest) run(judge(manifest))
      return true
    }

    const judge = (whole: Uint8Array): Effect.Effect<void> =>
      Effect.map(store.digest(whole), (digest) => {
        manifestFrom = undefined
        if (digest === offer.digest) {
          isNeeded = false
          Deferred.unsafeDone(manifestHere, Effect.succeed(whole))
          return
        }
        // Of several who have sent parts of it, nobody knows who has sent the wrong one.
        const [only] = authors.size === 1 ? authors : []
        manifestCame = 0
        authors.clear()
        if (only === undefined) askManifest()
        else expose(only)
      })

    // ---- Peers

    const expose = (peer: PeerId): void => {
      liars.add(peer)
      intakes.get(peer)?.end()
      needs.lied(peer)
    }

    const later = (peer: PeerId, millis: number): void => {
      notBefore.set(peer, now() + millis)
    }

    const answered = (intake: Intake, answer: Answer): boolean => {
      switch (answer.type) {
        case "has": {
          const pieces = answer.pieces === "all" ? PieceSet.all(of) : PieceSet.fromBytes(of, answer.pieces)
          if (pieces === undefined) return false
          sets.set(intake.peer, pieces)
          plan?.holds(intake.peer, pieces)
          askManifest()
          ask(intake)
          return true
        }
        case "manifest":
          return tookManifest(intake, answer.from, answer.bytes)
        case "piece":
          if (plan === undefined || !plan.came(intake.peer, answer.piece)) return false
          // Another peer was faster.
          if (plan.has(answer.piece) || inWriting.has(answer.piece)) {
            store.giveBack(answer.bytes)
            ask(intake)
          } else {
            inWriting.add(answer.piece)
            intake.writing += 1
            run(write(intake, answer.piece, answer.bytes))
          }
          return true
        case "gone":
          plan?.lacks(intake.peer, answer.piece)
          ask(intake)
          return true
        default:
          return absurd(answer)
      }
    }

    const write = (intake: Intake, piece: number, content: Uint8Array): Effect.Effect<void> =>
      Effect.gen(function* () {
        if (target === undefined || plan === undefined) return
        const { length } = content
        const isRight = yield* target.write(piece, content)
        intake.writing -= 1
        inWriting.delete(piece)
        if (!isRight) {
          plan.spoilt(piece)
          return expose(intake.peer)
        }
        if (plan.got(piece)) {
          bytes += length
          usefulAt = now()
          needs.grown()
        }
        if (plan.missing === 0) yield* Deferred.succeed(done, undefined)
        else ask(intake)
      }).pipe(Effect.catchAll((error) => Effect.asVoid(Deferred.fail(done, error))))

    /** Asks a peer for the next pieces. */
    const ask = (intake: Intake): void => {
      if (plan === undefined || intake.isOver || isOver) return
      const room = mostAhead - plan.askedOf(intake.peer) - intake.writing
      // Several at a time, so that a request is one line for many pieces.
      if (room * 2 < mostAhead) return
      intake.askPieces(plan.next(intake.peer, room, now()))
    }

    const open = (peer: PeerId): void => {
      opening.add(peer)
      run(
        Effect.scoped(
          Effect.gen(function* () {
            const { connection, rest } = yield* needs.open(peer)
            yield* Effect.async<void>((resume) => {
              const intake: Intake = new Intake(peer, connection, clock, {
                room: (length) => store.buffer().subarray(0, length),
                answered: (answer) => answered(intake, answer),
                ended: () => resume(Effect.void)
              })
              opening.delete(peer)
              intakes.set(peer, intake)
              intake.begin(rest, of)
              signal.changed()
            })
            // What was said last still goes out.
            yield* Effect.yieldNow()
          })
        ).pipe(
          Effect.catchAll(() => Effect.void),
          Effect.ensuring(
            Effect.sync(() => {
              opening.delete(peer)
              intakes.delete(peer)
              sets.delete(peer)
              plan?.left(peer)
              if (manifestFrom === peer) manifestFrom = undefined
              if ((notBefore.get(peer) ?? 0) <= now()) later(peer, retryAfter)
              signal.changed()
            })
          )
        )
      )
    }

    /** Whether that peer has something that is missing here, as far as is known. */
    const isOfUse = (peer: PeerId): boolean => (plan === undefined ? isNeeded : plan.isOfUse(peer))

    /** Opens connections, and asks for what can be asked. */
    const review = (): void => {
      if (isOver) return
      askManifest()
      for (const intake of intakes.values()) ask(intake)
      const free = mostIntakes - intakes.size - opening.size
      if (free <= 0) return
      const time = now()
      const isOpen = (peer: PeerId): boolean => intakes.has(peer) || opening.has(peer)
      const usable = [...needs.holders()].filter(
        ([peer, { pieces }]) =>
          (pieces > 0 || of === 0) && !liars.has(peer) && (isOpen(peer) || (notBefore.get(peer) ?? 0) <= time)
      )
      const isWhole = ([peer, { pieces }]: (typeof usable)[number]): boolean => (sets.get(peer)?.count ?? pieces) >= of
      sparesFar = usable.some((each) => !needs.isFar(each[0]) && isWhole(each))
      const candidates = usable
        .filter(([peer]) => !isOpen(peer) && !(sparesFar && needs.isFar(peer)))
        .sort(([, one], [, other]) => other.pieces - one.pieces)
      for (const [peer] of candidates.slice(0, free)) open(peer)
    }

    /** Lets peers go that are silent, slow or of no use. */
    const check = (intake: Intake): void => {
      const { peer } = intake
      const isWanted = manifestFrom === peer || (plan?.askedOf(peer) ?? 0) > 0
      if (!isWanted) {
        intake.rest()
        const time = now()
        if (isOfUse(peer)) intake.idleSince = undefined
        else intake.idleSince ??= time
        const isUseless = intake.idleSince !== undefined && time - intake.idleSince >= uselessFor
        if (isUseless && intakes.size >= mostIntakes) {
          later(peer, retryAfter)
          intake.stop()
        }
        return
      }
      intake.idleSince = undefined
      const isAlone = intakes.size + opening.size <= 1 && !sparesFar
      if (intake.silence() >= silentFor || (intake.isSlow() && !isAlone)) {
        later(peer, slowAfter)
        intake.end()
      }
    }

    const told = (): void => {
      const useful = [...intakes.keys()].filter(isOfUse)
      if (useful.length > 0) usefulAt = now()
      needs.told({ bytes, rate, from: useful, isWaiting: useful.length === 0 && now() - usefulAt >= waitsFor })
    }

    const eachSecond = Effect.sync(() => {
      rate = Math.floor(rate === 0 ? bytes - lastBytes : rate * 0.7 + (bytes - lastBytes) * 0.3)
      lastBytes = bytes
      for (const intake of [...intakes.values()]) check(intake)
      needs.seek([...intakes.keys()].filter(isOfUse).length < mostIntakes)
      review()
      told()
    })

    yield* whileOpen(() => needs.onHolders(signal.changed))
    yield* Effect.acquireRelease(
      Effect.sync(() => signal.listen(review)),
      (stop) =>
        Effect.sync(() => {
          isOver = true
          stop()
          for (const intake of [...intakes.values()]) intake.stop(plan?.missing === 0)
        })
    )

    // ---- In order

    const kept = yield* store.kept(folder, offer)
    isNeeded = kept === undefined
    needs.seek(true)
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(Duration.seconds(1)), eachSecond)))
    review()
    const known = kept ?? (yield* Deferred.await(manifestHere))
    const place = yield* Scope.extend(store.target(folder, offer, known), lasting)
    target = place
    plan = new PiecePlan<PeerId>(place.has, yield* Random.nextIntBetween(0, Math.max(1, of)))
    bytes = bytesIn(place.has, offer)
    lastBytes = bytes
    needs.begun(place)
    if (plan.missing === 0) return place
    for (const [peer, pieces] of sets) plan.holds(peer, pieces)
    review()
    told()
    yield* Deferred.await(done)
    return place
  })

/** The bytes of these pieces. */
const bytesIn = (has: PieceSet, { size }: Offer): number => {
  const last = has.of - 1
  const short = has.of > 0 && has.has(last) ? pieceBytes - (size - last * pieceBytes) : 0
  return has.count * pieceBytes - short
}

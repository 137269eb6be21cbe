/**
 * A PortStore of a site: what all sites know of its clients is in a bucket of NATS, in which an id belongs to one client
 * of one site. Another PortStore has the copy that is read while NATS is away.
 */
import * as Crypto from "node:crypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import { constFalse } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Subscribable from "effect/Subscribable"
import { Bus, type BusState } from "../../services/Bus.ts"
import { Console } from "../../services/Console.ts"
import { PortStore } from "../../services/PortStore.ts"
import { ChatId } from "../../src/domain/Chat.ts"
import { BusUnavailable, IdElsewhere, type KeyTaken, PortStoreUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { isSameAddress, type Peer, type PeerId, title } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { notice } from "../../src/domain/ScreenLine.ts"
import type { Site } from "../../src/domain/Site.ts"
import { inSpan } from "../../src/domain/Span.ts"
import type { Entry } from "../../src/domain/Stored.ts"
import { isConnected, untilConnected, untilRefused } from "./connected.ts"
import * as Members from "./Members.ts"

export interface Settings {
  readonly site: Site
  /** Whether all sites take the id of their chat from NATS. In a secure chat it follows from the owner's key. */
  readonly sharesChat: boolean
}

/** How long a start waits for NATS, which may be electing a leader. The first start of a site can't do without it. */
const opening = { first: Duration.seconds(30), later: Duration.seconds(8) }

/** How often an entry is tried for that others change at the same time. */
const mostTries = 5

/** A client without a link for so long may be admitted at another site. Most links that break are soon made again. */
const untilLost = Duration.seconds(5)

/** How many entries are compared at a time. */
const concurrency = 16

const othersAreFaster = new BusUnavailable({ detail: "others are faster" })

/** What the bucket has of a client of this site. */
interface Held {
  readonly revision: number
  readonly member: Members.Member
}

const isSame = (one: Members.Member, other: Members.Member): boolean =>
  one.site === other.site && one.run === other.run && one.lost === other.lost && isSameAddress(one, other)

const awayFor = (detail: string, remedy?: string): PortStoreUnavailable =>
  new PortStoreUnavailable({
    path: "NATS",
    detail,
    remedy: remedy ?? "until it is back, nobody new is admitted, and other sites are not heard"
  })

const make = ({ sharesChat, site }: Settings, copy: PortStore["Type"]) =>
  Effect.gen(function* () {
    const bus = yield* Bus
    const { bucket, state } = bus
    const console = yield* Console

    // Mutable: changed in synchronous steps. `held`: entries of this site. `runs`: as far as they are known.
    const held = new Map<PeerId, Held>()
    const runs = new Map<PeerId, Epoch>()
    const busy = new Map<PeerId, { readonly turns: Effect.Semaphore; users: number }>()
    /** The clients whose entries say that they are lost, or may say so. */
    const saidLost = new Set<PeerId>()
    /** What waits to say so. */
    const losses = yield* FiberMap.make<PeerId, void, never>()

    /** Runs the steps that concern one client one after the other. */
    const serially =
      (id: PeerId) =>
      <A, E>(step: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.suspend(() => {
          const mine = busy.get(id) ?? { turns: Effect.unsafeMakeSemaphore(1), users: 0 }
          busy.set(id, mine)
          mine.users += 1
          return Effect.ensuring(
            mine.turns.withPermits(1)(step),
            Effect.sync(() => {
              mine.users -= 1
              if (mine.users === 0) busy.delete(id)
            })
          )
        })

    /** Whatever is done now, nobody is to say any more that the client is lost. */
    const insteadOfLoss =
      (id: PeerId) =>
      <A, E>(step: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.zipRight(FiberMap.remove(losses, id), serially(id)(step))

    const memberOf = ({ address, id }: Peer): Members.Member => {
      const run = runs.get(id)
      return { site, ...Members.addressOf(address), ...(run === undefined ? {} : { run }) }
    }

    /** As its entry should be, as long as it is not recorded anew. */
    const standing = (peer: Peer): Members.Member =>
      saidLost.has(peer.id) ? { ...memberOf(peer), lost: true } : memberOf(peer)

    const hold = (id: PeerId, member: Members.Member) => (revision: number) =>
      Effect.sync(() => {
        held.set(id, { revision, member })
      })

    /** Fails if that client may not be taken from the site that holds it. */
    const yields = (id: PeerId, member: Members.Member, holder: Members.Member | undefined) =>
      Effect.gen(function* () {
        if (holder === undefined || holder.site === site) return
        if (holder.lost === true || (holder.run !== undefined && holder.run === member.run)) return
        // The entry of a server is gone when it has ended, or its lease has.
        const server = yield* bucket.get(Members.keyOfServer(holder.site))
        if (server !== undefined) return yield* new IdElsewhere({ id, site: holder.site })
      })

    /** Makes the entry of a client, or takes it over if that is allowed. */
    const claim = (
      id: PeerId,
      member: Members.Member,
      tries = mostTries
    ): Effect.Effect<void, BusUnavailable | IdElsewhere> => {
      const key = Members.keyOf(id)
      const bytes = Members.writeMember(member)
      const takeOver: Effect.Effect<number, KeyTaken | BusUnavailable | IdElsewhere> = Effect.flatMap(
        bucket.get(key),
        (entry) =>
          entry === undefined
            ? bucket.create(key, bytes)
            : Effect.zipRight(
                yields(id, member, Members.readMember(entry.bytes)),
                bucket.update(key, bytes, entry.revision)
              )
      )
      return bucket.create(key, bytes).pipe(
        Effect.catchTag("KeyTaken", () => takeOver),
        Effect.flatMap(hold(id, member)),
        Effect.catchTag("KeyTaken", () => (tries > 1 ? claim(id, member, tries - 1) : Effect.fail(othersAreFaster)))
      )
    }

    const isKept = (id: PeerId) => Effect.map(copy.all, (all) => all.some((peer) => peer.id === id))

    const drop = (id: PeerId): void => {
      held.delete(id)
      runs.delete(id)
      saidLost.delete(id)
    }

    /** It is no client of this site any more: another one has its id. */
    const lose = (id: PeerId) =>
      Effect.suspend(() => {
        drop(id)
        return Effect.ignore(copy.forget(id))
      })

    const record = (peer: Peer, run?: Epoch) =>
      Effect.gen(function* () {
        const { id } = peer
        const before = runs.get(id)
        if (run !== undefined) runs.set(id, run)
        const member = memberOf(peer)
        const mine = held.get(id)
        const isUp = saidLost.has(id) || mine?.member.lost === true
        if (isUp || mine === undefined || !isSame(mine.member, member)) {
          yield* claim(id, member).pipe(
            // A client of this site comes back while NATS is away: nobody else can have its id, unless it was up.
            Effect.catchTag("BusUnavailable", ({ detail }) =>
              Effect.flatMap(isKept(id), (kept): Effect.Effect<void, IdElsewhere | PortStoreUnavailable> => {
                if (!kept) return Effect.fail(awayFor(detail))
                return isUp ? new IdElsewhere({ id, site: undefined }) : Effect.void
              })
            ),
            Effect.tapError((error) => {
              if (error._tag === "IdElsewhere" && error.site !== undefined) return lose(id)
              if (before === undefined) runs.delete(id)
              else runs.set(id, before)
              return Effect.void
            })
          )
        }
        saidLost.delete(id)
        yield* copy.record(peer)
      }).pipe(insteadOfLoss(peer.id), inSpan("PortStore.record"))

    /** Removes the entry of a client. What fails now is done when NATS is back. */
    const release = (id: PeerId) =>
      Effect.suspend(() => {
        const mine = held.get(id)
        drop(id)
        return mine === undefined ? Effect.void : Effect.ignore(bucket.remove(Members.keyOf(id), mine.revision))
      })

    const forget = (id: PeerId, isBack: () => boolean = constFalse) =>
      Effect.zipRight(
        copy.forget(id, isBack),
        Effect.flatMap(isKept(id), (kept) => (kept ? Effect.void : release(id)))
      ).pipe(insteadOfLoss(id), inSpan("PortStore.forget"))

    /** A client of this site that the bucket gives to another one: it has moved, or another has come with its id. */
    const giveUp = (id: PeerId, holder: Members.Member) =>
      Effect.gen(function* () {
        const run = runs.get(id)
        const wasLost = saidLost.has(id)
        yield* lose(id)
        if (wasLost || run === undefined || holder.run === undefined || holder.run === run) return
        yield* console.show([
          notice(`${title(id)} was admitted at the site ${holder.site} too, while NATS was away: two have this id`)
        ])
      })

    const compareWith = (
      peer: Peer,
      entry: Pick<Entry, "revision" | "bytes"> | undefined,
      tries = mostTries
    ): Effect.Effect<void, BusUnavailable> =>
      Effect.gen(function* () {
        const { id } = peer
        const key = Members.keyOf(id)
        const found = entry === undefined ? undefined : Members.readMember(entry.bytes)
        if (found !== undefined && found.site !== site) return yield* giveUp(id, found)
        if (found?.run !== undefined && !runs.has(id)) runs.set(id, found.run)
        const member = standing(peer)
        if (entry !== undefined && found !== undefined && isSame(found, member)) {
          return yield* hold(id, member)(entry.revision)
        }
        const bytes = Members.writeMember(member)
        const written = entry === undefined ? bucket.create(key, bytes) : bucket.update(key, bytes, entry.revision)
        yield* written.pipe(
          Effect.flatMap(hold(id, member)),
          Effect.catchTag("KeyTaken", () =>
            tries > 1
              ? Effect.flatMap(bucket.get(key), (now) => compareWith(peer, now, tries - 1))
              : Effect.fail(othersAreFaster)
          )
        )
      })

    /**
     * Makes the bucket right about one client of this site. When the store is opened (`first`), one that another site holds
     * may have gone there because this server was away: it is called back, and forgotten if it does not come.
     */
    const compare = (peer: Peer, entry: Entry | undefined, first: boolean) => {
      const holder = first && entry !== undefined ? Members.readMember(entry.bytes) : undefined
      return holder === undefined || holder.site === site ? serially(peer.id)(compareWith(peer, entry)) : Effect.void
    }

    /** Says in the entry of a client that it is lost. From then on only the bucket decides who has it. */
    const sayLost = (id: PeerId) =>
      Effect.suspend(() => {
        const mine = held.get(id)
        if (mine === undefined) return Effect.void
        saidLost.add(id)
        const key = Members.keyOf(id)
        return Effect.flatMap(bucket.get(key), (entry) => compareWith(Members.clientOf(key, mine.member), entry))
      }).pipe(serially(id))

    const lost = (id: PeerId) =>
      Effect.zipRight(untilConnected(bus), sayLost(id)).pipe(
        Effect.retry(Schedule.spaced(untilLost)),
        Effect.ignore,
        Effect.delay(untilLost),
        (saying) => FiberMap.run(losses, id, saying, { onlyIfMissing: true }),
        Effect.asVoid
      )

    /**
     * Makes the bucket and the copy the same. `first`: when the store is opened, clients that only the bucket knows are
     * clients of this site all the same. Later they have left while NATS was away.
     */
    const reconcile = (first: boolean) =>
      Effect.gen(function* () {
        const entries = new Map((yield* bucket.all(Members.membersKey)).map((entry) => [entry.key, entry]))
        const peers = yield* copy.all
        yield* Effect.forEach(peers, (peer) => compare(peer, entries.get(Members.keyOf(peer.id)), first), {
          concurrency,
          discard: true
        })
        const known = new Set(peers.map(({ id }) => Members.keyOf(id)))
        for (const { bytes, key, revision } of entries.values()) {
          const member = Members.readMember(bytes)
          if (member?.site !== site || known.has(key)) continue
          const peer = Members.clientOf(key, member)
          if (busy.has(peer.id)) continue
          if (!first) {
            if (!(yield* isKept(peer.id))) yield* Effect.ignore(bucket.remove(key, revision))
            continue
          }
          held.set(peer.id, { revision, member })
          if (member.run !== undefined) runs.set(peer.id, member.run)
          yield* Effect.ignore(copy.record(peer))
        }
      })

    /** The chat that all sites are in: that of the bucket, or the one that is known here, or a new one. */
    const agree = (known: ChatId | undefined): Effect.Effect<ChatId, BusUnavailable> =>
      Effect.gen(function* () {
        const entry = yield* bucket.get(Members.chatKey)
        const found = entry === undefined ? undefined : Members.readChat(entry.bytes)
        if (found !== undefined) return found
        const chosen = known ?? ChatId.make(Crypto.randomBytes(16).toString("hex"))
        const written =
          entry === undefined
            ? bucket.create(Members.chatKey, Members.writeChat(chosen))
            : bucket.update(Members.chatKey, Members.writeChat(chosen), entry.revision)
        return yield* Effect.as(written, chosen).pipe(Effect.catchTag("KeyTaken", () => agree(known)))
      })

    const enterChat = Effect.gen(function* () {
      const known = yield* copy.chat
      const chat = yield* agree(known)
      if (known !== undefined && known !== chat) {
        return yield* new PortStoreUnavailable({
          path: "NATS",
          detail: "it has another chat of that name",
          remedy: "name another one with --nats-chat, or another file with --ports"
        })
      }
      if (known === undefined) yield* copy.recordChat(chat)
    })

    const isFirst = sharesChat && (yield* copy.chat) === undefined
    const opened = yield* within(isFirst ? opening.first : opening.later)(
      Effect.zipRight(untilConnected(bus), Effect.zipRight(sharesChat ? enterChat : Effect.void, reconcile(true))).pipe(
        Effect.retry({ while: ({ _tag }) => _tag === "BusUnavailable", schedule: Schedule.spaced("250 millis") })
      )
    ).pipe(
      Effect.catchTag("BusUnavailable", () => Effect.succeedNone),
      // Waiting won't help.
      Effect.raceFirst(Effect.as(untilRefused(bus), Option.none()))
    )
    if (Option.isNone(opened) && isFirst) {
      const now = yield* state.get
      return yield* new PortStoreUnavailable({
        path: "NATS",
        detail: now._tag === "Away" ? now.detail : "it does not answer",
        remedy: (now._tag === "Away" ? now.remedy : undefined) ?? "the first start of a site needs it: see --nats"
      })
    }
    const enterAgain = Effect.catchTag(enterChat, "PortStoreUnavailable", ({ message }) =>
      console.show([notice(message)])
    )
    const backAgain = Effect.zipRight(sharesChat ? enterAgain : Effect.void, reconcile(false))
    const again = Effect.retry(backAgain, { while: () => Effect.map(state.get, isConnected), times: mostTries })
    // The first state is that of the opening.
    yield* state.changes.pipe(
      Stream.drop(Option.isSome(opened) ? 1 : 0),
      Stream.filter(isConnected),
      Stream.runForEach(() => Effect.ignore(again)),
      Effect.forkScoped
    )

    const troubleOf = (now: BusState, ofCopy: Option.Option<PortStoreUnavailable>) =>
      now._tag === "Away" ? Option.some(awayFor(now.detail, now.remedy)) : ofCopy

    return PortStore.of({
      record,
      lost,
      forget,
      all: copy.all,
      chat: copy.chat,
      recordChat: copy.recordChat,
      trouble: Subscribable.make({
        get: Effect.zipWith(state.get, copy.trouble.get, troubleOf),
        changes: Stream.zipLatestWith(state.changes, copy.trouble.changes, troubleOf)
      })
    })
  }).pipe(Effect.withSpan("PortStore.open", { attributes: { site } }))

/** The store of a site, over that copy. */
export const layer = <E, R>(
  settings: Settings,
  copy: Layer.Layer<PortStore, E, R>
): Layer.Layer<PortStore, E | PortStoreUnavailable, R | Bus | Console> =>
  Layer.scoped(
    PortStore,
    Effect.flatMap(PortStore, (store) => make(settings, store))
  ).pipe(Layer.provide(copy))

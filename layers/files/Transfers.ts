/** The files of a node: what it offers, shares and fetches. Loaded when one of these is done for the first time. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Scope from "effect/Scope"
import { FileStore, type Shared } from "../../services/FileStore.ts"
import type { Files } from "../../services/Files.ts"
import type { Accepted, Connection } from "../../services/Transport.ts"
import { OfferGivenUp, PeerUnreachable } from "../../src/domain/Errors.ts"
import { piecesOf } from "../../src/domain/Manifest.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Digest, Offer } from "../../src/domain/Offer.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { TokenBucket } from "../../src/domain/TokenBucket.ts"
import { type Holding, type Making, type OfferKey, type Transfer, TransferEvent } from "../../src/domain/Transfer.ts"
import type { Connect, Fetch, Holds, Serve } from "../../src/protocol/Frame.ts"
import type * as LinkContract from "../LinkContract.ts"
import * as Calls from "./Calls.ts"
import * as Fetching from "./Fetching.ts"
import { frameOn } from "./Intake.ts"
import { keyOf, proofOf } from "./Keys.ts"
import { type Limits, makePlaces } from "./Places.ts"
import { notShared, refuse, refusing, say, visitOf } from "./Saying.ts"
import { serve } from "./Serving.ts"
import { Share } from "./Share.ts"
import { Sought } from "./Sought.ts"

export interface Settings extends Limits {
  /** The folder for what is fetched, if no other is named. */
  readonly downloads: string
  /** Whether what is fetched is shared. What is offered is served in any case. */
  readonly share: boolean
  /** Bytes a second that this node serves in all; undefined if there is no limit. */
  readonly bytesPerSecond: number | undefined
}

/** How long a holder may take to answer a `fetch`; a bit longer than the handshake of a slow link. */
const answerLimit = Duration.seconds(10)

/** How often peers are asked again, and told that there are more pieces, at most. In ms. */
const seekEvery = 15_000
const tellEvery = 5_000

/** Progress alone is told this often at most, in ms. */
const progressEvery = 250

/** The most offers that people look for without fetching them: the last ones. */
const mostSought = 256

/** How often the same peer may have this node dial it for the same offer, in ms. */
const callEvery = 10_000

/** How long it may take until there is a connection with somebody of another site. */
const connectLimit = Duration.seconds(20)

/** Of so many peers it is remembered what they have of an offer. */
const mostHolders = 4_096

/** Why a connection for a transfer is refused, in words. */
const refusals = {
  stranger: "only peers with a link may fetch here",
  unknown: notShared,
  busy: "too many transfers are being served"
}

/** An offer of which something is here, or is to be. Mutable: each change is one synchronous step. */
interface Entry {
  readonly offer: Offer
  readonly key: OfferKey
  readonly scope: Scope.CloseableScope
  transfer: Transfer
  share: Share | undefined
  isFetching: boolean
  hasTold: boolean
}

/** How much a peer has, and the linked peer that has said so: that peer itself, or the server through which it is reached. */
interface Holder extends Holding {
  readonly through: PeerId
}

/** What peers have said of an offer. */
interface Search {
  readonly key: OfferKey
  readonly holders: Map<PeerId, Holder>
  /** The peers that were asked, by their links, and when, in monotonic ms. */
  readonly asked: Map<LinkContract.FileLink, number>
}

/** `sought`: who has sought something before this was loaded. */
export const make = (settings: Settings, sought = new Sought()) =>
  Effect.gen(function* () {
    const store = yield* FileStore
    const clock = yield* Effect.clock
    const scope = yield* Effect.scope
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const now = () => Monotonic.millis(clock)
    const bucket =
      settings.bytesPerSecond === undefined
        ? undefined
        : new TokenBucket(settings.bytesPerSecond, settings.bytesPerSecond, now())

    // Mutable, each change in one synchronous step.
    const entries = new Map<Digest, Entry>()
    const transfers = new Map<Digest, Transfer>()
    const makings = new Map<Making["names"], { readonly making: Making; readonly givenUp: Deferred.Deferred<void> }>()
    const shares = new Map<OfferKey, Share>()
    const searches = new Map<OfferKey, Search>()
    const places = makePlaces(settings)
    const changes = makeSignal()
    const peers = makeSignal()
    const events = new Set<(event: TransferEvent) => void>()
    let links: LinkContract.FileLinks | undefined
    /** The connections of this run, and how each is ended. */
    const open = new Set<() => void>()
    const calls = Calls.make()
    const called = new Map<string, number>()

    // ---- Telling

    let toldAt = Number.NEGATIVE_INFINITY
    let isDue = false
    const changed = (): void => {
      toldAt = now()
      changes.changed()
    }
    const progressed = (): void => {
      const wait = toldAt + progressEvery - now()
      if (wait <= 0) return changed()
      if (isDue) return
      isDue = true
      run(
        Effect.zipRight(
          Effect.sleep(wait),
          Effect.sync(() => {
            isDue = false
            changed()
          })
        )
      )
    }
    const tell = (event: TransferEvent): void => {
      for (const look of events) look(event)
    }
    /** Whether nobody has given it up meanwhile. */
    const isCurrent = (entry: Entry): boolean => entries.get(entry.offer.digest) === entry
    const become = (entry: Entry, what: Partial<Transfer>, isProgress = false): void => {
      if (!isCurrent(entry)) return
      entry.transfer = { ...entry.transfer, ...what }
      transfers.set(entry.offer.digest, entry.transfer)
      if (isProgress) progressed()
      else changed()
    }

    // ---- Who has what

    const searchOf = (key: OfferKey): Search => {
      const known = searches.get(key)
      if (known !== undefined) return known
      const search: Search = { key, holders: new Map(), asked: new Map() }
      searches.set(key, search)
      return search
    }

    /** Forgets what peers have said of offers that nobody looks for any more. */
    const tidy = (): void => {
      for (const key of searches.keys()) {
        if (searches.size <= mostSought) return
        if (![...entries.values()].some((entry) => entry.key === key && entry.isFetching)) searches.delete(key)
      }
    }

    /** Asks the peers that were not asked lately. */
    const seek = (search: Search, isAgain: boolean): void => {
      const time = now()
      for (const link of links?.current.values() ?? []) {
        if (!link.hearsOfFiles) continue
        const asked = search.asked.get(link)
        if (asked !== undefined && (!isAgain || time - asked < seekEvery)) continue
        search.asked.set(link, time)
        link.put({ type: "seek", key: search.key })
      }
    }

    /** Peers that have come or gone. */
    const reviewLinks = (): void => {
      const current = links?.current
      for (const search of searches.values()) {
        for (const link of search.asked.keys()) {
          if (current?.get(link.peer.id) !== link) search.asked.delete(link)
        }
        for (const [id, { through }] of search.holders) {
          if (current?.has(through) !== true || (through !== id && current.has(id))) search.holders.delete(id)
        }
      }
      for (const share of shares.values()) {
        for (const id of share.seekers.keys()) if (current?.has(id) !== true) share.seekers.delete(id)
      }
      for (const { isFetching, key } of entries.values()) if (isFetching) seek(searchOf(key), false)
      peers.changed()
    }

    const heardHolds = ({ peer }: LinkContract.FileLink, { by = peer.id, key, of, pieces }: Holds): void => {
      const search = searches.get(key)
      if (search === undefined || (search.holders.size >= mostHolders && !search.holders.has(by))) return
      // Servers speak for members of other sites. Those who have a link speak for themselves.
      if (by !== peer.id && (peer.role !== "server" || links?.current.has(by) || by === links?.self().id)) return
      search.holders.set(by, { pieces, of, through: peer.id })
      peers.changed()
      progressed()
    }

    const heardSeek = (link: LinkContract.FileLink, key: OfferKey): void => {
      const share = shares.get(key)
      if (share === undefined) return sought.add(key, link.peer.id)
      share.seekers.set(link.peer.id, share.count)
      if (share.isWorthTelling) link.put({ type: "holds", key, pieces: share.count, of: share.of })
    }

    /** Tells those who look for an offer that more of it is here. */
    const tellSeekers = (share: Share): void => {
      const { count, key, of } = share
      for (const [id, told] of share.seekers) {
        if (told >= count) continue
        share.seekers.set(id, count)
        links?.current.get(id)?.put({ type: "holds", key, pieces: count, of })
      }
    }

    const tellingSeekers = (share: Share): Effect.Effect<void> => {
      const isBehind = () => share.count > 0 && [...share.seekers.values()].some((told) => told < share.count)
      return Effect.forever(
        share.changes
          .until(isBehind)
          .pipe(Effect.zipRight(Effect.sync(() => tellSeekers(share))), Effect.zipRight(Effect.sleep(tellEvery)))
      )
    }

    // ---- Serving

    const shareFrom = (entry: Entry, from: ConstructorParameters<typeof Share>[2]): Effect.Effect<void> =>
      Effect.gen(function* () {
        const share = new Share(entry.key, piecesOf(entry.offer.size), from)
        entry.share = share
        shares.set(entry.key, share)
        yield* Scope.addFinalizer(
          entry.scope,
          Effect.sync(() => {
            if (shares.get(entry.key) === share) shares.delete(entry.key)
            share.close()
          })
        )
        for (const id of sought.take(entry.key)) {
          const link = links?.current.get(id)
          if (link !== undefined) heardSeek(link, entry.key)
        }
        yield* Effect.forkIn(tellingSeekers(share), entry.scope)
      })

    /** The share that a visitor may fetch, or why it may not. `isMember`: whether it is who it says it is. */
    const admissible = (visit: Fetch, isMember: boolean): Share | string => {
      const self = links?.self()
      if (!isMember || self === undefined) return refusals.stranger
      const share = shares.get(visit.key)
      if (share === undefined) return refusals.unknown
      if (visit.proof !== proofOf(share.offer.digest, visit.id, visit.epoch, self.id)) return refusals.unknown
      return places.hasRoomFor(visit.id) ? share : refusals.busy
    }

    const serveTo = (connection: Connection, share: Share, peer: PeerId): Effect.Effect<void> => {
      const count = (by: number): void => {
        places.count(peer, by)
        share.readers += by
        const entry = entries.get(share.offer.digest)
        if (entry !== undefined) become(entry, { readers: share.readers })
      }
      const give = (what: (before: Transfer) => Partial<Transfer>, isProgress: boolean): void => {
        const entry = entries.get(share.offer.digest)
        if (entry?.share === share) become(entry, what(entry.transfer), isProgress)
      }
      const end = (): void => connection.abort("closed")
      return Effect.scoped(
        serve(connection, share, {
          clock,
          bucket,
          giveBack: store.giveBack,
          gave: (bytes) => give(({ given }) => ({ given: given + bytes }), true),
          whole: () => give(({ takers }) => ({ takers: [...takers.filter((each) => each !== peer), peer] }), false),
          unreadable: (piece, error) => lost(share, piece, error.message)
        })
      ).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            open.delete(end)
            count(-1)
          })
        ),
        (served) =>
          Effect.suspend(() => {
            open.add(end)
            count(1)
            return served
          })
      )
    }

    /** Whoever has come may fetch, or not. */
    const admit = (connection: Accepted, visit: Fetch): void => {
      const share = admissible(visit, links?.linkOf(connection, visit) !== undefined)
      if (typeof share === "string") {
        run(refuse(links, connection, share))
        return
      }
      connection.introduced()
      run(
        Effect.ensuring(
          serveTo(connection, share, visit.id),
          Effect.sync(() => connection.release())
        )
      )
    }

    /** The connections with members of other sites on which no `fetch` has come yet. */
    let coming = 0

    /** Why a server can't connect this node with a member of another site over this connection. */
    const wrongIn = (connection: Connection, visit: Connect): string | undefined => {
      const link = links?.linkOf(connection, visit)
      if (link?.peer.role !== "server" || visit.with !== links?.self().id) return refusals.stranger
      if (!shares.has(visit.key)) return refusals.unknown
      return coming >= settings.transfers ? refusals.busy : undefined
    }

    /** A member of another site may come over this connection, through the server that has dialled it. */
    const expect = (connection: Accepted, visit: Connect): void => {
      const wrong = wrongIn(connection, visit)
      if (wrong !== undefined) {
        run(refuse(links, connection, wrong))
        return
      }
      connection.introduced()
      run(
        Effect.ensuring(
          Effect.ignore(Effect.scoped(serveFar(connection, visit.key))),
          Effect.sync(() => connection.release())
        )
      )
    }

    const serveFar = (connection: Connection, key: OfferKey) =>
      Effect.gen(function* () {
        if (links === undefined) return
        const { isOfFar, within } = links
        say(connection, { type: "connected", key })
        const begun = within(connection, "accepted").pipe(
          Effect.flatMap((inner) => Effect.map(frameOn(inner), (first) => ({ ...first, inner }))),
          Effect.timeout(answerLimit)
        )
        const { frame, inner, rest } = yield* Effect.acquireUseRelease(
          Effect.sync(() => {
            coming += 1
          }),
          () => begun,
          () =>
            Effect.sync(() => {
              coming -= 1
            })
        )
        if (frame.type !== "fetch" || frame.key !== key || rest.length > 0) return
        const share = admissible(frame, isOfFar(inner, frame))
        if (typeof share === "string") return yield* refusing(links, inner, share)
        yield* serveTo(inner, share, frame.id)
      })

    /**
     * A piece of an offer can't be read: it has changed, or its file has gone. The others are served on, as long as there
     * are any. People are told once.
     */
    const lost = (share: Share, piece: number, why: string): void => {
      share.lost(piece)
      const entry = entries.get(share.offer.digest)
      if (entry?.share !== share || entry.isFetching || share.isClosed) return
      if (entry.transfer.why === undefined) tell(TransferEvent.Withdrawn({ offer: entry.offer, why }))
      if (share.count > 0) return become(entry, { why })
      shares.delete(share.key)
      share.close()
      become(entry, { state: "Failed", why, readers: 0 })
    }

    // ---- Fetching

    /** Whether the holder serves; fails otherwise. */
    const answered = (connection: Connection, link: LinkContract.FileLink, key: OfferKey) =>
      frameOn(connection).pipe(
        Effect.flatMap(({ frame, rest }) =>
          frame.type === "serving" && frame.key === key
            ? Effect.succeed({ connection, rest })
            : Effect.fail(
                new PeerUnreachable({
                  address: link.peer.address,
                  detail: frame.type === "refused" ? frame.detail : "it does not serve"
                })
              )
        ),
        Effect.timeoutFail({
          duration: answerLimit,
          onTimeout: () => new PeerUnreachable({ address: link.peer.address, detail: "it does not answer" })
        })
      )

    /** A connection on which that peer serves the offer. */
    const openTo = (peer: PeerId, { offer, key }: Pick<Entry, "offer" | "key">) =>
      Effect.gen(function* () {
        const through = searches.get(key)?.holders.get(peer)?.through ?? peer
        const link = links?.current.get(through)
        const self = links?.self()
        if (links === undefined || self?.chat === undefined || link === undefined) return yield* Effect.fail("no link")
        const { chat } = self
        const connection = yield* through === peer
          ? Effect.orElse(links.dial(link, "bulk"), () => calls.call(link, key))
          : connectedWith(peer, link, key)
        const proof = proofOf(offer.digest, self.id, self.epoch, peer)
        say(connection, { type: "fetch", ...visitOf(self, chat, peer, key), proof })
        const end = (): void => connection.close("closed")
        yield* Effect.acquireRelease(
          Effect.sync(() => open.add(end)),
          () => Effect.sync(() => open.delete(end))
        )
        return yield* answered(connection, link, key)
      })

    /** A connection with a member of another site, through the server of that link. */
    const connectedWith = (peer: PeerId, link: LinkContract.FileLink, key: OfferKey) =>
      Effect.gen(function* () {
        const self = links?.self()
        if (links === undefined || self?.chat === undefined) return yield* Effect.fail("no link")
        const connection = yield* links.dial(link, "frames")
        say(connection, {
          type: "connect",
          ...visitOf(self, self.chat, link.peer.id, key),
          with: peer,
          for: self.id
        })
        const { frame, rest } = yield* frameOn(connection)
        if (frame.type !== "connected" || frame.key !== key || rest.length > 0) return yield* Effect.fail("refused")
        const inner = yield* links.within(connection, "dialled")
        return links.isCalled(inner, peer) ? inner : yield* Effect.fail("somebody else answers")
      }).pipe(
        Effect.timeout(connectLimit),
        // Perhaps it has gone from that site: whoever has pieces says so again.
        Effect.tapError(() => Effect.sync(() => searches.get(key)?.holders.delete(peer)))
      )

    /** A peer that this node has called has come, or one that it has not called. */
    const hasCome = (connection: Accepted, come: Serve): void => {
      const link = links?.linkOf(connection, come)
      if (link === undefined || !calls.come(link, come.key, connection)) connection.release()
    }

    /** A peer can't reach this node: dials it, and serves. */
    const heardCall = (link: LinkContract.FileLink, key: OfferKey): void => {
      const name = `${link.peer.id} ${key}`
      const time = now()
      for (const [each, at] of called) if (time - at >= callEvery) called.delete(each)
      if (!shares.has(key) || called.has(name)) return
      called.set(name, time)
      run(Effect.ignore(Effect.scoped(goTo(link, key))))
    }

    const goTo = (link: LinkContract.FileLink, key: OfferKey) =>
      Effect.gen(function* () {
        const self = links?.self()
        if (links === undefined || self?.chat === undefined) return
        const connection = yield* links.dial(link, "frames")
        say(connection, { type: "serve", ...visitOf(self, self.chat, link.peer.id, key) })
        const { frame, rest } = yield* Effect.timeout(frameOn(connection), answerLimit)
        if (rest.length > 0) return
        if (frame.type === "connect" && wrongIn(connection, frame) === undefined)
          return yield* serveFar(connection, key)
        if (frame.type !== "fetch" || frame.key !== key) return
        const share = admissible(frame, links?.linkOf(connection, frame) !== undefined)
        if (typeof share !== "string") yield* serveTo(connection, share, link.peer.id)
      })

    const progress =
      (entry: Entry) =>
      (step: Fetching.Progress): void => {
        if (step.isWaiting && !entry.hasTold) tell(TransferEvent.Waiting({ offer: entry.offer }))
        entry.hasTold = step.isWaiting
        const { bytes, from, rate } = step
        const state = step.isWaiting ? "Waiting" : "Fetching"
        const was = entry.transfer
        const isSame = bytes === was.bytes && rate === was.rate && state === was.state
        if (isSame && from.length === was.from.length && from.every((peer, at) => peer === was.from[at])) return
        become(entry, { bytes, rate, from, state }, state === entry.transfer.state)
      }

    /** Who can be asked for pieces: of those who have as many, those near come first. */
    const reachable = ({ holders }: Search): ReadonlyArray<readonly [PeerId, Holding]> => {
      const all = [...holders].filter(([, { through }]) => links?.current.has(through) === true)
      const isNear = ([id, { through }]: (typeof all)[number]): boolean => id === through
      return [...all.filter(isNear), ...all.filter((each) => !isNear(each))]
    }

    const fetching = (entry: Entry, folder: string): Effect.Effect<void> => {
      const begun = now()
      const search = searchOf(entry.key)
      tidy()
      return Fetching.fetch(entry.offer, folder, {
        clock,
        store,
        holders: () => reachable(search),
        isFar: (peer) => search.holders.get(peer)?.through !== peer,
        onHolders: peers.listen,
        seek: (wantsMore) => seek(search, wantsMore),
        open: (peer) => openTo(peer, entry),
        begun: (target) => {
          if (settings.share) run(shareFrom(entry, target))
        },
        grown: () => entry.share?.grown(),
        told: progress(entry),
        lied: (peer) => tell(TransferEvent.Lied({ offer: entry.offer, peer }))
      }).pipe(
        Scope.extend(entry.scope),
        Effect.matchEffect({
          onSuccess: (shared) => fetched(entry, shared, now() - begun),
          onFailure: (error) => failed(entry, error.message)
        })
      )
    }

    const fetched = (entry: Entry, shared: Shared, took: number): Effect.Effect<void> =>
      Effect.sync(() => {
        entry.isFetching = false
        if (!isCurrent(entry)) return
        entry.share?.completed(shared)
        const paths = [shared.path]
        become(entry, { state: "Done", bytes: entry.offer.size, rate: 0, from: [], paths })
        tell(TransferEvent.Fetched({ offer: entry.offer, paths, took }))
      })

    const failed = (entry: Entry, why: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        entry.isFetching = false
        // What it stood on is closed by who gives it up.
        if (!isCurrent(entry)) return Effect.void
        become(entry, { state: "Failed", rate: 0, from: [], why })
        tell(TransferEvent.Failed({ offer: entry.offer, why }))
        return Scope.close(entry.scope, Exit.void)
      })

    // ---- What people do

    const enter = (offer: Offer, state: Transfer["state"]): Effect.Effect<Entry> =>
      Effect.map(Scope.fork(scope, ExecutionStrategy.sequential), (own) => {
        const transfer: Transfer = {
          offer,
          state,
          bytes: 0,
          rate: 0,
          from: [],
          paths: [],
          readers: 0,
          given: 0,
          takers: []
        }
        const entry: Entry = {
          offer,
          key: keyOf(offer.digest),
          scope: own,
          transfer,
          share: undefined,
          isFetching: state === "Fetching",
          hasTold: false
        }
        entries.set(offer.digest, entry)
        transfers.set(offer.digest, transfer)
        changed()
        return entry
      })

    const forget = (entry: Entry): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (isCurrent(entry)) {
          entries.delete(entry.offer.digest)
          transfers.delete(entry.offer.digest)
        }
        entry.isFetching = false
        changed()
        return Scope.close(entry.scope, Exit.void)
      })

    const files: Files["Type"] = {
      offer: Effect.fn("Files.offer")(function* (paths) {
        const names = [...paths]
        const givenUp = yield* Deferred.make<void>()
        const set = (bytes: number, of: number): void => {
          makings.set(names, { making: { names, bytes, of }, givenUp })
          progressed()
        }
        set(0, 0)
        const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
        const shared = yield* store.offer(paths, set).pipe(
          Effect.raceFirst(Effect.zipRight(Deferred.await(givenUp), new OfferGivenUp({ names }))),
          Scope.extend(own),
          Effect.onError(() => Scope.close(own, Exit.void)),
          Effect.ensuring(
            Effect.sync(() => {
              makings.delete(names)
              changed()
            })
          )
        )
        const { offer, path, skipped } = shared
        const before = entries.get(offer.digest)
        if (before !== undefined) yield* forget(before)
        const entry = yield* enter(offer, "Done")
        yield* Scope.addFinalizer(entry.scope, Scope.close(own, Exit.void))
        yield* shareFrom(entry, shared)
        become(entry, { bytes: offer.size, paths: [path] })
        return { offer, skipped }
      }),
      fetch: (offer, folder = settings.downloads) =>
        Effect.gen(function* () {
          const before = entries.get(offer.digest)
          if (before !== undefined && before.transfer.state !== "Failed") return false
          if (before !== undefined) yield* forget(before)
          const entry = yield* enter(offer, "Fetching")
          yield* Effect.forkIn(fetching(entry, folder), entry.scope)
          return true
        }),
      cancel: (digest) =>
        Effect.suspend(() => {
          const entry = entries.get(digest)
          if (entry === undefined || !(entry.isFetching || entry.transfer.state === "Failed")) {
            return Effect.succeed(false)
          }
          return Effect.as(forget(entry), true)
        }),
      drop: (digest) =>
        Effect.suspend(() => {
          const entry = entries.get(digest)
          return entry === undefined || entry.isFetching ? Effect.succeed(false) : Effect.as(forget(entry), true)
        }),
      transfers: () => transfers,
      giveUp: ({ names }) =>
        Effect.suspend(() => {
          const found = makings.get(names)
          return found === undefined ? Effect.succeed(false) : Deferred.succeed(found.givenUp, undefined)
        }),
      making: () => Array.from(makings.values(), ({ making }) => making),
      seek: (offer) =>
        Effect.sync(() => {
          const search = searchOf(keyOf(offer.digest))
          tidy()
          seek(search, true)
        }),
      holders: (digest) => searches.get(keyOf(digest))?.holders ?? new Map(),
      onChange: changes.listen,
      onEvent: (look) => {
        events.add(look)
        return () => events.delete(look)
      }
    }

    const onLinks: LinkContract.Files = {
      attach: (given) => {
        links = given
        const stop = given.onChange(reviewLinks)
        reviewLinks()
        return () => {
          stop()
          if (links !== given) return
          links = undefined
          for (const end of [...open]) end()
          reviewLinks()
        }
      },
      heard: (link, frame) => {
        if (frame.type === "seek") heardSeek(link, frame.key)
        else if (frame.type === "holds") heardHolds(link, frame)
        else heardCall(link, frame.key)
      },
      visited: (connection, visit) => {
        if (visit.type === "fetch") admit(connection, visit)
        else if (visit.type === "connect") expect(connection, visit)
        else hasCome(connection, visit)
      }
    }
    return { files, onLinks }
  })

export type Transfers = Effect.Effect.Success<ReturnType<typeof make>>

/**
 * The sites of a chat, from the bucket: each server keeps an entry there that it renews. An entry that is not renewed
 * for long is removed by the others, so that what its server held is free again.
 */
import * as Crypto from "node:crypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Bus } from "../../services/Bus.ts"
import { Console } from "../../services/Console.ts"
import { Sites } from "../../services/Sites.ts"
import { within } from "../../src/domain/Limit.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { type Address, isSameAddress, type Peer } from "../../src/domain/Peer.ts"
import { notice } from "../../src/domain/ScreenLine.ts"
import { isSite, type Site, serverOf } from "../../src/domain/Site.ts"
import * as Members from "./Members.ts"

/** How often a server renews its entry, and looks at those of the others. */
const renewal = Duration.seconds(5)

/** An entry that was not renewed for so long belongs to nobody. A site that is cut off for a minute loses nothing. */
const lease = Duration.minutes(2)

/** The time for removing the entry of a server that ends. */
const lastWords = "1 second"

/** What is known of the server of a site: its entry, and when that changed, in monotonic ms. */
interface Seen {
  readonly peer: Peer
  readonly revision: number
  readonly since: number
}

const make = (site: Site) =>
  Effect.gen(function* () {
    const { bucket, state } = yield* Bus
    const console = yield* Console
    const clock = yield* Effect.clock
    const key = Members.keyOfServer(site)
    const run = Crypto.randomBytes(8).toString("hex")
    const servers = yield* SubscriptionRef.make<ReadonlyArray<Peer>>([])

    // Mutable: changed in synchronous steps.
    const seen = new Map<string, Seen>()
    let own: Address | undefined
    /** The revision of the own entry; undefined before there is one. */
    let revision: number | undefined
    let isReplaced = false

    const tell = Effect.suspend(() => {
      const now = [...seen.values()]
        .map(({ peer }) => peer)
        .sort((one, other) => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0))
      return SubscriptionRef.updateSome(servers, (before) =>
        isSameList(before, now) ? Option.none() : Option.some(now)
      )
    })

    const look = Stream.runForEach(bucket.watch(Members.serversKey), ({ bytes, key: changed, revision: to }) =>
      Effect.suspend(() => {
        const server = bytes === undefined ? undefined : Members.readServer(bytes)
        const named = changed.slice(Members.serversKey.length)
        if (server === undefined || !isSite(named)) seen.delete(changed)
        else {
          const peer: Peer = { id: serverOf(named), role: "server", address: Members.addressOf(server) }
          seen.set(changed, { peer, revision: to, since: Monotonic.millis(clock) })
        }
        return tell
      })
    )

    /** What was not seen to be renewed while NATS was away may have been. */
    const forgive = Stream.runForEach(state.changes, () =>
      Effect.sync(() => {
        const since = Monotonic.millis(clock)
        for (const [other, entry] of seen) seen.set(other, { ...entry, since })
      })
    )

    const bury = Effect.suspend(() => {
      const before = Monotonic.millis(clock) - Duration.toMillis(lease)
      const dead = [...seen].filter(([other, { since }]) => other !== key && since < before)
      return Effect.forEach(dead, ([other, entry]) => Effect.ignore(bucket.remove(other, entry.revision)), {
        discard: true
      })
    })

    /** Another run has the entry of this site: an earlier one, or one that was started while this one runs. */
    const meet = (bytes: Uint8Array, of: number, address: Address) =>
      Effect.suspend(() => {
        const found = Members.readServer(bytes)
        if (found?.run === run) {
          revision = of
          return Effect.void
        }
        if (revision === undefined) return write(address, of)
        isReplaced = true
        return console.show([
          notice(`Another server of the site ${site} was started: end one of the two, or give it another --site`)
        ])
      })

    const write = (address: Address, of: number | undefined) => {
      const bytes = Members.writeServer({ ...address, run })
      return Effect.map(of === undefined ? bucket.create(key, bytes) : bucket.update(key, bytes, of), (next) => {
        revision = next
        return undefined
      })
    }

    const renew = Effect.suspend(() => {
      const address = own
      if (address === undefined || isReplaced) return Effect.void
      return Effect.catchTag(write(address, revision), "KeyTaken", () =>
        Effect.flatMap(bucket.get(key), (entry) => {
          if (entry !== undefined) return meet(entry.bytes, entry.revision, address)
          // The others have removed it, while NATS was away for long.
          revision = undefined
          return write(address, undefined)
        })
      )
    }).pipe(Effect.ignore)

    yield* Effect.addFinalizer(() =>
      within(lastWords)(
        Effect.suspend(() =>
          revision === undefined || isReplaced ? Effect.void : Effect.ignore(bucket.remove(key, revision))
        )
      )
    )
    yield* Effect.forkScoped(look)
    yield* Effect.forkScoped(forgive)
    const rounds = Effect.zipRight(renew, bury).pipe(Effect.delay(renewal), Effect.forever)
    yield* Effect.forkScoped(rounds)

    return Sites.of({
      site,
      servers,
      listensAt: ({ host, port }) =>
        Effect.suspend(() => {
          own = { host, port }
          return renew
        })
    })
  })

const isSameList = (one: ReadonlyArray<Peer>, other: ReadonlyArray<Peer>): boolean =>
  one.length === other.length &&
  one.every(({ address, id }, at) => id === other[at]?.id && isSameAddress(address, other[at]?.address ?? address))

/** The server of that site among those of the others. */
export const layer = (site: Site): Layer.Layer<Sites, never, Bus | Console> => Layer.scoped(Sites, make(site))

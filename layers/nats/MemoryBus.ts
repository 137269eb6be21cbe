/**
 * A Bus within one process: any number of members on one message system, with losses, doubles, delays, stalls and cuts,
 * on the test's clock.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Bucket, Bus, BusState } from "../../services/Bus.ts"
import { BusUnavailable, KeyTaken } from "../../src/domain/Errors.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { Rest } from "../../src/domain/Rest.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Change, type Entry, Position, type Stored } from "../../src/domain/Stored.ts"
import { fits } from "./Subject.ts"

/** The limit for an acknowledgement, and for each step of the bucket. */
const limit = "10 seconds"

/** For so long, in ms, a message with the id of an earlier one is not stored again. */
const window = 120_000

/** So many appended messages of a member may wait for their acknowledgement. */
const mostWaiting = 1_024

/** The most messages in a batch. */
const mostInBatch = 256

/** What may happen to a message: on its way to a subscriber, to the store, back from it, and to a follower. */
export type Leg = "published" | "appended" | "acknowledged" | "followed"

/** How often a message arrives, and after how many ms. Those with a longer delay are overtaken. */
export interface Fate {
  readonly copies: number
  readonly after: number
}

/** It comes once, and at once. */
export const usual: Fate = { copies: 1, after: 0 }

/** A simulated message system, controlled by the test. */
export interface Hub {
  /** Connects a member. It stays one until the scope of the hub closes; a new life of a node is another member. */
  readonly member: (name: string) => Effect.Effect<Bus["Type"]>
  /** From now on, `fate` decides what happens to each message on each leg. Without it, all goes well. */
  readonly trouble: (fate?: (leg: Leg, member: string) => Fate) => Effect.Effect<void>
  /** From now on, those members are cut off, and no others. Without a function: none. */
  readonly cut: (isCut?: (member: string) => boolean) => Effect.Effect<void>
  /** While it stalls, as in an election, nothing is stored, acknowledged or changed. Messages that are not stored go on. */
  readonly stall: (stalled: boolean) => Effect.Effect<void>
  /** Another replica leads, and lacks the newest messages: they are gone, though they were acknowledged. */
  readonly failOver: (lost: number) => Effect.Effect<void>
  /** The oldest messages are dropped, as by a bound of age or size. */
  readonly expire: (oldest: number) => Effect.Effect<void>
  /** All of the store is lost: messages and entries. */
  readonly wipe: Effect.Effect<void>
  /** What is stored now. */
  readonly stored: () => ReadonlyArray<Stored>
}

interface Subscription {
  readonly member: string
  readonly pattern: string
  readonly take: (bytes: Uint8Array, subject: string) => void
}

const away = new BusUnavailable({ detail: "cut off" })

/** The messages that are stored, in order. */
class Store {
  life = 1
  /** The number of the oldest message that is kept. */
  #first = 1
  #kept: Array<Stored> = []
  readonly #ids = new Map<string, number>()

  get end(): number {
    return this.#first + this.#kept.length
  }

  get kept(): ReadonlyArray<Stored> {
    return this.#kept
  }

  /** Whether a message with that id is stored since less than the window. */
  knows(id: string, now: number): boolean {
    const since = this.#ids.get(id)
    return since !== undefined && now - since < window
  }

  add(subject: string, id: string, bytes: Uint8Array, now: number, at: number): void {
    this.#ids.set(id, now)
    this.#kept.push({ position: Position.make(`${this.life}/${this.end}`), subject, bytes, at })
  }

  /** The message with that number, or the oldest after it. */
  at(number: number): { readonly stored: Stored; readonly number: number } | undefined {
    const at = Math.max(number, this.#first)
    const stored = this.#kept[at - this.#first]
    return stored === undefined ? undefined : { stored, number: at }
  }

  /** The number after a position. */
  after(position: Position | undefined): number {
    if (position === undefined) return this.end
    const [life, number] = position.split("/")
    return Number(life) === this.life ? Math.min(Number(number) + 1, this.end) : 1
  }

  drop(newest: number): void {
    this.#kept = this.#kept.slice(0, Math.max(0, this.#kept.length - newest))
    this.#ids.clear()
  }

  expire(oldest: number): void {
    const gone = this.#kept.splice(0, oldest).length
    this.#first += gone
  }

  wipe(): void {
    this.life += 1
    this.#first = 1
    this.#kept = []
    this.#ids.clear()
  }
}

/** The entries of the bucket. A removed one is kept as such. */
class Entries {
  #revision = 0
  readonly #all = new Map<string, Change>()

  get(key: string): Entry | undefined {
    const { bytes, revision } = this.#all.get(key) ?? {}
    return bytes === undefined || revision === undefined ? undefined : { key, revision, bytes }
  }

  /** Changes an entry of that revision; 0: one that is not there. */
  put(key: string, bytes: Uint8Array | undefined, revision: number): Effect.Effect<number, KeyTaken> {
    if ((this.get(key)?.revision ?? 0) !== revision) return Effect.fail(new KeyTaken({ key }))
    this.#all.set(key, { key, revision: ++this.#revision, bytes })
    return Effect.succeed(this.#revision)
  }

  under(prefix: string): ReadonlyArray<Change> {
    return [...this.#all.values()].filter(({ key }) => key.startsWith(prefix))
  }

  wipe(): void {
    for (const { bytes, key } of this.#all.values()) {
      if (bytes !== undefined) this.#all.set(key, { key, revision: ++this.#revision, bytes: undefined })
    }
  }
}

export const makeHub: Effect.Effect<Hub, never, Scope.Scope> = Effect.gen(function* () {
  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const clock = yield* Effect.clock
  const signal = makeSignal()
  const now = () => Monotonic.millis(clock)

  const store = new Store()
  const entries = new Entries()
  const subscriptions = new Set<Subscription>()
  const states = new Map<string, Array<SubscriptionRef.SubscriptionRef<BusState>>>()
  let fateOf: (leg: Leg, member: string) => Fate = () => usual
  let isCut: (member: string) => boolean = () => false
  let isStalled = false

  const after = (millis: number) => (millis > 0 ? Effect.sleep(millis) : Effect.yieldNow())

  /** Runs a step for which the member must be connected and the store must answer. */
  const asked = <A, E>(member: string, step: () => Effect.Effect<A, E>): Effect.Effect<A, E | BusUnavailable> =>
    Effect.suspend(() =>
      isCut(member)
        ? Effect.fail(away)
        : Effect.yieldNow().pipe(
            Effect.zipRight(signal.until(() => !isStalled && !isCut(member))),
            Effect.zipRight(Effect.suspend(step)),
            Effect.timeoutFail({
              duration: limit,
              onTimeout: () => new BusUnavailable({ detail: "no answer within 10 s" })
            })
          )
    )

  const publish = (member: string, subject: string, bytes: Uint8Array): boolean => {
    if (isCut(member)) return false
    for (const subscription of subscriptions) {
      if (!fits(subscription.pattern, subject)) continue
      const { after: millis, copies } = fateOf("published", subscription.member)
      const arrive = Effect.sync(() => {
        if (!subscriptions.has(subscription) || isCut(subscription.member)) return
        for (let copy = 0; copy < copies; copy++) subscription.take(bytes, subject)
      })
      run(Effect.zipRight(after(millis), arrive))
    }
    return true
  }

  const subscribe = (subscription: Subscription) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => subscriptions.add(subscription)),
        () => Effect.sync(() => subscriptions.delete(subscription))
      )
    )

  const append = (member: string, subject: string, id: string, bytes: Uint8Array) => {
    const { after: millis, copies } = fateOf("appended", member)
    return asked(member, () =>
      Effect.gen(function* () {
        yield* millis > 0 ? Effect.sleep(millis) : Effect.void
        yield* signal.until(() => !isStalled && !isCut(member))
        if (copies === 0) return yield* Effect.never
        // A double that the store did not notice.
        const isDouble = store.knows(id, now())
        for (let copy = isDouble ? 1 : 0; copy < copies; copy++) {
          store.add(subject, id, bytes, now(), clock.unsafeCurrentTimeMillis())
        }
        signal.changed()
        const back = fateOf("acknowledged", member)
        if (back.copies === 0) return yield* Effect.never
        if (back.after > 0) yield* Effect.sleep(back.after)
        yield* signal.until(() => !isCut(member))
      })
    )
  }

  const follow = (
    member: string,
    from: Position | undefined,
    take: (batch: ReadonlyArray<Stored>) => Rest
  ): Effect.Effect<never> =>
    Effect.suspend(() => {
      let life = store.life
      let next = store.after(from)
      let coming: Array<{ readonly due: number; readonly stored: Stored }> = []
      /** Takes note of what was stored since, as far as there is room. */
      const look = (): void => {
        if (life !== store.life) [life, next] = [store.life, 1]
        next = Math.min(next, store.end)
        for (let found = store.at(next); found !== undefined && coming.length < mostInBatch; found = store.at(next)) {
          const { after: millis, copies } = fateOf("followed", member)
          const item = { due: now() + millis, stored: found.stored }
          for (let copy = 0; copy < copies; copy++) coming.push(item)
          next = found.number + 1
        }
        coming.sort((one, other) => one.due - other.due)
      }
      const due = (): ReadonlyArray<Stored> => {
        const moment = now()
        const batch = coming.filter((each) => each.due <= moment)
        coming = coming.filter((each) => each.due > moment)
        return batch.map(({ stored }) => stored)
      }
      return Effect.gen(function* () {
        yield* Effect.yieldNow()
        yield* signal.until(() => {
          if (isCut(member)) return false
          look()
          return coming.length > 0
        })
        yield* after((coming[0]?.due ?? 0) - now())
        yield* signal.until(() => !isCut(member))
        look()
        const batch = due()
        const rest = batch.length > 0 ? take(batch) : undefined
        if (rest !== undefined) yield* rest
      }).pipe(Effect.forever)
    })

  const watch = (member: string, prefix: string): Stream.Stream<Change> =>
    Stream.suspend(() => {
      const seen = new Map<string, number>()
      const news = () =>
        isCut(member) || isStalled
          ? []
          : entries
              .under(prefix)
              .filter(({ bytes, key, revision }) => (seen.get(key) ?? (bytes === undefined ? revision : 0)) < revision)
      return Stream.repeatEffect(
        Effect.map(
          signal.until(() => news().length > 0),
          () => {
            const found = news()
            for (const { key, revision } of found) seen.set(key, revision)
            return found
          }
        )
      ).pipe(Stream.mapConcat((changes) => changes))
    })

  const bucketOf = (member: string): Bucket => {
    const put = (key: string, bytes: Uint8Array | undefined, revision: number) =>
      asked(member, () => Effect.tap(entries.put(key, bytes, revision), () => signal.changed()))
    return {
      get: (key) => asked(member, () => Effect.sync(() => entries.get(key))),
      create: (key, bytes) => put(key, bytes, 0),
      update: put,
      remove: (key, revision) => Effect.asVoid(put(key, undefined, revision)),
      all: (prefix) =>
        asked(member, () => Effect.sync(() => entries.under(prefix).flatMap(({ key }) => entries.get(key) ?? []))),
      watch: (prefix) => watch(member, prefix)
    }
  }

  const stateOf = (member: string) => (isCut(member) ? BusState.Away(away) : BusState.Connected())

  return {
    member: (name) =>
      Effect.gen(function* () {
        const state = yield* SubscriptionRef.make<BusState>(stateOf(name))
        states.set(name, [...(states.get(name) ?? []), state])
        let waiting = 0
        return Bus.of({
          state,
          reconnects: () => 0,
          mostBytes: () => 1_048_576,
          publish: (subject, bytes) => publish(name, subject, bytes),
          subscribe: (pattern, take) => subscribe({ member: name, pattern, take }),
          append: (subject, id, bytes, then) => {
            if (waiting >= mostWaiting) return then(new BusUnavailable({ detail: "too much waits" }))
            waiting += 1
            run(
              Effect.map(Effect.either(append(name, subject, id, bytes)), (result) => {
                waiting -= 1
                then(Either.isLeft(result) ? result.left : undefined)
              })
            )
          },
          follow: (position, take) => follow(name, position, take),
          bucket: bucketOf(name)
        })
      }),
    trouble: (fate = () => usual) =>
      Effect.sync(() => {
        fateOf = fate
      }),
    cut: (cut = () => false) =>
      Effect.suspend(() => {
        isCut = cut
        signal.changed()
        return Effect.forEach(
          states,
          ([member, all]) => Effect.forEach(all, (state) => SubscriptionRef.set(state, stateOf(member))),
          { discard: true }
        )
      }),
    stall: (stalled) =>
      Effect.sync(() => {
        isStalled = stalled
        signal.changed()
      }),
    failOver: (lost) =>
      Effect.sync(() => {
        store.drop(lost)
        signal.changed()
      }),
    expire: (oldest) => Effect.sync(() => store.expire(oldest)),
    wipe: Effect.sync(() => {
      store.wipe()
      entries.wipe()
      signal.changed()
    }),
    stored: () => store.kept
  }
})

/** That member's bus. */
export const layer = (hub: Hub, member: string): Layer.Layer<Bus> => Layer.effect(Bus, hub.member(member))

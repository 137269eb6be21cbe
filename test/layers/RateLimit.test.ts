/** How long a peer is left unread. */
import { assert, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { Account } from "../../layers/links/Account.ts"
import type { Link } from "../../layers/links/Link.ts"
import type { Node } from "../../layers/links/Node.ts"
import * as RateLimit from "../../layers/links/RateLimit.ts"
import { defaultLimits, inOneGo } from "../../src/domain/Limits.ts"
import { LinkTable } from "../../src/domain/LinkTable.ts"
import { id, peer } from "../support/samples.ts"
import { wallClock } from "../support/VirtualTime.ts"

/** The rate limit of a node with that clock. Nothing else of a node is looked at. */
const rateLimitBy = (clock: Clock.Clock) =>
  Effect.map(Effect.scope, (scope) =>
    RateLimit.make({ clock, limits: defaultLimits, scope, table: new LinkTable(id("1")) } as unknown as Node)
  )

/** For how long, in ms, a peer is left unread whose last frame this node had in its hands for so long. */
const pauseAfter = (held: Duration.DurationInput) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const rateLimit = yield* rateLimitBy(clock)
    const begun = clock.unsafeCurrentTimeNanos()
    const link = {
      peer: peer("2", 6000),
      connection: { received: () => 100 },
      wire: { begun: () => begun },
      account: new Account(rateLimit.quotasOf(id("2")))
    } as unknown as Link
    yield* TestClock.adjust(held)
    const counting = yield* Effect.fork(rateLimit.count(link, 1) ?? Effect.void)
    yield* Effect.yieldNow()
    let pause = 0
    while (link.account.slowed) {
      pause += 10
      yield* TestClock.adjust(10)
    }
    yield* Fiber.join(counting)
    return pause
  })

describe("whoever takes a node long is left unread", () => {
  it.scoped("for as long as that took", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pauseAfter(5), 0)
      assert.strictEqual(yield* pauseAfter(60), 60)
    })
  )

  it.scoped("but not for as long as this node was frozen meanwhile", () =>
    Effect.map(pauseAfter("4 seconds"), (pause) => assert.strictEqual(pause, 250))
  )
})

describe("whoever was dropped waits for as long as it is told", () => {
  it.scoped("also if the clock is set back or forth meanwhile", () =>
    Effect.gen(function* () {
      const wall = wallClock(yield* Effect.clock)
      const rateLimit = yield* rateLimitBy(wall.clock)
      const link = {
        peer: peer("2", 6000),
        send: () => Effect.void,
        connection: { finish: Effect.void }
      } as unknown as Link
      yield* Effect.flip(rateLimit.drop(link, "rate"))
      for (const hours of [-1, 1, -1]) {
        wall.set(hours * 3_600_000)
        assert.isTrue(rateLimit.isDropped(id("2")))
      }
      yield* TestClock.adjust(defaultLimits.overload)
      assert.isFalse(rateLimit.isDropped(id("2")))
    })
  )

  it.scoped("and a flood counts for as long as it lasts, whatever the clock is set to", () =>
    Effect.gen(function* () {
      const wall = wallClock(yield* Effect.clock)
      const rateLimit = yield* rateLimitBy(wall.clock)
      const link = {
        peer: peer("2", 6000),
        connection: { received: () => 0 },
        wire: { begun: () => wall.clock.unsafeCurrentTimeNanos() },
        account: new Account(rateLimit.quotasOf(id("2")))
      } as unknown as Link
      // It has sent a second more than it may in one go, and is left unread for that second, not for an hour.
      assert.isUndefined(rateLimit.count(link, inOneGo(defaultLimits.framesPerSecond)))
      wall.set(-3_600_000)
      const counting = yield* Effect.fork(rateLimit.count(link, defaultLimits.framesPerSecond) ?? Effect.void)
      yield* Effect.yieldNow()
      assert.isTrue(link.account.slowed)
      wall.set(3_600_000)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(counting)
      const more = yield* Effect.fork(rateLimit.count(link, defaultLimits.framesPerSecond) ?? Effect.void)
      yield* Effect.yieldNow()
      assert.isTrue(link.account.slowed)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(more)
    })
  )
})

/** Passes on what two connections bring, each to the other, until one of them is over. */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { Connection } from "../../services/Transport.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { TokenBucket } from "../../src/domain/TokenBucket.ts"

/** How much may wait in each direction before no more is read, in bytes. */
const mostWaiting = 65_536

/** How long both may say nothing, or take nothing, in ms: longer than whoever serves waits for a request. */
const idleLimit = 90_000
const checkEvery = Duration.seconds(10)

/** How long the last bytes may take. */
const flushLimit = Duration.seconds(10)

interface Needs {
  readonly clock: Clock.Clock
  /** How much passes here in all. */
  readonly bucket: TokenBucket
}

/** Returns when one of the two is over, and the other has got everything that it sent, or both have been idle for long. */
export const pass = (
  one: Connection,
  other: Connection,
  { bucket, clock }: Needs
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const over = yield* Deferred.make<Effect.Effect<void>>()
    let passedAt = Monotonic.millis(clock)

    const carry = (from: Connection, to: Connection): void => {
      const waiting: Array<Uint8Array> = []
      let bytes = 0
      let isHeld = false
      let isPaced = false
      let isDraining = false
      const review = (): void => {
        const mustHold = isPaced || bytes >= mostWaiting
        if (mustHold === isHeld) return
        isHeld = mustHold
        from.hold(mustHold)
      }
      /** What passes too fast waits where it comes from. */
      const pace = (length: number): void => {
        const wait = bucket.take(length, Monotonic.millis(clock))
        if (wait === 0 || isPaced) return
        isPaced = true
        run(
          Effect.zipRight(
            Effect.sleep(wait),
            Effect.sync(() => {
              isPaced = false
              review()
            })
          )
        )
      }
      to.drain(() => {
        const next = waiting.shift()
        if (next === undefined) return undefined
        bytes -= next.length
        passedAt = Monotonic.millis(clock)
        // What comes in now is given next: the connection asks until there is nothing.
        isDraining = true
        review()
        isDraining = false
        return next
      })
      from.receive({
        take: (pieces) => {
          for (const piece of pieces) {
            waiting.push(piece)
            bytes += piece.length
            pace(piece.length)
          }
          if (!isDraining) to.wake()
          review()
        },
        end: () => Deferred.unsafeDone(over, Effect.succeed(to.finish))
      })
    }

    carry(one, other)
    carry(other, one)
    one.hold(false)
    other.hold(false)
    yield* Effect.forkScoped(
      Effect.iterate(0, {
        while: (idle) => idle < idleLimit,
        body: () => Effect.map(Effect.sleep(checkEvery), () => Monotonic.millis(clock) - passedAt)
      }).pipe(Effect.zipRight(Deferred.succeed(over, Effect.void)))
    )
    const flush = yield* Deferred.await(over)
    yield* Effect.timeoutOption(flush, flushLimit)
  })

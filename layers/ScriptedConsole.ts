/** A Console whose keyboard is a script and whose screen can be read: for tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Console } from "../services/Console.ts"

export interface Script {
  /** Types a line. */
  readonly type: (line: string) => Effect.Effect<void>
  /** Ends the input. */
  readonly end: Effect.Effect<void>
  /** Everything on the screen so far. */
  readonly screen: Effect.Effect<ReadonlyArray<string>>
  /** Every line that is shown, as it is. */
  readonly shown: Stream.Stream<string>
  /** Returns as soon as the screen is as that says. */
  readonly awaitScreen: (holds: (lines: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  readonly layer: Layer.Layer<Console>
}

export const make: Effect.Effect<Script> = Effect.gen(function* () {
  const typed = yield* Mailbox.make<string>()
  const written = yield* Mailbox.make<string>()
  const screen = yield* SubscriptionRef.make<ReadonlyArray<string>>([])
  return {
    type: (line) => Effect.asVoid(typed.offer(line)),
    end: Effect.asVoid(typed.end),
    screen: SubscriptionRef.get(screen),
    shown: Mailbox.toStream(written),
    awaitScreen: (holds) => Effect.asVoid(Stream.runHead(Stream.filter(screen.changes, holds))),
    layer: Layer.succeed(
      Console,
      Console.of({
        lines: Mailbox.toStream(typed),
        show: (lines) =>
          Effect.zipRight(
            written.offerAll(lines.map(({ text }) => text)),
            SubscriptionRef.update(screen, (before) => [...before, ...lines.map(({ text }) => text)])
          )
      })
    )
  }
})

/** A Console whose keyboard is a script and whose screen can be read: for tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Console, type Typed } from "../../services/Console.ts"
import type { Status } from "../../src/domain/Status.ts"
import { completionFrom, nothing } from "../../src/terminal/Completion.ts"
import { ownLine } from "../../src/terminal/LiveArea.ts"
import { PendingList } from "../../src/terminal/PendingList.ts"
import * as PendingLines from "./PendingLines.ts"

export interface Script {
  /** Types a line. */
  readonly type: (line: string) => Effect.Effect<void>
  /** Ends the input. */
  readonly end: Effect.Effect<void>
  /** Everything on the screen so far. At a terminal, without the pending lines below it. */
  readonly screen: Effect.Effect<ReadonlyArray<string>>
  /** Returns as soon as the screen satisfies the predicate. */
  readonly awaitScreen: (holds: (lines: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** The pending lines as they are shown below the screen, at a terminal. */
  readonly pending: Effect.Effect<ReadonlyArray<string>>
  /** Returns as soon as the pending lines satisfy the predicate. */
  readonly awaitPending: (holds: (lines: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** The status that was shown last, at a terminal. */
  readonly status: SubscriptionRef.SubscriptionRef<Status | undefined>
  /** The completions for a line with the cursor at its end, at a terminal. */
  readonly completions: (line: string) => Effect.Effect<ReadonlyArray<string>>
  readonly layer: Layer.Layer<Console>
}

const makeWith = (terminal: boolean): Effect.Effect<Script> =>
  Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    const screen = yield* SubscriptionRef.make<ReadonlyArray<string>>([])
    const list = new PendingList<Typed>()
    const pending = yield* SubscriptionRef.make<ReadonlyArray<string>>([])
    const status = yield* SubscriptionRef.make<Status | undefined>(undefined)
    const source = yield* Ref.make(nothing)
    const show = (lines: ReadonlyArray<string>) => SubscriptionRef.update(screen, (before) => [...before, ...lines])
    const changed = Effect.suspend(() => SubscriptionRef.set(pending, list.all.map(ownLine)))
    const pendingLines = PendingLines.make(list, {
      changed,
      settle: (lines) => Effect.zipRight(changed, show(lines.map(({ text }) => text))),
      giveBack: () => Effect.void
    })

    return {
      type: (text) => {
        const line = { text }
        const stand = Effect.suspend(() => {
          list.add(line)
          return changed
        })
        return Effect.zipRight(terminal ? stand : Effect.void, Effect.asVoid(typed.offer(line)))
      },
      end: Effect.asVoid(typed.end),
      screen: SubscriptionRef.get(screen),
      awaitScreen: (holds) => Effect.asVoid(Stream.runHead(Stream.filter(screen.changes, holds))),
      pending: SubscriptionRef.get(pending),
      awaitPending: (holds) => Effect.asVoid(Stream.runHead(Stream.filter(pending.changes, holds))),
      status,
      completions: (line) =>
        Effect.map(Ref.get(source), (complete) => complete(line, line.length).candidates.map(({ text }) => text)),
      layer: Layer.succeed(
        Console,
        Console.of({
          lines: Mailbox.toStream(typed),
          show: (lines) => show(lines.map(({ text }) => text)),
          isGone: () => false,
          tell: Option.none(),
          pending: terminal ? Option.some(pendingLines) : Option.none(),
          isPerson: terminal,
          prompt: terminal
            ? Option.some({
                showStatus: (shown) => SubscriptionRef.set(status, shown),
                completeFrom: (vocabulary) => Ref.set(source, completionFrom(vocabulary))
              })
            : Option.none()
        })
      )
    }
  })

/** A console on pipes, which does not show what is typed. */
export const make: Effect.Effect<Script> = makeWith(false)

/** A console at a terminal, which shows typed lines as pending until they are settled. */
export const makeTerminal: Effect.Effect<Script> = makeWith(true)

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

export interface Script {
  /** Types a line. */
  readonly type: (line: string) => Effect.Effect<void>
  /** Ends the input. */
  readonly end: Effect.Effect<void>
  /** Everything on the screen so far; at a terminal, what stands below it aside. */
  readonly screen: Effect.Effect<ReadonlyArray<string>>
  /** Returns as soon as the screen is as that says. */
  readonly awaitScreen: (holds: (lines: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** The typed lines that stand below, at a terminal. */
  readonly standing: Effect.Effect<ReadonlyArray<string>>
  /** Returns as soon as those are as that says. */
  readonly awaitStanding: (holds: (lines: ReadonlyArray<string>) => boolean) => Effect.Effect<void>
  /** What was told last of what can be seen at a glance, at a terminal. */
  readonly status: SubscriptionRef.SubscriptionRef<Status | undefined>
  /** What such a line would be completed with, at a terminal. */
  readonly completions: (line: string) => Effect.Effect<ReadonlyArray<string>>
  readonly layer: Layer.Layer<Console>
}

const makeWith = (terminal: boolean): Effect.Effect<Script> =>
  Effect.gen(function* () {
    const typed = yield* Mailbox.make<Typed>()
    const screen = yield* SubscriptionRef.make<ReadonlyArray<string>>([])
    const standing = yield* SubscriptionRef.make<ReadonlyMap<Typed, boolean>>(new Map())
    const status = yield* SubscriptionRef.make<Status | undefined>(undefined)
    const source = yield* Ref.make(nothing)
    const reworded = new WeakMap<Typed, string>()
    const textOf = (line: Typed) => reworded.get(line) ?? line.text
    const inWords = (lines: ReadonlyMap<Typed, boolean>) =>
      Array.from(lines, ([line, marked]) => ownLine({ text: textOf(line), marked }))
    const show = (lines: ReadonlyArray<string>) => SubscriptionRef.update(screen, (before) => [...before, ...lines])
    const standingOf = (lines: ReadonlyArray<Typed>) =>
      Effect.map(SubscriptionRef.get(standing), (all) => lines.filter((line) => all.has(line)))

    const take = (lines: ReadonlyArray<Typed>) =>
      SubscriptionRef.update(standing, (all) => new Map([...all].filter(([line]) => !lines.includes(line))))

    return {
      type: (text) => {
        const line = { text }
        return Effect.zipRight(
          terminal ? SubscriptionRef.update(standing, (all) => new Map(all).set(line, false)) : Effect.void,
          Effect.asVoid(typed.offer(line))
        )
      },
      end: Effect.asVoid(typed.end),
      screen: SubscriptionRef.get(screen),
      awaitScreen: (holds) => Effect.asVoid(Stream.runHead(Stream.filter(screen.changes, holds))),
      standing: Effect.map(SubscriptionRef.get(standing), inWords),
      awaitStanding: (holds) =>
        Effect.asVoid(Stream.runHead(Stream.filter(Stream.map(standing.changes, inWords), holds))),
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
          pending: terminal
            ? Option.some({
                reword: (line, text) =>
                  Effect.zipRight(
                    Effect.sync(() => reworded.set(line, text)),
                    SubscriptionRef.update(standing, (all) => new Map(all))
                  ),
                mark: (lines) =>
                  Effect.flatMap(standingOf(lines), (marked) =>
                    SubscriptionRef.update(
                      standing,
                      (all) => new Map([...all, ...marked.map((line) => [line, true] as const)])
                    )
                  ),
                drop: take,
                giveBack: take,
                settle: (lines) =>
                  Effect.flatMap(standingOf(lines), (settled) =>
                    Effect.zipRight(
                      SubscriptionRef.update(
                        standing,
                        (all) => new Map([...all].filter(([line]) => !settled.includes(line)))
                      ),
                      show(settled.map((line) => ownLine({ text: textOf(line), marked: false })))
                    )
                  )
              })
            : Option.none(),
          isPerson: terminal,
          prompt: terminal
            ? Option.some({
                showStatus: (told) => SubscriptionRef.set(status, told),
                completeFrom: (vocabulary) => Ref.set(source, completionFrom(vocabulary))
              })
            : Option.none()
        })
      )
    }
  })

/** On pipes: what is typed is not seen. */
export const make: Effect.Effect<Script> = makeWith(false)

/** At a terminal: what is typed stands there until it is settled. */
export const makeTerminal: Effect.Effect<Script> = makeWith(true)

/** A Console whose keyboard is a script and whose screen can be read: for tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { Console, type Put, type Typed, whenTaken } from "../../services/Console.ts"
import type { Room } from "../../src/domain/Post.ts"
import type { Progress } from "../../src/domain/Progress.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import type { Status } from "../../src/domain/Status.ts"
import { completionFrom, nothing } from "../../src/terminal/Completion.ts"
import { ownLine } from "../../src/terminal/LiveArea.ts"
import { PendingList } from "../../src/terminal/PendingList.ts"
import * as PendingLines from "./PendingLines.ts"
import { makeTypedLines } from "./TypedLines.ts"

export interface Script {
  /** Types a line. */
  readonly type: (line: string) => Effect.Effect<void>
  /** Presses a key that asks for a command. */
  readonly press: (command: string) => Effect.Effect<void>
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
  /** Returns as soon as the status satisfies the predicate, at a terminal. */
  readonly awaitStatus: (holds: (status: Status) => boolean) => Effect.Effect<void>
  /** How far files are shown to be, at a terminal. */
  readonly progress: Effect.Effect<ReadonlyArray<Progress>>
  /** The completions for a line with the cursor at its end, at a terminal. */
  readonly completions: (line: string) => Effect.Effect<ReadonlyArray<string>>
  readonly layer: Layer.Layer<Console>
}

const makeWith = (terminal: boolean): Effect.Effect<Script> =>
  Effect.gen(function* () {
    const typed = makeTypedLines()
    const screen: Array<string> = []
    const list = new PendingList<Typed>()
    const shown = () => list.all.map(ownLine)
    const changes = makeSignal()
    let status: Status | undefined
    let progress: ReadonlyArray<Progress> = []
    const source = yield* Ref.make(nothing)
    const put: Put<ScreenLine> = (lines, taken) => {
      for (const { text } of lines) screen.push(text)
      changes.changed()
      taken()
    }
    const pendingLines = PendingLines.make(list, {
      changed: changes.changed,
      settle: put,
      giveBack: () => {},
      done: () => {}
    })

    return {
      type: (text) =>
        Effect.sync(() => {
          const room = terminal ? list.roomFor({ text }) : undefined
          const line: Typed = room === undefined ? { text } : { text, room: room as Room }
          if (terminal) list.type(line)
          changes.changed()
          if (!typed.offered([text])) typed.add([line])
        }),
      press: (text) => Effect.sync(() => typed.add([{ text, byKey: true }])),
      end: Effect.sync(typed.end),
      screen: Effect.sync(() => [...screen]),
      awaitScreen: (holds) => changes.until(() => holds(screen)),
      pending: Effect.sync(shown),
      awaitPending: (holds) => changes.until(() => holds(shown())),
      progress: Effect.sync(() => progress),
      awaitStatus: (holds) => changes.until(() => status !== undefined && holds(status)),
      completions: (line) =>
        Effect.map(Ref.get(source), (complete) => complete(line, line.length).candidates.map(({ text }) => text)),
      layer: Layer.succeed(
        Console,
        Console.of({
          lines: typed.lines,
          offer: terminal ? Option.none() : Option.some(typed.offer),
          put,
          show: whenTaken(put),
          isGone: () => false,
          tell: Option.none(),
          pending: terminal ? Option.some(pendingLines) : Option.none(),
          isPerson: terminal,
          prompt: terminal
            ? Option.some({
                showStatus: (shown) => {
                  status = shown
                  list.speakIn(shown.room)
                  changes.changed()
                },
                showProgress: (shown) => {
                  progress = shown
                },
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

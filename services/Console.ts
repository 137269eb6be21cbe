/** The keyboard and the screen of a person, or of a script. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { Complete } from "../src/domain/Completion.ts"
import type { Fact } from "../src/domain/Fact.ts"
import type { ScreenLine } from "../src/domain/ScreenLine.ts"
import type { Status } from "../src/domain/Status.ts"

/** A line as it was typed, without its newline; what is pasted at a terminal may have newlines inside. Each is an object of its own. */
export interface Typed {
  readonly text: string
  /** Said as it is, whatever it begins with; a line that is not may be a command. */
  readonly verbatim?: boolean
  /** In place of a line: what is to be said on the screen of what came. `failed`: a line could not be taken. */
  readonly trouble?: { readonly sentence: string; readonly failed: boolean }
}

/**
 * What becomes of typed lines on the screen. From when it is typed, each stands right above what is being typed, below
 * everything that is shown, in the order in which they were typed. When the console ends, what still stands there stays.
 */
export interface Standing {
  /** Marks lines that stand as such that nobody has yet. */
  readonly mark: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Moves lines up, without a mark: they are shown, in this order, as any other line, and scroll with the rest. */
  readonly settle: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Shows that in place of what was typed: a line may say something else. */
  readonly reword: (line: Typed, text: string) => Effect.Effect<void>
  /** Takes lines away that could not be said. Whoever typed them can edit them. */
  readonly giveBack: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
  /** Takes lines away that are said to nobody: they came too late. */
  readonly drop: (lines: ReadonlyArray<Typed>) => Effect.Effect<void>
}

/** What whoever sits at a terminal has beyond the lines. */
export interface Seat {
  /** Tells what can be seen at a glance, in place of what was told before. */
  readonly tell: (status: Status) => Effect.Effect<void>
  /** Completes what is being typed from there, in place of where it was completed from before. */
  readonly completeFrom: (source: Complete) => Effect.Effect<void>
}

export class Console extends Context.Tag("outlive/Console")<
  Console,
  {
    /** The lines typed that nobody has taken yet. Ends at the end of input, and when the screen is gone. */
    readonly lines: Stream.Stream<Typed>
    /** Shows lines in one write; returns when the screen has taken them. */
    readonly show: (lines: ReadonlyArray<ScreenLine>) => Effect.Effect<void>
    /** Whether nobody takes what is shown any more: what was shown last may not be there. */
    readonly isGone: () => boolean
    /** Takes what happened and what was asked for as it is, in place of the lines it would make. None where people read. */
    readonly tell: Option.Option<(facts: ReadonlyArray<Fact>) => Effect.Effect<void>>
    /** None where what is typed is not seen, as on a pipe. */
    readonly standing: Option.Option<Standing>
    /** Whether a person types, who can be asked something; on a pipe nobody answers. */
    readonly isPerson: boolean
    /** None where nothing but lines is seen, as on a pipe. */
    readonly seat: Option.Option<Seat>
  }
>() {}

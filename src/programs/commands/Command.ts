/** A slash command: its description as data, and what it does. */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type { Described, Group } from "../../domain/Described.ts"
import type { Fact } from "../../domain/Fact.ts"
import type { Room } from "../../domain/Post.ts"
import { notice, type ScreenLine } from "../../domain/ScreenLine.ts"
import { decodeArguments, parametersOf } from "../../domain/SlashCommand.ts"

/** The result of a command. */
export type Outcome = Data.TaggedEnum<{
  /**
   * Lines for the screen where the command was typed. A program that reads there gets the facts in their place, if
   * there are any.
   */
  Answer: { readonly lines: ReadonlyArray<ScreenLine>; readonly facts: ReadonlyArray<Fact> }
  /** A line to say in that room, or to some alone; in the session's, if none is named. `notices`: what to show then. */
  Say: { readonly text: string; readonly room?: Room; readonly notices?: ReadonlyArray<ScreenLine> }
  /**
   * A result that may take long: the next lines are not kept waiting. `meanwhile`: what to show if it does. `givenUp`:
   * what to show if the session ends before.
   */
  Later: {
    readonly outcome: Effect.Effect<Outcome>
    readonly meanwhile: string
    readonly givenUp: string
  }
  /** The end of the session, as with `Exit`. */
  Leave: {}
}>

export const { Answer, Later, Leave, Say } = Data.taggedEnum<Outcome>()

/** An answer of these sentences, each as a notice. */
export const answer = (...sentences: ReadonlyArray<string>): Outcome =>
  Answer({ lines: sentences.map(notice), facts: [] })

/** The typed line that runs a command. */
export class CommandLine extends Context.Reference<CommandLine>()("outlive/CommandLine", {
  defaultValue: (): {
    /** Lets the line stand above everything that is shown from now on. Otherwise it stands right above the answer. */
    readonly settle: Effect.Effect<void>
  } => ({ settle: Effect.void })
}) {}

export interface Command<R> extends Described {
  /** Runs the command with the words after its name. If they don't fit, the answer says how the command is used. */
  readonly run: (rest: string) => Effect.Effect<Outcome, never, R>
}

/**
 * A command whose arguments are a tuple of words. The last one takes the rest of the line: see
 * `domain/SlashCommand.ts`.
 */
export const make = <A, I extends ReadonlyArray<string | undefined>, R>(definition: {
  readonly name: string
  readonly elsewhere?: ReadonlyArray<string>
  readonly help: string
  readonly details?: string
  readonly group?: Group
  readonly arguments: Schema.Schema<A, I>
  readonly run: (given: A) => Effect.Effect<Outcome, never, R>
}): Command<R> => {
  const described = {
    name: definition.name,
    elsewhere: definition.elsewhere ?? [],
    parameters: parametersOf(definition.arguments),
    help: definition.help,
    details: definition.details,
    group: definition.group
  }
  return {
    ...described,
    run: (rest) =>
      Either.match(decodeArguments(described, definition.arguments, rest), {
        onLeft: (usage) => Effect.succeed(answer(usage)),
        onRight: definition.run
      })
  }
}

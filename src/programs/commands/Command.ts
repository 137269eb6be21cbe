/** A command that can be typed: what is known of it as data, and what it does. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Schema from "effect/Schema"
import type { Fact } from "../../domain/Fact.ts"
import { notice, type ScreenLine } from "../../domain/ScreenLine.ts"
import { type Described, decodeArguments, parametersOf } from "../../domain/SlashCommand.ts"

/** What comes of a command. */
export type Outcome = Data.TaggedEnum<{
  /** Lines for the screen where it was typed; for a program that reads there, facts in their place if there are any. */
  Answer: { readonly lines: ReadonlyArray<ScreenLine>; readonly facts: ReadonlyArray<Fact> }
  /** Something to say to all. */
  Say: { readonly text: string }
  /** The end, as `Exit` is. */
  Leave: {}
}>

export const { Answer, Leave, Say } = Data.taggedEnum<Outcome>()

/** These sentences as an answer: a notice each. */
export const answer = (...sentences: ReadonlyArray<string>): Outcome =>
  Answer({ lines: sentences.map(notice), facts: [] })

export interface Command<R> extends Described {
  /** Does it, with what follows its name; what does not fit is answered with how it is used. */
  readonly run: (rest: string) => Effect.Effect<Outcome, never, R>
}

/** A command whose arguments are a tuple of words, of which the last takes all that is left: see `domain/SlashCommand.ts`. */
export const make = <A, I extends ReadonlyArray<string | undefined>, R>(definition: {
  readonly name: string
  readonly elsewhere?: ReadonlyArray<string>
  readonly help: string
  readonly details?: string
  readonly arguments: Schema.Schema<A, I>
  readonly run: (given: A) => Effect.Effect<Outcome, never, R>
}): Command<R> => {
  const described = {
    name: definition.name,
    elsewhere: definition.elsewhere ?? [],
    parameters: parametersOf(definition.arguments),
    help: definition.help,
    details: definition.details
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

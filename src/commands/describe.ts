/** A command as data, read from its definition. Used by help, by the man page, and to explain a wrong command line. */

import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import type * as Usage from "@effect/cli/Usage"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { absurd } from "../domain/Absurd.ts"
import { settings, variableOf } from "../domain/Settings.ts"
import type { About } from "./About.ts"
import { commands, type Name } from "./all.ts"

export interface Argument {
  readonly name: string
  readonly optional: boolean
  readonly text: string
}

export interface OptionDescribed {
  /** The name without its dashes. */
  readonly name: string
  /** The name of its value; undefined if it takes none. */
  readonly value: string | undefined
  /** Whether it may be given several times. */
  readonly repeatable: boolean
  /** The meaning of the option, in a sentence or two; empty if its name says it all. */
  readonly text: string
  /** The default; undefined if `text` mentions it, or there is none. */
  readonly usual: string | undefined
  /** The environment variable that sets it too; undefined if none does. */
  readonly variable: string | undefined
}

export interface Described extends About {
  readonly name: Name
  readonly arguments: ReadonlyArray<Argument>
  readonly options: ReadonlyArray<OptionDescribed>
}

const textOf = (span: Span.Span): string => {
  switch (span._tag) {
    case "Text":
    case "URI":
      return span.value
    case "Sequence":
      return textOf(span.left) + textOf(span.right)
    case "Highlight":
    case "Strong":
    case "Weak":
      return textOf(span.value)
    default:
      return absurd(span)
  }
}

/** Sentences that the library adds to every option. Nobody has to read them. */
const noise =
  /^(A user-defined piece of text|An integer|A floating point number|A true or false value|One of the following|This (option|setting) )/

/** The library's sentence about an option that a variable sets too. */
const byVariable = "This option can be set from environment variables."

const paragraphsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (doc._tag) {
    case "Sequence":
      return [...paragraphsOf(doc.left), ...paragraphsOf(doc.right)]
    case "Paragraph":
      return [textOf(doc.value)]
    case "Empty":
    case "Header":
    case "DescriptionList":
    case "Enumeration":
      return []
    default:
      return absurd(doc)
  }
}

/** The terms of a definition list, each with its paragraphs. */
const definitionsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<readonly [term: string, about: ReadonlyArray<string>]> => {
  switch (doc._tag) {
    case "Sequence":
      return [...definitionsOf(doc.left), ...definitionsOf(doc.right)]
    case "DescriptionList":
      return doc.definitions.map(([term, about]) => [textOf(term), paragraphsOf(about)])
    case "Empty":
    case "Header":
    case "Paragraph":
    case "Enumeration":
      return []
    default:
      return absurd(doc)
  }
}

interface Used {
  readonly name: string
  readonly value: string | undefined
  readonly optional: boolean
  readonly repeatable: boolean
}

const usedIn = (usage: Usage.Usage): ReadonlyArray<Used> => {
  switch (usage._tag) {
    case "Named":
      return usage.names.slice(0, 1).map((name) => ({
        name,
        value: Option.getOrUndefined(usage.acceptedValues),
        optional: false,
        repeatable: false
      }))
    case "Concat":
    case "Alternation":
      return [...usedIn(usage.left), ...usedIn(usage.right)]
    case "Optional":
      return usedIn(usage.usage).map((used) => ({ ...used, optional: true }))
    case "Repeated":
      return usedIn(usage.usage).map((used) => ({ ...used, repeatable: true }))
    case "Empty":
    case "Mixed":
      return []
    default:
      return absurd(usage)
  }
}

/** A default that is short enough to stand beside its option; undefined if the text mentions it. */
const usualOf = (name: string, text: string): string | undefined => {
  const usual = settings.find((setting) => setting.name === name)?.usual
  return usual === undefined || /^(false$|none)|.{17}/.test(usual) || /By default|Without it/.test(text)
    ? undefined
    : usual
}

export const described = (name: Name): Described => {
  const { about, make } = commands[name]
  const command = (make as (run: () => Effect.Effect<void>) => Command.Command<string, unknown, unknown, unknown>)(
    () => Effect.void
  )
  const definitions = definitionsOf(Command.getHelp(command, CliConfig.make({ showBuiltIns: false })))
  const aboutTerm = (beginning: string): ReadonlyArray<string> =>
    definitions.find(([term]) => term === beginning || term.startsWith(`${beginning} `))?.[1] ?? []
  const textOn = (beginning: string): string =>
    aboutTerm(beginning)
      .filter((paragraph) => !noise.test(paragraph))
      .join(" ")
      .trim()
  const used = usedIn(Command.getUsage(command))
  return {
    ...about,
    name,
    arguments: used
      .filter((each) => each.name.startsWith("<"))
      .map((each) => ({ name: each.name.slice(1, -1), optional: each.optional, text: textOn(each.name) })),
    options: used
      .filter((each) => each.name.startsWith("--"))
      .map(({ name: dashed, repeatable, value }) => {
        const own = dashed.slice(2)
        const text = textOn(dashed)
        const isSetting = aboutTerm(dashed).includes(byVariable)
        return {
          name: own,
          value,
          repeatable,
          text,
          usual: isSetting ? usualOf(own, text) : undefined,
          variable: isSetting ? variableOf(own) : undefined
        }
      })
  }
}

/** The usage of a command: `outlive join LINK ID [PORT1] [PORT2] [OPTIONS]`. */
export const usageOf = ({
  arguments: given,
  name,
  options
}: Pick<Described, "name" | "arguments" | "options">): string =>
  [
    "outlive",
    name,
    ...given.map((each) => (each.optional ? `[${each.name}]` : each.name)),
    ...(options.length === 0 ? [] : ["[OPTIONS]"])
  ].join(" ")

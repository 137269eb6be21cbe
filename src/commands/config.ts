/** The command line of `outlive config`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { settings } from "../domain/Settings.ts"
import type { About } from "./About.ts"

/** Every setting as an option that takes any text. */
const given = Options.all(
  settings.map(({ name }) =>
    Options.text(name).pipe(
      Options.withPseudoName("VALUE"),
      Options.map((value) => [name, value] as const),
      Options.optional
    )
  )
)

export const about: About = {
  summary: "Show each setting, its value and its source.",
  details:
    "A setting is an option, a variable, or a line of the settings file, in this order of precedence. With settings as options, this command shows what would hold.",
  part: "Set up",
  usual: ["server", "host", "port", "ports", "data"],
  examples: [
    ["outlive config", "the current values"],
    ["outlive config --port 4100", "the values with that option"]
  ]
}

export const make = <E, R>(run: (given: ReadonlyMap<string, string>) => Effect.Effect<void, E, R>) =>
  Command.make("config", { given }, ({ given }) => run(new Map(given.flatMap(Option.toArray)))).pipe(
    Command.withDescription(about.summary)
  )

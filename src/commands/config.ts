/** `outlive config`: what its command line means. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { settings } from "../domain/Settings.ts"

/** Each setting as somebody may give it here, whatever it is. */
const given = Options.all(
  settings.map(({ name }) =>
    Options.text(name).pipe(
      Options.withPseudoName("VALUE"),
      Options.map((value) => [name, value] as const),
      Options.optional
    )
  )
)

export const make = <E, R>(run: (given: ReadonlyMap<string, string>) => Effect.Effect<void, E, R>) =>
  Command.make("config", { given }, ({ given }) => run(new Map(given.flatMap(Option.toArray)))).pipe(
    Command.withDescription(
      "Shows each setting, its value, and where that comes from: an option, a variable, the settings file, or nobody."
    )
  )

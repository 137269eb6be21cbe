/** `outlive completions`: what its command line means. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Effect from "effect/Effect"

const shell = Options.choice("shell", ["bash", "zsh", "fish"]).pipe(
  Options.withDescription("For which shell. Without: the one that SHELL names."),
  Options.optional
)
const install = Options.boolean("install").pipe(
  Options.withDescription("Puts them where that shell looks for them, for this user; without it they are printed.")
)

const options = { shell, install }

export type Arguments = Command.Command.ParseConfig<typeof options>

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("completions", options, run).pipe(
    Command.withDescription(
      "What a shell needs to complete the commands and options of outlive. Example: outlive completions --install"
    )
  )

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

/** What @effect/cli has each command offer besides its own options, in the words of each shell's completions. */
const builtIns = [
  "Generate a completion script for a specific shell.",
  "Sets the minimum log level for a command.",
  "Start wizard mode for a command."
]

/** The lines of completions without those: nobody who talks needs them, and --log-level is one of our own too. */
export const withoutBuiltIns = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines
    .filter((line) => !builtIns.some((words) => line.includes(words)))
    .map((line) => line.replace("--completions --log-level --help --wizard --version", "--help --version"))

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("completions", options, run).pipe(
    Command.withDescription(
      "What a shell needs to complete the commands and options of outlive. Example: outlive completions --install"
    )
  )

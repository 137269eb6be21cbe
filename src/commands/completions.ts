/** The command line of `outlive completions`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"

const shell = Options.choice("shell", ["bash", "zsh", "fish"]).pipe(
  Options.withDescription("bash, zsh or fish. Without it: the one that SHELL names."),
  Options.optional
)
const install = Options.boolean("install").pipe(
  Options.withDescription("Put them where the shell looks for them. Without it: print them.")
)

const options = { shell, install }

export type Arguments = Command.Command.ParseConfig<typeof options>

/** The descriptions that @effect/cli gives to its built-in options in completions. */
const builtIns = [
  "Generate a completion script for a specific shell.",
  "Sets the minimum log level for a command.",
  "Start wizard mode for a command."
]

/** The completion lines without the built-in options. Few people need those, and --log-level is one of our own too. */
export const withoutBuiltIns = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines
    .filter((line) => !builtIns.some((words) => line.includes(words)))
    .map((line) => line.replace("--completions --log-level --help --wizard --version", "--help --version"))

export const about: About = {
  summary: "Complete commands and options in your shell.",
  details: "It prints what bash, zsh or fish needs to complete outlive, or puts that where the shell looks for it.",
  part: "Set up",
  usual: ["shell", "install"],
  examples: [
    ["outlive completions --install", "for the shell in SHELL"],
    ["outlive completions --shell zsh", "print them"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("completions", options, run).pipe(Command.withDescription(about.summary))

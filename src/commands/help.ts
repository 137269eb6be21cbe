/** The command line of `outlive help [COMMAND]`. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"

const command = Args.text({ name: "COMMAND" }).pipe(
  Args.withDescription("The command to explain. Without it: a list of all commands."),
  Args.optional
)

const configuration = { command }

export type Arguments = Command.Command.ParseConfig<typeof configuration>

export const about: About = {
  summary: "Show the help of a command, or list all commands.",
  details: "outlive COMMAND --help shows the same; outlive COMMAND -h shows the options that most people need.",
  part: "Set up",
  usual: [],
  examples: [
    ["outlive help", "all commands"],
    ["outlive help client", "one command, with all of its options"]
  ]
}

export const make = <E, R>(run: (given: Arguments) => Effect.Effect<void, E, R>) =>
  Command.make("help", configuration, run).pipe(Command.withDescription(about.summary))

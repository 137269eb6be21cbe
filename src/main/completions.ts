/** The program of `outlive completions`: it prints or installs the completion script of a shell. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ShellCompletions from "../../layers/ShellCompletions.ts"
import * as CompletionsCommand from "../commands/completions.ts"
import { CompletionsUnplaced } from "../domain/Errors.ts"

/** `completionsIn` gives the lines that complete the whole command tree in a shell. */
export const command = (completionsIn: (shell: ShellCompletions.Shell) => Effect.Effect<ReadonlyArray<string>>) =>
  CompletionsCommand.make(({ install, shell }) =>
    Effect.gen(function* () {
      const wanted = Option.getOrUndefined(shell) ?? ShellCompletions.usual()
      if (wanted === undefined) return yield* new CompletionsUnplaced({ detail: "SHELL is not bash, zsh or fish" })
      const text = CompletionsCommand.withoutBuiltIns(yield* completionsIn(wanted)).join("\n")
      yield* Console.log(install ? yield* ShellCompletions.install(wanted, `${text}\n`) : text)
    })
  )

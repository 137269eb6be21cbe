/** Installs shell completions in the user's own folders. */
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { CompletionsUnplaced } from "../src/domain/Errors.ts"
import { troubleOf } from "../src/domain/Trouble.ts"

export type Shell = "bash" | "zsh" | "fish"

/** The user's shell, if it is one of these. */
export const usual = (): Shell | undefined => {
  const name = Path.basename(process.env["SHELL"] ?? "")
  return name === "bash" || name === "zsh" || name === "fish" ? name : undefined
}

const under = (variable: string, ...otherwise: ReadonlyArray<string>): string => {
  const folder = process.env[variable]
  return folder !== undefined && Path.isAbsolute(folder) ? folder : Path.join(Os.homedir(), ...otherwise)
}

const places: Readonly<Record<Shell, () => string>> = {
  // bash-completion loads files from this folder on demand.
  bash: () => Path.join(under("XDG_DATA_HOME", ".local", "share"), "bash-completion", "completions", "outlive"),
  // If the function has another name than its file, the first completion finds nothing. @effect/cli uses this name.
  zsh: () => Path.join(under("XDG_DATA_HOME", ".local", "share"), "zsh", "site-functions", "_outlive_zsh_completions"),
  fish: () => Path.join(under("XDG_CONFIG_HOME", ".config"), "fish", "completions", "outlive.fish")
}

/** What the person has to do once the file is installed. */
const whatIsLeft: Readonly<Record<Shell, (path: string) => string>> = {
  bash: () => "New shells that have bash-completion complete outlive from now on.",
  zsh: (path) => `Put this into ~/.zshrc, above compinit: fpath=(${Path.dirname(path)} $fpath)`,
  fish: () => "New shells complete outlive from now on."
}

/** Installs the completions. Returns what to tell the user. */
export const install = (shell: Shell, text: string): Effect.Effect<string, CompletionsUnplaced> =>
  Effect.suspend(() => {
    const path = places[shell]()
    return Effect.tryPromise({
      try: async () => {
        await Fs.mkdir(Path.dirname(path), { recursive: true })
        await Fs.writeFile(path, text)
        return `${path} is there now. ${whatIsLeft[shell](path)}`
      },
      catch: (error) => new CompletionsUnplaced(troubleOf(error))
    })
  })

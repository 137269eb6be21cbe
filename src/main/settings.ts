/** Where the settings of a command come from: the command line, variables, and the settings file. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as SettingsFile from "../../layers/SettingsFile.ts"
import { variableOf } from "../domain/Settings.ts"

/** The settings outside the command line: variables first, then the settings file. */
export const settingsFound = Effect.map(SettingsFile.read(SettingsFile.path()), (values) =>
  ConfigProvider.orElse(ConfigProvider.fromEnv(), () =>
    ConfigProvider.fromMap(new Map(Array.from(values, ([name, value]) => [variableOf(name), value])))
  )
)

/**
 * Moves our option --log-level from the command line to the variables. @effect/cli has an option of the same name, but
 * does not accept it at every command.
 */
export const withoutLogLevel = (given: ReadonlyArray<string>) => {
  const at = given.findIndex((word) => word === "--log-level" || word.startsWith("--log-level="))
  const [, inOne] = given[at]?.split("=") ?? []
  const level = inOne ?? given[at + 1]
  if (at < 0 || level === undefined) return { args: given, taken: new Map<string, string>() }
  return {
    args: given.filter((_, index) => index !== at && (inOne !== undefined || index !== at + 1)),
    taken: new Map([[variableOf("log-level"), level]])
  }
}

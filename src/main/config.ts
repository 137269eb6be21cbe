/** The program of `outlive config`: it shows every setting in force, and where its value comes from. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as SettingsFile from "../../layers/SettingsFile.ts"
import * as ConfigCommand from "../commands/config.ts"
import { resolve, type Source, settings, variableOf } from "../domain/Settings.ts"

/** A setting as a line of the settings file; a default as a comment. */
const settingLine = ({
  from,
  name,
  value
}: {
  readonly from: string
  readonly name: string
  readonly value: string
}) =>
  from === "by default"
    ? `# ${name}: ${value}`
    : `${name} = ${/^(true|false|\d+(\.\d+)?)$/.test(value) ? value : JSON.stringify(value)}  # ${from}`

export const command = ConfigCommand.make((given) =>
  Effect.gen(function* () {
    const path = SettingsFile.path()
    const variables = settings.flatMap(({ name }) => {
      const value = process.env[variableOf(name)]
      return value === undefined ? [] : [[name, value] as const]
    })
    const sources: ReadonlyArray<Source> = [
      { from: (name) => `option --${name}`, values: given },
      { from: (name) => `variable ${variableOf(name)}`, values: new Map(variables) },
      { from: () => path, values: yield* SettingsFile.read(path) }
    ]
    yield* Console.log(`# ${path}`)
    for (const setting of resolve(sources)) yield* Console.log(settingLine(setting))
  })
)

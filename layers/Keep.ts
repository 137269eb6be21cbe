/** Keeps a text for the next run of the program in a file of the data folder. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Keep, nowhere } from "../src/domain/Keep.ts"

/** In that file of a folder. */
export const inFolder = (folder: string, name: string): Keep => {
  const path = Path.join(folder, name)
  return {
    load: Effect.orElseSucceed(
      Effect.tryPromise(() => Fs.readFile(path, "utf8")),
      () => undefined
    ),
    save: (text) =>
      Effect.ignore(
        Effect.tryPromise(async () => {
          await Fs.writeFile(`${path}.new`, text, { mode: 0o600 })
          await Fs.rename(`${path}.new`, path)
        })
      )
  }
}

/** The same if there is a data folder. */
export const keepIn = (data: Option.Option<string>, name: string): Keep =>
  Option.match(data, { onNone: () => nowhere, onSome: (folder) => inFolder(folder, name) })

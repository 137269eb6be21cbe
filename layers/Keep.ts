/** Keeps a text for the next run of the program: in the data folder, or not at all. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** Failures are no concern of anybody: the next run then begins with less. */
export interface Keep {
  readonly load: Effect.Effect<string | undefined>
  /** Replaces the text. It is the old one or the new one, whenever the program dies. */
  readonly save: (text: string) => Effect.Effect<void>
}

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

export const nowhere: Keep = { load: Effect.succeed(undefined), save: () => Effect.void }

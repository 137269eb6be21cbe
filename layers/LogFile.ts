/** Writes Effect's logs to a file, or to stderr if no chat is shown there. Each entry is a line of JSON. */
import * as Fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { LogUnavailable } from "../src/domain/Errors.ts"
import { troubleOf } from "../src/domain/Trouble.ts"

const writing = (write: (line: string) => void) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.jsonLogger, (line) => write(`${line}\n`))
  )

/** Appends to that file, which is created if it does not exist. */
export const layer = (path: string): Layer.Layer<never, LogUnavailable> =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.try({
          try: () => Fs.openSync(path, "a", 0o600),
          catch: (error) => new LogUnavailable({ path, ...troubleOf(error) })
        }),
        (file) => Effect.sync(() => Fs.closeSync(file))
      ),
      // A failure to log must not end what is being logged.
      (file) => writing((line) => Effect.runSync(Effect.ignore(Effect.try(() => Fs.writeSync(file, line)))))
    )
  )

/** Writes to stderr. */
export const stderr: Layer.Layer<never> = writing((line) => process.stderr.write(line))

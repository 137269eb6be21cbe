/** Where Effect's logs go: a file, or stderr where no chat is shown. A line of JSON each. */
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

/** At the end of that file, which is made if it is not there. */
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
      // What can't be logged must not end what is logged.
      (file) => writing((line) => Effect.runSync(Effect.ignore(Effect.try(() => Fs.writeSync(file, line)))))
    )
  )

/** On stderr. */
export const stderr: Layer.Layer<never> = writing((line) => process.stderr.write(line))

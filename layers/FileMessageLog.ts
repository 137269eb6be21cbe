/** A log in an append-only file: it outlives its process. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Console } from "../services/Console.ts"
import type { LogInUse, LogUnavailable } from "../src/domain/Errors.ts"
import * as FileJournal from "./log/FileJournal.ts"
import * as Log from "./log/Log.ts"

const make = (settings: Log.Settings, folder: string) =>
  Effect.flatMap(
    FileJournal.open(folder, {
      entries: settings.entries ?? Log.defaultEntries,
      bytes: settings.bytes ?? Log.defaultBytes,
      signed: settings.sign !== undefined
    }),
    (journal) => Log.make(settings, journal)
  ).pipe(Effect.withSpan("MessageLog.open", { attributes: { folder } }))

/** The log of that author in that folder. No other process can use the folder meanwhile. */
export const layer = (
  settings: Log.Settings,
  folder: string
): Layer.Layer<Log.Logs, LogUnavailable | LogInUse, Console> => Log.layerOf(make(settings, folder))

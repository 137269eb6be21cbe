/** A log in bounded memory, lost when the process ends. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { nowhere } from "./log/Journal.ts"
import * as Log from "./log/Log.ts"

/** The log of that author. */
export const layer = (settings: Log.Settings): Layer.Layer<Log.Logs> =>
  Log.layerOf(Effect.orDie(Log.make(settings, nowhere)))

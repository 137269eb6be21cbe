/** A MessageLog in bounded memory: it ends with the process. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MessageLog } from "../services/MessageLog.ts"
import * as Log from "./log/Log.ts"

/** One for that author. */
export const layer = (settings: Log.Settings): Layer.Layer<MessageLog> =>
  Layer.scoped(MessageLog, Effect.orDie(Log.make(settings, Log.nowhere)))

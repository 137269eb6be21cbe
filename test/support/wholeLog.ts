/** The log that a test's layer has made, with all that its contracts have between them. */
import * as Effect from "effect/Effect"
import type { Log } from "../../layers/log/Log.ts"
import { MessageLog } from "../../services/MessageLog.ts"

export type { Log, Logs } from "../../layers/log/Log.ts"

export const wholeLog: Effect.Effect<Log, never, MessageLog> = Effect.map(MessageLog, (log) => log as Log)

/** The log of a test's layer, with all contracts that it fulfils. */
import * as Effect from "effect/Effect"
import type { Log } from "../../layers/log/Log.ts"
import { MessageLog } from "../../services/MessageLog.ts"

export type { Log, Logs } from "../../layers/log/Log.ts"

export const wholeLog: Effect.Effect<Log, never, MessageLog> = Effect.map(MessageLog, (log) => log as Log)

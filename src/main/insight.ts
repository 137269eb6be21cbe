/** How people and tools look inside a running node: logs, metrics, traces. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as LogFile from "../../layers/LogFile.ts"
import { LogMisplaced, type LogUnavailable } from "../domain/Errors.ts"
import type { Port } from "../domain/Peer.ts"
import { logWhatHappens } from "../programs/journal.ts"

export interface Insight {
  readonly logFile: Option.Option<string>
  readonly logLevel: "none" | "error" | "warning" | "info" | "debug" | "trace"
  readonly metrics: Option.Option<Port>
}

/** Logs go to the given file, or to stderr, but never among the lines of a chat. */
const logger = ({ logFile, logLevel }: Insight) =>
  Layer.merge(
    Logger.minimumLogLevel(LogLevel.fromLiteral(levelOf[logLevel])),
    Option.match(logFile, {
      onNone: (): Layer.Layer<never, LogMisplaced | LogUnavailable> =>
        process.stderr.isTTY ? Layer.fail(new LogMisplaced()) : LogFile.stderr,
      onSome: LogFile.layer
    })
  )

const levelOf = {
  none: "None",
  error: "Error",
  warning: "Warning",
  info: "Info",
  debug: "Debug",
  trace: "Trace"
} as const

const figures = (port: Port) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("../../layers/PrometheusPage.ts")),
      (module) => module.layer(port)
    )
  )

/** Adds the log of events and the metrics page to a program, as far as the options ask for them. */
export const observed =
  (insight: Insight) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    (insight.logLevel === "none" ? program : Effect.zipRight(logWhatHappens, program)).pipe(
      Effect.provide(Option.match(insight.metrics, { onNone: () => Layer.empty, onSome: figures })),
      Effect.scoped
    )

/** Adds the logger to a whole command, so that it also logs what happens before the node runs. */
export const logged =
  (insight: Insight) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.provide(program, insight.logLevel === "none" ? Logger.minimumLogLevel(LogLevel.None) : logger(insight))

/** The URL to send traces to, from the usual variables of OpenTelemetry. Undefined if they ask for no traces. */
const collector = (): string | undefined => {
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: all,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
    OTEL_SDK_DISABLED: disabled,
    OTEL_TRACES_EXPORTER: exporter
  } = process.env
  if (disabled === "true" || exporter === "none") return undefined
  return traces || (all ? `${all.replace(/\/$/, "")}/v1/traces` : undefined)
}

/** The layer that sends traces. Its module is loaded only if traces are asked for. */
export const traces = (version: string) =>
  Layer.suspend(() => {
    const url = collector()
    return url === undefined
      ? Layer.empty
      : Layer.unwrapEffect(
          Effect.map(
            Effect.promise(() => import("../../layers/OtlpTraces.ts")),
            (module) => module.layer(url, version)
          )
        )
  })

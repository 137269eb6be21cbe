/**
 * Sends the traces of this process to an OTLP collector over HTTP, configured by the usual `OTEL_` variables
 * (OpenTelemetry specification, "OTLP Exporter Configuration").
 */
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"

/** Parses the value of such a variable: `name=value,name=value`, percent-encoded. */
const pairsIn = (text = ""): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(",").flatMap((part) => {
      const at = part.indexOf("=")
      return at < 1 ? [] : [[part.slice(0, at).trim(), decodeURIComponent(part.slice(at + 1).trim())] as const]
    })
  )

/** Sending the last spans delays the end of the program by this at most. */
const shutdownTimeout = "1 second"

export const layer = (url: string, version: string): Layer.Layer<never> => {
  const { "service.name": named = "outlive", ...attributes } = pairsIn(process.env["OTEL_RESOURCE_ATTRIBUTES"])
  return OtlpTracer.layer({
    url,
    resource: { serviceName: process.env["OTEL_SERVICE_NAME"] || named, serviceVersion: version, attributes },
    headers: pairsIn(process.env["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] ?? process.env["OTEL_EXPORTER_OTLP_HEADERS"]),
    shutdownTimeout
  }).pipe(Layer.provide(Layer.merge(FetchHttpClient.layer, OtlpSerialization.layerJson)))
}

/** The load generators, `bench/load/` and `bench/readers.ts`: starts them and reads their results. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { BenchFailed, type Started, start } from "./Processes.ts"

/** The results of one measurement: figures by name. */
export type Figures = Readonly<Record<string, number>>

const decode = Schema.decodeUnknown(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Number })))

export type Settings = Readonly<Record<string, string | number | ReadonlyArray<string>>>

export const binary = "dist/bench/load"

/** A load generator gives up when it takes this much longer than it was asked to, in ms. */
const patience = 20_000

const argumentsOf = (settings: Settings): ReadonlyArray<string> =>
  Object.entries(settings).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${name}=${each}`)
  )

/** Starts a part of the load generator in C. `ready`: the output that says it is ready. */
export const begin = (
  part: "talk" | "idle" | "fire" | "answer" | "catch" | "join" | "sites",
  settings: Settings,
  ready?: RegExp
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  start({
    command: binary,
    args: [
      part,
      ...argumentsOf(settings),
      `limit=${patience + Number(settings["warm"] ?? 0) + Number(settings["time"] ?? 0)}`
    ],
    ...(ready === undefined ? {} : { ready })
  })

/**
 * Starts the load generator `bench/readers.ts`, which speaks TLS. Returns when its members have joined through the
 * server.
 */
export const beginReaders = (
  part: "come" | "talk",
  settings: Settings
): Effect.Effect<Started, BenchFailed, Scope.Scope> =>
  start({
    command: process.execPath,
    args: ["dist/bench/readers.mjs", part, ...argumentsOf(settings)],
    ready: /enrolled/
  })

/** The figures of a load generator, once it has ended. */
export const figures = (load: Started): Effect.Effect<Figures, BenchFailed> =>
  Effect.flatMap(load.ended, (output) =>
    Effect.mapError(
      decode(output.trim().split("\n").at(-1)),
      () => new BenchFailed({ detail: `the load generator has said: ${output}` })
    )
  )

/** Runs a part of the load generator in C to its end. */
export const run = (...[part, settings]: Parameters<typeof begin>): Effect.Effect<Figures, BenchFailed> =>
  Effect.scoped(Effect.flatMap(begin(part, settings), figures))

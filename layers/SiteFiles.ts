/** The files of a node that is the server of a site: its own, and what it passes on between sites. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type { Files } from "../services/Files.ts"
import * as Gateway from "./files/Gateway.ts"
import * as LinkContract from "./LinkContract.ts"

export type Settings = Gateway.Settings

/** `own`: its own files. */
export const layer = <E, R>(
  settings: Settings,
  own: Layer.Layer<Files | LinkContract.FilesOnLinks, E, R>
): Layer.Layer<Files | LinkContract.FilesOnLinks, E, R> =>
  Layer.flatMap(own, (made) =>
    Layer.scopedContext(
      Effect.gen(function* () {
        const files = Context.get(made, LinkContract.FilesOnLinks)
        if (files === undefined) return made
        const run = yield* FiberSet.makeRuntime<never, void, never>()
        return Context.add(made, LinkContract.FilesOnLinks, Gateway.make(settings, files, yield* Effect.clock, run))
      })
    )
  )

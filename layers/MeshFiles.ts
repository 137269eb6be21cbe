/**
 * Files over the links of the mesh. What does the work is loaded when it is needed for the first time: a node at which
 * nobody offers or fetches anything pays for it neither time nor memory.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { FileStore } from "../services/FileStore.ts"
import { Files } from "../services/Files.ts"
import { makeSignal } from "../src/domain/Signal.ts"
import type { TransferEvent } from "../src/domain/Transfer.ts"
import { notShared, refuse } from "./files/Saying.ts"
import { Sought } from "./files/Sought.ts"
import type * as Transfers from "./files/Transfers.ts"
import * as LinkContract from "./LinkContract.ts"

export type Settings = Transfers.Settings

/** What is loaded. */
export interface Parts {
  readonly make: typeof Transfers.make
  readonly store: Layer.Layer<FileStore>
}

const make = (settings: Settings, load: Effect.Effect<Parts>) =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    const changes = makeSignal()
    const events = new Set<(event: TransferEvent) => void>()
    const sought = new Sought()
    let loaded: Transfers.Transfers | undefined
    let links: LinkContract.FileLinks | undefined
    let detach = (): void => {}

    const begin = ({ make, store }: Parts) =>
      Effect.gen(function* () {
        const context = yield* Layer.buildWithScope(store, scope)
        const transfers = yield* make(settings, sought).pipe(Effect.provide(context), Scope.extend(scope))
        transfers.files.onChange(changes.changed)
        transfers.files.onEvent((event) => {
          for (const look of events) look(event)
        })
        loaded = transfers
        if (links !== undefined) detach = transfers.onLinks.attach(links)
        return transfers.files
      })
    const loading = yield* Effect.makeSemaphore(1)
    const files = Effect.suspend(() =>
      loaded === undefined ? Effect.flatMap(load, begin) : Effect.succeed(loaded.files)
    ).pipe(loading.withPermits(1))

    return Context.make(
      Files,
      Files.of({
        offer: (paths) => Effect.flatMap(files, ({ offer }) => offer(paths)),
        fetch: (offer, folder) => Effect.flatMap(files, ({ fetch }) => fetch(offer, folder)),
        cancel: (digest) => loaded?.files.cancel(digest) ?? Effect.succeed(false),
        drop: (digest) => loaded?.files.drop(digest) ?? Effect.succeed(false),
        transfers: () => loaded?.files.transfers() ?? new Map(),
        giveUp: (making) => loaded?.files.giveUp(making) ?? Effect.succeed(false),
        making: () => loaded?.files.making() ?? [],
        seek: (offer) => Effect.flatMap(files, ({ seek }) => seek(offer)),
        holders: (digest) => loaded?.files.holders(digest) ?? new Map(),
        onChange: changes.listen,
        onEvent: (tell) => {
          events.add(tell)
          return () => events.delete(tell)
        }
      })
    ).pipe(
      Context.add(LinkContract.FilesOnLinks, {
        attach: (given) => {
          links = given
          detach = loaded?.onLinks.attach(given) ?? (() => {})
          return () => {
            if (links !== given) return
            links = undefined
            detach()
          }
        },
        heard: (link, frame) => {
          if (loaded !== undefined) loaded.onLinks.heard(link, frame)
          else if (frame.type === "seek") sought.add(frame.key, link.peer.id)
        },
        visited: (connection, visit) => {
          if (loaded !== undefined) loaded.onLinks.visited(connection, visit)
          else if (visit.type === "serve") connection.release()
          else run(refuse(links, connection, notShared))
        }
      })
    )
  })

export const layer = (settings: Settings, load: Effect.Effect<Parts>): Layer.Layer<Files | LinkContract.FilesOnLinks> =>
  Layer.scopedContext(make(settings, load))

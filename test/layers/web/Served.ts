/** A node with a page, for tests of its front end. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as WebFrontEnd from "../../../layers/WebFrontEnd.ts"
import { Console } from "../../../services/Console.ts"
import { Files } from "../../../services/Files.ts"
import { Page } from "../../../services/Page.ts"
import { Sessions } from "../../../services/Sessions.ts"
import type { Digest } from "../../../src/domain/Offer.ts"
import { notice } from "../../../src/domain/ScreenLine.ts"
import { makeSignal } from "../../../src/domain/Signal.ts"
import type { Transfer } from "../../../src/domain/Transfer.ts"
import { temporaryFolder } from "../../support/folder.ts"
import { noFiles } from "../../support/noFiles.ts"
import { cookieOf, exchange, partsOf } from "../../support/page.ts"
import { peer } from "../../support/samples.ts"

export const script = "console.log(1)\n".repeat(100)

/** A node with a page, whose sessions answer each line with a notice of the same words. */
export const served = (
  settings: Partial<WebFrontEnd.Settings> = {},
  transfers: () => ReadonlyMap<Digest, Transfer> = () => new Map()
) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    Fs.mkdirSync(Path.join(folder, "web"))
    Fs.writeFileSync(Path.join(folder, "web", "index.html"), "<!doctype html>")
    Fs.writeFileSync(Path.join(folder, "web", "page.js"), script)
    Fs.writeFileSync(Path.join(folder, "secret.txt"), "secret")
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const consoles: Array<Console["Type"]> = []
    const changes = makeSignal()
    let ends = 0
    const nodeEnded = yield* Deferred.make<"node ended">()
    const sessions = Sessions.of({
      attach: (console) => {
        consoles.push(console)
        changes.changed()
        return Effect.raceFirst(
          Effect.as(
            Stream.runForEach(console.lines, ({ text }) => console.show([notice(`heard ${text}`)])),
            "end of input" as const
          ),
          Deferred.await(nodeEnded)
        ).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              ends += 1
              changes.changed()
            })
          )
        )
      }
    })
    const told: Array<string> = []
    const console = Console.of({
      lines: Stream.empty,
      offer: Option.none(),
      put: (lines, taken) => {
        told.push(...lines.map(({ text }) => text))
        taken()
      },
      show: (lines) => Effect.sync(() => told.push(...lines.map(({ text }) => text))),
      isGone: () => false,
      tell: Option.none(),
      pending: Option.none(),
      isPerson: false,
      prompt: Option.none()
    })
    const files = Layer.map(noFiles, (context) => Context.make(Files, { ...Context.get(context, Files), transfers }))
    const context = yield* Layer.buildWithScope(
      WebFrontEnd.layer({
        listen: peer("1", 0, "127.0.0.1").address,
        folder: Path.join(folder, "web"),
        uploads: { folder: Path.join(folder, "offered"), stays: true, most: 1_000_000 },
        ...settings
      }).pipe(Layer.provide(Layer.mergeAll(Layer.succeed(Sessions, sessions), Layer.succeed(Console, console), files))),
      scope
    )
    const { link } = yield* Effect.provide(Page, context)
    const { address } = partsOf(told[0]?.match(/https?:\S+/)?.[0] ?? "")
    return {
      address,
      /** The folder in which the page, and what is uploaded, lie. */
      folder,
      told: () => told,
      link,
      token: Effect.map(link, (url) => partsOf(url).token),
      /** The cookie of a browser that has opened a link. */
      cookie: Effect.flatMap(link, (url) =>
        Effect.map(exchange(address, partsOf(url).token, { secure: url.startsWith("https:") }), cookieOf)
      ),
      consoles: () => consoles,
      attached: (count: number) => changes.until(() => consoles.length >= count),
      ended: (count: number) => changes.until(() => ends >= count),
      nodeEnds: Deferred.succeed(nodeEnded, "node ended" as const),
      close: Scope.close(scope, Exit.void)
    }
  })

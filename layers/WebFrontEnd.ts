/** A page for browsers: each that opens it is a session of this node. `docs/design/web.md` explains. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Console, whenTaken } from "../services/Console.ts"
import { Files } from "../services/Files.ts"
import { Page } from "../services/Page.ts"
import { Sessions } from "../services/Sessions.ts"
import type { CertificateUnusable, HostElsewhere, PortTaken } from "../src/domain/Errors.ts"
import { Fact } from "../src/domain/Fact.ts"
import { type Keep, nowhere, saveChanges } from "../src/domain/Keep.ts"
import * as Monotonic from "../src/domain/Monotonic.ts"
import { pageNotice } from "../src/domain/PageLink.ts"
import type { Address } from "../src/domain/Peer.ts"
import { notice } from "../src/domain/ScreenLine.ts"
import type { Scheme } from "../src/protocol/Authority.ts"
import { serve } from "./http/HttpServer.ts"
import { type Paths, readPair } from "./transport/Certificate.ts"
import { readFiles } from "./web/Files.ts"
import { namesOf } from "./web/Names.ts"
import { makePasses } from "./web/Passes.ts"
import { answerTo, cookieName, headers, refusalOf } from "./web/Site.ts"
import * as Socket from "./web/Socket.ts"
import * as Uploads from "./web/Uploads.ts"

export interface Settings {
  readonly listen: Address
  /** The files with the certificate of the page and its key. Without them it is not encrypted. */
  readonly certificate?: Paths | undefined
  /** The folder with the files of the page. */
  readonly folder: string
  /** Where files that a page gives to its node are kept. */
  readonly uploads: Uploads.Settings
  /** Where to keep, for the next run, who may use the page. */
  readonly keep?: Keep
  /** Whether to open the first link in a browser. Otherwise it is only told. */
  readonly opensBrowser?: boolean
}

/** More pages than one person has open, and the requests of some who are nobody yet. */
const mostConnections = 64

/** The passes of this node. They are kept, also for the next run, until the scope closes. */
const rememberPasses = ({ load, save }: Keep) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const changed = yield* saveChanges(Effect.suspend(() => save(passes.asText())))
    const passes = makePasses(() => Monotonic.millis(clock), yield* load, changed)
    return passes
  })

/** Tells the person or the program at the console where the page is. */
const tellOf = (console: Console["Type"], url: string): Effect.Effect<void> =>
  Option.match(console.tell, {
    onNone: () => console.show([pageNotice(url)]),
    onSome: (tell) => whenTaken(tell)([Fact.PageAt({ url })])
  })

/** Opens a link in a browser, or tells the person to do it. */
const openFor = (console: Console["Type"], link: string): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.promise(() => import("./web/Browser.ts")),
    ({ open }) => open(link)
  ).pipe(
    Effect.flatMap((isOpen) =>
      isOpen ? Effect.void : console.show([notice("No browser could be started: open the link in one.")])
    )
  )

const make = ({ certificate, folder, keep = nowhere, listen, opensBrowser = false, uploads: given }: Settings) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const console = yield* Console
    const offered = yield* Files
    const uploads = yield* Uploads.make(given)
    const credentials = certificate === undefined ? undefined : yield* readPair("web", certificate)
    const scheme: Scheme = credentials === undefined ? "http" : "https"
    const { best, isName } = namesOf(listen.host, credentials?.certificate)
    const files = yield* readFiles(folder)
    const passes = yield* rememberPasses(keep)
    const sockets = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(sockets)<never>()
    const { WebSocketServer } = yield* Effect.promise(() => import("./web/ws.ts"))
    const upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: Socket.longestMessage,
      perMessageDeflate: false
    })
    const house = (port: number) => ({
      scheme,
      files,
      passes,
      uploads,
      offered,
      cookie: cookieName(scheme, port)
    })
    const { port } = yield* serve({
      listen,
      credentials,
      connections: mostConnections,
      isServed: ({ host, port }, own) => port === own && isName(host),
      answer: (visit) => answerTo(house(visit.authority.port), visit),
      headers,
      upgrade: (visit) => {
        const refusal = refusalOf(house(visit.authority.port), visit)
        if (refusal !== undefined) return refusal
        visit.introduced()
        return (socket, head) =>
          upgrades.handleUpgrade(visit.request, socket, head, (page) => {
            run(Socket.serve(sessions, page))
          })
      }
    })
    // Pages are told that the node has ended, and only then are their connections closed.
    yield* Effect.addFinalizer(() => FiberSet.clear(sockets))
    const link = Effect.sync(() => `${scheme}://${best}:${port}/#${passes.token()}`)
    const first = yield* link
    yield* tellOf(console, first)
    if (opensBrowser) yield* Effect.forkScoped(openFor(console, first))
    return Page.of({ link })
  })

/** Serves the page at that address until the scope closes, and tells a link to it. */
export const layer = (
  settings: Settings
): Layer.Layer<Page, PortTaken | HostElsewhere | CertificateUnusable, Sessions | Console | Files> =>
  Layer.scoped(Page, make(settings))

/** The layers of `outlive server`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as FilePortStore from "../../layers/FilePortStore.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import type { Console } from "../../services/Console.ts"
import { PortStore } from "../../services/PortStore.ts"
import * as ServerCommand from "../commands/server.ts"
import type { PortStoreInUse, PortStoreUnavailable } from "../domain/Errors.ts"
import { type PeerId, serverId } from "../domain/Peer.ts"
import { serverOf } from "../domain/Site.ts"
import { failingIfRefused } from "../programs/refused.ts"
import { server } from "../programs/server.ts"
import { Highlights, RoomNotices } from "../programs/session/Session.ts"
import { consoleFor } from "./console.ts"
import { logged, observed } from "./insight.ts"
import { ircFor } from "./irc.ts"
import { onNode } from "./node.ts"
import type { Surroundings } from "./site.ts"
import { webFor } from "./web.ts"

/** Which clients there are: in a file, and of several sites in NATS as well. */
const recordsOf = (
  ports: string,
  site: Surroundings | undefined
): Layer.Layer<PortStore, PortStoreUnavailable | PortStoreInUse, Console> => {
  const file = FilePortStore.layer(ports)
  return site === undefined ? file : site.portStore(file)
}

/** The server with that id. `site`: what it has if it is one of several. */
const serve = (
  { host, port, ports, security, sites, within, ...given }: ServerCommand.Arguments,
  id: PeerId,
  site?: Surroundings
) =>
  server({ within }).pipe(
    observed(given),
    Effect.provide(PortStoreServerRegistry.layer),
    (program) =>
      Effect.flatMap(PortStore, (store) =>
        onNode(
          {
            ...given,
            id,
            role: "server",
            listen: { host, port },
            member: true,
            safety: { ...security, ...invitation(sites), dials: [] }
          },
          {
            keeps: [KeptChat.inPortStore(store, ports)],
            frontEnds: Layer.merge(ircFor(given, { id, role: "server" }), webFor(given)),
            abroad: site?.abroad
          }
        )(program)
      ),
    Effect.provide(recordsOf(ports, site))
  )

const invitation = (sites: ServerCommand.Arguments["sites"]) =>
  Option.match(
    Option.flatMap(sites, ({ invited }) => invited),
    { onNone: () => ({}), onSome: (link) => ({ link }) }
  )

/** The layers of a site, and NATS, are loaded only for a server that has one. */
const serveWhereAsked = (given: ServerCommand.Arguments) =>
  Option.match(given.sites, {
    onNone: () => serve(given, serverId),
    onSome: (sites) =>
      Effect.flatMap(
        Effect.promise(() => import("./site.ts")),
        ({ atSite }) =>
          atSite(
            sites,
            ServerCommand.modeOf(given) === "secure",
            given.data
          )((made) => serve(given, serverOf(sites.site), made))
      )
  })

export const command = ServerCommand.make((given) =>
  serveWhereAsked(given).pipe(
    failingIfRefused,
    Effect.provideService(Highlights, given.screen.highlight),
    Effect.provideService(RoomNotices, given.roomNotices),
    Effect.provide(consoleFor(given.json, given.screen)),
    logged(given)
  )
)

/** The layers of `outlive server`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as FilePortStore from "../../layers/FilePortStore.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import { PortStore } from "../../services/PortStore.ts"
import * as ServerCommand from "../commands/server.ts"
import { serverId } from "../domain/Peer.ts"
import { failingIfRefused } from "../programs/refused.ts"
import { server } from "../programs/server.ts"
import { Highlights, RoomNotices } from "../programs/session/Session.ts"
import { consoleFor } from "./console.ts"
import { logged, observed } from "./insight.ts"
import { ircFor } from "./irc.ts"
import { onNode } from "./node.ts"
import { webFor } from "./web.ts"

export const command = ServerCommand.make(({ host, json, port, ports, screen, security, within, ...given }) =>
  server({ within }).pipe(
    observed(given),
    Effect.provide(PortStoreServerRegistry.layer),
    (program) =>
      Effect.flatMap(PortStore, (store) =>
        onNode(
          {
            ...given,
            id: serverId,
            role: "server",
            listen: { host, port },
            member: true,
            safety: { ...security, dials: [] }
          },
          {
            keeps: [KeptChat.inPortStore(store, ports)],
            frontEnds: Layer.merge(ircFor(given, { id: serverId, role: "server" }), webFor(given))
          }
        )(program)
      ),
    Effect.provide(FilePortStore.layer(ports)),
    failingIfRefused,
    Effect.provideService(Highlights, screen.highlight),
    Effect.provideService(RoomNotices, given.roomNotices),
    Effect.provide(consoleFor(json, screen)),
    logged(given)
  )
)

/** The layers of `outlive join`. */
import * as Option from "effect/Option"
import * as JoinCommand from "../commands/join.ts"
import { Host, isLoopback } from "../domain/Peer.ts"
import { client } from "./client.ts"

/**
 * Where a client listens by default. If its server is on this machine, only there; otherwise at all addresses of the
 * same IP version.
 */
const listeningFor = (server: Host): Host =>
  isLoopback(server) ? server : Host.make(server.includes(":") ? "::" : "0.0.0.0")

export const command = JoinCommand.make(({ host, link, port2, state, ...given }) =>
  client({
    ...given,
    servers: [link.server],
    listen: { host: Option.getOrElse(host, () => listeningFor(link.server.host)), port: port2 },
    safety: { secure: true, insecure: false, state, link }
  })
)

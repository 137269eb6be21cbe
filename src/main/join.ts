/** What `outlive join` runs on. */
import * as Option from "effect/Option"
import * as JoinCommand from "../commands/join.ts"
import { Host, isLoopback } from "../domain/Peer.ts"
import { client } from "./client.ts"

/** Where one listens whose server is there: on this machine alone, or at all of its addresses of that kind. */
const listeningFor = (server: Host): Host =>
  isLoopback(server) ? server : Host.make(server.includes(":") ? "::" : "0.0.0.0")

export const command = JoinCommand.make(({ host, link, port2, state, ...given }) =>
  client({
    ...given,
    server: link.server,
    listen: { host: Option.getOrElse(host, () => listeningFor(link.server.host)), port: port2 },
    safety: { secure: true, insecure: false, state, link }
  })
)

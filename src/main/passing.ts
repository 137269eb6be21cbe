/** What the clients of `send` and `tail`, which stay only for a while, have in common. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as TailCommand from "../commands/tail.ts"
import { PeerId, Port } from "../domain/Peer.ts"
import { dialled } from "./node.ts"

/** The given id, or a random one that nobody else is likely to have. */
export const passing = (what: string, id: Option.Option<PeerId>) =>
  Option.match(id, {
    onNone: () =>
      Effect.map(Random.nextIntBetween(0, 2 ** 32), (chance) =>
        PeerId.make(`${what}-${chance.toString(16).padStart(8, "0")}`)
      ),
    onSome: Effect.succeed
  })

/** The settings of such a client: it keeps nothing on disk, and listens at any port. */
export const passingNode = ({
  host,
  peer,
  security,
  servers
}: Pick<TailCommand.Arguments, "host" | "peer" | "security" | "servers">) =>
  ({
    listen: { host, port: Port.make(0) },
    role: "client",
    member: false,
    data: Option.none(),
    safety: { ...security, dials: dialled(servers, peer) }
  }) as const

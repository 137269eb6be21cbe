/** The layers of `outlive invite`. */
import * as Effect from "effect/Effect"
import * as InviteCommand from "../commands/invite.ts"
import { serverId } from "../domain/Peer.ts"
import { invite } from "../programs/invite.ts"
import { secureNode, stateFolder } from "./node.ts"

export const command = InviteCommand.make(({ state, ...wish }) =>
  Effect.flatMap(secureNode, (module) => Effect.provide(invite(wish), module.state(stateFolder(state), serverId)))
)

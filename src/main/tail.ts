/** What `outlive tail` runs on. */
import * as Effect from "effect/Effect"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as TailCommand from "../commands/tail.ts"
import { serverId } from "../domain/Peer.ts"
import * as Client from "../programs/client.ts"
import { anewWhenForked } from "../programs/conversation.ts"
import { deafConsole } from "./console.ts"
import { logged, observed } from "./insight.ts"
import { node, through } from "./node.ts"
import { passing, passingNode } from "./passing.ts"

export const command = TailCommand.make(({ json, ...given }) =>
  Effect.flatMap(Effect.zip(passing("tail", given.id), KeptChat.inMemory), ([id, memory]) =>
    Client.client({ server: { address: given.server, id: serverId }, ...through(given.peer) }).pipe(
      observed(given),
      Effect.provide(node({ ...given, ...passingNode(given), id }, [memory])),
      anewWhenForked,
      Effect.provide(deafConsole(json)),
      logged(given)
    )
  )
)

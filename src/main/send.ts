/** What `outlive send` runs on. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PipeConsole from "../../layers/PipeConsole.ts"
import * as SendCommand from "../commands/send.ts"
import { serverId } from "../domain/Peer.ts"
import { send } from "../programs/send.ts"
import { logged, observed } from "./insight.ts"
import { node, through } from "./node.ts"
import { passing, passingNode } from "./passing.ts"

export const command = SendCommand.make(({ limit, text, wait, ...given }) =>
  Effect.flatMap(passing("send", given.id), (id) =>
    send({ server: { address: given.server, id: serverId }, ...through(given.peer), limit, text, wait }).pipe(
      observed(given),
      Effect.provide(node({ ...given, ...passingNode(given), id, history: Option.none() })),
      Effect.provide(PipeConsole.deaf),
      logged(given)
    )
  )
)

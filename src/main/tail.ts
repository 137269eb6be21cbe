/** The layers of `outlive tail`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TailCommand from "../commands/tail.ts"
import { usual } from "../domain/Settings.ts"
import * as Client from "../programs/client.ts"
import { ShownRooms } from "../programs/session/Session.ts"
import { deafConsole } from "./console.ts"
import { logged, observed } from "./insight.ts"
import { onNode, whereabouts } from "./node.ts"
import { passing, passingNode } from "./passing.ts"

export const command = TailCommand.make(({ json, ...given }) =>
  Effect.flatMap(passing("tail", given.id), (id) =>
    Client.client({
      ...whereabouts(given.servers, given.peer),
      within: Duration.seconds(usual.within)
    }).pipe(
      observed(given),
      // What is private is shown only where all rooms are. Nobody is to believe that it was read elsewhere.
      onNode({ ...given, ...passingNode(given), id, hearsPrivate: given.rooms.length === 0 }),
      Effect.provideService(ShownRooms, given.rooms.length === 0 ? undefined : new Set(given.rooms)),
      Effect.provide(deafConsole(json)),
      logged(given)
    )
  )
)

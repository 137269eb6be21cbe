/** The layers of `outlive web`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as WebCommand from "../commands/web.ts"
import { Highlights, RoomNotices } from "../programs/session/Session.ts"
import { clientAt } from "./client.ts"
import { atTerminal, consoleFor } from "./console.ts"
import { historyForPeople } from "./node.ts"

export const command = WebCommand.make(({ host, port2, roomNotices, screen, security, web, ...given }) =>
  clientAt(
    Layer.suspend(() => (atTerminal() ? consoleFor(false, screen) : PipeConsole.silent)),
    {
      ...given,
      web: Option.some(web),
      history: Option.orElse(given.history, () => Option.some(historyForPeople)),
      opensBrowser: true,
      listen: { host, port: port2 },
      safety: security
    }
  ).pipe(Effect.provideService(Highlights, screen.highlight), Effect.provideService(RoomNotices, roomNotices))
)

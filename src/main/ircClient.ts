/** The layers of `outlive irc`. */
import * as Option from "effect/Option"
import * as PipeConsole from "../../layers/console/PipeConsole.ts"
import * as IrcCommand from "../commands/irc.ts"
import { clientAt } from "./client.ts"

export const command = IrcCommand.make(({ host, irc, port2, security, ...given }) =>
  clientAt(PipeConsole.silent, {
    ...given,
    irc: Option.some(irc),
    history: Option.none(),
    listen: { host, port: port2 },
    safety: security
  })
)

/**
 * All commands, in the order in which help lists them. Main, help, man page and completions read this list. A new
 * command is a file in this folder, a line in this file, and its layers in `main/`.
 */
import * as Client from "./client.ts"
import * as Completions from "./completions.ts"
import * as Config from "./config.ts"
import * as Doctor from "./doctor.ts"
import * as Help from "./help.ts"
import * as Invite from "./invite.ts"
import * as Irc from "./irc.ts"
import * as Join from "./join.ts"
import * as Send from "./send.ts"
import * as Server from "./server.ts"
import * as Tail from "./tail.ts"
import * as Web from "./web.ts"

export const commands = {
  server: Server,
  client: Client,
  join: Join,
  web: Web,
  irc: Irc,
  invite: Invite,
  send: Send,
  tail: Tail,
  doctor: Doctor,
  config: Config,
  completions: Completions,
  help: Help
}

export type Name = keyof typeof commands

export const names = Object.keys(commands) as [Name, ...Array<Name>]

export const isName = (word: string): word is Name => Object.hasOwn(commands, word)

/** All slash commands. A new one is a file in this folder and a line in this file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { commandNamed, type Described, type Group, usageOf } from "../../domain/Described.ts"
import { commandArgument, unknownCommand } from "../../domain/SlashCommand.ts"
import { answer, type Command, make } from "./Command.ts"
import { elsewhere } from "./elsewhere.ts"
import { cancel, drop, files, get, send } from "./files.ts"
import { history } from "./history.ts"
import { me } from "./me.ts"
import { ban, kick, trust, unban, verify } from "./members.ts"
import { mentions } from "./mentions.ts"
import { mute, unmute } from "./mute.ts"
import { pending } from "./pending.ts"
import { msg, query } from "./private.ts"
import { quit } from "./quit.ts"
import { go, join, leave, rooms, say, topic } from "./rooms.ts"
import { save } from "./save.ts"
import { status } from "./status.ts"
import { web } from "./web.ts"
import { who } from "./who.ts"

/** The line of help for a command. */
const helpOn = (command: Described): string => `${usageOf(command)}: ${command.help}`

/** The answer to a name that no command has. */
export const noCommand = (name: string): string => unknownCommand(name, commands, elsewhere)

/** What some commands are for that few need. `/help` lists these by name alone, so that it fits a screen. */
const groups: ReadonlyArray<Group> = ["Files", "Secure chats", "This node"]

const namesIn = (group: Group): string =>
  commands.flatMap((each) => (each.group === group ? [`/${each.name}`] : [])).join(", ")

/** `/help`: made from the other commands and itself. */
const help = make({
  name: "help",
  help: "Lists the commands; with COMMAND, explains it.",
  arguments: Schema.Tuple(Schema.optionalElement(commandArgument)),
  run: ([name]) =>
    Effect.sync(() => {
      if (name === undefined) {
        return answer(
          ...commands.filter(({ group }) => group === undefined).map(helpOn),
          ...groups.map((group) => `${group}: ${namesIn(group)}.`),
          "Exit: Leaves. /help COMMAND explains one. // sends a line that begins with /."
        )
      }
      const command = commandNamed(name, commands)
      return command === undefined
        ? answer(noCommand(name.replace(/^\//, "")))
        : answer(helpOn(command), ...(command.details === undefined ? [] : [command.details]))
    })
})

const others = [
  ...[who, join, go, leave, rooms, topic, say, msg, query, me, history, mentions, pending, mute, unmute],
  ...[send, files, get, cancel, drop],
  ...[verify, trust, kick, ban, unban, status, save, web, quit]
]

/** The services that the commands need, all together. */
export type Needs = NeedsOf<(typeof others)[number]>
type NeedsOf<C> = C extends Command<infer R> ? R : never

export const commands: ReadonlyArray<Command<Needs>> = [help, ...others]

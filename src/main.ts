/** The program: its command tree, and how it ends. The layers that each command runs on are in `main/`. */

import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Runtime from "@effect/platform/Runtime"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { dropHungUp, isAtTerminal } from "../layers/console/HungUp.ts"
import * as ProcessInterrupts from "../layers/ProcessInterrupts.ts"
import type { Shell } from "../layers/ShellCompletions.ts"
import { type Name, names } from "./commands/all.ts"
import { askedFor, withoutDash } from "./commands/CommandLine.ts"
import * as HelpCommand from "./commands/help.ts"
import { absurd } from "./domain/Absurd.ts"
import { CommandLineWrong, SettingsUnusable } from "./domain/Errors.ts"
import * as Client from "./main/client.ts"
import * as Completions from "./main/completions.ts"
import * as Config from "./main/config.ts"
import * as Doctor from "./main/doctor.ts"
import { traces } from "./main/insight.ts"
import * as Invite from "./main/invite.ts"
import * as IrcClient from "./main/ircClient.ts"
import * as Join from "./main/join.ts"
import { complain, watchOutput } from "./main/output.ts"
import * as Send from "./main/send.ts"
import * as Server from "./main/server.ts"
import { settingsFound, withoutLogLevel } from "./main/settings.ts"
import * as Tail from "./main/tail.ts"
import * as WebClient from "./main/webClient.ts"

/** The completion script of the whole command tree for a shell, line by line. */
const completionsIn = (shell: Shell): Effect.Effect<ReadonlyArray<string>> =>
  ({ bash: Command.getBashCompletions, zsh: Command.getZshCompletions, fish: Command.getFishCompletions })[shell](
    outlive,
    "outlive"
  )

const version = process.env["OUTLIVE_VERSION"] ?? "unbuilt"

/** Loaded only when help is asked for: most runs don't need it. */
const helpPages = Effect.promise(() => import("./main/help.ts"))

/** Each command with its program and layers. */
const runs = {
  server: Server.command,
  client: Client.command,
  join: Join.command,
  web: WebClient.command,
  irc: IrcClient.command,
  invite: Invite.command,
  send: Send.command,
  tail: Tail.command,
  doctor: Doctor.command,
  config: Config.command,
  completions: Completions.command(completionsIn),
  help: HelpCommand.make(({ command }) => Effect.flatMap(helpPages, (help) => help.showNamed(command, version)))
} satisfies Record<Name, unknown>

const outlive = Command.make("outlive").pipe(
  Command.withDescription("A team chat for terminals that outlives its server."),
  Command.withSubcommands(Arr.map(names, (name) => runs[name]))
)

const run = Command.run(outlive, { name: "outlive", version })

/** Turns an error of the command line into our own sentence where that says more than the library's. */
const inOurWords = (words: ReadonlyArray<string>) => (error: ValidationError.ValidationError) =>
  Effect.flatMap(helpPages, (help) =>
    help.explanation(words, `${stripVTControlCharacters(HelpDoc.toAnsiText(error.error)).trim()}. See --help.`)
  )

const outputIsLost = watchOutput(complain)

/** The exit status. 1: the program failed while it ran. 2: the command line was wrong. */
const statusOf = (cause: Cause.Cause<unknown>): number => {
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  if (Cause.isInterruptedOnly(cause)) return 0
  if (failure instanceof CommandLineWrong && failure.page !== undefined) {
    process.stderr.write(`${failure.page}\n`)
    return 2
  }
  if (failure instanceof CommandLineWrong || failure instanceof SettingsUnusable) {
    complain(failure.message)
    return 2
  }
  complain(failure instanceof Error ? failure.message : Cause.pretty(cause))
  return 1
}

/** Prints what @effect/cli logs, in colour only on a terminal. Drops its error output, which would repeat ours. */
const plainly = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Console.consoleWith((console) =>
    Effect.withConsole(program, {
      ...console,
      error: () => Effect.void,
      log: (...texts) =>
        console.log(...(process.stdout.isTTY ? texts : texts.map((text) => stripVTControlCharacters(`${text}`))))
    })
  )

const runAsSaid = Effect.gen(function* () {
  const provider = yield* settingsFound
  const { args, taken } = withoutLogLevel([...process.argv.slice(0, 2), ...withoutDash(process.argv.slice(2))])
  yield* Effect.withConfigProvider(
    Effect.catchIf(run(args), ValidationError.isValidationError, inOurWords(process.argv.slice(2))),
    ConfigProvider.orElse(ConfigProvider.fromMap(taken), () => provider)
  )
})

/** Runs the command line, or explains how it is used. */
const whole = Effect.suspend(() => {
  const asked = askedFor(process.argv.slice(2))
  switch (asked._tag) {
    case "Run":
      return runAsSaid
    case "Help":
      return Effect.flatMap(helpPages, (help) => help.show(asked.of, asked.whole, version))
    case "Unknown":
    case "Nothing":
      return Effect.flatMap(helpPages, (help) => help.refusal(asked, version))
    default:
      return absurd(asked)
  }
})

const interrupts = ProcessInterrupts.make(isAtTerminal)
process.on("exit", dropHungUp)

/**
 * Runs a program as the main fiber of the process. A signal goes to the program first, which may have something to say
 * before it ends.
 */
const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  const keepAlive = setInterval(constVoid, 2 ** 31 - 1)
  // Signals are handled until the process ends: an unhandled one would cut off the last lines.
  interrupts.watch({
    interrupt: () => fiber.unsafeInterruptAsFork(fiber.id()),
    // The last lines or the goodbye are lost then, hence the status 1.
    abandon: () => process.exit(1)
  })
  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    teardown(exit, process.exit)
  })
})

plainly(whole).pipe(
  Effect.provide(traces(version)),
  // The services that @effect/cli needs. NodeContext would also load child processes and workers.
  Effect.provide(
    Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, CliConfig.layer({ showBuiltIns: false }))
  ),
  Effect.provide(interrupts.layer),
  runMain({
    disableErrorReporting: true,
    // Output that the screen has not taken by now must not hold up the end. An error of stdout is reported in the next
    // turn of the event loop.
    teardown: (exit) => {
      const status = exit._tag === "Success" ? 0 : statusOf(exit.cause)
      setImmediate(() => process.exit(status === 0 && outputIsLost() ? 1 : status))
    }
  })
)

/** The program: its command tree, and how it ends. What its commands run on is in `main/`. */

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
import * as Join from "./main/join.ts"
import { complain, watchOutput } from "./main/output.ts"
import * as Send from "./main/send.ts"
import * as Server from "./main/server.ts"
import { settingsFound, withoutLogLevel } from "./main/settings.ts"
import * as Tail from "./main/tail.ts"

/** What completes all of this in that shell, line by line. */
const completionsIn = (shell: Shell): Effect.Effect<ReadonlyArray<string>> =>
  ({ bash: Command.getBashCompletions, zsh: Command.getZshCompletions, fish: Command.getFishCompletions })[shell](
    outlive,
    "outlive"
  )

const version = process.env["OUTLIVE_VERSION"] ?? "unbuilt"

/** Help is laid out for those alone who need it. */
const helpPages = Effect.promise(() => import("./main/help.ts"))

/** What each command runs on. */
const runs = {
  server: Server.command,
  client: Client.command,
  join: Join.command,
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

/** What a wrong command line is told, by words of ours where these say more than the library's. */
const inOurWords = (words: ReadonlyArray<string>) => (error: ValidationError.ValidationError) =>
  Effect.flatMap(helpPages, (help) =>
    help.explanation(words, `${stripVTControlCharacters(HelpDoc.toAnsiText(error.error)).trim()}. See --help.`)
  )

const outputIsLost = watchOutput(complain)

/** 1: it failed while it ran. 2: the command line was wrong. */
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

/** What @effect/cli prints: no errors, which it would say twice, and colours on a terminal alone. */
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

/** Runs what the command line says, or tells how it is used. */
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

const interrupts = ProcessInterrupts.make()

/** Runs a program as the process' own. A signal is first told to the program, which may have something to say before it ends. */
const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  const keepAlive = setInterval(constVoid, 2 ** 31 - 1)
  // Until the process ends: what it has to say last would be cut off by a signal that nobody handles.
  interrupts.watch({
    interrupt: () => fiber.unsafeInterruptAsFork(fiber.id()),
    // Something is lost then: what was said last, or the goodbye.
    abandon: () => process.exit(1)
  })
  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    teardown(exit, process.exit)
  })
})

plainly(whole).pipe(
  Effect.provide(traces(version)),
  // What @effect/cli asks for: NodeContext would load child processes and workers besides.
  Effect.provide(
    Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, CliConfig.layer({ showBuiltIns: false }))
  ),
  Effect.provide(interrupts.layer),
  runMain({
    disableErrorReporting: true,
    // What a screen has not taken by now must not hold up the end.
    // What stdout did not take is told in the next round of the loop.
    teardown: (exit) => {
      const status = exit._tag === "Success" ? 0 : statusOf(exit.cause)
      setImmediate(() => process.exit(status === 0 && outputIsLost() ? 1 : status))
    }
  })
)

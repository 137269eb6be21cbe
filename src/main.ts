/** The program: its command tree, and how it ends. What its commands run on is in `main/`. */
import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Shell } from "../layers/ShellCompletions.ts"
import { SettingsUnusable } from "./domain/Errors.ts"
import * as Client from "./main/client.ts"
import * as Completions from "./main/completions.ts"
import * as Config from "./main/config.ts"
import * as Doctor from "./main/doctor.ts"
import { traces } from "./main/insight.ts"
import * as Invite from "./main/invite.ts"
import * as Join from "./main/join.ts"
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

const outlive = Command.make("outlive").pipe(
  Command.withDescription("A team chat for terminals that outlives its server."),
  Command.withSubcommands([
    Server.command,
    Client.command,
    Join.command,
    Invite.command,
    Send.command,
    Tail.command,
    Doctor.command,
    Config.command,
    Completions.command(completionsIn)
  ])
)

const version = process.env["OUTLIVE_VERSION"] ?? "unbuilt"

const run = Command.run(outlive, { name: "outlive", version })

/** What is wrong is said once, on stderr, in one sentence. */
const complain = (sentence: string) => process.stderr.write(`outlive: ${sentence}\n`)

/** 1: it failed while it ran. 2: the command line was wrong. */
const statusOf = (cause: Cause.Cause<unknown>): number => {
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  if (Cause.isInterruptedOnly(cause)) return 0
  if (ValidationError.isValidationError(failure)) {
    complain(`${stripVTControlCharacters(HelpDoc.toAnsiText(failure.error)).trim()}. See --help.`)
    return 2
  }
  if (failure instanceof SettingsUnusable) {
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

const whole = Effect.gen(function* () {
  const provider = yield* settingsFound
  const { args, taken } = withoutLogLevel(process.argv)
  yield* Effect.withConfigProvider(
    run(args),
    ConfigProvider.orElse(ConfigProvider.fromMap(taken), () => provider)
  )
})

plainly(whole).pipe(
  Effect.provide(traces(version)),
  // What @effect/cli asks for: NodeContext would load child processes and workers besides.
  Effect.provide(
    Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer, CliConfig.layer({ showBuiltIns: false }))
  ),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // What a screen has not taken by now must not hold up the end.
    teardown: (exit) => process.exit(exit._tag === "Success" ? 0 : statusOf(exit.cause))
  })
)

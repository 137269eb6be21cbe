/** The program: its command tree, the layers that each command runs on, and how it ends. The only file that names layers. */
import * as Os from "node:os"
import * as Path from "node:path"
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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as FileMessageLog from "../layers/FileMessageLog.ts"
import * as FilePortStore from "../layers/FilePortStore.ts"
import type * as JsonConsole from "../layers/JsonConsole.ts"
import * as LogFile from "../layers/LogFile.ts"
import * as MemoryMessageLog from "../layers/MemoryMessageLog.ts"
import * as NodeMachine from "../layers/NodeMachine.ts"
import * as OpenMembership from "../layers/OpenMembership.ts"
import * as PipeConsole from "../layers/PipeConsole.ts"
import * as PlainConsole from "../layers/PlainConsole.ts"
import * as PortStoreServerRegistry from "../layers/PortStoreServerRegistry.ts"
import * as SettingsFile from "../layers/SettingsFile.ts"
import * as ShellCompletions from "../layers/ShellCompletions.ts"
import * as TcpTransport from "../layers/TcpTransport.ts"
import * as TerminalConsole from "../layers/TerminalConsole.ts"
import * as TransportPeerMesh from "../layers/TransportPeerMesh.ts"
import * as TransportProbe from "../layers/TransportProbe.ts"
import { Console as ConsoleService } from "../services/Console.ts"
import { Membership } from "../services/Membership.ts"
import { PortStore } from "../services/PortStore.ts"
import * as ClientCommand from "./commands/client.ts"
import * as CompletionsCommand from "./commands/completions.ts"
import * as ConfigCommand from "./commands/config.ts"
import * as DoctorCommand from "./commands/doctor.ts"
import * as InviteCommand from "./commands/invite.ts"
import * as JoinCommand from "./commands/join.ts"
import { type Screen, silenceALink, silenceOn } from "./commands/options.ts"
import * as SendCommand from "./commands/send.ts"
import * as ServerCommand from "./commands/server.ts"
import * as TailCommand from "./commands/tail.ts"
import { CompletionsUnplaced, LogMisplaced, type LogUnavailable, SettingsUnusable, Unwell } from "./domain/Errors.ts"
import type { Link } from "./domain/Invitation.ts"
import { defaultLimits, type Limits } from "./domain/Limits.ts"
import { type Address, Host, isLoopback, PeerId, Port, serverId } from "./domain/Peer.ts"
import { escape, notice } from "./domain/ScreenLine.ts"
import { modeFor, type Wish, warning } from "./domain/Security.ts"
import { resolve, type Source, settings, variableOf } from "./domain/Settings.ts"
import * as Client from "./programs/client.ts"
import { anewWhenForked } from "./programs/conversation.ts"
import { examine, Finding } from "./programs/doctor.ts"
import { invite } from "./programs/invite.ts"
import { logWhatHappens } from "./programs/journal.ts"
import { send } from "./programs/send.ts"
import { server } from "./programs/server.ts"

/** A person sits at a terminal on both ends; anything else is a script. */
const atTerminal = () => process.stdin.isTTY && process.stdout.isTTY

/** Loaded by those alone who ask for it. */
const jsonConsole = (pick: (module: typeof JsonConsole) => Layer.Layer<ConsoleService>) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("../layers/JsonConsole.ts")),
      pick
    )
  )

/** The console of a node that somebody, or a program, talks at. */
const consoleFor = (json: boolean, { noBell, plain, times }: Screen) =>
  json
    ? jsonConsole((module) => module.layer)
    : Layer.suspend(() => {
        if (!atTerminal()) return PipeConsole.layer
        return plain || process.env["TERM"] === "dumb"
          ? PlainConsole.layer
          : TerminalConsole.layer({ bell: !noBell, colours: (process.env["NO_COLOR"] ?? "") === "", times })
      })

/** The console of a node at which nobody says anything. */
const deafConsole = (json: boolean) => (json ? jsonConsole((module) => module.deaf) : PipeConsole.deaf)

/** A person would like to see what was said last; a script has not asked for it. */
const historyOnTerminal = 20

/** Where a user's nodes keep what is their own, unless the command line says otherwise. */
const stateFolder = (given: Option.Option<string>): string =>
  Option.getOrElse(given, () =>
    Path.join(process.env["XDG_STATE_HOME"] || Path.join(Os.homedir(), ".local", "state"), "outlive")
  )

/** What a node's command line says of its safety. */
interface Safety {
  readonly secure: boolean
  readonly insecure: boolean
  readonly state: Option.Option<string>
  /** By which invitation it comes. */
  readonly link?: Link
  /** Whom it is told to dial. */
  readonly dials: ReadonlyArray<Host>
}

/** Node's TLS, keys and certificates are loaded by those alone who need them. */
const secureNode = Effect.promise(() => import("../layers/SecureNode.ts"))

/** What carries a node's connections, and says who may take part over them. */
const connections = (
  id: PeerId,
  wish: Wish,
  { limits, safety: { link, state } }: { readonly limits: Limits; readonly safety: Safety }
) =>
  modeFor(wish) === "plain"
    ? Layer.merge(TcpTransport.layer(limits), OpenMembership.layer)
    : Layer.unwrapEffect(
        Effect.map(secureNode, (module) =>
          module.layer({ id, ...(link === undefined ? {} : { link }) }, stateFolder(state), limits)
        )
      )

/** Says on the screen what people should know before they say anything. */
const announce = (wish: Wish) =>
  Layer.effectDiscard(
    Effect.flatMap(ConsoleService, (screen) => {
      const words = warning(wish)
      return words === undefined ? Effect.void : screen.show([notice(words)])
    })
  )

/** What a node talks through: its log, its mesh over TCP, its console. */
const node = (
  settings: Omit<TransportPeerMesh.Settings, "silence" | "silenceALink" | "history"> & {
    readonly data: Option.Option<string>
    readonly history: Option.Option<number>
    readonly silence: Option.Option<number>
    readonly limits: Limits
    readonly safety: Safety
  }
) => {
  const wish = { ...settings.safety, hosts: [settings.listen.host, ...settings.safety.dials] }
  const silence = Option.match(settings.silence, {
    onNone: () => ({ silence: silenceOn(settings.listen.host), silenceALink }),
    onSome: (seconds) => ({ silence: Duration.seconds(seconds) })
  })
  const history = Option.getOrElse(settings.history, () => (atTerminal() ? historyOnTerminal : 0))
  const { logBytes: bytes, logEntries: entries, pending, streams } = settings.limits
  const bounds = { bytes, entries, pending, streams }
  const log = Layer.unwrapEffect(
    Effect.map(Membership, ({ sign }) =>
      Option.match(settings.data, {
        onNone: () => MemoryMessageLog.layer({ author: settings.id, sign, ...bounds }),
        onSome: (folder) => FileMessageLog.layer({ author: settings.id, sign, ...bounds, history }, folder)
      })
    )
  )
  return TransportPeerMesh.layer({ ...settings, ...silence, history }).pipe(
    Layer.provideMerge(log),
    Layer.provideMerge(connections(settings.id, wish, settings)),
    Layer.merge(announce(wish))
  )
}

interface Insight {
  readonly logFile: Option.Option<string>
  readonly logLevel: "none" | "error" | "warning" | "info" | "debug" | "trace"
  readonly metrics: Option.Option<Port>
}

/** Logs go to that file, or to stderr, but never among the lines of a chat. */
const logger = ({ logFile, logLevel }: Insight) =>
  Layer.merge(
    Logger.minimumLogLevel(LogLevel.fromLiteral(levelOf[logLevel])),
    Option.match(logFile, {
      onNone: (): Layer.Layer<never, LogMisplaced | LogUnavailable> =>
        process.stderr.isTTY ? Layer.fail(new LogMisplaced()) : LogFile.stderr,
      onSome: LogFile.layer
    })
  )

const levelOf = {
  none: "None",
  error: "Error",
  warning: "Warning",
  info: "Info",
  debug: "Debug",
  trace: "Trace"
} as const

const figures = (port: Port) =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.promise(() => import("../layers/PrometheusPage.ts")),
      (module) => module.layer(port)
    )
  )

/** Lets others look inside a node as long as it runs, if that is asked for. */
const observed =
  (insight: Insight) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    (insight.logLevel === "none" ? program : Effect.zipRight(logWhatHappens, program)).pipe(
      Effect.provide(Option.match(insight.metrics, { onNone: () => Layer.empty, onSome: figures })),
      Effect.scoped
    )

/** What is logged of a whole command, from before its node is there. */
const logged =
  (insight: Insight) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.provide(program, insight.logLevel === "none" ? Layer.empty : logger(insight))

const through = (peer: Option.Option<Address>) => (Option.isSome(peer) ? { peer: peer.value } : {})

/** Whom a client is told to dial. */
const dialled = (server: Address, peer: Option.Option<Address>): ReadonlyArray<Host> => [
  server.host,
  ...Option.match(peer, { onNone: () => [], onSome: ({ host }) => [host] })
]

const serverCommand = ServerCommand.make(({ host, json, port, ports, screen, security, ...given }) =>
  server.pipe(
    observed(given),
    Effect.provide(
      PortStoreServerRegistry.layer.pipe(
        Layer.provide(FilePortStore.layer(ports)),
        Layer.provideMerge(
          node({ ...given, id: serverId, listen: { host, port }, member: true, safety: { ...security, dials: [] } })
        )
      )
    ),
    anewWhenForked,
    Effect.provide(consoleFor(json, screen)),
    logged(given)
  )
)

type ClientNode = Pick<
  Parameters<typeof node>[0],
  "id" | "listen" | "data" | "history" | "silence" | "patience" | "limits"
> &
  Insight & {
    readonly server: Address
    readonly peer: Option.Option<Address>
    readonly port1: Port
    readonly safety: Omit<Safety, "dials">
    readonly json: boolean
    readonly screen: Screen
  }

const client = ({ json, peer, port1, safety, screen, server, ...given }: ClientNode) =>
  Client.client({ server: { address: server, from: port1, id: serverId }, ...through(peer) }).pipe(
    observed(given),
    Effect.provide(node({ ...given, member: false, safety: { ...safety, dials: dialled(server, peer) } })),
    anewWhenForked,
    Effect.provide(consoleFor(json, screen)),
    logged(given)
  )

const clientCommand = ClientCommand.make(({ host, port2, security, ...given }) =>
  client({ ...given, listen: { host, port: port2 }, safety: security })
)

/** Where one listens whose server is there: on this machine alone, or at all of its addresses of that kind. */
const listeningFor = (server: Host): Host =>
  isLoopback(server) ? server : Host.make(server.includes(":") ? "::" : "0.0.0.0")

const joinCommand = JoinCommand.make(({ host, link, port2, state, ...given }) =>
  client({
    ...given,
    server: link.server,
    listen: { host: Option.getOrElse(host, () => listeningFor(link.server.host)), port: port2 },
    safety: { secure: true, insecure: false, state, link }
  })
)

const inviteCommand = InviteCommand.make(({ state, ...wish }) =>
  Effect.flatMap(secureNode, (module) => Effect.provide(invite(wish), module.state(stateFolder(state), serverId)))
)

/** A name that nobody else is likely to have, for a client that is there for a moment. */
const passing = (what: string, id: Option.Option<PeerId>) =>
  Option.match(id, {
    onNone: () =>
      Effect.map(Random.nextIntBetween(0, 2 ** 32), (chance) =>
        PeerId.make(`${what}-${chance.toString(16).padStart(8, "0")}`)
      ),
    onSome: Effect.succeed
  })

/** Such a client keeps nothing, and listens at any port. */
const passingNode = ({
  host,
  peer,
  security,
  server
}: Pick<TailCommand.Arguments, "host" | "peer" | "security" | "server">) =>
  ({
    listen: { host, port: Port.make(0) },
    member: false,
    data: Option.none(),
    safety: { ...security, dials: dialled(server, peer) }
  }) as const

const tailCommand = TailCommand.make(({ json, ...given }) =>
  Effect.flatMap(passing("tail", given.id), (id) =>
    Client.client({ server: { address: given.server, id: serverId }, ...through(given.peer) }).pipe(
      observed(given),
      Effect.provide(node({ ...given, ...passingNode(given), id })),
      anewWhenForked,
      Effect.provide(deafConsole(json)),
      logged(given)
    )
  )
)

const sendCommand = SendCommand.make(({ limit, text, wait, ...given }) =>
  Effect.flatMap(passing("send", given.id), (id) =>
    send({ server: { address: given.server, id: serverId }, ...through(given.peer), limit, text, wait }).pipe(
      observed(given),
      Effect.provide(node({ ...given, ...passingNode(given), id, history: Option.none() })),
      Effect.provide(PipeConsole.deaf),
      logged(given)
    )
  )
)

const marks = { Fine: "ok   ", Note: "note ", Wrong: "WRONG" } as const

const doctorCommand = DoctorCommand.make(({ data, host, port, ports, server }) =>
  Effect.gen(function* () {
    const found = yield* examine({
      server,
      listen: { host, port },
      ports,
      peers: Effect.flatMap(PortStore, ({ all }) => all).pipe(Effect.provide(FilePortStore.layer(ports))),
      data
    })
    for (const { _tag, text } of found) yield* Console.log(`${marks[_tag]} ${escape(text)}`)
    const wrong = found.filter(Finding.$is("Wrong"))
    if (wrong.length > 0) yield* new Unwell({ count: wrong.length })
  }).pipe(
    Effect.provide(
      TransportProbe.layer.pipe(
        Layer.provide(MemoryMessageLog.layer({ author: PeerId.make("doctor") })),
        Layer.provideMerge(TcpTransport.layer(defaultLimits))
      )
    ),
    Effect.provide(Layer.merge(PipeConsole.deaf, NodeMachine.layer))
  )
)

/** A setting as a line that could stand in the settings file, where it is not by default. */
const settingLine = ({
  from,
  name,
  value
}: {
  readonly from: string
  readonly name: string
  readonly value: string
}) =>
  from === "by default"
    ? `# ${name}: ${value}`
    : `${name} = ${/^(true|false|\d+(\.\d+)?)$/.test(value) ? value : JSON.stringify(value)}  # ${from}`

const configCommand = ConfigCommand.make((given) =>
  Effect.gen(function* () {
    const path = SettingsFile.path()
    const variables = settings.flatMap(({ name }) => {
      const value = process.env[variableOf(name)]
      return value === undefined ? [] : [[name, value] as const]
    })
    const sources: ReadonlyArray<Source> = [
      { from: (name) => `option --${name}`, values: given },
      { from: (name) => `variable ${variableOf(name)}`, values: new Map(variables) },
      { from: () => path, values: yield* SettingsFile.read(path) }
    ]
    yield* Console.log(`# ${path}`)
    for (const setting of resolve(sources)) yield* Console.log(settingLine(setting))
  })
)

/** What completes all of this in that shell. */
const completionsIn = (shell: ShellCompletions.Shell): Effect.Effect<string> =>
  Effect.map(
    { bash: Command.getBashCompletions, zsh: Command.getZshCompletions, fish: Command.getFishCompletions }[shell](
      outlive,
      "outlive"
    ),
    (lines) => CompletionsCommand.withoutBuiltIns(lines).join("\n")
  )

const completionsCommand = CompletionsCommand.make(({ install, shell }) =>
  Effect.gen(function* () {
    const wanted = Option.getOrUndefined(shell) ?? ShellCompletions.usual()
    if (wanted === undefined) return yield* new CompletionsUnplaced({ detail: "SHELL is not bash, zsh or fish" })
    const text = yield* completionsIn(wanted)
    yield* Console.log(install ? yield* ShellCompletions.install(wanted, `${text}\n`) : text)
  })
)

const outlive = Command.make("outlive").pipe(
  Command.withDescription("A team chat for terminals that outlives its server."),
  Command.withSubcommands([
    serverCommand,
    clientCommand,
    joinCommand,
    inviteCommand,
    sendCommand,
    tailCommand,
    doctorCommand,
    configCommand,
    completionsCommand
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

/** Variables first, then the settings file. */
const settingsFound = Effect.map(SettingsFile.read(SettingsFile.path()), (values) =>
  ConfigProvider.orElse(ConfigProvider.fromEnv(), () =>
    ConfigProvider.fromMap(new Map(Array.from(values, ([name, value]) => [variableOf(name), value])))
  )
)

/**
 * @effect/cli has an option --log-level of its own, which it does not find at every command. So that it does not look for
 * it, this one is taken out of the command line, and stands before the variables.
 */
const withoutLogLevel = (given: ReadonlyArray<string>) => {
  const at = given.findIndex((word) => word === "--log-level" || word.startsWith("--log-level="))
  const [, inOne] = given[at]?.split("=") ?? []
  const level = inOne ?? given[at + 1]
  if (at < 0 || level === undefined) return { args: given, taken: new Map<string, string>() }
  return {
    args: given.filter((_, index) => index !== at && (inOne !== undefined || index !== at + 1)),
    taken: new Map([[variableOf("log-level"), level]])
  }
}

/** Where the usual variables of OpenTelemetry want traces to be sent; undefined if they don't. */
const collector = (): string | undefined => {
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: all,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
    OTEL_SDK_DISABLED: disabled,
    OTEL_TRACES_EXPORTER: exporter
  } = process.env
  if (disabled === "true" || exporter === "none") return undefined
  return traces || (all ? `${all.replace(/\/$/, "")}/v1/traces` : undefined)
}

/** Loaded by those alone who ask for it. */
const traces = Layer.suspend(() => {
  const url = collector()
  return url === undefined
    ? Layer.empty
    : Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("../layers/OtlpTraces.ts")),
          (module) => module.layer(url, version)
        )
      )
})

const whole = Effect.gen(function* () {
  const provider = yield* settingsFound
  const { args, taken } = withoutLogLevel(process.argv)
  yield* Effect.withConfigProvider(
    run(args),
    ConfigProvider.orElse(ConfigProvider.fromMap(taken), () => provider)
  )
})

plainly(whole).pipe(
  Effect.provide(traces),
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

/** The program: its command tree, the layers that each command runs on, and how it ends. The only file that names layers. */
import * as Os from "node:os"
import * as Path from "node:path"
import { stripVTControlCharacters } from "node:util"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as FileMessageLog from "../layers/FileMessageLog.ts"
import * as FilePortStore from "../layers/FilePortStore.ts"
import * as MemoryMessageLog from "../layers/MemoryMessageLog.ts"
import * as OpenMembership from "../layers/OpenMembership.ts"
import * as PipeConsole from "../layers/PipeConsole.ts"
import * as PlainConsole from "../layers/PlainConsole.ts"
import * as PortStoreServerRegistry from "../layers/PortStoreServerRegistry.ts"
import * as TcpTransport from "../layers/TcpTransport.ts"
import * as TerminalConsole from "../layers/TerminalConsole.ts"
import * as TransportPeerMesh from "../layers/TransportPeerMesh.ts"
import { Console as ScreenService } from "../services/Console.ts"
import * as ClientCommand from "./commands/client.ts"
import * as InviteCommand from "./commands/invite.ts"
import * as JoinCommand from "./commands/join.ts"
import { type Screen, silenceOn } from "./commands/options.ts"
import * as ServerCommand from "./commands/server.ts"
import type { Link } from "./domain/Invitation.ts"
import type { Limits } from "./domain/Limits.ts"
import { type Address, Host, isLoopback, type PeerId, type Port, serverId } from "./domain/Peer.ts"
import { notice } from "./domain/ScreenLine.ts"
import { modeFor, type Wish, warning } from "./domain/Security.ts"
import * as Client from "./programs/client.ts"
import { anewWhenForked } from "./programs/conversation.ts"
import { invite } from "./programs/invite.ts"
import { server } from "./programs/server.ts"

/** A person sits at a terminal on both ends; anything else is a script. */
const atTerminal = () => process.stdin.isTTY && process.stdout.isTTY

const console = ({ noBell, plain, times }: Screen) =>
  Layer.suspend(() => {
    if (!atTerminal()) return PipeConsole.layer
    return plain || process.env["TERM"] === "dumb"
      ? PlainConsole.layer
      : TerminalConsole.layer({ bell: !noBell, colours: (process.env["NO_COLOR"] ?? "") === "", times })
  })

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
    Effect.flatMap(ScreenService, (screen) => {
      const words = warning(wish)
      return words === undefined ? Effect.void : screen.show([notice(words)])
    })
  )

/** What a node talks through: its log, its mesh over TCP, its console. */
const node = (
  settings: Omit<TransportPeerMesh.Settings, "silence" | "history"> & {
    readonly data: Option.Option<string>
    readonly history: Option.Option<number>
    readonly silence: Option.Option<number>
    readonly limits: Limits
    readonly safety: Safety
  }
) => {
  const wish = { ...settings.safety, hosts: [settings.listen.host, ...settings.safety.dials] }
  const silence = Option.match(settings.silence, {
    onNone: () => silenceOn(settings.listen.host),
    onSome: (seconds) => `${seconds} seconds` as const
  })
  const history = Option.getOrElse(settings.history, () => (atTerminal() ? historyOnTerminal : 0))
  const { logBytes: bytes, logEntries: entries, pending, streams } = settings.limits
  const bounds = { bytes, entries, pending, streams }
  const log = Option.match(settings.data, {
    onNone: () => MemoryMessageLog.layer({ author: settings.id, ...bounds }),
    onSome: (folder) => FileMessageLog.layer({ author: settings.id, ...bounds, history }, folder)
  })
  return TransportPeerMesh.layer({ ...settings, silence, history }).pipe(
    Layer.provideMerge(log),
    Layer.provideMerge(connections(settings.id, wish, settings)),
    Layer.merge(announce(wish))
  )
}

const serverCommand = ServerCommand.make(
  ({ data, history, host, limits, patience, port, ports, screen, security, silence }) =>
    server.pipe(
      Effect.provide(
        PortStoreServerRegistry.layer.pipe(
          Layer.provide(FilePortStore.layer(ports)),
          Layer.provideMerge(
            node({
              id: serverId,
              listen: { host, port },
              member: true,
              data,
              history,
              silence,
              patience,
              limits,
              safety: { ...security, dials: [] }
            })
          )
        )
      ),
      anewWhenForked,
      Effect.provide(console(screen))
    )
)

type ClientNode = Pick<
  Parameters<typeof node>[0],
  "id" | "listen" | "data" | "history" | "silence" | "patience" | "limits"
> &
  Omit<Client.Settings, "server"> & {
    readonly server: Address
    readonly port1: Port
    readonly safety: Omit<Safety, "dials">
    readonly screen: Screen
  }

const client = ({ peer, port1, safety, screen, server, ...settings }: ClientNode) =>
  Client.client({
    server: { address: server, from: port1, id: serverId },
    ...(peer === undefined ? {} : { peer })
  }).pipe(
    Effect.provide(
      node({
        ...settings,
        member: false,
        safety: { ...safety, dials: [server.host, ...(peer === undefined ? [] : [peer.host])] }
      })
    ),
    anewWhenForked,
    Effect.provide(console(screen))
  )

const through = (peer: Option.Option<Address>) => (Option.isSome(peer) ? { peer: peer.value } : {})

const clientCommand = ClientCommand.make(({ host, peer, port2, security, ...given }) =>
  client({ ...given, ...through(peer), listen: { host, port: port2 }, safety: security })
)

/** Where one listens whose server is there: on this machine alone, or at all of its addresses of that kind. */
const listeningFor = (server: Host): Host =>
  isLoopback(server) ? server : Host.make(server.includes(":") ? "::" : "0.0.0.0")

const joinCommand = JoinCommand.make(({ host, link, peer, port2, state, ...given }) =>
  client({
    ...given,
    ...through(peer),
    server: link.server,
    listen: { host: Option.getOrElse(host, () => listeningFor(link.server.host)), port: port2 },
    safety: { secure: true, insecure: false, state, link }
  })
)

const inviteCommand = InviteCommand.make(({ state, ...wish }) =>
  Effect.flatMap(secureNode, (module) => Effect.provide(invite(wish), module.state(stateFolder(state), serverId)))
)

const outlive = Command.make("outlive").pipe(
  Command.withDescription("A team chat for terminals that outlives its server."),
  Command.withSubcommands([serverCommand, clientCommand, joinCommand, inviteCommand])
)

const run = Command.run(outlive, { name: "outlive", version: process.env["OUTLIVE_VERSION"] ?? "unbuilt" })

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

plainly(run(process.argv)).pipe(
  Effect.provide(Layer.merge(NodeContext.layer, CliConfig.layer({ showBuiltIns: false }))),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // What a screen has not taken by now must not hold up the end.
    teardown: (exit) => process.exit(exit._tag === "Success" ? 0 : statusOf(exit.cause))
  })
)

/** What a node talks through: the layers of its log, its mesh, its connections. */
import * as Os from "node:os"
import * as Path from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as NodeHostChecks from "../../layers/NodeHostChecks.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Console } from "../../services/Console.ts"
import { HostChecks } from "../../services/HostChecks.ts"
import { Membership } from "../../services/Membership.ts"
import { silenceALink, silenceOn } from "../commands/options.ts"
import { type Forked, HostUnknown, type NotInvited } from "../domain/Errors.ts"
import type { Link } from "../domain/Invitation.ts"
import type { Limits } from "../domain/Limits.ts"
import type { Address, Host, PeerId } from "../domain/Peer.ts"
import { notice } from "../domain/ScreenLine.ts"
import { modeFor, type Wish, warning } from "../domain/Security.ts"
import { anewWhenForked } from "../programs/renewal.ts"
import * as Sessions from "../programs/sessions.ts"
import { atTerminal } from "./console.ts"

/** A person would like to see what was said last; a script has not asked for it. */
const historyOnTerminal = 20

/** Where a user's nodes keep what is their own, unless the command line says otherwise. */
export const stateFolder = (given: Option.Option<string>): string =>
  Option.getOrElse(given, () =>
    Path.join(process.env["XDG_STATE_HOME"] || Path.join(Os.homedir(), ".local", "state"), "outlive")
  )

/** What a node's command line says of its safety. */
export interface Safety {
  readonly secure: boolean
  readonly insecure: boolean
  readonly state: Option.Option<string>
  /** By which invitation it comes. */
  readonly link?: Link
  /** Whom it is told to dial. */
  readonly dials: ReadonlyArray<Host>
}

/** Node's TLS, keys and certificates are loaded by those alone who need them. */
export const secureNode = Effect.promise(() => import("../../layers/SecureNode.ts"))

/** Whoever counts as not invited, because the server seems to be elsewhere, may have mistyped its name: then that is what is wrong. */
const orUnknownHost = <E extends { readonly _tag: string }>(
  error: E | NotInvited,
  hosts: ReadonlyArray<Host>
): Effect.Effect<never, E | NotInvited | HostUnknown> =>
  Effect.gen(function* () {
    if (error._tag !== "NotInvited") return yield* Effect.fail(error)
    const { addressesOf } = yield* HostChecks
    for (const host of hosts) {
      if ((yield* addressesOf(host)).length === 0) return yield* new HostUnknown({ host })
    }
    return yield* Effect.fail(error)
  }).pipe(Effect.provide(NodeHostChecks.layer))

/** What carries a node's connections, and says who may take part over them. */
const connections = (
  id: PeerId,
  wish: Wish,
  {
    data,
    limits,
    safety: { link, state }
  }: { readonly data: Option.Option<string>; readonly limits: Limits; readonly safety: Safety },
  keeps: ReadonlyArray<KeptChat.Keep>
) => {
  const inData = Option.match(data, { onNone: () => [], onSome: (folder) => [KeptChat.inFolder(folder)] })
  return modeFor(wish) === "plain"
    ? Layer.merge(TcpTransport.layer(limits), OpenMembership.keeping([...keeps, ...inData]))
    : Layer.unwrapEffect(
        Effect.map(secureNode, (module) =>
          Layer.catchAll(
            module.layer({ id, keeps: inData, ...(link === undefined ? {} : { link }) }, stateFolder(state), limits),
            (error) => Layer.effectContext<unknown, typeof error | HostUnknown, never>(orUnknownHost(error, wish.hosts))
          )
        )
      )
}

/** Says on the screen what people should know before they say anything. */
const announce = (wish: Wish) =>
  Layer.effectDiscard(
    Effect.flatMap(Console, (screen) => {
      const words = warning(wish)
      return words === undefined ? Effect.void : screen.show([notice(words)])
    })
  )

export type Settings = Omit<TransportPeerMesh.Settings, "silence" | "silenceALink" | "history"> & {
  readonly data: Option.Option<string>
  readonly history: Option.Option<number>
  readonly silence: Option.Option<number>
  readonly limits: Limits
  readonly safety: Safety
}

const historyFor = ({ history }: Settings): number =>
  Option.getOrElse(history, () => (atTerminal() ? historyOnTerminal : 0))

/**
 * What stays if a node begins anew: its log, and what carries its connections. `keeps`: where it is kept which plain chat it
 * is in, besides the data folder.
 */
const ground = (settings: Settings, keeps: ReadonlyArray<KeptChat.Keep>) => {
  const wish = { ...settings.safety, hosts: [settings.listen.host, ...settings.safety.dials] }
  const history = historyFor(settings)
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
  return log.pipe(Layer.provideMerge(connections(settings.id, wish, settings, keeps)), Layer.merge(announce(wish)))
}

/** One run of a node, on its ground: its mesh. */
const mesh = (settings: Settings) => {
  const silence = Option.match(settings.silence, {
    onNone: () => ({ silence: silenceOn(settings.listen.host), silenceALink }),
    onSome: (seconds) => ({ silence: Duration.seconds(seconds) })
  })
  return TransportPeerMesh.layer({ ...settings, ...silence, history: historyFor(settings) })
}

/** What a node talks through that never begins anew. */
export const node = (settings: Settings) => Layer.provideMerge(mesh(settings), ground(settings, []))

/** Runs a program on a node that begins anew if it must. */
export const onNode =
  (settings: Settings, keeps: ReadonlyArray<KeptChat.Keep> = []) =>
  <A, E, R>(program: Effect.Effect<A, E | Forked, R>) =>
    program.pipe(
      Effect.provide(mesh(settings)),
      anewWhenForked,
      Effect.provide(ground(settings, keeps)),
      Effect.provide(Sessions.layer)
    )

export const through = (peer: Option.Option<Address>) => (Option.isSome(peer) ? { peer: peer.value } : {})

/** Whom a client is told to dial. */
export const dialled = (server: Address, peer: Option.Option<Address>): ReadonlyArray<Host> => [
  server.host,
  ...Option.match(peer, { onNone: () => [], onSome: ({ host }) => [host] })
]

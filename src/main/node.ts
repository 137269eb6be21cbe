/** The layers of a node: its log, its mesh, its connections. */
import * as Os from "node:os"
import * as Path from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as FileMessageLog from "../../layers/FileMessageLog.ts"
import { inFolder } from "../../layers/Keep.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MeshFiles from "../../layers/MeshFiles.ts"
import { folders } from "../../layers/NodeFolders.ts"
import * as NodeHostChecks from "../../layers/NodeHostChecks.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Console } from "../../services/Console.ts"
import type { Files } from "../../services/Files.ts"
import { Folders } from "../../services/Folders.ts"
import type { Guests } from "../../services/Guests.ts"
import { HostChecks } from "../../services/HostChecks.ts"
import type { Identity } from "../../services/Identity.ts"
import { Membership } from "../../services/Membership.ts"
import type { MessageLog } from "../../services/MessageLog.ts"
import type { PeerMesh } from "../../services/PeerMesh.ts"
import { ReadMarks } from "../../services/ReadMarks.ts"
import type { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Sessions as SessionsService } from "../../services/Sessions.ts"
import type { Transport } from "../../services/Transport.ts"
import { silenceALink, silenceOn } from "../commands/options.ts"
import type { Acceptance } from "../domain/Acceptance.ts"
import {
  type CertificateUnusable,
  type Forked,
  type HostElsewhere,
  HostUnknown,
  type NotInvited,
  type PortTaken
} from "../domain/Errors.ts"
import type { Link } from "../domain/Invitation.ts"
import type { Keep } from "../domain/Keep.ts"
import type { Limits } from "../domain/Limits.ts"
import { withHome } from "../domain/Path.ts"
import { type Address, type Host, type PeerId, type Port, serverId } from "../domain/Peer.ts"
import { mainRoom, type Room } from "../domain/Post.ts"
import { notice } from "../domain/ScreenLine.ts"
import { modeFor, type Wish, warning } from "../domain/Security.ts"
import { usual } from "../domain/Settings.ts"
import { Accepting } from "../programs/accepting.ts"
import { anewWhenForked } from "../programs/renewal.ts"
import { FirstRoom, JoinHistory } from "../programs/session/Session.ts"
import * as Sessions from "../programs/sessions.ts"
import { atTerminal } from "./console.ts"

/** How many earlier posts to show to people: at a terminal, or on a page. A script gets none by default. */
export const historyForPeople = 20

/** The folder for the keys and known members of a user's nodes: the given one, or `outlive` in the XDG state folder. */
export const stateFolder = (given: Option.Option<string>): string =>
  Option.getOrElse(given, () =>
    Path.join(process.env["XDG_STATE_HOME"] || Path.join(Os.homedir(), ".local", "state"), "outlive")
  )

/** The options of a node that concern its security. */
export interface Safety {
  readonly secure: boolean
  readonly insecure: boolean
  readonly state: Option.Option<string>
  /** The invitation that the node joins with. */
  readonly link?: Link
  /** The hosts that the command line tells it to dial. */
  readonly dials: ReadonlyArray<Host>
}

/** The folder for what is fetched: the given one, or `outlive` in the one that the desktop has for downloads. */
const downloadsFolder = (given: Option.Option<string>): string =>
  Option.match(given, {
    onSome: (folder) => withHome(folder, folders.home),
    onNone: () => Path.join(process.env["XDG_DOWNLOAD_DIR"] || Path.join(Os.homedir(), "Downloads"), "outlive")
  })

/** How files are transferred. */
export interface Transferring {
  /** What is fetched unasked. */
  readonly accept: Option.Option<Acceptance>
  readonly downloads: Option.Option<string>
  /** Whether what was fetched is shared. */
  readonly share: boolean
  /** Bytes a second that are served in all. */
  readonly bytesPerSecond: Option.Option<number>
  /** How many transfers are served at a time. */
  readonly transfers: number
}

export const transferringByDefault: Transferring = {
  accept: Option.none(),
  downloads: Option.none(),
  share: true,
  bytesPerSecond: Option.none(),
  transfers: usual.transfers
}

/** What transfers files, and its thread for the disk. Both are loaded by the first transfer. */
const filesParts = Effect.promise(async () => {
  const { parts } = await import("../../layers/NodeTransfers.ts")
  return parts(Path.join(__dirname, "outlive.files.cjs"))
})

const files = ({ bytesPerSecond, downloads, share, transfers }: Transferring, { abroad }: Surroundings) => {
  const settings: MeshFiles.Settings = {
    downloads: downloadsFolder(downloads),
    share,
    bytesPerSecond: Option.getOrUndefined(bytesPerSecond),
    transfers,
    transfersPerPeer: Math.ceil(transfers / 2)
  }
  const own = MeshFiles.layer(settings, filesParts)
  return abroad === undefined ? own : abroad.files(settings, own)
}

/** Node's TLS, keys and certificates. They are loaded only by a secure node. */
export const secureNode = Effect.promise(() => import("../../layers/SecureNode.ts"))

/**
 * Turns `NotInvited` into `HostUnknown` if one of the hosts does not resolve. A mistyped host name looks like a server
 * elsewhere, which would need an invitation.
 */
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

/** What the server of a site has to reach the other sites: see `main/site.ts`. */
export interface Abroad {
  /** The transports, to clients and to other sites, of a plain chat and of a secure one. */
  readonly plain: (limits: Limits) => Layer.Layer<Transport>
  readonly secure: (limits: Limits) => Layer.Layer<Transport, never, Identity>
  /** Files, with what passes on those of members of different sites. */
  readonly files: (
    settings: MeshFiles.Settings,
    own: ReturnType<typeof MeshFiles.layer>
  ) => ReturnType<typeof MeshFiles.layer>
  /** What carries posts between sites, for each run of the node. */
  readonly relay: Layer.Layer<never, never, ReplicaLog | Guests | PeerMesh | Membership>
}

/** What a node has besides its log, mesh and connections. */
interface Surroundings {
  readonly frontEnds?: FrontEnds
  /** Where else than in the data folder the node records which plain chat it is in. */
  readonly keeps?: ReadonlyArray<KeptChat.Keep>
  readonly abroad?: Abroad | undefined
}

/** The transport of a node, and the membership that decides who may take part. */
const connections = (
  id: PeerId,
  wish: Wish,
  {
    data,
    limits,
    safety: { link, state }
  }: { readonly data: Option.Option<string>; readonly limits: Limits; readonly safety: Safety },
  { abroad, keeps = [] }: Surroundings
) => {
  const inData = Option.match(data, { onNone: () => [], onSome: (folder) => [KeptChat.inFolder(folder)] })
  return modeFor(wish) === "plain"
    ? Layer.merge(abroad?.plain(limits) ?? TcpTransport.layer(limits), OpenMembership.keeping([...keeps, ...inData]))
    : Layer.unwrapEffect(
        Effect.map(secureNode, (module) =>
          Layer.catchAll(
            module.layer(
              { id, keeps: inData, ...(link === undefined ? {} : { link }) },
              stateFolder(state),
              limits,
              abroad?.secure(limits)
            ),
            (error) => Layer.effectContext<unknown, typeof error | HostUnknown, never>(orUnknownHost(error, wish.hosts))
          )
        )
      )
}

/** Shows the warning about security, if there is one, before anybody types. */
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
  /** The rooms to be in, `main` or others. Its sessions begin in the first one. */
  readonly rooms: ReadonlyArray<Room>
  readonly silence: Option.Option<number>
  readonly limits: Limits
  readonly safety: Safety
  /** Whether it takes in what is said in private: see `Log.Settings`. */
  readonly hearsPrivate?: boolean
  readonly transferring?: Transferring
}

const historyFor = ({ history }: Settings): number =>
  Option.getOrElse(history, () => (atTerminal() ? historyForPeople : 0))

/** The layers that stay when the node begins another run: its log, transport and membership. */
const ground = (settings: Settings, surroundings: Surroundings) => {
  const wish = { ...settings.safety, hosts: [settings.listen.host, ...settings.safety.dials] }
  const history = historyFor(settings)
  const { logBytes: bytes, logEntries: entries, pending, streams } = settings.limits
  const { hearsPrivate = true, rooms } = settings
  const bounds = { bytes, entries, pending, streams, rooms, hearsPrivate }
  const log = Layer.unwrapEffect(
    Effect.map(Membership, ({ letters, sign }) =>
      Option.match(settings.data, {
        onNone: () => MemoryMessageLog.layer({ author: settings.id, sign, letters, ...bounds }),
        onSome: (folder) => FileMessageLog.layer({ author: settings.id, sign, letters, ...bounds, history }, folder)
      })
    )
  )
  return log.pipe(
    Layer.provideMerge(connections(settings.id, wish, settings, surroundings)),
    Layer.merge(announce(wish)),
    Layer.merge(files(settings.transferring ?? transferringByDefault, surroundings))
  )
}

/** The mesh of one run of a node, on the layers of `ground`. */
const mesh = (settings: Settings) => {
  const silence = Option.match(settings.silence, {
    onNone: () => ({ silence: silenceOn(settings.listen.host), silenceALink }),
    onSome: (seconds) => ({ silence: Duration.seconds(seconds) })
  })
  return TransportPeerMesh.layer({ ...settings, ...silence, history: historyFor(settings) })
}

/** Where the node keeps what was read at it. */
const marksOf = ({ data }: Settings): Keep | undefined =>
  Option.getOrUndefined(Option.map(data, (folder) => inFolder(folder, "read.json")))

/** All layers of a node that never begins another run. */
export const node = (settings: Settings) => Layer.provideMerge(mesh(settings), ground(settings, {}))

/** What a node has besides its console at which people can talk. It stays when the node begins another run. */
type FrontEnds = Layer.Layer<
  never,
  PortTaken | HostElsewhere | CertificateUnusable,
  SessionsService | MessageLog | Membership | Guests | Console | Files
>

/** Runs a program on a node, again in another run of the node whenever it fails with `Forked`. */
export const onNode =
  (settings: Settings, surroundings: Surroundings = {}) =>
  <A, E, R>(program: Effect.Effect<A, E | Forked, R>) =>
    program.pipe(
      Effect.provide(Layer.provideMerge(surroundings.abroad?.relay ?? Layer.empty, mesh(settings))),
      anewWhenForked,
      Effect.provide(surroundings.frontEnds ?? Layer.empty),
      Effect.provide(ground(settings, surroundings)),
      Effect.provide(Sessions.layer),
      Effect.provideService(ReadMarks, marksOf(settings)),
      Effect.provideService(Folders, folders),
      Effect.provideService(Accepting, Option.getOrUndefined((settings.transferring ?? transferringByDefault).accept)),
      Effect.provideService(FirstRoom, settings.rooms[0] ?? mainRoom),
      Effect.provideService(JoinHistory, historyFor(settings))
    )

const through = (peer: Option.Option<Address>) => (Option.isSome(peer) ? { peer: peer.value } : {})

/** Where the command line tells a client to find the servers: the first of them is its own. */
export type ServersGiven = readonly [Address, ...ReadonlyArray<Address>]

/** How a client finds its chat. */
export const whereabouts = ([own, ...others]: ServersGiven, peer: Option.Option<Address>, from?: Port) => ({
  server: { address: own, id: serverId, ...(from === undefined ? {} : { from }) },
  others,
  ...through(peer)
})

/** The hosts that the command line tells a client to dial. */
export const dialled = (servers: ReadonlyArray<Address>, peer: Option.Option<Address>): ReadonlyArray<Host> => [
  ...servers.map(({ host }) => host),
  ...Option.match(peer, { onNone: () => [], onSome: ({ host }) => [host] })
]

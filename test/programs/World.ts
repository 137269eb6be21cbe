/** A whole chat in one process: a network in memory, and on it the real programs with scripted consoles. */
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import * as ScriptedConsole from "../../layers/console/ScriptedConsole.ts"
import * as Transfers from "../../layers/files/Transfers.ts"
import * as IrcFrontEnd from "../../layers/IrcFrontEnd.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import * as Log from "../../layers/log/Log.ts"
import * as MemoryFileStore from "../../layers/MemoryFileStore.ts"
import * as MemoryInvitations from "../../layers/MemoryInvitations.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as MemoryTrustStore from "../../layers/MemoryTrustStore.ts"
import * as MeshFiles from "../../layers/MeshFiles.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import * as RosterMembership from "../../layers/RosterMembership.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import * as SiteFiles from "../../layers/SiteFiles.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Console } from "../../services/Console.ts"
import { FileStore } from "../../services/FileStore.ts"
import { Files } from "../../services/Files.ts"
import { Folders } from "../../services/Folders.ts"
import { Identity } from "../../services/Identity.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { Invitations } from "../../services/Invitations.ts"
import type { MemberDecisions } from "../../services/MemberDecisions.ts"
import { Membership } from "../../services/Membership.ts"
import type { MeshStatus } from "../../services/MeshStatus.ts"
import type { PeerMesh } from "../../services/PeerMesh.ts"
import { PortStore } from "../../services/PortStore.ts"
import { ReadMarks } from "../../services/ReadMarks.ts"
import type { Rooms } from "../../services/Rooms.ts"
import { type SessionEnd, Sessions as SessionsTag } from "../../services/Sessions.ts"
import { SiteKeys } from "../../services/SiteKeys.ts"
import { Sites } from "../../services/Sites.ts"
import { Transport } from "../../services/Transport.ts"
import type { Acceptance } from "../../src/domain/Acceptance.ts"
import { ChatId } from "../../src/domain/Chat.ts"
import { PortStoreUnavailable, type StreamForked } from "../../src/domain/Errors.ts"
import type { Invitation, Link } from "../../src/domain/Invitation.ts"
import type { PublicKey } from "../../src/domain/Key.ts"
import { defaultLimits, type Limits } from "../../src/domain/Limits.ts"
import {
  type Address,
  Host,
  isServerId,
  type Peer,
  PeerId,
  Port,
  roleOf,
  serverId,
  title
} from "../../src/domain/Peer.ts"
import { mainRoom, Room } from "../../src/domain/Post.ts"
import { Site, serverOf } from "../../src/domain/Site.ts"
import { SiteKey } from "../../src/domain/SiteKey.ts"
import type { Status } from "../../src/domain/Status.ts"
import { nobody, type Trust } from "../../src/domain/Trust.ts"
import { Accepting } from "../../src/programs/accepting.ts"
import * as Client from "../../src/programs/client.ts"
import type { Leaving } from "../../src/programs/leaving.ts"
import type { Reading } from "../../src/programs/reading.ts"
import { anewWhenForked } from "../../src/programs/renewal.ts"
import { send, sendFiles, type Whither } from "../../src/programs/send.ts"
import { server } from "../../src/programs/server.ts"
import { FirstRoom, JoinHistory, type Session } from "../../src/programs/session/Session.ts"
import * as Sessions from "../../src/programs/sessions.ts"
import { statusInWords } from "../../src/terminal/StatusForms.ts"
import * as InstantSeal from "../support/InstantSeal.ts"
import type { VirtualDisk } from "../support/VirtualDisk.ts"
import { run, wallClock } from "../support/VirtualTime.ts"

/** What a person at a console sees and does. */
export interface AtConsole {
  readonly type: (line: string) => Effect.Effect<void>
  /** Presses a key that asks for a command. */
  readonly press: (command: string) => Effect.Effect<void>
  readonly endInput: Effect.Effect<void>
  /** Everything on the screen so far, notices too. */
  readonly screen: Effect.Effect<ReadonlyArray<string>>
  /** Returns as soon as each of these lines stands on the screen as often as it is named here, and fails if one does not come. */
  readonly sees: (...lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Returns as soon as exactly these lines stand between the screen and what is being typed; fails if they don't come to. */
  readonly stands: (...lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Returns as soon as that is told at a glance; fails if it never is. */
  readonly tells: (words: string) => Effect.Effect<void>
  /** Returns as soon as the status satisfies the predicate; fails if it never does. */
  readonly glances: (holds: (status: Status) => boolean) => Effect.Effect<void>
  /** How far files are shown to be. */
  readonly progress: ScriptedConsole.Script["progress"]
  /** What such a line would be completed with. */
  readonly completions: (line: string) => Effect.Effect<ReadonlyArray<string>>
}

/** A session that was attached to a node, as a person at its console sees it. */
export interface Attached extends AtConsole {
  /** How it ended; fails if it does not. */
  readonly ended: Effect.Effect<SessionEnd>
  /** Ends it from outside, as if its connection broke. */
  readonly detach: Effect.Effect<void>
}

/** What is attached: a pipe, a terminal, or another console over such a script. `history`: how many of the last lines it is shown first. */
export interface Attaching {
  readonly at?: "pipe" | "terminal"
  readonly over?: (console: Console["Type"]) => Console["Type"]
  readonly history?: number
}

/** A node of the chat as a person at its terminal sees it. */
export interface Node extends AtConsole {
  readonly name: string
  /** What it offers and fetches. */
  readonly files: Effect.Effect<Files["Type"]>
  /** Attaches another session to it, at a pipe if not told otherwise. */
  readonly attach: (options?: Attaching) => Effect.Effect<Attached>
  /** How it ended; fails if it does not. */
  readonly ended: Effect.Effect<Exit.Exit<void, unknown>>
  /** Asks it to end, as Ctrl-C does. */
  readonly askToEnd: Effect.Effect<void>
  /** The same; returns when it has ended. */
  readonly interrupt: Effect.Effect<void>
  /** Ctrl-C at its terminal. */
  readonly pressCtrlC: Effect.Effect<void>
  /** Dies as by SIGKILL. */
  readonly kill: Effect.Effect<void>
  /** Sets its time of day to so many milliseconds after the right one, or before it. */
  readonly setClock: (ahead: number) => Effect.Effect<void>
  /** How often it was woken so far: by a timer, and by what others have sent. */
  readonly wakes: Effect.Effect<{ readonly timers: number; readonly arrivals: number }>
}

export interface World {
  readonly network: MemoryTransport.Network
  /** Closes when the story is over. */
  readonly scope: Scope.Scope
  /** Starts a server, with what the one before left on record. */
  readonly server: Effect.Effect<Node>
  /** The same in these rooms. */
  readonly serverIn: (rooms: ReadonlyArray<string>) => Effect.Effect<Node>
  /** The same at another port. */
  readonly serverAt: (port: number) => Effect.Effect<Node>
  /**
   * Starts the server of a site at that port, with what the one before left on record. All sites are of one chat. In a
   * secure world the first one owns it, and each other one comes by an invitation, at least the first time.
   */
  readonly site: (name: string, port: number, link?: Link) => Effect.Effect<Node>
  /** A server of another chat, with a record of its own: starts it at that port. The network calls it `Stranger`. */
  readonly stranger: Effect.Effect<(port: number) => Effect.Effect<Node>>
  /** Which chat the server has on record. */
  readonly chat: Effect.Effect<ChatId | undefined>
  /**
   * Starts a client. `peer`: it joins through that client; `port`: where it listens; `link`: by which invitation it comes;
   * `history`: how many lines it would like to see of what was said before;
   * `clock`: how far its time of day is after the right one, in ms; `server`: the server's port; `keeps`: where it keeps which
   * chat it is in; `disk`: where its log is kept; `others`: the ports of other servers; `rooms`: in which rooms it is, the first one being where it speaks.
   */
  readonly client: (
    id: string,
    options?: {
      readonly rooms?: ReadonlyArray<string>
      readonly peer?: string
      readonly port?: number
      readonly link?: Link
      readonly clock?: number
      readonly history?: number
      readonly server?: number
      readonly others?: ReadonlyArray<number>
      readonly keeps?: ReadonlyArray<KeptChat.Keep>
      readonly disk?: VirtualDisk
    }
  ) => Effect.Effect<Node>
  /** In a secure world, what its nodes keep: from run to run, until a test changes it. */
  readonly safe: Safe
  /** Says one line, in that room, and leaves, once so many peers have it. */
  readonly send: (id: string, text: string, wait: number, room?: string) => Effect.Effect<Node>
  /** Offers a file of its disk in `main`, or to that reader alone, and leaves, once so many peers have fetched it. */
  readonly sendFile: (
    id: string,
    paths: ReadonlyArray<string>,
    options?: {
      readonly to?: string
      readonly wait?: number
      readonly text?: string
      readonly limit?: Duration.Duration
    }
  ) => Effect.Effect<Node & { readonly told: ReadonlyArray<string> }>
  /** Says one line to that reader alone, and leaves, once the reader has it. */
  readonly sendTo: (reader: string, id: string, text: string) => Effect.Effect<Node>
  /** The disk for files that the nodes of that name offer and fetch. It outlives them. */
  readonly diskOf: (id: string) => MemoryFileStore.MemoryDisk
  /** In a secure world: the keys that the servers of sites were told by others. */
  readonly keysLearned: ReadonlyMap<Site, ReadonlySet<SiteKey>>
  /** What was written to files, by their paths. */
  readonly files: ReadonlyMap<string, string>
  /** What the server has on record. */
  readonly records: Effect.Effect<ReadonlyArray<string>>
  /** Loses the record. */
  readonly loseRecords: Effect.Effect<void>
  /** The disk that has the record refuses everything with these words, and what to do about it; none: it works. */
  readonly disk: (words: Option.Option<readonly [detail: string, remedy: string]>) => Effect.Effect<void>
}

/** What a node is given besides what it is told: where it keeps which chat it is in, by which invitation it comes, what the network calls it. */
interface Surroundings {
  readonly passing?: boolean
  readonly rooms?: ReadonlyArray<string> | undefined
  readonly history?: number | undefined
  readonly keeps?: ReadonlyArray<KeptChat.Keep> | undefined
  readonly disk?: VirtualDisk | undefined
  readonly link?: Link | undefined
  readonly name?: PeerId
  readonly site?: Site
}

/** What the nodes of a secure world have in their state folders. */
export interface Safe {
  /** Who a node is, and whom it knows. */
  readonly of: (id: PeerId) => Drawer
  readonly invitations: Map<PublicKey, Invitation>
  /** An invitation for one, for five minutes: of the owner, who is `Server` if not told otherwise. */
  readonly invite: Effect.Effect<Link>
  readonly inviteBy: (owner: string, site?: string) => Effect.Effect<Link>
}

export interface Drawer {
  identity: Identity["Type"]
  readonly memory: { trust: Trust }
}

/** What a node stands on in a world. */
type Ground = Files | Console | Interrupts | FileSystem.FileSystem | Membership | MemberDecisions | Log.Logs | Transport

/** In virtual time: whatever has not happened after so long does not happen. */
const limit: Duration.DurationInput = "3 minutes"

/** The chat of all sites of a world. */
const chatOfSites = ChatId.make("5".repeat(32))

const serverAddress: Address = { host: Host.make("localhost"), port: Port.make(4000) }
export const addressOf = (id: string, port = 6000 + Number.parseInt(id, 36)): Address => ({
  host: Host.make("localhost"),
  port: Port.make(port)
})

/** Who leaves gives up what nobody has taken for so long. */
const givingUp = Duration.seconds(10)

export const settings = { silence: "3 seconds", patience: "1 minute" } as const

/** What one world may have different from the others. */
export interface Conditions {
  readonly limits?: Partial<Limits>
  readonly seed?: number | string
  /** For how long those are sought who are missing: a minute if not given. */
  readonly patience?: Duration.DurationInput
  /** Each node serves IRC clients, a thousand ports above the one where it listens. */
  readonly irc?: {
    readonly password?: string
    /** Those of the server are guests. */
    readonly guests?: boolean
    readonly operPassword?: string
  }
  /** How long the server's disk takes for a record, however many are made at the same time. */
  readonly recording?: Duration.DurationInput
  /** In which rooms of others the server takes part: none if not given. */
  readonly carries?: "all" | "none"
  /** How files are transferred, where that differs from what is usual. */
  readonly transfers?: Partial<MeshFiles.Settings>
  /** How long it takes to read what is offered: no time if not given. */
  readonly reading?: Duration.DurationInput
  /** What nodes fetch unasked, by their ids. */
  readonly accepting?: Readonly<Record<string, Acceptance>>
  /** What the servers of sites pass on for others, where that differs from what they serve. */
  readonly gateway?: Partial<SiteFiles.Settings>
}

const transferring: MeshFiles.Settings = {
  downloads: "/downloads",
  share: true,
  bytesPerSecond: undefined,
  transfers: 8,
  transfersPerPeer: 4
}

const make = (
  keys: ReadonlyArray<Identity["Type"]>,
  {
    accepting = {},
    carries = "none",
    gateway = {},
    irc,
    limits = {},
    patience = settings.patience,
    reading,
    recording,
    transfers = {}
  }: Conditions
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const network = yield* MemoryTransport.makeNetwork
    const records = yield* MemoryPortStore.makeRecords
    const trouble = yield* MemoryPortStore.noTrouble
    const scope = yield* Effect.scope
    const files = new Map<string, string>()
    const disks = new Map<string, MemoryFileStore.MemoryDisk>()
    const diskOf = (id: string): MemoryFileStore.MemoryDisk => {
      const disk = disks.get(id) ?? new MemoryFileStore.MemoryDisk()
      disks.set(id, disk)
      return disk
    }
    const slow = (store: Layer.Layer<FileStore>): Layer.Layer<FileStore> =>
      reading === undefined
        ? store
        : Layer.map(store, (context) => {
            const { offer, ...rest } = Context.get(context, FileStore)
            return Context.make(FileStore, {
              ...rest,
              offer: (paths, progress) => Effect.zipRight(Effect.sleep(reading), offer(paths, progress))
            })
          })
    const filesAt = (id: PeerId, { site }: Surroundings) => {
      const given = { ...transferring, ...transfers }
      const own = MeshFiles.layer(
        given,
        Effect.succeed({ make: Transfers.make, store: slow(MemoryFileStore.layer(diskOf(id))) })
      )
      return site === undefined ? own : SiteFiles.layer({ ...given, bytesPerSecond: undefined, ...gateway }, own)
    }

    /** What the nodes keep for their IRC clients. */
    const ircKept = new Map<PeerId, string>()
    const ircAt = (id: PeerId, { host, port }: Address) =>
      irc === undefined
        ? Layer.empty
        : IrcFrontEnd.layer({
            ...irc,
            guests: irc.guests === true && isServerId(id),
            self: { id, role: roleOf(id) },
            listen: { host, port: Port.make(port + 1_000) },
            version: "0",
            keep: {
              load: Effect.sync(() => ircKept.get(id)),
              save: (text) => Effect.sync(() => ircKept.set(id, text))
            }
          }).pipe(Layer.provide(Layer.succeed(Transport, network.transport(id))))

    /** Runs a program on a node, which begins anew if it must. */
    const start = <E>(
      id: PeerId,
      listen: Address,
      program: Effect.Effect<
        void,
        E | StreamForked,
        MeshStatus | PeerMesh | Rooms | Session | Leaving | Sessions.Attached | Reading | Ground
      >,
      { clock = 0, history = 0, ...surroundings }: Surroundings & { readonly clock?: number | undefined } = {}
    ): Effect.Effect<Node> =>
      Effect.gen(function* () {
        const { passing = false } = surroundings
        const script = yield* ScriptedConsole.makeTerminal
        const interrupts = ScriptedInterrupts.make()
        const wall = wallClock(yield* Effect.clock, clock)
        const mesh = TransportPeerMesh.layer({
          id,
          role: roleOf(id),
          listen,
          member: isServerId(id),
          ...settings,
          patience,
          limits,
          history,
          passing,
          carries: isServerId(id) ? carries : "none"
        })
        const { disk } = surroundings
        const marks = disk && {
          load: Effect.sync(() => disk.marks),
          save: (text: string) =>
            Effect.sync(() => {
              disk.marks = text
            })
        }
        const sessions = yield* Layer.buildWithScope(Sessions.layer, scope).pipe(
          Effect.provideService(ReadMarks, marks)
        )
        const filesHere = yield* Deferred.make<Files["Type"]>()
        const running = yield* Effect.forkIn(
          Effect.zipRight(
            Effect.flatMap(Files, (here) => Deferred.succeed(filesHere, here)),
            program
          ).pipe(
            Effect.provide(mesh),
            anewWhenForked,
            Effect.provide(ircAt(id, listen)),
            Effect.provide(sessions),
            Effect.provide(Layer.provideMerge(groundOf(id, surroundings), Layer.merge(script.layer, interrupts.layer))),
            Effect.provideService(JoinHistory, history),
            Effect.provideService(Accepting, accepting[id]),
            Effect.provideService(Folders, { home: "/root", list: () => Effect.succeed([]) }),
            Effect.provideService(FirstRoom, Room.make(surroundings.rooms?.[0] ?? mainRoom)),
            Effect.withClock(wall.clock)
          ),
          scope
        )
        return {
          ...nodeOf(network, id, script, interrupts, running, surroundings.name ?? id),
          files: Deferred.await(filesHere),
          attach: attachTo(id, Context.get(sessions, SessionsTag), (fiber) =>
            Effect.forkIn(Effect.withClock(fiber, wall.clock), scope)
          ),
          setClock: (ahead) => Effect.sync(() => wall.set(ahead)),
          wakes: Effect.map(network.arrivals(surroundings.name ?? id), (arrivals) => ({
            timers: wall.wakes(),
            arrivals
          }))
        }
      })

    const unused = [...keys]
    const drawers = new Map<PeerId, Drawer>()
    const safe: Safe = {
      of: (id) => {
        const known = drawers.get(id)
        if (known !== undefined) return known
        const identity = unused.pop()
        if (identity === undefined) throw new Error("this world has no key left")
        const drawer = { identity, memory: { trust: nobody } }
        drawers.set(id, drawer)
        return drawer
      },
      invitations: new Map(),
      inviteBy: (owner, site) =>
        Effect.gen(function* () {
          const invitations = yield* Invitations
          const expires = (yield* Clock.currentTimeMillis) + 300_000
          const terms = { uses: 1, expires, site: site === undefined ? undefined : Site.make(site) }
          const token = yield* Effect.orDie(invitations.issue(terms))
          return { owner: safe.of(PeerId.make(owner)).identity.key, server: serverAddress, token }
        }).pipe(Effect.provide(Layer.suspend(() => MemoryInvitations.over(safe.invitations)))),
      invite: Effect.suspend(() => safe.inviteBy(serverId))
    }

    /** Plain in a world without keys, secure in one that has some. */
    const connections = (
      id: PeerId,
      { keeps = [], link, name = id, site }: Surroundings
    ): Layer.Layer<Transport | Membership | MemberDecisions, unknown> => {
      const place = site === undefined ? {} : { site }
      if (keys.length === 0) {
        return Layer.merge(MemoryTransport.layer(network, name, place), OpenMembership.keeping(keeps))
      }
      const { identity, memory } = safe.of(id)
      return Layer.merge(
        MemoryTransport.layer(network, id, { key: identity.key, ...place }),
        RosterMembership.layer({ id, seals: InstantSeal.make, ...(link === undefined ? {} : { link }) })
      ).pipe(
        Layer.provide(
          Layer.mergeAll(
            Layer.succeed(Identity, identity),
            MemoryTrustStore.over(memory),
            MemoryInvitations.over(safe.invitations)
          )
        )
      )
    }

    /** What stays if a node begins anew. */
    const groundOf = (id: PeerId, surroundings: Surroundings) =>
      Layer.unwrapEffect(
        Effect.map(Membership, ({ letters, sign }) => {
          const settings = {
            author: id,
            sign,
            letters,
            rooms: (surroundings.rooms ?? []).map((room) => Room.make(room)),
            hearsPrivate: surroundings.passing !== true,
            entries: limits.logEntries ?? defaultLimits.logEntries,
            ...Struct.omit(limits, "rooms")
          }
          const { disk } = surroundings
          if (disk === undefined) return MemoryMessageLog.layer(settings)
          return Log.layerOf(Effect.orDie(Effect.flatMap(disk.journal, (journal) => Log.make(settings, journal))))
        })
      ).pipe(
        Layer.provideMerge(connections(id, surroundings)),
        Layer.provideMerge(filesIn(files)),
        Layer.provideMerge(filesAt(id, surroundings))
      )

    const slowed = (store: PortStore["Type"]): PortStore["Type"] =>
      recording === undefined ? store : { ...store, record: (peer) => Effect.delay(store.record(peer), recording) }

    const serverOver = (
      name: PeerId,
      listen: Address,
      store: Layer.Layer<PortStore>,
      rooms: ReadonlyArray<string> = [],
      { link, site }: Pick<Surroundings, "link" | "site"> = {}
    ) =>
      Effect.flatMap(Effect.map(PortStore, slowed), (kept) =>
        start(
          site === undefined ? serverId : serverOf(site),
          listen,
          server({ within: givingUp }).pipe(
            Effect.provide(PortStoreServerRegistry.layer),
            Effect.provideService(PortStore, kept),
            Effect.provide(
              site === undefined
                ? Layer.empty
                : Layer.succeed(Sites, { site, servers: sites, listensAt: () => Effect.void })
            )
          ),
          {
            keeps: [KeptChat.inPortStore(kept, "ports.txt")],
            name,
            rooms,
            link,
            ...(site === undefined ? {} : { site })
          }
        )
      ).pipe(Effect.provide(store))

    /** The servers of sites that have ever been there, and what each has on record. */
    const sites = yield* SubscriptionRef.make<ReadonlyArray<Peer>>([])
    const siteRecords = new Map<Site, Effect.Effect.Success<typeof MemoryPortStore.makeRecords>>()
    const keysLearned = new Map<Site, Set<SiteKey>>()
    const siteServer = (site: Site, port: number, link: Link | undefined) =>
      Effect.gen(function* () {
        const address = { ...serverAddress, port: Port.make(port) }
        const recorded =
          siteRecords.get(site) ??
          (yield* Ref.make<MemoryPortStore.Records>({
            ...MemoryPortStore.nothing,
            // That of a secure chat follows from the owner's key.
            chat: keys.length === 0 ? chatOfSites : undefined
          }))
        siteRecords.set(site, recorded)
        const id = serverOf(site)
        const others = (yield* SubscriptionRef.get(sites)).filter((each) => each.id !== id)
        yield* SubscriptionRef.set(sites, [...others, { id, role: "server" as const, address }])
        const running = serverOver(id, address, MemoryPortStore.over(recorded), [], { site, link })
        if (keys.length === 0) return yield* running
        const learned = keysLearned.get(site) ?? new Set()
        keysLearned.set(site, learned)
        const own = SiteKey.make(Buffer.alloc(32, site).toString("base64url"))
        return yield* Effect.provideService(running, SiteKeys, { own, learn: (key) => learned.add(key) })
      })

    const sender = (id: string, text: string, wait: number, whither: Whither) =>
      start(
        PeerId.make(id),
        addressOf(id, 0),
        send({ server: { address: serverAddress, id: serverId }, whither, text, wait, limit: "10 seconds" }),
        { passing: true, rooms: ["room" in whither ? whither.room : mainRoom] }
      )

    return {
      network,
      scope,
      safe,
      diskOf,
      files,
      keysLearned,
      server: serverOver(serverId, serverAddress, MemoryPortStore.over(records, trouble)),
      serverIn: (rooms) => serverOver(serverId, serverAddress, MemoryPortStore.over(records, trouble), rooms),
      serverAt: (port) =>
        serverOver(serverId, { ...serverAddress, port: Port.make(port) }, MemoryPortStore.over(records, trouble)),
      stranger: Effect.map(
        MemoryPortStore.makeRecords,
        (others) => (port) =>
          serverOver(PeerId.make("Stranger"), { ...serverAddress, port: Port.make(port) }, MemoryPortStore.over(others))
      ),
      site: (name, port, link) => siteServer(Site.make(name), port, link),
      chat: Effect.map(Ref.get(records), ({ chat }) => chat),
      client: (
        id,
        { clock, disk, history, keeps, link, others = [], peer, port, rooms, server: at = serverAddress.port } = {}
      ) =>
        start(
          PeerId.make(id),
          addressOf(id, port),
          Client.client({
            server: { address: { ...serverAddress, port: Port.make(at) }, id: serverId },
            others: others.map((each) => ({ ...serverAddress, port: Port.make(each) })),
            ...(peer === undefined ? {} : { peer: addressOf(peer) }),
            within: givingUp
          }),
          { clock, disk, history, keeps, link, rooms }
        ),
      send: (id, text, wait, room = mainRoom) => sender(id, text, wait, { room: Room.make(room) }),
      sendTo: (reader, id, text) => sender(id, text, 1, { reader: PeerId.make(reader) }),
      sendFile: (id, paths, { limit, text, to, wait = 1 } = {}) => {
        const told: Array<string> = []
        const sending = sendFiles({
          server: { address: serverAddress, id: serverId },
          whither: to === undefined ? { room: mainRoom } : { reader: PeerId.make(to) },
          wait,
          paths,
          text,
          limit: Option.fromNullable(limit),
          tell: (words) => told.push(words)
        })
        return Effect.map(start(PeerId.make(id), addressOf(id, 0), sending, { passing: true }), (node) => ({
          ...node,
          told
        }))
      },
      records: Effect.map(Ref.get(records), ({ peers }) =>
        [...peers.values()].map(({ address, id }) => `${id} ${address.port}`)
      ),
      loseRecords: Ref.set(records, MemoryPortStore.nothing),
      disk: (words) =>
        SubscriptionRef.set(
          trouble,
          Option.map(words, ([detail, remedy]) => new PortStoreUnavailable({ path: "ports.txt", detail, remedy }))
        )
    }
  })

/** Files that can be written, once each. */
const filesIn = (files: Map<string, string>) =>
  FileSystem.layerNoop({
    writeFileString: (path, text) =>
      Effect.suspend(() => {
        if (files.has(path)) {
          return new SystemError({
            reason: "AlreadyExists",
            module: "FileSystem",
            method: "open",
            pathOrDescriptor: path,
            cause: { code: "EEXIST" }
          })
        }
        files.set(path, text)
        return Effect.void
      })
  })

const nodeOf = (
  network: MemoryTransport.Network,
  id: PeerId,
  script: ScriptedConsole.Script,
  interrupts: ScriptedInterrupts.Script,
  running: Fiber.RuntimeFiber<void, unknown>,
  name: PeerId
): Omit<Node, "attach" | "files" | "setClock" | "wakes"> => {
  return {
    ...atConsole(id, script),
    name: id,
    ended: within(script, `${title(id)} does not end`, Fiber.await(running)),
    askToEnd: Effect.asVoid(interrupts.ask),
    pressCtrlC: interrupts.press,
    interrupt: Effect.flatMap(interrupts.ask, (isHeard) =>
      Effect.asVoid(isHeard ? Fiber.await(running) : Fiber.interrupt(running))
    ),
    kill: Effect.zipRight(network.crash(name), Effect.asVoid(Fiber.interrupt(running)))
  }
}

const atConsole = (id: PeerId, script: ScriptedConsole.Script): AtConsole => ({
  type: script.type,
  press: script.press,
  endInput: script.end,
  screen: script.screen,
  sees: (...lines) =>
    Effect.asVoid(
      within(
        script,
        `${title(id)} never saw ${lines.join(" / ")}`,
        script.awaitScreen((shown) => contains(shown, lines))
      )
    ),
  stands: (...lines) =>
    within(
      script,
      `with ${title(id)} never stood ${lines.join(" / ")}`,
      script.awaitPending((pending) => pending.join("\n") === lines.join("\n"))
    ),
  tells: (words) =>
    within(
      script,
      `${title(id)} never told ${words}`,
      script.awaitStatus((status) => statusInWords(status, 0, atTime) === words)
    ),
  glances: (holds) => within(script, `the status of ${title(id)} is never so`, script.awaitStatus(holds)),
  progress: script.progress,
  completions: script.completions
})

/** Attaches sessions to that node. */
const attachTo =
  (
    id: PeerId,
    sessions: SessionsTag["Type"],
    fork: (session: Effect.Effect<SessionEnd>) => Effect.Effect<Fiber.RuntimeFiber<SessionEnd>>
  ): Node["attach"] =>
  ({ at = "pipe", history = 0, over = (console: Console["Type"]) => console } = {}) =>
    Effect.gen(function* () {
      const script = yield* at === "pipe" ? ScriptedConsole.make : ScriptedConsole.makeTerminal
      const console = yield* Effect.provide(Console, script.layer)
      const session = yield* fork(sessions.attach(over(console), { history }))
      return {
        ...atConsole(id, script),
        ended: within(script, `a session at ${title(id)} does not end`, Effect.orDie(Fiber.join(session))),
        detach: Effect.asVoid(Fiber.interrupt(session))
      }
    })

/** Times are told in whole seconds of virtual time. */
const atTime = (at: number): string => `${Math.round(at / 1_000)} s`

/** Fails a test that waits in vain, and shows the screen that it waited for. */
const within = <A>(script: ScriptedConsole.Script, failure: string, effect: Effect.Effect<A>): Effect.Effect<A> =>
  effect.pipe(
    Effect.timeoutTo({
      duration: limit,
      onSuccess: Effect.succeed,
      onTimeout: () =>
        Effect.flatMap(Effect.zip(script.screen, script.pending), ([lines, pending]) =>
          Effect.dieMessage([`${failure}; its screen:`, ...lines, "what stands below:", ...pending].join("\n  "))
        )
    }),
    Effect.flatten
  )

/** Whether each line stands there as often as it is named. */
const contains = (shown: ReadonlyArray<string>, lines: ReadonlyArray<string>): boolean => {
  if (shown.length < lines.length) return false
  const missing = new Map<string, number>()
  for (const line of lines) missing.set(line, (missing.get(line) ?? 0) + 1)
  for (const line of shown) {
    const left = missing.get(line)
    if (left === 1) missing.delete(line)
    else if (left !== undefined) missing.set(line, left - 1)
  }
  return missing.size === 0
}

/**
 * A test in a world of its own, in virtual time. When the story is over, everything is ended: then no connection, no
 * listener, no fiber and no timer may be left.
 */
export const story = (name: string, tell: (world: World) => Effect.Effect<void>, conditions: Conditions = {}): void =>
  it(name, () => inWorld([], tell, { seed: name, ...conditions }))

/** The same in a world where all connections are secure. */
export const secureStory = (
  name: string,
  tell: (world: World) => Effect.Effect<void>,
  conditions: Pick<Conditions, "limits" | "irc" | "transfers" | "gateway"> = {}
): void =>
  it(name, async () =>
    inWorld(await Effect.runPromise(Effect.replicateEffect(Keys.generate, 8)), tell, { ...conditions, seed: name })
  )

const inWorld = async (
  keys: ReadonlyArray<Identity["Type"]>,
  tell: (world: World) => Effect.Effect<void>,
  conditions: Conditions
): Promise<void> => {
  // A run is synchronous: vitest, which takes a worker that is silent for a minute for dead, gets a word in between two.
  await new Promise((resume) => setImmediate(resume))
  let left = -1
  const exit = run(
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      const stage = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      const world = yield* Scope.extend(make(keys, conditions), stage)
      yield* tell(world)
      yield* Scope.close(stage, Exit.void)
      left = yield* world.network.open
    }).pipe(Effect.scoped),
    conditions.seed
  )
  if (Exit.isFailure(exit)) assert.fail(Cause.pretty(exit.cause))
  assert.strictEqual(left, 0, "connections or listeners are left")
}
/** How a node failed, in words. */
export const failureOf = (node: Node) =>
  Effect.map(node.ended, (exit) =>
    Exit.isFailure(exit) ? Cause.squash(exit.cause) : assert.fail("it did not fail")
  ).pipe(Effect.map((error) => (error instanceof Error ? error.message : String(error))))

/** A server and two clients, all linked with each other. */
export const gather = (world: World) =>
  Effect.gen(function* () {
    const server = yield* world.server
    const one = yield* world.client("1")
    yield* server.sees("Client 1: initiated")
    const two = yield* world.client("2")
    yield* two.sees("Client 1: initiated", "Client 2: initiated")
    yield* one.sees("Client 2: initiated")
    return { server, one, two }
  })

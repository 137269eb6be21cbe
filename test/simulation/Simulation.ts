/**
 * Simulates one whole chat under trouble of every kind, drawn from a seed: the real programs over the network in
 * memory.
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import * as Keys from "../../layers/identity/Keys.ts"
import type { PrivateSeal } from "../../layers/identity/PrivateSeal.ts"
import { decodeLine, encodeShown, type JournalLine } from "../../layers/log/JournalReader.ts"
import * as Log from "../../layers/log/Log.ts"
import * as WriteBehind from "../../layers/log/WriteBehind.ts"
import * as MemoryInvitations from "../../layers/MemoryInvitations.ts"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as MemoryTrustStore from "../../layers/MemoryTrustStore.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import * as RosterMembership from "../../layers/RosterMembership.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Console, type Put } from "../../services/Console.ts"
import { Identity } from "../../services/Identity.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { Membership } from "../../services/Membership.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PortStore } from "../../services/PortStore.ts"
import { Rooms } from "../../services/Rooms.ts"
import { type Connection, Transport } from "../../services/Transport.ts"
import { defaultLimits, type Limits } from "../../src/domain/Limits.ts"
import { type Address, Host, PeerId, Port, roleOf, serverId } from "../../src/domain/Peer.ts"
import { mainRoom, Room, roomIn } from "../../src/domain/Post.ts"
import * as Roster from "../../src/domain/Roster.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { adopt, nobody, type Trust } from "../../src/domain/Trust.ts"
import { SynchronousSteps } from "../../src/domain/Turns.ts"
import * as Client from "../../src/programs/client.ts"
import { anewWhenForked } from "../../src/programs/renewal.ts"
import { server } from "../../src/programs/server.ts"
import * as Sessions from "../../src/programs/sessions.ts"
import type { Folded, Gap, PostFrame } from "../../src/protocol/Frame.ts"
import { linesIn } from "../support/bytes.ts"
import { drawFrom } from "../support/chance.ts"
import * as InstantSeal from "../support/InstantSeal.ts"
import { linkedOf } from "../support/linked.ts"
import { noFiles } from "../support/noFiles.ts"
import { type Signer, signer } from "../support/signers.ts"
import { run, wallClock } from "../support/VirtualTime.ts"
import { wholeLog } from "../support/wholeLog.ts"
import { inPrivate, type Life, newLife, type Record_, roomOf, type Saying, tokensOf } from "./Checker.ts"
import { consoleOf } from "./consoleOf.ts"
import { firstOfGuests, firstOfPrivate, firstOfRooms } from "./schedules.ts"
import { makeVisits } from "./Visits.ts"

/** The disk of a node. It survives a crash unless the schedule says otherwise. */
interface Disk {
  lines: Array<Uint8Array>
  lastEpoch: number
  /** Changes when the disk is lost or replaced by an older copy, because the node then forgets what was on it. */
  lineage: number
}

/** A running node, as the schedule sees and controls it. */
interface Running {
  readonly life: Life
  /** Types lines, in one go. */
  readonly type: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  readonly stop: (abruptly: boolean) => Effect.Effect<void>
  /** Sets its clock to `ahead` ms after the right time; before it, if negative. */
  readonly setClock: (ahead: number) => void
  /** The last attempt to say lines in another room than `main`. */
  saying: Fiber.Fiber<unknown, unknown> | undefined
  /** Its log and the status of its mesh, once it runs. */
  inside: { readonly log: Log.Log; readonly status: MeshStatus["Type"]; readonly rooms: Rooms["Type"] } | undefined
}

interface Place {
  readonly id: PeerId
  readonly address: Address
  /** The rooms that it has joined, besides `main`. */
  rooms: ReadonlyArray<Room>
  disk: Disk
  backup: Disk | undefined
  running: Running | undefined
  said: number
}

const host = Host.make("localhost")
const serverAddress: Address = { host, port: Port.make(4000) }
const clientIds = ["1", "2", "3"]

const blank = (lineage: number): Disk => ({ lines: [], lastEpoch: 0, lineage })
const copyOf = (disk: Disk): Disk => ({ ...disk, lines: [...disk.lines] })

type Frame = PostFrame | Gap | Folded

/** The decoded lines of disks. A line never changes, and is read again at every start. */
const decoded = new WeakMap<Uint8Array, JournalLine>()

const lineOf = (line: Uint8Array): JournalLine | undefined => {
  const found = decoded.get(line) ?? decodeLine(line)
  if (found !== undefined) decoded.set(line, found)
  return found
}

const linesOn = (disk: Disk): ReadonlyArray<JournalLine> => disk.lines.flatMap((line) => lineOf(line) ?? [])

const isFrame = (line: JournalLine | undefined): line is Frame => line !== undefined && line.type !== "shown"

const framesOf = (disk: Disk): ReadonlyArray<Frame> => linesOn(disk).filter(isFrame)

/** What is written under a seal, by the sealed text: for the schedule alone. */
const unsealed = new Map<string, string>()

const textsIn = (frames: ReadonlyArray<Frame>): ReadonlyArray<string> =>
  frames.flatMap((frame) => (frame.type === "post" ? [unsealed.get(frame.post.text) ?? frame.post.text] : []))

/** The texts of all posts on a disk. */
const wordsOn = (disk: Disk): ReadonlyArray<string> => textsIn(framesOf(disk))

/** Whether a frame marks posts of a stream as missing: they count as seen, or are gone. */
const isHole = (frame: Frame): boolean => frame.type === "gap" && frame.to > 0

/**
 * The lines among these, written in one go, that record where the chat begins for a node: an empty gap, and what follows
 * it up to the next post. None if there is no such record.
 */
const rootIn = (frames: ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  const root = frames.slice(frames.findIndex((frame) => frame.type === "gap" && frame.to === 0))
  const end = root.findIndex(({ type }) => type === "post")
  return root[0]?.type === "gap" && root[0].to === 0 ? root.slice(0, end < 0 ? root.length : end) : []
}

/** The limits of a log, where they are less than the default: how many entries and how many streams it keeps. */
interface Bounds {
  readonly entries?: number
  readonly streams?: number
}

/** The file log's code with an array as its disk. A write takes `millis` ms; with 0, plain steps are possible. */
const logLayer = (
  author: PeerId,
  disk: Disk,
  millis: number,
  sign: Signer["sign"] | undefined,
  seals: boolean,
  bounds: Bounds,
  rooms: ReadonlyArray<Room>,
  onDisk: (lines: ReadonlyArray<Uint8Array>) => void
) => {
  const write = (blocks: ReadonlyArray<Uint8Array>): void => {
    const lines = blocks.flatMap(linesIn)
    disk.lines.push(...lines)
    onDisk(lines)
  }
  const replace = (blocks: ReadonlyArray<Uint8Array>): void => {
    disk.lines.splice(0, disk.lines.length, ...blocks.flatMap(linesIn))
  }
  const instant: WriteBehind.WriteBehind = {
    append: (blocks, _durably, unshown, settled) => {
      write(unshown.isNews ? [encodeShown(unshown.count), ...blocks] : blocks)
      settled()
    },
    replace: (lines, unshown, settled) => {
      replace([...lines, encodeShown(unshown)])
      settled()
    },
    hasRoom: () => true,
    room: Effect.void
  }
  const slow = WriteBehind.make({
    write: (blocks) => Effect.map(Effect.sleep(millis), () => write(blocks)),
    replace: (blocks) => Effect.map(Effect.sleep(millis), () => replace(blocks))
  })
  return Log.layerOf(
    Effect.gen(function* () {
      const queue = millis === 0 ? instant : yield* slow
      const { letters } = yield* Membership
      return yield* Log.make(
        { author, sign, rooms, ...(seals ? { letters } : {}), ...bounds },
        {
          ...queue,
          keeps: true,
          isInstant: millis === 0,
          epochAfter: disk.lastEpoch + 1,
          begin: (epoch) =>
            Effect.sync(() => {
              disk.lastEpoch = epoch
            }),
          restore: (each) => Effect.sync(() => linesOn(disk).forEach(each)),
          overgrown: () => false
        }
      )
    }).pipe(Effect.orDie)
  )
}

/**
 * Some schedules end with a long cut: while the server is dead, clients are cut off from each other for longer than
 * their patience.
 */
const isLongCut = (seed: number): boolean => seed % 5 === 2

/** The length of such a cut, in seconds: patience, the silence before it, and what is under way when it ends. */
const shortPatience = "15 seconds"
const longCut = 40

/**
 * Some schedules end with an orphaned answer: a line reaches one node only, which answers it. Then its author and that
 * node die.
 */
const isOrphaned = (seed: number): boolean => seed % 5 === 3

/** How long the other nodes hold such an answer at most: until silence, patience and what follows are over. */
const orphanage = "40 seconds"

/** Some schedules have logs so small that streams are folded away: many clients join, say one line each, and leave. */
const isOfManyRuns = (seed: number): boolean =>
  seed % 12 === 2 && !isLongCut(seed) && !isOfSecrets(seed) && !isOfGuests(seed)

/** The bounds of a log with this many entries. The ratio of streams to entries is the default one. */
const smallBounds = (entries: number): Bounds => ({
  entries,
  streams: Math.ceil((entries * defaultLimits.streams) / defaultLimits.logEntries)
})

const limitsOf = ({
  entries = defaultLimits.logEntries,
  streams = defaultLimits.streams
}: Bounds): Partial<Limits> => ({
  logEntries: entries,
  streams
})

/**
 * How many such clients join while one node is away, and in how many lanes at once. Some join again, with or without
 * their disk.
 */
const passersBy = 54
const lanes = 6
const firstPasserBy = 10

/** Some schedules have a secure chat, in which client 3 sometimes changes posts of others before it hands them on. */
const isSecure = (seed: number): boolean => (isOfSecrets(seed) ? seed % 2 === 1 : seed % 6 === 5 && !isOfGuests(seed))

/** The key of each node, and the trust that all of them share. */
const keysOf = new Map([serverId, ...clientIds].map((name, at) => [name as string, signer(at + 1)] as const))
const keyOf = (name: string): Signer => keysOf.get(name) ?? signer(0)
const trust: Trust = adopt(
  { ...nobody, owner: keyOf(serverId).key },
  clientIds.reduce<Roster.Roster>(
    (roster, name, at) =>
      Roster.say(
        roster,
        { id: PeerId.make(name), key: keyOf(name).key, host, port: Port.make(6001 + at), status: "member" },
        keyOf(serverId).sign,
        Keys.seals
      ),
    []
  )
)

/** The membership of a plain chat. The server's record says which chat it is in. */
const openMembership = (store: Layer.Layer<PortStore> | undefined) =>
  store === undefined
    ? OpenMembership.layer
    : Layer.unwrapEffect(
        Effect.map(PortStore, (kept) => OpenMembership.keeping([KeptChat.inPortStore(kept, "ports.txt")]))
      ).pipe(Layer.provide(store))

const secureMembership = (name: PeerId) =>
  RosterMembership.layer({ id: name, seals: knownSeal }).pipe(
    Layer.provide(
      Layer.mergeAll(
        Layer.succeed(Identity, {
          key: keyOf(name).key,
          sign: (bytes) => keyOf(name).sign(Buffer.from(bytes).toString()),
          credentials: { privateKey: keyOf(name).privateKey, certificate: "" }
        }),
        MemoryTrustStore.over({ trust }),
        MemoryInvitations.layer
      )
    ),
    Layer.orDie
  )

/** A transport over which a member changes the posts of others that it hands on, whenever `isTampering` is true. */
const tampered = (transport: Transport["Type"], name: string, isTampering: () => boolean): Transport["Type"] => {
  const tamper = (bytes: Uint8Array): Uint8Array =>
    Buffer.concat(
      linesIn(bytes).map((line) => {
        const text = Buffer.from(line).toString()
        const isOthers = text.startsWith('{"type":"post"') && !text.includes(`"stream":"${name}/`)
        return isOthers && isTampering() ? Buffer.from(text.replace('"text":"', '"text":"9')) : line
      })
    )
  const over = <C extends Connection>(connection: C): C => ({
    ...connection,
    drain: (source) =>
      connection.drain(() => {
        const bytes = source()
        return bytes === undefined ? undefined : tamper(bytes)
      })
  })
  return {
    ...transport,
    dial: (address, from, use) => Effect.map(transport.dial(address, from, use), over),
    listen: (address, serve, regret) => transport.listen(address, (connection) => serve(over(connection)), regret)
  }
}

/**
 * Some schedules have more rooms. Each client begins in some of them, the server in nearly all. They join rooms and leave
 * rooms as they like.
 */
const isOfRooms = (seed: number): boolean => seed >= firstOfRooms && seed < firstOfPrivate
const otherRooms = ["ops", "dev"].map((name) => Room.make(name))

/** In some schedules they write to some of the others alone, whether these are there or not. */
const isOfSecrets = (seed: number): boolean => seed >= firstOfPrivate && !isOfGuests(seed)

/** In some schedules the server has guests. Such a chat is plain. */
const isOfGuests = (seed: number): boolean => seed >= firstOfGuests

/** Seals at once, and lets the schedule know what is in it. */
const knownSeal = (privateKey: string): PrivateSeal => {
  const { open, seal } = InstantSeal.make(privateKey)
  return {
    open,
    seal: (place, letter, readers) =>
      Effect.map(seal(place, letter, readers), (text) => {
        unsealed.set(text, letter.text)
        return text
      })
  }
}

/**
 * How long a write takes, in ms; each node draws one. With 0, lines may be said and taken in in plain calls. A post that is sent before a slow write ends is seen elsewhere
 * first.
 */
const diskMillis = [0, 1, 2, 20]

/** The same where many clients come and go, which takes long. */
const slowDiskMillis = [1, 2, 2, 20]

/** What is to be written is on any of these disks after this, in ms: a write may have to wait for the one before. */
const slowestDisk = 2 * Math.max(...diskMillis, ...slowDiskMillis)

/** A node that leaves gives up its last posts when no peer has taken any for this long. */
const givingUp = Duration.seconds(10)

/** A node that is asked to leave must end within this time, whatever it waits for. */
const lastWords = Duration.seconds(60)

/** The number of steps of trouble, and their average length in ms of virtual time. */
const steps = 120
const stepMillis = 250

/** How long everything may take to settle after the trouble, and how long the last lines may take; in seconds. */
const settling = 80
const lastSettling = 10

/** Within this time, all nodes must know that a node has left. */
const forgotten = Duration.seconds(5)

/**
 * A chat that has been settled for this many seconds counts as settled for good. It is longer than the silence of a
 * link.
 */
const calm = 4

/**
 * A simulated chat runs no more tasks than this in a second, or it runs in a loop. The busiest of 60 seeds had 1,300.
 */
const busiest = 30_000

/** How far from the right time clocks are set, in ms: by hand, by NTP, and with an empty battery. */
const hour = 3_600_000
const wrongClocks = [-50 * 365 * 24 * hour, -hour, -2_000, 0, 0, 0, 2_000, hour]

/** Runs the schedule of a seed, and returns the record to check. */
export const simulate = (seed: number): Record_ => {
  const chance = drawFrom(seed)
  // Separate sources of random numbers: the other choices of a seed stay the same.
  const clocks = drawFrom(~seed)
  const cuts = drawFrom(seed + 1_000_000_007)
  const runs = drawFrom(seed + 2_000_000_011)
  const rooms = drawFrom(seed + 3_000_000_019)
  /** In which rooms they are changes in some schedules. In some the server carries all of them. */
  const wandering = drawFrom(seed + 5_000_000_029)
  const carries = isOfRooms(seed) && wandering.happens(0.6) ? "all" : "none"
  const ways = drawFrom(seed + 4_000_000_007)
  const secrets = drawFrom(seed + 6_000_000_041)
  const visits = drawFrom(seed + 7_000_000_003)
  const bounds = isOfManyRuns(seed) ? smallBounds(40 + runs.below(11)) : {}
  const secure = isSecure(seed)
  // A run whose clock is before the streams that were folded away begins anew. `test/programs/runs.test.ts` covers
  // that.
  const areClocksRight = isOfManyRuns(seed)
  let isTroubled = true
  const lives: Array<Life> = []
  const said = new Map<string, Saying>()
  const written = new Map<string, number>()
  /** When each line was first on the disk of a node other than its author's. */
  const had = new Map<string, number>()
  /** Who has left without a crash, and when it had ended. */
  const departures: Array<readonly [Life, number]> = []
  let lineages = 0
  let kills = 0

  const program = Effect.gen(function* () {
    const outer = yield* Effect.scope
    const stage = yield* Scope.fork(outer, yield* Effect.succeed({ _tag: "Sequential" } as const))
    const network = yield* MemoryTransport.makeNetwork
    const records = yield* MemoryPortStore.makeRecords
    const clock = yield* Effect.clock

    const placeOf = (id: string, address: Address): Place => ({
      id: PeerId.make(id),
      address,
      rooms: isOfRooms(seed) ? otherRooms.filter(() => rooms.happens(id === serverId ? 0.9 : 0.6)) : [],
      disk: blank(lineages++),
      backup: undefined,
      running: undefined,
      said: 0
    })
    const places = [
      placeOf(serverId, serverAddress),
      ...clientIds.map((id) => placeOf(id, { host, port: Port.make(6000 + Number(id)) }))
    ]

    /**
     * The lines that a node has said which has left since, that no other node has, and that it has not reported. Lines
     * said before a newcomer took them for seen don't count. What a peer has is on its disk a moment later.
     */
    const untoldBy = (life: Life, ended: number): ReadonlyArray<string> => {
      const until = ended + slowestDisk
      const adoptions = lives.flatMap(({ rooted }) => (rooted?.takesForSeen && rooted.at <= until ? rooted.at : []))
      const adopted = Math.max(0, ...adoptions)
      const lines = life.kept.filter((token) => {
        const saying = said.get(token)
        // Who leaves a room is asked about its lines there by then. And a summary of a room that comes to be shared may
        // name lines that are not on the disk yet.
        return (
          saying?.life === life &&
          saying.room === mainRoom &&
          saying.at > adopted &&
          (had.get(token) ?? Number.POSITIVE_INFINITY) > until
        )
      })
      const told = life.shown.flatMap(
        ({ line }) => /^\* No peer has your last (\d+ lines|line) yet: kept/.exec(line)?.[1] ?? []
      )
      return lines.slice(told[0] === "line" ? 1 : Number.parseInt(told[0] ?? "0", 10))
    }

    const start = (place: Place) =>
      Effect.gen(function* () {
        const { disk } = place
        const others = places.filter((other) => other !== place && other.id !== serverId)
        const through = chance.happens(0.3) ? { peer: chance.among(others).address } : {}
        // The clock may be so wrong that it runs backwards between two lives.
        const ahead = chance.happens(0.3) ? (chance.below(3) - 1) * hour : 0
        const wall = wallClock(clock, areClocksRight ? 0 : ahead)
        const life = newLife(place.id, disk.lineage, {
          stays: [mainRoom, inPrivate].map((room) => ({ room, since: 0, until: Number.POSITIVE_INFINITY })),
          began: clock.unsafeCurrentTimeMillis(),
          knew: wordsOn(disk)
        })
        lives.push(life)
        const typed = makeTypedLines()
        const interrupts = ScriptedInterrupts.make()
        let dead = false
        const put: Put<ScreenLine> = (lines, taken) => {
          const at = clock.unsafeCurrentTimeMillis()
          for (const { text } of dead ? [] : lines) {
            life.shown.push({ line: text, token: tokenOf(text), earlier: earlierOf(text), at })
          }
          taken()
        }
        const console = Layer.succeed(
          Console,
          consoleOf(typed, () => dead, put)
        )
        const onDisk = (lines: ReadonlyArray<Uint8Array>) => {
          if (dead) return
          const at = clock.unsafeCurrentTimeMillis()
          const frames = lines.map(lineOf).filter(isFrame)
          for (const text of textsIn(frames)) {
            if (said.get(text)?.author !== place.id) had.set(text, had.get(text) ?? at)
            else if (!written.has(text)) written.set(text, at)
          }
          const root = rootIn(frames)
          if (root.length > 0) life.rooted ??= { at, takesForSeen: root.some(isHole) }
        }
        // Made now and not when the node first uses it: the node may be dead by then.
        const plain = network.transport(place.id, secure ? { key: keyOf(place.id).key } : {})
        const isTampering = () => isTroubled && chance.happens(0.3)
        const transport = secure && place.id === "3" ? tampered(plain, place.id, isTampering) : plain
        const store = MemoryPortStore.over(records)
        const mesh = TransportPeerMesh.layer({
          id: place.id,
          role: roleOf(place.id),
          listen: place.address,
          member: place.id === serverId,
          carries: place.id === serverId ? carries : "none",
          silence: "3 seconds",
          patience: isLongCut(seed) || isOrphaned(seed) || isOfManyRuns(seed) ? shortPatience : "1 minute",
          limits: secure ? { overload: Duration.seconds(5) } : limitsOf(bounds)
        })
        const sign = secure ? keyOf(place.id).sign : undefined
        const ground = logLayer(
          place.id,
          disk,
          chance.among(isOfManyRuns(seed) ? slowDiskMillis : diskMillis),
          sign,
          isOfSecrets(seed),
          bounds,
          // A disk says in which rooms its node is.
          disk.lines.length === 0 ? place.rooms : [],
          onDisk
        ).pipe(
          Layer.provideMerge(
            Layer.merge(
              Layer.succeed(Transport, transport),
              secure ? secureMembership(place.id) : openMembership(place.id === serverId ? store : undefined)
            )
          ),
          Layer.provideMerge(Layer.succeed(SynchronousSteps, () => ways.happens(0.5))),
          Layer.provideMerge(console)
        )
        const running: Running = {
          life,
          type: (texts) =>
            Effect.sync(() => {
              if (!typed.offered(texts)) typed.add(texts.map((text) => ({ text })))
            }),
          stop: (abruptly) =>
            Effect.gen(function* () {
              if (abruptly) {
                // Effects of the dead process reach neither the network, nor its screen, nor its disk.
                yield* network.crash(place.id)
                dead = true
                place.disk = copyOf(disk)
              }
              // A node that leaves first says the lines that were typed before.
              else if (running.saying !== undefined) yield* Fiber.await(running.saying)
              life.ended = true
              life.left = clock.unsafeCurrentTimeMillis()
              place.running = undefined
              if (abruptly || !(yield* interrupts.ask)) yield* Fiber.interruptFork(fiber)
              if (!abruptly && Option.isNone(yield* Effect.timeoutOption(Fiber.await(fiber), lastWords))) {
                life.stuck = true
                dead = true
                yield* network.crash(place.id)
                yield* Fiber.interruptFork(fiber)
              }
              life.kept = wordsOn(place.disk)
              for (const stay of life.stays) stay.until = Math.min(stay.until, clock.unsafeCurrentTimeMillis())
              if (!abruptly) departures.push([life, clock.unsafeCurrentTimeMillis()])
            }),
          setClock: wall.set,
          saying: undefined,
          inside: undefined
        }
        const before = lives.findLast((other) => other !== life && other.node === place.id)
        /** When the stay in a room began that goes on after a restart: with an older disk, before everything else. */
        const sinceBefore = (room: Room): number => {
          if (before === undefined || before.lineage !== life.lineage) return 0
          const last = before.stays.findLast((stay) => stay.room === room && stay.until >= before.left)
          return last?.since ?? life.began
        }
        /** Notes in which rooms it is. */
        const noteRooms = (joined: ReadonlyArray<Room>, isFirst = false): void => {
          if (dead) return
          const now = clock.unsafeCurrentTimeMillis()
          for (const stay of life.stays) {
            if (stay.room !== inPrivate && !joined.includes(stay.room as Room)) stay.until = Math.min(stay.until, now)
          }
          for (const room of joined) {
            if (life.stays.some((stay) => stay.room === room && stay.until > now)) continue
            const since = isFirst ? sinceBefore(room) : now
            life.stays.push({ room, since, until: Number.POSITIVE_INFINITY })
          }
          place.rooms = joined.filter((room) => room !== mainRoom)
        }
        const seen = Effect.gen(function* () {
          const inside = { log: yield* wholeLog, status: yield* MeshStatus, rooms: yield* Rooms }
          running.inside = inside
          noteRooms(inside.rooms.joined(), true)
          inside.rooms.onChange(() => noteRooms(inside.rooms.joined()))
        })
        const program: Effect.Effect<
          void,
          unknown,
          FileSystem.FileSystem | Effect.Effect.Context<ReturnType<typeof Client.client>>
        > =
          place.id === serverId
            ? Effect.provide(server({ within: givingUp }), PortStoreServerRegistry.layer.pipe(Layer.provide(store)))
            : Client.client({ server: { address: serverAddress, id: serverId }, ...through, within: givingUp })
        const node: Effect.Effect<void, unknown, FileSystem.FileSystem | Interrupts> = Effect.zipRight(
          seen,
          program
        ).pipe(
          Effect.provide(mesh),
          anewWhenForked,
          Effect.provide(ground),
          Effect.provide(noFiles),
          Effect.provide(Sessions.layer)
        )
        const fiber = yield* Effect.forkIn(
          Effect.withClock(
            Effect.provide(node, Layer.merge(FileSystem.layerNoop({}), interrupts.layer)),
            wall.clock
          ).pipe(
            Effect.tapErrorCause((cause) =>
              Effect.sync(() => {
                life.failure = cause
              })
            )
          ),
          stage
        )
        place.running = running
      })

    const say = (place: Place) =>
      Effect.suspend(() => {
        const { running } = place
        if (running === undefined) return Effect.void
        const { inside, life } = running
        // A node that has just begun accepts typed lines only.
        const room =
          inside === undefined || place.rooms.length === 0 ? mainRoom : rooms.among([mainRoom, ...place.rooms])
        const isHere = (token: string) => roomOf(token) === room
        const after = new Set([...life.knew, ...tokensOf(life)].filter(isHere))
        const texts = Array.from({ length: secure ? 1 + chance.below(4) : 1 }, () => {
          const text = `${place.id}.${lives.indexOf(life)}.${place.said++}${room === mainRoom ? "" : `@${room}`}`
          said.set(text, { author: place.id, life, room, at: clock.unsafeCurrentTimeMillis(), after })
          return text
        })
        return inside === undefined || room === mainRoom
          ? running.type(texts)
          : // Lines can be typed only in `main`. In other rooms they are said on the log, as a session would.
            Effect.map(Effect.forkIn(inside.log.say(room, texts), stage), (saying) => {
              running.saying = saying
            })
      })

    /**
     * Writes to one of the others alone, in a secure chat sometimes to two. It may be away, or never have been there.
     * The line is an answer to those that its author has seen of them, in a secure chat to all that it has seen.
     */
    const confide = (place: Place) =>
      Effect.suspend(() => {
        const { inside, life } = place.running ?? {}
        if (inside === undefined || life === undefined) return Effect.void
        const first = secrets.among(places.filter((other) => other !== place))
        const second = secrets.among(places.filter((other) => other !== place && other !== first))
        const to = secure && secrets.happens(0.3) ? [first.id, second.id] : [first.id]
        const isHere = (token: string) => {
          const { author, to: readers } = said.get(token) ?? { author: "" }
          return readers !== undefined && (secure || [author, ...readers].includes(first.id))
        }
        const after = new Set([...life.knew, ...tokensOf(life)].filter(isHere))
        const text = `${place.id}.${lives.indexOf(life)}.${place.said++}@${inPrivate}`
        said.set(text, { author: place.id, life, room: inPrivate, to, at: clock.unsafeCurrentTimeMillis(), after })
        const [reader, ...others] = to as [PeerId, ...Array<PeerId>]
        return Effect.map(
          Effect.forkIn(Effect.ignore(inside.log.confide([reader, ...others], [text])), stage),
          (saying) => {
            const running = place.running
            if (running !== undefined) running.saying = saying
          }
        )
      })

    /** Joins a room, or leaves it, whether somebody has the last lines or not. It may take a while. */
    const wander = (place: Place) =>
      Effect.suspend(() => {
        const inside = place.running?.inside
        if (inside === undefined) return Effect.void
        const room = wandering.among(otherRooms)
        const step: Effect.Effect<void, unknown> = inside.rooms.isJoined(room)
          ? inside.rooms.leave(room, true)
          : inside.rooms.join(room, wandering.below(4))
        return Effect.forkIn(Effect.ignore(step), stage)
      })

    /**
     * Some nodes join rooms in which they are not, while everything is calm. What everybody has who is there was said
     * before.
     */
    const joinLate = Effect.gen(function* () {
      for (const place of places) {
        const { inside, life } = place.running ?? {}
        if (inside === undefined || life === undefined) continue
        for (const room of otherRooms) {
          if (inside.log.rooms.has(room) || wandering.happens(0.3)) continue
          const linked = new Set((yield* linkedOf(inside.status)).map(({ id }) => id))
          const there = here().filter(
            ({ id, running }) => linked.has(id) && running?.inside?.log.rooms.has(room) === true
          )
          const [first, ...rest] = there.map(({ disk }) => new Set(wordsOn(disk)))
          const common = [...(first ?? [])].filter(
            (token) => roomOf(token) === room && rest.every((words) => words.has(token))
          )
          const known = new Set(tokensOf(life))
          const asked = clock.unsafeCurrentTimeMillis()
          yield* Effect.ignore(inside.rooms.join(room, wandering.below(4)))
          // The others must hear of it before one of them joins too.
          yield* Effect.sleep("1 second")
          for (const token of common) if (!known.has(token)) life.old.set(token, asked)
        }
      }
    })

    const stop = (place: Place, abruptly = chance.happens(0.8)) =>
      Effect.gen(function* () {
        if (place.running === undefined) return
        if (chance.happens(0.2)) place.backup = copyOf(place.disk)
        if (abruptly) kills += 1
        yield* place.running.stop(abruptly)
        if (chance.happens(0.3)) {
          place.disk = blank(lineages++)
          // Its people join again, one room after the other.
          place.rooms = []
        } else if (place.backup !== undefined && chance.happens(0.2)) {
          place.disk = { ...copyOf(place.backup), lineage: lineages++ }
        }
      })

    const trouble = Effect.gen(function* () {
      const dice = chance.below(100)
      const place = chance.among(places)
      if (dice < 50) yield* say(place)
      else if (dice < 55) {
        // A crash while a line may be on its way to the disk.
        yield* say(place)
        yield* Effect.sleep(chance.below(5))
        if (chance.happens(0.25)) yield* stop(place, true)
      } else if (dice < 62) yield* stop(place)
      else if (dice < 76) {
        if (place.running === undefined) yield* start(place)
      } else if (dice < 81) {
        const half = new Set(places.filter(() => chance.happens(0.5)).map(({ id }) => id as string))
        yield* network.cut((from, to) => half.has(from) !== half.has(to))
      } else if (dice < 85) {
        const [from, to] = [chance.among(places).id as string, chance.among(places).id as string]
        yield* network.cut((a, b) => a === from && b === to)
      } else if (dice < 95) {
        yield* network.heal
      } else {
        const most = chance.among([0, 5, 50, 400])
        yield* network.delay(() => (most === 0 ? 0 : chance.below(most)))
      }
    })

    const here = () => places.filter(({ running }) => running !== undefined)

    const guests = makeVisits(visits, () => clock.unsafeCurrentTimeMillis())
    /** The server and the clients that run. */
    const insides = () => {
      const all = here().flatMap(({ id, running }) =>
        running?.inside === undefined ? [] : [{ id, ...running.inside }]
      )
      return [all.find(({ id }) => id === serverId), all.filter(({ id }) => id !== serverId)] as const
    }

    /** Whether all running nodes have links to each other and the same posts in their logs, and miss nothing. */
    const settled = Effect.gen(function* () {
      const common = new Map<string, string>()
      for (const { running } of here()) {
        if (running?.inside === undefined || running.life.failure !== undefined) return false
        const { log, status } = running.inside
        if ((yield* linkedOf(status)).length < here().length - 1 || (yield* log.missing).length > 0) return false
        const summary = [...(yield* log.summary)].filter(([, n]) => n > 0).sort()
        for (const room of log.rooms) {
          const ofRoom = summary.filter(([stream]) => roomIn(stream) === room).join(" ")
          if (ofRoom !== (common.get(room) ?? ofRoom)) return false
          common.set(room, ofRoom)
        }
      }
      return true
    })

    const settle = (seconds: number, patient: boolean) =>
      Effect.gen(function* () {
        for (let second = 0, quiet = 0; second < seconds && (patient || quiet < calm); second += 1) {
          yield* Effect.sleep("1 second")
          quiet = (yield* settled) ? quiet + 1 : 0
        }
      })

    const noteWhoIsAlone = Effect.gen(function* () {
      for (const { id, running } of here()) {
        const status = running?.inside?.status
        const linked = status === undefined ? [] : yield* linkedOf(status)
        running?.life.unlinked.push(
          ...here().flatMap((other) =>
            other.id === id || linked.some((peer) => peer.id === other.id) ? [] : [other.id]
          )
        )
      }
    })

    const startAll = Effect.suspend(() =>
      Effect.forEach(
        places.filter(({ running }) => running === undefined),
        start,
        { discard: true }
      )
    )

    /**
     * Cuts links for long while there is no server. Either one client is cut off from the other two, or two clients are
     * cut off from each other and the third still reaches both, and then perhaps dies. After the cut, they must find
     * each other again without help.
     */
    const cutForLong = Effect.gen(function* () {
      yield* settle(settling, false)
      const [first, ...clients] = places as [Place, ...Array<Place>]
      const one = cuts.among(clients)
      const [other, third] = clients.filter((each) => each !== one) as [Place, Place]
      yield* stop(first, cuts.happens(0.5))
      const isBridged = cuts.happens(0.5)
      yield* network.cut((from, to) => [from, to].includes(one.id) && (!isBridged || [from, to].includes(other.id)))
      for (let part = 0; part < 4; part += 1) {
        for (const client of clients) yield* say(client)
        yield* Effect.sleep(Duration.seconds(longCut / 4))
      }
      if (isBridged && cuts.happens(0.5)) yield* stop(third, cuts.happens(0.5))
      yield* network.heal
      yield* settle(settling, false)
      yield* noteWhoIsAlone
      yield* startAll
    })

    /**
     * A client joins, says a line, and leaves. It has a link to the server only. Afterwards no node may look for it.
     */
    const passThrough = Effect.gen(function* () {
      const visitor = placeOf("9", { host, port: Port.make(6009) })
      yield* network.cut((from, to) => [from, to].includes(visitor.id) && ![from, to].includes(serverId))
      yield* start(visitor)
      yield* say(visitor)
      // By then it has asked for those that it can't dial, and they look for it.
      yield* Effect.sleep("4 seconds")
      yield* visitor.running?.stop(false) ?? Effect.void
      yield* network.heal
      yield* Effect.sleep(forgotten)
      for (const { running } of here()) {
        const known = yield* running?.inside?.status.peerStatuses ?? Effect.succeed([])
        if (known.some(({ peer }) => peer.id === visitor.id)) running?.life.ghosts.push(visitor.id)
      }
    })

    /** The clients that have said their line and left or crashed. */
    const idle: Array<Place> = []
    let newcomers = 0

    const newPasserBy = (): Place => {
      const id = firstPasserBy + newcomers++
      return placeOf(`${id}`, { host, port: Port.make(6000 + id) })
    }

    /** A client joins, says a line at once, and leaves once a peer has it, or crashes. It may have joined before. */
    const passBy = Effect.gen(function* () {
      const again = runs.happens(0.3) ? idle.shift() : undefined
      if (again !== undefined && runs.happens(0.5)) again.disk = blank(lineages++)
      const place = again ?? newPasserBy()
      yield* start(place)
      yield* say(place)
      yield* Effect.sleep(500 + runs.below(1_000))
      yield* place.running?.stop(runs.happens(0.05)) ?? Effect.void
      idle.push(place)
    })

    /**
     * One node is away, with its disk or without it. Meanwhile so many clients come and go that no log keeps their
     * lines until it is back.
     */
    const passByTheAbsent = Effect.gen(function* () {
      yield* settle(settling, false)
      const absent = runs.among(places)
      if (runs.happens(0.6)) {
        yield* absent.running?.stop(runs.happens(0.5)) ?? Effect.void
        if (runs.happens(0.5)) absent.disk = blank(lineages++)
      } else yield* absent.running?.stop(false) ?? Effect.void
      yield* Effect.forEach(
        Array.from({ length: lanes }),
        () => Effect.zipRight(Effect.sleep(runs.below(1_000)), Effect.repeatN(passBy, passersBy / lanes - 1)),
        { concurrency: "unbounded", discard: true }
      )
      for (const place of places) if (runs.happens(0.5)) yield* say(place)
      yield* startAll
    })

    /** Waits until `holds` is true: looks every ms, 500 times at most. */
    const until = (holds: Effect.Effect<boolean>) =>
      Effect.gen(function* () {
        for (let look = 0; look < 500 && !(yield* holds); look += 1) yield* Effect.sleep("1 millis")
      })

    const isHolding = ({ running }: Place): Effect.Effect<boolean> =>
      running?.inside === undefined
        ? Effect.succeed(false)
        : Effect.map(running.inside.log.missing, (missing) => missing.length > 0)

    /**
     * Lets all nodes that have the question die, so that its answer must be shown without it. Returns the nodes that
     * still hold the answer.
     */
    const orphanAnAnswer = Effect.gen(function* () {
      const [, ...clients] = places
      const asking = cuts.among(clients)
      const answering = cuts.among(clients.filter((each) => each !== asking))
      const others = places.filter((each) => each !== asking && each !== answering)
      yield* network.cut((from, to) => [from, to].includes(asking.id) && ![from, to].includes(answering.id))
      // A requested post takes a while to arrive: its holders die before that.
      yield* network.delay(() => 20)
      yield* say(asking)
      const question = [...said.keys()].at(-1) ?? ""
      yield* until(Effect.sync(() => answering.running?.life.shown.some(({ token }) => token === question) ?? false))
      yield* say(answering)
      yield* until(Effect.exists(others, isHolding))
      // The posts that never crossed the cut are lost with their authors.
      for (const each of [asking, answering]) yield* stop(each, true)
      yield* Effect.sleep(orphanage)
      return yield* Effect.filter(others, isHolding)
    })

    yield* startAll
    const passing: Array<Fiber.RuntimeFiber<void>> = []
    for (let step = 0; step < steps; step += 1) {
      yield* trouble
      if (isOfRooms(seed) && wandering.happens(0.15)) yield* wander(wandering.among(places))
      if (isOfSecrets(seed) && secrets.happens(0.3)) yield* confide(secrets.among(places))
      if (isOfGuests(seed) && visits.happens(0.6)) yield* Effect.forkIn(guests.step(...insides()), stage)
      if (isOfManyRuns(seed) && runs.happens(0.15)) passing.push(yield* Effect.forkIn(passBy, stage))
      if (!areClocksRight && clocks.happens(0.1)) clocks.among(places).running?.setClock(clocks.among(wrongClocks))
      if (chance.happens(0.5)) yield* Effect.sleep(chance.below(2 * stepMillis))
    }
    isTroubled = false
    yield* network.heal
    yield* network.delay(() => 0)
    yield* startAll
    for (const each of passing) yield* Fiber.join(each)
    if (isOfManyRuns(seed)) yield* passByTheAbsent
    if (isLongCut(seed)) yield* cutForLong
    // A chat that settles early need not wait the whole time. Sometimes it does, since it might still go wrong.
    // Where streams are folded away, summaries differ for good, and lost lines are reported late.
    const patient = chance.happens(0.25) || isOfManyRuns(seed)
    yield* settle(settling, patient)
    yield* noteWhoIsAlone
    if (!secure && !isLongCut(seed)) yield* passThrough
    if (isOfRooms(seed)) yield* joinLate
    const settledAt = clock.unsafeCurrentTimeMillis()
    for (const place of places) yield* say(place)
    if (isOfSecrets(seed)) for (const place of places) yield* confide(place)
    yield* settle(lastSettling, patient)
    if (isOfGuests(seed)) yield* guests.end(...insides())
    const holding = isOrphaned(seed) ? yield* orphanAnAnswer : []
    const tallies = yield* Effect.forEach(
      here(),
      ({ running }) => running?.inside?.log.tally ?? Effect.succeed(undefined)
    )
    for (const { disk, running } of here()) {
      if (running?.inside === undefined) continue
      running.life.kept = wordsOn(disk)
      running.life.partakes = new Set(running.inside.log.rooms)
      running.life.streams = [...(yield* running.inside.log.summary)].length
    }
    for (const [life, ended] of departures) life.untold = untoldBy(life, ended)
    const bodies = places.flatMap(({ disk }) => framesOf(disk)).filter((frame) => frame.type === "post")
    yield* Scope.close(stage, { _tag: "Success" } as never)
    const taken = {
      atOnce: tallies.reduce((sum, tally) => sum + (tally?.steps.atOnce ?? 0), 0),
      inTurn: tallies.reduce((sum, tally) => sum + (tally?.steps.inTurn ?? 0), 0)
    }
    return {
      bodies,
      settledAt,
      steps: taken,
      holding: holding.map(({ id }) => id as string),
      ofGuests: isOfGuests(seed) ? guests.broken(lives) : []
    }
  }).pipe(Effect.scoped)

  const exit = run(program, seed, busiest)
  if (exit._tag === "Failure") throw new Error(`seed ${seed}: ${exit.cause}`)
  return {
    seed,
    forgets: isOfManyRuns(seed),
    isSecure: secure,
    streams: limitsOf(bounds).streams,
    lives,
    said,
    written,
    ...exit.value,
    kills
  }
}

/** The token of a post, from a line of the screen; undefined for any other line. It stands behind the room, if there is one. */
export const tokenOf = (line: string): string | undefined =>
  /^(?:#\w+ |@[\w,]+ )?(?:Client \d+|Server): ((?:\d+|Server)\.\d+\.\d+(?:@\w+)?)$/.exec(line)?.[1]

/** The token of a post that is shown as history; undefined for any other line. */
const earlierOf = (line: string): string | undefined => {
  const shown = line.replace(/^(#\w+ |@[\w,]+ )?\(earlier\) /, "$1")
  return shown === line ? undefined : tokenOf(shown)
}

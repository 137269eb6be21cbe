/**
 * Simulates one chat over three sites under trouble of every kind, drawn from a seed: the real programs over a network
 * and a message system in memory.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as KeptChat from "../../layers/chat/KeptChat.ts"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import * as Log from "../../layers/log/Log.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as BusSites from "../../layers/nats/BusSites.ts"
import * as MemoryBus from "../../layers/nats/MemoryBus.ts"
import * as NatsPortStore from "../../layers/nats/NatsPortStore.ts"
import * as NatsTransport from "../../layers/nats/NatsTransport.ts"
import * as Relay from "../../layers/nats/Relay.ts"
import { both } from "../../layers/nats/SiteTransport.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Bus } from "../../services/Bus.ts"
import { Console, type Put } from "../../services/Console.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PortStore } from "../../services/PortStore.ts"
import { Transport } from "../../services/Transport.ts"
import { ChatId } from "../../src/domain/Chat.ts"
import type { Keep } from "../../src/domain/Keep.ts"
import { type Address, Host, isServerId, PeerId, Port, roleOf, serverId } from "../../src/domain/Peer.ts"
import { mainRoom } from "../../src/domain/Post.ts"
import type { ScreenLine } from "../../src/domain/ScreenLine.ts"
import { farAddress, Site, serverOf } from "../../src/domain/Site.ts"
import * as Client from "../../src/programs/client.ts"
import { anewWhenForked } from "../../src/programs/renewal.ts"
import { server } from "../../src/programs/server.ts"
import * as Sessions from "../../src/programs/sessions.ts"
import { drawFrom } from "../support/chance.ts"
import { linkedOf } from "../support/linked.ts"
import { noFiles } from "../support/noFiles.ts"
import { VirtualDisk } from "../support/VirtualDisk.ts"
import { run } from "../support/VirtualTime.ts"
import { wholeLog } from "../support/wholeLog.ts"
import { type Life, newLife, type Record_, type Saying, tokensOf } from "./Checker.ts"
import { consoleOf } from "./consoleOf.ts"

const sites = ["east", "west", "north"].map((name) => Site.make(name))
const clientsOfEach = 2
const host = Host.make("localhost")
const chat = ChatId.make("5".repeat(32))

/** The number of steps of trouble, and their average length in ms of virtual time. */
const steps = 60
const stepMillis = 400

/** How long everything may take to settle, and how long the last lines may take; in seconds. */
const settling = 80
const lastSettling = 10

/** A chat that has been settled for this many seconds counts as settled for good: longer than the silence of a link. */
const calm = 4

/** How long lines may take where a part of the message system is away for good, in seconds. */
const detour = 45

/** A simulated chat runs no more tasks than this in a second, or it runs in a loop. */
const busiest = 60_000

/** A node of the chat, whether it runs or not. */
interface Place {
  readonly id: PeerId
  readonly site: Site
  readonly address: Address
  disk: VirtualDisk | undefined
  position: string | undefined
  lineage: number
  running: Running | undefined
  said: number
}

interface Running {
  readonly life: Life
  readonly type: (line: string) => void
  readonly stop: (abruptly: boolean) => Effect.Effect<void>
  inside: { readonly log: Log.Log; readonly status: MeshStatus["Type"] } | undefined
}

/** What goes on besides the usual trouble: which part of the message system is away for a while. */
export type Absence = "tunnels" | "store" | "all"

export const absenceOf = (seed: number): Absence => (["tunnels", "store", "all"] as const)[seed % 3] ?? "all"

/** The post on a line of the screen, if there is one. */
const tokenOf = (line: string): string | undefined => /^(?:Client|Server) \w+: ([\w-]+\.\d+\.\d+)$/.exec(line)?.[1]

/** Whether somebody has let it into the chat: it then sees its own arrival. */
const isAdmitted = ({ shown }: Life): boolean => shown.some(({ line }) => line.endsWith(": initiated"))

const copyOf = ({ lastEpoch, lines, millis }: VirtualDisk): VirtualDisk =>
  Object.assign(new VirtualDisk(), { lastEpoch, lines, millis })

/** A bus of a process that may be dead: then nothing of what it does reaches anybody. */
const mortal = (bus: Bus["Type"], isDead: () => boolean): Bus["Type"] => ({
  ...bus,
  publish: (subject, bytes) => !isDead() && bus.publish(subject, bytes),
  subscribe: (pattern, take) =>
    bus.subscribe(pattern, (bytes, subject) => {
      if (!isDead()) take(bytes, subject)
    }),
  append: (subject, id, bytes, then) => {
    if (isDead()) return
    bus.append(subject, id, bytes, (failure) => {
      if (!isDead()) then(failure)
    })
  }
})

/** Runs the schedule of a seed, and returns the record to check. */
export const simulate = (seed: number): Record_ & { readonly more: ReadonlyArray<string> } => {
  const chance = drawFrom(seed)
  const fates = drawFrom(~seed)
  const lives: Array<Life> = []
  const said = new Map<string, Saying>()
  const written = new Map<string, number>()
  /** Broken promises that are about sites. */
  const more: Array<string> = []
  let lineages = 0
  let kills = 0

  const program = Effect.gen(function* () {
    const outer = yield* Effect.scope
    const stage = yield* Scope.fork(outer, yield* Effect.succeed({ _tag: "Sequential" } as const))
    const network = yield* MemoryTransport.makeNetwork
    const hub = yield* Scope.extend(MemoryBus.makeHub, outer)
    const clock = yield* Effect.clock
    const now = () => clock.unsafeCurrentTimeMillis()

    const placeOf = (id: PeerId, site: Site, port: number): Place => ({
      id,
      site,
      address: { host, port: Port.make(port) },
      disk: isServerId(id) ? new VirtualDisk() : undefined,
      position: undefined,
      lineage: lineages++,
      running: undefined,
      said: 0
    })
    const servers = sites.map((site, at) => placeOf(serverOf(site), site, 4_000 + at))
    const clients = sites.flatMap((site, at) =>
      Array.from({ length: clientsOfEach }, (_, which) => {
        const number = at * clientsOfEach + which + 1
        return placeOf(PeerId.make(`${number}`), site, 6_000 + number)
      })
    )
    const places = [...servers, ...clients]
    const here = () => places.filter(({ running }) => running !== undefined)
    for (const { disk } of servers) if (disk !== undefined) disk.millis = chance.among([0, 1, 2, 20])

    const records = new Map<Site, Ref.Ref<MemoryPortStore.Records>>()
    for (const site of sites)
      records.set(site, yield* Ref.make<MemoryPortStore.Records>({ ...MemoryPortStore.nothing, chat }))

    /** `isImpostor`: it has the id of somebody else. What it sees does not count. */
    const start = (place: Place, isImpostor = false) =>
      Effect.gen(function* () {
        const { address, disk, id, site } = place
        const life = newLife(id, place.lineage, {
          partakes: new Set([mainRoom]),
          began: now(),
          knew: disk?.texts ?? []
        })
        if (!isImpostor) lives.push(life)
        const typed = makeTypedLines()
        const interrupts = ScriptedInterrupts.make()
        let dead = false
        const put: Put<ScreenLine> = (lines, taken) => {
          for (const { text } of dead ? [] : lines) {
            life.shown.push({ line: text, token: tokenOf(text), earlier: undefined, at: now() })
          }
          taken()
        }
        const console = consoleOf(typed, () => dead, put)
        const near = network.transport(isImpostor ? `another ${id}` : id)
        const isServer = isServerId(id)
        const copy = MemoryPortStore.over(records.get(site) as Ref.Ref<MemoryPortStore.Records>)
        const bus = mortal(yield* hub.member(site), () => dead)
        const onBus = Layer.merge(Layer.succeed(Bus, bus), Layer.succeed(Console, console))
        const store = Layer.provide(NatsPortStore.layer({ site, sharesChat: true }, copy), onBus)
        const transport = isServer
          ? Layer.scoped(
              Transport,
              Effect.map(NatsTransport.make({ from: farAddress(site).host }), (far) => both(site, near, far.transport))
            ).pipe(Layer.provide(Layer.succeed(Bus, bus)))
          : Layer.succeed(Transport, near)
        const mesh = TransportPeerMesh.layer({
          id,
          role: roleOf(id),
          listen: address,
          member: isServer,
          silence: "3 seconds",
          patience: "1 minute"
        })
        const keep: Keep = {
          load: Effect.sync(() => place.position),
          save: (text) =>
            Effect.sync(() => {
              if (!dead) place.position = text
            })
        }
        const around = isServer
          ? Relay.layer({ id, site, keep }).pipe(Layer.provide(Layer.succeed(Bus, bus)), Layer.provideMerge(mesh))
          : mesh
        const log =
          disk === undefined
            ? MemoryMessageLog.layer({ author: id })
            : Log.layerOf(Effect.orDie(Effect.flatMap(disk.journal, (journal) => Log.make({ author: id }, journal))))
        const membership = isServer
          ? Layer.unwrapEffect(
              Effect.map(PortStore, (kept) => OpenMembership.keeping([KeptChat.inPortStore(kept, "ports.txt")]))
            ).pipe(Layer.provide(copy))
          : OpenMembership.layer
        const ground = log.pipe(
          Layer.provideMerge(Layer.merge(transport, membership)),
          Layer.provideMerge(Layer.succeed(Console, console))
        )
        const running: Running = {
          life,
          type: (line) => {
            if (!typed.offered([line])) typed.add([{ text: line }])
          },
          stop: (abruptly) =>
            Effect.gen(function* () {
              if (abruptly) {
                yield* network.crash(id)
                dead = true
                kills += 1
                // What the dead process still writes reaches no disk.
                place.disk = disk && copyOf(disk)
              }
              life.ended = true
              life.left = now()
              place.running = undefined
              if (abruptly || !(yield* interrupts.ask)) yield* Fiber.interruptFork(fiber)
              if (!abruptly) {
                const ended = yield* Effect.timeoutOption(Fiber.await(fiber), "1 minute")
                if (Option.isNone(ended)) {
                  life.stuck = true
                  dead = true
                  yield* network.crash(id)
                  yield* Fiber.interruptFork(fiber)
                }
              }
            }),
          inside: undefined
        }
        const seen = Effect.gen(function* () {
          running.inside = { log: yield* wholeLog, status: yield* MeshStatus }
        })
        const within = Duration.seconds(10)
        const program: Effect.Effect<
          void,
          unknown,
          FileSystem.FileSystem | Effect.Effect.Context<ReturnType<typeof Client.client>>
        > = isServer
          ? server({ within }).pipe(
              Effect.provide(PortStoreServerRegistry.layer.pipe(Layer.provide(store))),
              Effect.provide(Layer.provide(BusSites.layer(site), onBus))
            )
          : Client.client({
              server: { address: (servers.find((each) => each.site === site) as Place).address, id: serverId },
              within
            })
        const node: Effect.Effect<void, unknown, FileSystem.FileSystem | Interrupts> = Effect.zipRight(
          seen,
          program
        ).pipe(
          Effect.provide(around),
          anewWhenForked,
          Effect.provide(ground),
          Effect.provide(noFiles),
          Effect.provide(Sessions.layer)
        )
        const fiber = yield* Effect.forkIn(
          Effect.provide(node, Layer.merge(FileSystem.layerNoop({}), interrupts.layer)).pipe(
            Effect.tapErrorCause((cause) =>
              Effect.sync(() => {
                // A client is not admitted while the store is away, nor while another site holds its last run: it may
                // have gone there while its own server was dead. Those who sought it may have met it before that.
                if (!isServer && (!isAdmitted(life) || String(cause).includes("IdTaken"))) {
                  life.ended = true
                  place.running = undefined
                } else life.failure = cause
              })
            )
          ),
          stage
        )
        place.running = running
      })

    const say = (place: Place) =>
      Effect.sync(() => {
        const { running } = place
        if (running === undefined) return undefined
        const { life } = running
        const token = `${place.id}.${lives.indexOf(life)}.${place.said++}`
        said.set(token, {
          author: place.id,
          life,
          room: mainRoom,
          at: now(),
          after: new Set([...life.knew, ...tokensOf(life)])
        })
        written.set(token, now())
        running.type(token)
        return token
      })

    const troubled = (level: number) =>
      hub.trouble((leg) => {
        if (!fates.happens(level)) return MemoryBus.usual
        const after = fates.happens(0.5) ? fates.below(2_000) : 0
        return { copies: leg === "published" || fates.happens(0.5) ? fates.below(3) : 1, after }
      })

    /** Those that the message system does not reach. */
    let apart = new Set<string>()
    const cutApart = (members: Iterable<string>) =>
      Effect.suspend(() => {
        apart = new Set(members)
        return hub.cut((member) => apart.has(member))
      })

    const trouble = Effect.gen(function* () {
      const dice = chance.below(100)
      if (dice < 50) yield* say(chance.among(places))
      else if (dice < 58) yield* chance.among(places).running?.stop(chance.happens(0.8)) ?? Effect.void
      else if (dice < 70) {
        const place = chance.among(places)
        if (place.running === undefined) {
          // A client keeps nothing: it comes as another reader, who is owed what is said from then on.
          if (place.disk === undefined) place.lineage = lineages++
          yield* start(place)
        }
      } else if (dice < 76) yield* cutApart(sites.filter(() => chance.happens(0.4)))
      else if (dice < 82) yield* cutApart([])
      else if (dice < 86) yield* troubled(chance.among([0, 0.02, 0.2]))
      else if (dice < 89) yield* hub.stall(chance.happens(0.5))
      else if (dice < 91) yield* hub.failOver(1 + chance.below(5))
      else if (dice < 93) yield* hub.expire(chance.below(20))
      else if (dice < 94) {
        yield* hub.wipe
        yield* cutApart(sites)
      } else if (dice < 97) {
        const [from, to] = [chance.among(places).id as string, chance.among(places).id as string]
        yield* network.cut((a, b) => a === from && b === to)
      } else yield* network.heal
    })

    const heal = Effect.gen(function* () {
      yield* network.heal
      yield* cutApart([])
      yield* hub.stall(false)
      yield* hub.trouble()
    })

    /** Who has links to whom. */
    const linked = Effect.map(
      Effect.suspend(() =>
        Effect.forEach(here(), ({ id, running }) =>
          Effect.map(
            running?.inside === undefined ? Effect.succeed([]) : linkedOf(running.inside.status),
            (peers) => [id, new Set<PeerId>(peers.map((peer) => peer.id))] as const
          )
        )
      ),
      (all) => new Map(all)
    )

    /**
     * To whom each node should have links and has none: a server to all other servers, a client to a server, and to the
     * clients of a server that it is linked with. A client stays at the site where it went when its own server was away.
     */
    const lacking = Effect.map(linked, (links) => {
      const to = (id: PeerId) => links.get(id) ?? new Set<PeerId>()
      const serversOf = (id: PeerId) => servers.filter((each) => to(id).has(each.id))
      return new Map(
        here().map((place) => {
          const others = here().filter(({ id }) => id !== place.id)
          const wanted = isServerId(place.id)
            ? others.filter(({ id }) => isServerId(id))
            : others.filter(({ id }) => !isServerId(id) && serversOf(place.id).some((each) => to(id).has(each.id)))
          const homeless = !isServerId(place.id) && serversOf(place.id).length === 0 ? [serverOf(place.site)] : []
          return [place.id, [...homeless, ...wanted.flatMap(({ id }) => (to(place.id).has(id) ? [] : [id]))]] as const
        })
      )
    })

    const settled = Effect.gen(function* () {
      let common: string | undefined
      if ([...(yield* lacking).values()].some((ids) => ids.length > 0)) return false
      for (const place of here()) {
        const { inside, life } = place.running ?? {}
        if (inside === undefined || life?.failure !== undefined) return false
        if ((yield* inside.log.missing).length > 0) return false
        const summary = [...(yield* inside.log.summary)].filter(([, n]) => n > 0).sort()
        common ??= summary.join(" ")
        if (summary.join(" ") !== common) return false
      }
      return true
    })

    const settle = (seconds: number) =>
      Effect.gen(function* () {
        for (let second = 0, quiet = 0; second < seconds && quiet < calm; second += 1) {
          yield* Effect.sleep("1 second")
          quiet = (yield* settled) ? quiet + 1 : 0
        }
      })

    /** Which of these lines have not come to whom of those that were to see them. */
    const notSeen = (tokens: ReadonlyArray<string>, isOwed: (reader: Place, author: string) => boolean) =>
      here().flatMap((reader) => {
        const shown = new Set(reader.running === undefined ? [] : tokensOf(reader.running.life))
        return tokens.flatMap((token) => {
          const author = said.get(token)?.author ?? ""
          return author === reader.id || shown.has(token) || !isOwed(reader, author) ? [] : [`${reader.id} ${token}`]
        })
      })

    /**
     * Somebody comes to another site with the id of a client that is there, and to which nobody at that site has a link.
     * The servers do not hear of each other's clients now, so only the bucket knows.
     */
    const impersonate = Effect.gen(function* () {
      const links = yield* linked
      const isKnownAt = (site: Site, id: PeerId) =>
        [serverOf(site), ...(links.get(serverOf(site)) ?? [])].some((near) => near === id || links.get(near)?.has(id))
      const elsewhere = clients.flatMap((victim) =>
        sites.flatMap((site) => (victim.running === undefined || isKnownAt(site, victim.id) ? [] : [{ victim, site }]))
      )
      if (elsewhere.length === 0) return
      const { site, victim } = chance.among(elsewhere)
      const impostor = placeOf(victim.id, site, 6_100)
      yield* start(impostor, true)
      yield* Effect.sleep("3 seconds")
      if (impostor.running !== undefined && isAdmitted(impostor.running.life))
        more.push(`Sites: ${victim.id} is at ${victim.site} and at ${site}`)
      yield* impostor.running?.stop(false) ?? Effect.void
    })

    /** A part of the message system is away for a while, and all talk. What is left must bring everything in time. */
    const bearAbsence = Effect.gen(function* () {
      const absence = absenceOf(seed)
      if (absence === "tunnels")
        yield* hub.trouble((leg) => (leg === "published" ? { copies: 0, after: 0 } : MemoryBus.usual))
      else if (absence === "store")
        yield* hub.trouble((leg) => (leg === "appended" ? { copies: 0, after: 0 } : MemoryBus.usual))
      else yield* cutApart(sites)
      yield* Effect.sleep("6 seconds")
      const near = yield* linked
      const tokens: Array<string> = []
      const talk = (rounds: number) =>
        Effect.gen(function* () {
          for (let round = 0; round < rounds; round += 1) {
            for (const place of here()) {
              const token = yield* say(place)
              if (token !== undefined) tokens.push(token)
            }
            yield* Effect.sleep("1 second")
          }
        })
      if (absence === "tunnels") {
        // What is appended may get lost, or its acknowledgement may.
        yield* hub.trouble((leg) => {
          if (leg === "published") return { copies: 0, after: 0 }
          const isLost = (leg === "appended" || leg === "acknowledged") && fates.happens(0.5)
          return { copies: isLost ? 0 : 1, after: 0 }
        })
        yield* talk(6)
        yield* hub.trouble((leg) => (leg === "published" ? { copies: 0, after: 0 } : MemoryBus.usual))
        yield* impersonate
      } else yield* talk(3)
      yield* Effect.sleep("2 seconds")
      for (const each of notSeen(tokens, (reader, author) => near.get(reader.id)?.has(author as PeerId) === true)) {
        more.push(`Sites: within its site, ${each} does not come while the message system is away`)
      }
      if (absence !== "all") {
        yield* Effect.sleep(Duration.seconds(detour))
        for (const each of notSeen(tokens, () => true)) more.push(`Sites: without ${absence}, ${each} does not come`)
      }
      yield* heal
    })

    yield* Effect.forEach(servers, (place) => start(place), { discard: true })
    yield* Effect.sleep("2 seconds")
    yield* Effect.forEach(clients, (place) => start(place), { discard: true })
    yield* Effect.sleep("1 second")
    for (let step = 0; step < steps; step += 1) {
      yield* trouble
      if (chance.happens(0.5)) yield* Effect.sleep(chance.below(2 * stepMillis))
    }
    yield* heal
    for (const place of places) {
      if (place.running !== undefined) continue
      if (place.disk === undefined) place.lineage = lineages++
      yield* start(place)
    }
    yield* settle(settling)
    yield* bearAbsence
    yield* settle(settling)
    const alone = yield* lacking
    for (const { id, running } of here()) running?.life.unlinked.push(...(alone.get(id) ?? []))
    const settledAt = now()
    for (const place of places) yield* say(place)
    yield* settle(lastSettling)
    const tallies = yield* Effect.forEach(
      here(),
      ({ running }) => running?.inside?.log.tally ?? Effect.succeed(undefined)
    )
    yield* Scope.close(stage, { _tag: "Success" } as never)
    return {
      settledAt,
      steps: {
        atOnce: tallies.reduce((sum, tally) => sum + (tally?.steps.atOnce ?? 0), 0),
        inTurn: tallies.reduce((sum, tally) => sum + (tally?.steps.inTurn ?? 0), 0)
      }
    }
  }).pipe(Effect.scoped)

  const exit = run(program, seed, busiest)
  if (exit._tag === "Failure") throw new Error(`seed ${seed}: ${exit.cause}`)
  return { seed, forgets: false, lives, said, written, bodies: [], holding: [], ...exit.value, kills, more }
}

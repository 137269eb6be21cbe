/** One run of a whole chat under everything that can happen to it, drawn from a seed: the real programs over the network in memory. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Log from "../../layers/log/Log.ts"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import * as ScriptedConsole from "../../layers/ScriptedConsole.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { type Address, Host, PeerId, Port, serverId } from "../../src/domain/Peer.ts"
import * as Client from "../../src/programs/client.ts"
import { server } from "../../src/programs/server.ts"
import { decode, type Gap, type PostFrame } from "../../src/protocol/Frame.ts"
import { run } from "../support/VirtualTime.ts"
import type { Life, Record_ } from "./Checker.ts"

/** What a node has on disk: it survives a crash unless the schedule says otherwise. */
interface Disk {
  lines: Array<Uint8Array>
  lastEpoch: number
  /** Changes when the disk is lost or replaced by an older copy: what was on it before is forgotten. */
  lineage: number
}

interface Place {
  readonly id: PeerId
  readonly address: Address
  disk: Disk
  backup: Disk | undefined
  running:
    | { readonly script: ScriptedConsole.Script; readonly stop: (abruptly: boolean) => Effect.Effect<void> }
    | undefined
  said: number
}

const host = Host.make("localhost")
const serverAddress: Address = { host, port: Port.make(4000) }
const clientIds = ["1", "2", "3"]

const blank = (lineage: number): Disk => ({ lines: [], lastEpoch: 0, lineage })
const copyOf = (disk: Disk): Disk => ({ ...disk, lines: [...disk.lines] })

const framesOf = (disk: Disk): ReadonlyArray<PostFrame | Gap> =>
  disk.lines.flatMap((line) => {
    const frame = decode(line)
    return frame._tag === "Right" && (frame.right.type === "post" || frame.right.type === "gap") ? [frame.right] : []
  })

/** A log whose disk is an array: the same code as that of the file, without the file. */
const logLayer = (author: PeerId, disk: Disk, onDisk: (line: Uint8Array) => void) =>
  Layer.effect(
    MessageLog,
    Effect.orDie(
      Log.make(
        { author },
        {
          epochAfter: disk.lastEpoch + 1,
          begin: (epoch) =>
            Effect.sync(() => {
              disk.lastEpoch = epoch
            }),
          restore: (each) => Effect.sync(() => framesOf(disk).forEach(each)),
          append: (lines) =>
            Effect.zipRight(
              Effect.sleep(diskMillis),
              Effect.sync(() => {
                disk.lines.push(...lines)
                for (const line of lines) onDisk(line)
              })
            ),
          replace: (lines) => Effect.sync(() => void disk.lines.splice(0, disk.lines.length, ...lines)),
          overgrown: () => false
        }
      )
    )
  )

/** A clock that is off, by so many milliseconds that it may even run backwards between two lives. */
const skewed = (clock: Clock.Clock, skew: number): Clock.Clock => ({
  ...clock,
  unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + skew,
  currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + skew)
})

/** A stream of numbers from a seed: mulberry32, by T. Ettinger, public domain. */
const makeChance = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (bound: number) => Math.floor(next() * bound),
    among: <A>(list: ReadonlyArray<A>): A => list[Math.floor(next() * list.length)] as A,
    happens: (probability: number) => next() < probability
  }
}

/** A write takes so long: long enough for a post that is sent before it is written to be seen elsewhere first. */
const diskMillis = 2

/** How long trouble lasts, and how long quiet then takes to settle everything, in virtual time. */
const steps = 120
const stepMillis = 250
const settling = "80 seconds"

/** Runs the schedule of that seed, and returns what there is to check. */
export const simulate = (seed: number): Record_ => {
  const chance = makeChance(seed)
  const lives: Array<Life> = []
  const said = new Map<
    string,
    { readonly author: string; readonly life: Life; readonly at: number; readonly after: ReadonlySet<string> }
  >()
  const written = new Map<string, number>()
  let lineages = 0
  let kills = 0

  const program = Effect.gen(function* () {
    const outer = yield* Effect.scope
    const stage = yield* Scope.fork(outer, yield* Effect.succeed({ _tag: "Sequential" } as const))
    const network = yield* MemoryTransport.makeNetwork
    const records = yield* MemoryPortStore.makeRecords
    const clock = yield* Effect.clock

    const onDisk = (line: Uint8Array) => {
      const frame = decode(line)
      if (frame._tag === "Left" || frame.right.type !== "post") return
      const { text } = frame.right.post
      if (!written.has(text)) written.set(text, clock.unsafeCurrentTimeMillis())
    }

    const placeOf = (id: string, address: Address): Place => ({
      id: PeerId.make(id),
      address,
      disk: blank(lineages++),
      backup: undefined,
      running: undefined,
      said: 0
    })
    const places = [
      placeOf(serverId, serverAddress),
      ...clientIds.map((id) => placeOf(id, { host, port: Port.make(6000 + Number(id)) }))
    ]

    const start = (place: Place) =>
      Effect.gen(function* () {
        const script = yield* ScriptedConsole.make
        const mesh = TransportPeerMesh.layer({
          id: place.id,
          listen: place.address,
          member: place.id === serverId,
          silence: "3 seconds",
          patience: "1 minute"
        }).pipe(
          Layer.provideMerge(logLayer(place.id, place.disk, onDisk)),
          Layer.provide(MemoryTransport.layer(network, place.id)),
          Layer.provideMerge(script.layer)
        )
        const others = places.filter((other) => other !== place && other.id !== serverId)
        const through = chance.happens(0.3) ? { peer: chance.among(others).address } : {}
        const node: Effect.Effect<void, unknown> =
          place.id === serverId
            ? Effect.provide(
                server,
                PortStoreServerRegistry.layer.pipe(
                  Layer.provide(MemoryPortStore.over(records)),
                  Layer.provideMerge(mesh)
                )
              )
            : Effect.provide(Client.client({ server: { address: serverAddress }, ...through }), mesh)
        const skew = chance.happens(0.3) ? (chance.below(3) - 1) * 3_600_000 : 0
        const life: Life = {
          node: place.id,
          lineage: place.disk.lineage,
          began: clock.unsafeCurrentTimeMillis(),
          shown: [],
          kept: [],
          ended: false,
          failure: undefined
        }
        lives.push(life)
        const watching = yield* Effect.forkIn(
          Stream.runForEach(script.shown, (line) =>
            Effect.sync(() => void life.shown.push({ line, at: clock.unsafeCurrentTimeMillis() }))
          ),
          stage
        )
        const fiber = yield* Effect.forkIn(
          Effect.withClock(node, skewed(clock, skew)).pipe(
            Effect.tapErrorCause((cause) =>
              Effect.sync(() => {
                life.failure = cause
              })
            )
          ),
          stage
        )
        const { disk } = place
        place.running = {
          script,
          stop: (abruptly) =>
            Effect.gen(function* () {
              if (abruptly) {
                // What the dead process still does reaches neither the network nor its disk.
                yield* network.crash(place.id)
                place.disk = copyOf(disk)
              }
              life.ended = true
              place.running = undefined
              yield* abruptly ? Fiber.interruptFork(fiber) : Fiber.interrupt(fiber)
              life.kept = framesOf(place.disk).flatMap((frame) => (frame.type === "post" ? [frame.post.text] : []))
              yield* Fiber.interruptFork(watching)
            })
        }
      })

    const say = (place: Place) =>
      Effect.suspend(() => {
        const { running } = place
        const life = lives.findLast((each) => each.node === place.id)
        if (running === undefined || life === undefined) return Effect.void
        const text = `${place.id}.${lives.indexOf(life)}.${place.said++}`
        const after = new Set(life.shown.map(({ line }) => tokenOf(line)).filter((token) => token !== undefined))
        said.set(text, { author: place.id, life, at: clock.unsafeCurrentTimeMillis(), after })
        return running.script.type(text)
      })

    const stop = (place: Place) =>
      Effect.gen(function* () {
        if (place.running === undefined) return
        if (chance.happens(0.2)) place.backup = copyOf(place.disk)
        const abruptly = chance.happens(0.8)
        if (abruptly) kills += 1
        yield* place.running.stop(abruptly)
        if (chance.happens(0.3)) place.disk = blank(lineages++)
        else if (place.backup !== undefined && chance.happens(0.2)) {
          place.disk = { ...copyOf(place.backup), lineage: lineages++ }
        }
      })

    const trouble = Effect.gen(function* () {
      const dice = chance.below(100)
      const place = chance.among(places)
      if (dice < 55) yield* say(place)
      else if (dice < 62) yield* stop(place)
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

    for (const place of places) yield* start(place)
    for (let step = 0; step < steps; step += 1) {
      yield* trouble
      if (chance.happens(0.5)) yield* Effect.sleep(chance.below(2 * stepMillis))
    }
    yield* network.heal
    yield* network.delay(() => 0)
    for (const place of places) if (place.running === undefined) yield* start(place)
    yield* Effect.sleep(settling)
    for (const place of places) yield* say(place)
    yield* Effect.sleep("10 seconds")
    const bodies = places.flatMap(({ disk }) => framesOf(disk)).filter((frame) => frame.type === "post")
    yield* Scope.close(stage, { _tag: "Success" } as never)
    return bodies
  }).pipe(Effect.scoped)

  const exit = run(program, seed)
  if (exit._tag === "Failure") throw new Error(`seed ${seed}: ${exit.cause}`)
  return { seed, lives, said, written, bodies: exit.value, kills }
}

/** What was said, from a line of the screen; undefined if it is another line. */
export const tokenOf = (line: string): string | undefined =>
  /^(?:Client \d+|Server): ((?:\d+|Server)\.\d+\.\d+)$/.exec(line)?.[1]

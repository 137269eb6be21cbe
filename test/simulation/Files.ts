/**
 * Simulates transfers under trouble drawn from a seed: the real programs over a network and disks in memory. Three nodes
 * fetch a file from its author, from each other, and from a peer that lies or is slow.
 */
import { createHash } from "node:crypto"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { makeTypedLines } from "../../layers/console/TypedLines.ts"
import * as Transfers from "../../layers/files/Transfers.ts"
import * as MemoryFileStore from "../../layers/MemoryFileStore.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as MemoryPortStore from "../../layers/MemoryPortStore.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as MeshFiles from "../../layers/MeshFiles.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as PortStoreServerRegistry from "../../layers/PortStoreServerRegistry.ts"
import * as ScriptedInterrupts from "../../layers/ScriptedInterrupts.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { Console } from "../../services/Console.ts"
import { FileStore, type Target } from "../../services/FileStore.ts"
import { Files } from "../../services/Files.ts"
import type { Interrupts } from "../../services/Interrupts.ts"
import { Transport } from "../../services/Transport.ts"
import { pieceBytes, piecesOf } from "../../src/domain/Manifest.ts"
import type { Offer } from "../../src/domain/Offer.ts"
import { type Address, Host, isServerId, PeerId, Port, roleOf, serverId } from "../../src/domain/Peer.ts"
import * as Client from "../../src/programs/client.ts"
import { anewWhenForked } from "../../src/programs/renewal.ts"
import { server } from "../../src/programs/server.ts"
import * as Sessions from "../../src/programs/sessions.ts"
import { drawFrom } from "../support/chance.ts"
import { run } from "../support/VirtualTime.ts"
import { consoleOf } from "./consoleOf.ts"
import type { Outcome } from "./Seeds.ts"

const size = 10 * pieceBytes + 77
const pieces = piecesOf(size)

/** What most nodes serve in a second, and the one that is slow. */
const bytesPerSecond = 3 * pieceBytes
const slowly = 700

/** So many pieces at most are asked for and not written yet: eight of each of four peers. */
const mostInWriting = 32

/** How long everything may take in the end, in seconds. */
const settling = 240

const host = Host.make("localhost")
const serverAddress: Address = { host, port: Port.make(4_000) }
const downloads = "/downloads"

/** What the second holder is: one that sends wrong bytes, or one that hardly sends any. */
const isOfLiar = (seed: number): boolean => seed % 2 === 0

/** Whether the author leaves for good as soon as the others have each piece between them. */
const isOfLeaving = (seed: number): boolean => seed % 3 === 1

const content = (seed: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += 101) bytes[at] = at * 5 + Math.floor(at / 239) + seed
  return bytes
}

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.from(one.buffer, one.byteOffset, one.length).equals(other)

/** A node of the chat, whether it runs or not. */
interface Place {
  readonly id: PeerId
  readonly address: Address
  disk: MemoryFileStore.MemoryDisk
  running: Running | undefined
  /** The pieces of which some run of it was told that they are verified and on its disk. */
  readonly verified: Set<number>
}

interface Running {
  isDead: boolean
  files: Files["Type"] | undefined
  readonly stop: Effect.Effect<void>
}

/** Runs the schedule of a seed. Returns what came of it. */
export const simulate = (seed: number): Outcome => {
  const chance = drawFrom(seed)
  const bytes = content(seed)
  const broken = new Set<string>()
  const events: Array<string> = []
  let kills = 0
  let written = 0

  const program = Effect.gen(function* () {
    const outer = yield* Effect.scope
    const stage = yield* Scope.fork(outer, ExecutionStrategy.sequential)
    const network = yield* MemoryTransport.makeNetwork
    const records = yield* MemoryPortStore.makeRecords
    const clock = yield* Effect.clock

    const placeOf = (name: string, port: number): Place => ({
      id: PeerId.make(name),
      address: { host, port: Port.make(port) },
      disk: new MemoryFileStore.MemoryDisk(),
      running: undefined,
      verified: new Set()
    })
    const theServer = placeOf(serverId, 4_000)
    const [author, other, ...fetchers] = ["1", "5", "2", "3", "4"].map((name) =>
      placeOf(name, 6_000 + Number(name))
    ) as [Place, Place, ...ReadonlyArray<Place>]
    const offerers = [author, other]
    let offer: Offer | undefined

    const nameOf = ({ disk }: Place): string | undefined =>
      disk.all().find((path) => path.startsWith(`${downloads}/a`) && !/\.(part|state)$/.test(path))

    /** A disk that takes a while, and on which nothing counts that was done after its process had died. */
    const watched = (place: Place, running: Running): Layer.Layer<FileStore> => {
      const millis = chance.among([0, 0, 5, 60])
      const lies = (piece: Uint8Array): Uint8Array => {
        if (place !== other || !isOfLiar(seed) || chance.happens(0.5)) return piece
        const wrong = piece.slice()
        const at = chance.below(wrong.length)
        wrong[at] = (wrong[at] ?? 0) ^ 1
        return wrong
      }
      let inWriting = 0
      const around = (target: Target): Target => {
        for (const piece of place.verified) {
          if (!target.has.has(piece)) broken.add(`Files: ${place.id} had piece ${piece}, and fetches it again`)
        }
        return {
          ...target,
          write: (piece, content) =>
            Effect.gen(function* () {
              inWriting += 1
              if (inWriting > mostInWriting) broken.add(`Files: ${place.id} holds ${inWriting} pieces`)
              if (place.verified.has(piece)) broken.add(`Files: ${place.id} writes piece ${piece} twice`)
              if (millis > 0) yield* Effect.sleep(millis)
              const isRight = yield* target.write(piece, content)
              if (isRight && !running.isDead) {
                place.verified.add(piece)
                written += 1
              }
              return isRight
            }).pipe(Effect.ensuring(Effect.sync(() => (inWriting -= 1))))
        }
      }
      return Layer.effect(
        FileStore,
        Effect.map(FileStore, (store) =>
          FileStore.of({
            ...store,
            offer: (...given) =>
              Effect.map(store.offer(...given), (shared) => ({
                ...shared,
                read: (piece) => Effect.map(shared.read(piece), lies)
              })),
            target: (...given) => Effect.map(store.target(...given), around)
          })
        )
      ).pipe(Layer.provide(MemoryFileStore.layer(place.disk)))
    }

    const start = (place: Place) =>
      Effect.gen(function* () {
        const { address, id } = place
        const typed = makeTypedLines()
        const interrupts = ScriptedInterrupts.make()
        const isServer = isServerId(id)
        const running: Running = {
          isDead: false,
          files: undefined,
          stop: Effect.suspend(() => {
            if (running.isDead && place.running !== running) return Effect.void
            running.isDead = true
            place.running = undefined
            kills += 1
            const dead = place.disk
            dead.onChange = () => {
              throw new Error("dead")
            }
            place.disk = dead.copy()
            return Effect.zipRight(network.crash(id), Fiber.interruptFork(fiber))
          })
        }
        const console = consoleOf(
          typed,
          () => running.isDead,
          (_, taken) => taken()
        )
        const store = MemoryPortStore.over(records)
        const mesh = TransportPeerMesh.layer({
          id,
          role: roleOf(id),
          listen: address,
          member: isServer,
          silence: "3 seconds",
          patience: "1 minute"
        })
        const ground = MemoryMessageLog.layer({ author: id }).pipe(
          Layer.provideMerge(
            Layer.mergeAll(
              Layer.succeed(Transport, network.transport(id)),
              OpenMembership.layer,
              Layer.succeed(Console, console),
              MeshFiles.layer(
                {
                  downloads,
                  share: true,
                  bytesPerSecond: place === other && !isOfLiar(seed) ? slowly : bytesPerSecond,
                  transfers: 8,
                  transfersPerPeer: 4
                },
                Effect.succeed({ make: Transfers.make, store: watched(place, running) })
              )
            )
          )
        )
        const ready = yield* Deferred.make<void>()
        const seen = Effect.gen(function* () {
          const files = yield* Files
          running.files = files
          files.onEvent((event) => {
            if (running.isDead) return
            events.push(`${clock.unsafeCurrentTimeMillis()} ${id} ${event._tag}`)
            if (event._tag === "Lied" && (event.peer !== other.id || !isOfLiar(seed))) {
              broken.add(`Files: ${id} says of ${event.peer} that it lies`)
            }
            if (event._tag === "Failed") broken.add(`Files: ${id} fails: ${event.why}`)
          })
          yield* Deferred.succeed(ready, undefined)
        })
        const within = Duration.seconds(10)
        const program: Effect.Effect<
          void,
          unknown,
          FileSystem.FileSystem | Effect.Effect.Context<ReturnType<typeof Client.client>>
        > = isServer
          ? Effect.provide(server({ within }), PortStoreServerRegistry.layer.pipe(Layer.provide(store)))
          : Client.client({ server: { address: serverAddress, id: serverId }, within })
        const node: Effect.Effect<void, unknown, FileSystem.FileSystem | Interrupts> = Effect.zipRight(
          seen,
          program
        ).pipe(Effect.provide(mesh), anewWhenForked, Effect.provide(ground), Effect.provide(Sessions.layer))
        const fiber = yield* Effect.forkIn(
          Effect.provide(node, Layer.merge(FileSystem.layerNoop({}), interrupts.layer)).pipe(
            Effect.tapErrorCause((cause) =>
              Effect.sync(() => {
                // A client whose server is away does not come in: it tries again later.
                if (place.running === running) place.running = undefined
                if (!String(cause).includes("Unreachable") && !running.isDead) broken.add(`Files: ${id} ends: ${cause}`)
                running.isDead = true
              })
            )
          ),
          stage
        )
        place.running = running
        yield* Deferred.await(ready).pipe(Effect.timeoutOption("1 second"))
        const { files } = running
        if (files === undefined) return
        if (offerers.includes(place)) offer = (yield* Effect.orDie(files.offer(["/home/a"]))).offer
        else if (!isServer) yield* fetch(place)
      })

    const fetch = (place: Place) =>
      Effect.suspend(() => (offer === undefined ? Effect.void : (place.running?.files?.fetch(offer) ?? Effect.void)))

    const stateOf = (place: Place) => offer && place.running?.files?.transfers().get(offer.digest)?.state

    /** Whoever dies after its file has got its name has it when it is back, without fetching anything. */
    const isDone = (place: Place): boolean => stateOf(place) === "Done"

    const restart = (place: Place, after: number) =>
      Effect.gen(function* () {
        yield* place.running?.stop ?? Effect.void
        yield* Effect.sleep(after)
        if (place.running === undefined) yield* start(place)
      })

    /** Dies in place of one of its next steps on disk. */
    const dieOnDisk = (place: Place) =>
      Effect.gen(function* () {
        const { running } = place
        if (running === undefined) return
        const died = yield* Deferred.make<void>()
        let left = 1 + chance.below(12)
        place.disk.onChange = () => {
          left -= 1
          if (left > 0) return
          running.isDead = true
          Deferred.unsafeDone(died, Exit.void)
          throw new Error("dead")
        }
        const { disk } = place
        const isDead = yield* Effect.timeoutOption(Deferred.await(died), "4 seconds")
        if (Option.isNone(isDead)) disk.onChange = () => {}
        else yield* restart(place, chance.below(2_000))
      })

    const isCovered = (): boolean =>
      Array.from({ length: pieces }, (_, piece) => piece).every((piece) =>
        fetchers.some((place) => place.verified.has(piece))
      )

    const trouble = Effect.gen(function* () {
      const fetcher = chance.among(fetchers)
      const dice = chance.below(100)
      if (dice < 20) yield* restart(fetcher, chance.below(3_000))
      else if (dice < 30) yield* restart(author, chance.below(5_000))
      else if (dice < 36) yield* restart(other, chance.below(5_000))
      else if (dice < 42) yield* restart(theServer, chance.below(3_000))
      else if (dice < 60) yield* dieOnDisk(fetcher)
      else if (dice < 75) {
        const apart = chance.among([author, ...fetchers]).id
        yield* network.cut((from, to) => (from === apart) !== (to === apart))
        yield* Effect.sleep(chance.below(8_000))
        yield* network.heal
      } else if (dice < 90) {
        if (offer !== undefined) yield* fetcher.running?.files?.cancel(offer.digest) ?? Effect.void
        yield* fetch(fetcher)
      } else {
        const most = chance.among([1, 20, 200])
        yield* network.delay(() => chance.below(most))
      }
    })

    yield* start(theServer)
    yield* Effect.sleep("500 millis")
    for (const place of [author, other]) {
      place.disk.put("/home/a", bytes)
      yield* start(place)
    }
    for (const place of fetchers) yield* start(place)
    const steps = 4 + chance.below(8)
    /** A promise that was broken needs no further trouble. */
    const isOver = () => broken.size > 0 || fetchers.every(isDone)
    for (let step = 0; step < steps && !isOver(); step += 1) {
      yield* Effect.sleep(chance.below(1_500))
      yield* trouble
    }
    yield* network.heal
    yield* network.delay(() => 0)
    for (const place of [theServer, author, other, ...fetchers]) if (place.running === undefined) yield* start(place)
    for (let second = 0; second < settling && !isOver(); second += 1) {
      if (isOfLeaving(seed) && author.running !== undefined && isCovered()) yield* author.running.stop
      // Who could not come in before does so now.
      for (const place of fetchers) if (place.running === undefined) yield* start(place)
      if (!(isOfLeaving(seed) && isCovered()) && author.running === undefined) yield* start(author)
      yield* Effect.sleep("1 second")
    }
    yield* Effect.sleep("2 seconds")
    for (const place of broken.size > 0 ? [] : fetchers) {
      const found = place.disk.all().filter((path) => path.startsWith(`${downloads}/`))
      const name = nameOf(place)
      if (name === undefined) {
        broken.add(`Files: ${place.id} has ${place.verified.size} of ${pieces} pieces: ${stateOf(place)}`)
      } else if (!sameBytes(place.disk.bytes(name), bytes)) broken.add(`Files: ${place.id} has it otherwise`)
      const more = found.filter((path) => path !== name)
      if (name !== undefined && more.length > 0) broken.add(`Files: ${place.id} has also ${more.join()}`)
      const outside = place.disk.all().filter((path) => !path.startsWith(`${downloads}/`))
      if (outside.length > 0) broken.add(`Files: ${place.id} has ${outside.join()}`)
    }
    yield* Scope.close(stage, Exit.void)
  }).pipe(Effect.scoped)

  const exit = run(program, seed)
  if (exit._tag === "Failure") throw new Error(`seed ${seed}: ${exit.cause}`)
  const screens = createHash("sha256").update(events.join("\n")).digest("hex")
  return { seed, broken: [...broken], screens, deliveries: written, kills, steps: { atOnce: 0, inTurn: 0 } }
}

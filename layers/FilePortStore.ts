/** A PortStore in a text file, replaced whole at each change. */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Console } from "../services/Console.ts"
import { PortStore } from "../services/PortStore.ts"
import { PortStoreUnavailable } from "../src/domain/Errors.ts"
import { formatAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"
import { notice } from "../src/domain/ScreenLine.ts"
import * as PortsFile from "../src/protocol/PortsFile.ts"

type Records = ReadonlyMap<PeerId, Peer>

/** A file has at most so many bytes that are read: some 60,000 clients. */
const maxBytes = 2 * 1024 * 1024

/** So many lines that can't be read are told, and how many more there are. */
const mostTold = 20

const make = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const console = yield* Console
    const folder = (yield* Path.Path).dirname(path)
    const temporary = `${path}.new`
    const oneAtATime = yield* Effect.makeSemaphore(1)

    const syncing = (name: string, flag: "r" | "w", text = "") =>
      Effect.scoped(
        Effect.gen(function* () {
          const file = yield* fs.open(name, { flag })
          if (text !== "") yield* file.writeAll(new TextEncoder().encode(text))
          yield* file.sync
        })
      )

    const read = Stream.runCollect(fs.stream(path, { bytesToRead: maxBytes + 1 })).pipe(
      Effect.map((pieces) => Buffer.concat(Chunk.toReadonlyArray(pieces))),
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () => Effect.succeed(Buffer.alloc(0))
      )
    )

    /** Temporary file, fsync, rename; then the folder, so that the new name too is on disk. */
    const write = (records: Records) =>
      syncing(temporary, "w", PortsFile.format(records.values())).pipe(
        Effect.zipRight(fs.rename(temporary, path)),
        Effect.zipRight(syncing(folder, "r"))
      )

    const bytes = yield* read
    const whole = bytes.length <= maxBytes
    // Of one that is too long, the last line is cut off.
    const { badLines, peers } = PortsFile.parse(
      bytes.toString("utf8", 0, whole ? bytes.length : bytes.lastIndexOf("\n", maxBytes) + 1)
    )
    yield* console.show([
      ...badLines
        .slice(0, mostTold)
        .map(({ number, text }) =>
          notice(`${path}, line ${number} can't be read and is skipped: ${text.slice(0, 80)}`)
        ),
      ...(badLines.length > mostTold ? [notice(`${path} has ${badLines.length - mostTold} more such lines`)] : []),
      ...(whole ? [] : [notice(`${path} is longer than ${maxBytes} bytes: the rest is skipped`)])
    ])
    // It can't be written to: better now than when somebody comes.
    yield* syncing(temporary, "w").pipe(Effect.zipRight(fs.remove(temporary)))
    const records = yield* Ref.make<Records>(new Map(peers.map((peer) => [peer.id, peer])))

    /** Writes what the next records are; the same ones need no writing. */
    const change = (next: (known: Records) => Records) =>
      Effect.flatMap(Ref.get(records), (known) => {
        const changed = next(known)
        return changed === known ? Effect.void : Effect.zipRight(write(changed), Ref.set(records, changed))
      }).pipe(oneAtATime.withPermits(1), Effect.mapError(unavailable(path)))

    return PortStore.of({
      record: (peer) => change((known) => (isOnRecord(known, peer) ? known : new Map(known).set(peer.id, peer))),
      forget: (id) => change((known) => (known.has(id) ? new Map([...known].filter(([each]) => each !== id)) : known)),
      all: Effect.map(Ref.get(records), (known) => [...known.values()])
    })
  }).pipe(Effect.catchTags({ BadArgument: failUnavailable(path), SystemError: failUnavailable(path) }))

const isOnRecord = (known: Records, { address, id }: Peer): boolean => {
  const before = known.get(id)
  return before !== undefined && formatAddress(before.address) === formatAddress(address)
}

const unavailable =
  (path: string) =>
  (error: PlatformError): PortStoreUnavailable =>
    new PortStoreUnavailable({ path, detail: error._tag === "SystemError" ? reasonOf(error.reason) : error.message })

const failUnavailable = (path: string) => (error: PlatformError) => Effect.fail(unavailable(path)(error))

const reasonOf = (reason: string): string =>
  ({
    PermissionDenied: "this user may not write there",
    NotFound: "there is no such folder",
    BadResource: "it is a folder, or lies in something that is none",
    WriteZero: "the disk is full"
  })[reason] ?? reason

/** Keeps the records in that file. */
export const layer = (
  path: string
): Layer.Layer<PortStore, PortStoreUnavailable, FileSystem.FileSystem | Path.Path | Console> =>
  Layer.effect(PortStore, make(path))

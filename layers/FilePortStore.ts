/** A PortStore in a text file that people may read and mend: replaced whole at each change, or written in place where it must be. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Console } from "../services/Console.ts"
import { PortStore } from "../services/PortStore.ts"
import type { ChatId } from "../src/domain/Chat.ts"
import { PortStoreInUse, PortStoreUnavailable } from "../src/domain/Errors.ts"
import { formatAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"
import { notice, type ScreenLine } from "../src/domain/ScreenLine.ts"
import { codeOf, troubleOf } from "../src/domain/Trouble.ts"
import * as PortsFile from "../src/protocol/PortsFile.ts"
import { replaceFile, syncFolder, writeAll } from "./log/Files.ts"
import * as FileLock from "./ports/FileLock.ts"
import { bytesFor, overwrite, settled } from "./ports/Overwrite.ts"

/** A file has at most so many bytes that count: some 60,000 clients. */
const maxBytes = 2 * 1024 * 1024

/** So many lines that can't be read are told, and how many more there are. */
const mostTold = 20

/** How the system says that no other file can take a file's place, though the file itself may be written. */
const irreplaceable: ReadonlySet<string> = new Set(["EBUSY", "EXDEV", "EACCES", "EPERM", "EROFS"])

/** What a file says; an error is one of that path. */
const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, PortStoreUnavailable> =>
  Effect.tryPromise({ try: run, catch: (error) => new PortStoreUnavailable({ path, ...troubleOf(error) }) })

/** The file that a path means: where a link leads, also if nothing is there yet. */
const targetOf = async (path: string): Promise<string> => {
  try {
    return await Fs.realpath(path)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
    const folder = await Fs.realpath(Path.dirname(path))
    const led = await Fs.readlink(path).catch(() => undefined)
    return led === undefined ? Path.join(folder, Path.basename(path)) : targetOf(Path.resolve(folder, led))
  }
}

/** The text that counts in a file, as far as it is read; none if there is no file. */
const read = async (path: string): Promise<{ readonly text: string; readonly whole: boolean }> => {
  const bytes = settled(await bytesOf(path))
  const whole = bytes.length <= maxBytes
  // Of one that is too long, the last line is cut off.
  return { whole, text: bytes.toString("utf8", 0, whole ? bytes.length : bytes.lastIndexOf("\n", maxBytes) + 1) }
}

const bytesOf = async (path: string): Promise<Buffer> => {
  const most = bytesFor(maxBytes)
  const file = await Fs.open(path, "r").catch((error) => {
    if (codeOf(error) !== "ENOENT") throw error
  })
  if (file === undefined) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    const bytes = Buffer.allocUnsafe(Math.min(size, most))
    let length = 0
    for (let more = 1; more > 0 && length < bytes.length; length += more) {
      more = (await file.read(bytes, length, bytes.length - length, length)).bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}

/** The permissions of a file, if there is one. */
const modeOf = (path: string): Promise<number | undefined> =>
  Fs.stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined
  )

/** Temporary file, fsync, rename; then the folder, so that the new name too is on disk. */
const replace = async (path: string, text: Buffer): Promise<void> => {
  const { file } = await replaceFile(path, [text], (await modeOf(path)) ?? 0o666 & ~process.umask())
  await file.close()
  await syncFolder(Path.dirname(path))
}

/** Writes all of the file, as far as possible by putting another in its place. */
const write = async (path: string, text: string): Promise<void> => {
  const bytes = Buffer.from(text)
  try {
    await replace(path, bytes)
  } catch (error) {
    if (!irreplaceable.has(codeOf(error)) || (await modeOf(path)) === undefined) throw error
    await overwrite(path, bytes)
  }
}

/** Whether the file itself may be written. */
const isWritable = (path: string): Promise<boolean> =>
  Fs.open(path, "r+").then(
    async (file) => {
      await file.close()
      return true
    },
    () => false
  )

/** Tries what a record will do, and changes nothing: better now than when somebody comes. */
const probe = async (path: string, text: string): Promise<void> => {
  const isThere = (await modeOf(path)) !== undefined
  // Whether it can take the file's place only shows when it does; one that can be written in place need not.
  if (isThere && !(await isWritable(path))) return write(path, text)
  const temporary = `${path}.new`
  try {
    const file = await Fs.open(temporary, "w", 0o600)
    try {
      await writeAll(file, Buffer.from(text), 0)
      await file.sync()
    } finally {
      await file.close()
      await Fs.rm(temporary, { force: true })
    }
  } catch (error) {
    if (!isThere || !irreplaceable.has(codeOf(error))) throw error
    await overwrite(path, Buffer.from(text))
  }
}

/** What a person should know of a file that was read. */
const complaints = (
  path: string,
  { badLines, whole }: { readonly badLines: ReadonlyArray<PortsFile.BadLine>; readonly whole: boolean }
): ReadonlyArray<ScreenLine> => [
  ...badLines
    .slice(0, mostTold)
    .map(({ number, text }) => notice(`${path}, line ${number} can't be read and is skipped: ${text.slice(0, 80)}`)),
  ...(badLines.length > mostTold ? [notice(`${path} has ${badLines.length - mostTold} more such lines`)] : []),
  ...(whole ? [] : [notice(`${path} is longer than ${maxBytes} bytes: the rest is skipped`)])
]

/** Whether nobody else has the file now, and until the scope closes. */
const hold = (path: string, target: string) =>
  Effect.mapError(FileLock.hold(target), ({ detail }) => new PortStoreUnavailable({ path, detail }))

const make = (path: string) =>
  Effect.gen(function* () {
    const target = yield* attempt(path, () => targetOf(path))
    if (!(yield* hold(path, target))) return yield* new PortStoreInUse({ path })
    const console = yield* Console
    const { text, whole } = yield* attempt(path, () => read(target))
    const { badLines, chat, peers } = PortsFile.parse(text)
    yield* console.show(complaints(path, { badLines, whole }))

    const oneAtATime = yield* Effect.makeSemaphore(1)
    const known = yield* Ref.make<PortsFile.Records>({ peers, chat })
    const trouble = yield* SubscriptionRef.make(Option.none<PortStoreUnavailable>())

    /** Notes what has become of an attempt to write; what is the same as before is no news. */
    const noting = <A>(attempted: Effect.Effect<A, PortStoreUnavailable>) =>
      attempted.pipe(
        Effect.tapError((error) =>
          Effect.flatMap(SubscriptionRef.get(trouble), (before) =>
            Option.isSome(before) && before.value.message === error.message
              ? Effect.void
              : SubscriptionRef.set(trouble, Option.some(error))
          )
        ),
        Effect.tap(() =>
          Effect.flatMap(SubscriptionRef.get(trouble), (before) =>
            Option.isNone(before) ? Effect.void : SubscriptionRef.set(trouble, Option.none())
          )
        )
      )

    /** Writes what is on record next; the same needs no writing. Comments are those that stand in the file by now. */
    const change = (next: (known: PortsFile.Records) => PortsFile.Records): Effect.Effect<void, PortStoreUnavailable> =>
      Effect.flatMap(Ref.get(known), (before) => {
        const changed = next(before)
        return changed === before
          ? Effect.void
          : Effect.zipRight(
              noting(
                attempt(path, async () => {
                  const place = await targetOf(path)
                  await write(place, PortsFile.format(changed, (await read(place)).text))
                })
              ),
              Ref.set(known, changed)
            )
      }).pipe(oneAtATime.withPermits(1))

    // Without room on the disk the server can do all but take in somebody new; elsewhere it could not do even that.
    yield* Effect.catchAll(noting(attempt(path, () => probe(target, text))), (error) =>
      error.remedy === undefined ? Effect.fail(error) : Effect.void
    )

    return PortStore.of({
      record: Effect.fn("PortStore.record")((peer: Peer) =>
        change((records) => (isOnRecord(records, peer) ? records : withPeer(records, peer)))
      ),
      forget: Effect.fn("PortStore.forget")((id: PeerId) =>
        change((records) => (records.peers.some((peer) => peer.id === id) ? without(records, id) : records))
      ),
      all: Effect.map(Ref.get(known), (records) => records.peers),
      chat: Effect.map(Ref.get(known), (records) => records.chat),
      recordChat: Effect.fn("PortStore.recordChat")((chat: ChatId) =>
        change((records) => (records.chat === chat ? records : { ...records, chat }))
      ),
      trouble
    })
  }).pipe(Effect.withSpan("PortStore.open", { attributes: { path } }))

const isOnRecord = ({ peers }: PortsFile.Records, { address, id }: Peer): boolean => {
  const before = peers.find((peer) => peer.id === id)
  return before !== undefined && formatAddress(before.address) === formatAddress(address)
}

const withPeer = (records: PortsFile.Records, peer: Peer): PortsFile.Records => ({
  ...records,
  peers: [...new Map([...records.peers, peer].map((each) => [each.id, each])).values()]
})

const without = (records: PortsFile.Records, id: PeerId): PortsFile.Records => ({
  ...records,
  peers: records.peers.filter((peer) => peer.id !== id)
})

/** What is on record in a file, and whether more can be; what a server is using just now is only read. */
export const look = (path: string): Effect.Effect<PortsFile.Records, PortStoreUnavailable> =>
  Effect.gen(function* () {
    const target = yield* attempt(path, () => targetOf(path))
    const isFree = yield* hold(path, target)
    const { text } = yield* attempt(path, () => read(target))
    if (isFree) yield* attempt(path, () => probe(target, text))
    return PortsFile.parse(text)
  }).pipe(Effect.scoped)

/** Keeps the records in that file, which no other server can use meanwhile. */
export const layer = (path: string): Layer.Layer<PortStore, PortStoreUnavailable | PortStoreInUse, Console> =>
  Layer.scoped(PortStore, make(path))

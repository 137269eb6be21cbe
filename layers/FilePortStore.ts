/**
 * A PortStore in a text file that people may read and edit. The file is replaced at each change, or overwritten where
 * it can't be replaced.
 */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import { constFalse } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Console } from "../services/Console.ts"
import { PortStore } from "../services/PortStore.ts"
import type { ChatId } from "../src/domain/Chat.ts"
import { PortStoreInUse, PortStoreUnavailable } from "../src/domain/Errors.ts"
import { isSameAddress, type Peer, type PeerId } from "../src/domain/Peer.ts"
import { notice, type ScreenLine } from "../src/domain/ScreenLine.ts"
import { inSpan } from "../src/domain/Span.ts"
import { codeOf, troubleOf } from "../src/domain/Trouble.ts"
import * as PortsFile from "../src/protocol/PortsFile.ts"
import { replaceFile, syncFolder, writeAll } from "./log/Files.ts"
import * as FileLock from "./ports/FileLock.ts"
import * as Gathered from "./ports/Gathered.ts"
import { bytesFor, overwrite, settled } from "./ports/Overwrite.ts"
import { Places } from "./ports/Places.ts"

/** The most bytes of a file that count: about 60,000 clients. */
const maxBytes = 2 * 1024 * 1024

/** At most this many unreadable lines are reported one by one. The rest are counted. */
const mostTold = 20

/** Error codes that mean that a file can't be replaced, though it may still be possible to overwrite it. */
const irreplaceable: ReadonlySet<string> = new Set(["EBUSY", "EXDEV", "EACCES", "EPERM", "EROFS"])

/** Runs an operation on files. It fails with a PortStoreUnavailable of that path. */
const attempt = <A>(path: string, run: () => Promise<A>): Effect.Effect<A, PortStoreUnavailable> =>
  Effect.tryPromise({ try: run, catch: (error) => new PortStoreUnavailable({ path, ...troubleOf(error) }) })

/** The file that a path stands for. Symbolic links are followed, even to a file that does not exist yet. */
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

/** Reads the valid text of a file; empty if there is none. `whole`: false if the file is longer than `maxBytes`. */
const read = async (path: string): Promise<{ readonly text: string; readonly whole: boolean }> => {
  const bytes = settled(await bytesOf(path))
  const whole = bytes.length <= maxBytes
  // In a file that is too long, the last line that is read may be incomplete, and is dropped.
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

/** The permissions of a file; undefined if there is none. */
const modeOf = (path: string): Promise<number | undefined> =>
  Fs.stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined
  )

/** Replaces a file: temporary file, fsync, rename. Then syncs the folder, so that the new name is on disk too. */
const replace = async (path: string, text: Buffer): Promise<void> => {
  const { file } = await replaceFile(path, [text], (await modeOf(path)) ?? 0o666 & ~process.umask())
  await file.close()
  await syncFolder(Path.dirname(path))
}

/** Writes the whole file: replaces it if possible, and overwrites it otherwise. */
const write = async (path: string, text: string): Promise<void> => {
  const bytes = Buffer.from(text)
  try {
    await replace(path, bytes)
  } catch (error) {
    if (!irreplaceable.has(codeOf(error)) || (await modeOf(path)) === undefined) throw error
    await overwrite(path, bytes)
  }
}

/** Whether an existing file may be written in place. */
const isWritable = (path: string): Promise<boolean> =>
  Fs.open(path, "r+").then(
    async (file) => {
      await file.close()
      return true
    },
    () => false
  )

/** Tries a write that leaves the text as it is, so that problems show at the start instead of when a client joins. */
const probe = async (path: string, text: string): Promise<void> => {
  const isThere = (await modeOf(path)) !== undefined
  // Whether a file can be replaced shows only by replacing it. That test is not needed for one that can be overwritten.
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

/** The notices about problems in a file that was read. */
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

/** Takes the lock of the file until the scope closes. Returns false if another process has it. */
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

    const trouble = yield* SubscriptionRef.make(Option.none<PortStoreUnavailable>())

    /** Updates `trouble` with the result of a write, if it differs from the result before. */
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

    const places = new Places(peers)
    // The comments in the file are those that it has at the time of the write.
    const { change, current } = yield* Gathered.make<PortsFile.Records, PortStoreUnavailable>(
      { peers, chat },
      (records) =>
        noting(
          attempt(path, async () => {
            const place = await targetOf(path)
            await write(place, PortsFile.format(records, (await read(place)).text))
          })
        )
    )

    // A problem with a remedy, such as a full disk, only keeps the server from admitting new clients, so it starts all
    // the same. Other problems are fatal.
    yield* Effect.catchAll(noting(attempt(path, () => probe(target, text))), (error) =>
      error.remedy === undefined ? Effect.fail(error) : Effect.void
    )

    return PortStore.of({
      record: (peer: Peer) =>
        inSpan("PortStore.record")(
          change((records) => {
            const { peers } = records
            const at = places.of(peers, peer.id)
            if (at === undefined) return { ...records, peers: [...peers, peer] }
            const before = peers[at]?.address
            const isSame = before !== undefined && isSameAddress(before, peer.address)
            return isSame ? records : { ...records, peers: peers.with(at, peer) }
          })
        ),
      // There is no other site.
      lost: () => Effect.void,
      forget: Effect.fn("PortStore.forget")((id: PeerId, isBack: () => boolean = constFalse) =>
        change((records) =>
          records.peers.some((peer) => peer.id === id) && !isBack() ? without(records, id) : records
        )
      ),
      all: Effect.sync(() => current().peers),
      chat: Effect.sync(() => current().chat),
      recordChat: Effect.fn("PortStore.recordChat")((chat: ChatId) =>
        change((records) => (records.chat === chat ? records : { ...records, chat }))
      ),
      trouble
    })
  }).pipe(Effect.withSpan("PortStore.open", { attributes: { path } }))

const without = (records: PortsFile.Records, id: PeerId): PortsFile.Records => ({
  ...records,
  peers: records.peers.filter((peer) => peer.id !== id)
})

/** Reads the records of a file, and checks that it can be written. If a server is using the file, it is only read. */
export const look = (path: string): Effect.Effect<PortsFile.Records, PortStoreUnavailable> =>
  Effect.gen(function* () {
    const target = yield* attempt(path, () => targetOf(path))
    const isFree = yield* hold(path, target)
    const { text } = yield* attempt(path, () => read(target))
    if (isFree) yield* attempt(path, () => probe(target, text))
    return PortsFile.parse(text)
  }).pipe(Effect.scoped)

/** Keeps the records in that file. No other server can use it meanwhile. */
export const layer = (path: string): Layer.Layer<PortStore, PortStoreUnavailable | PortStoreInUse, Console> =>
  Layer.scoped(PortStore, make(path))

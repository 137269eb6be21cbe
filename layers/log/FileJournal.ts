/** A Journal in a folder: an append-only file of frames, and a file that remembers the last epoch. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Console } from "../../services/Console.ts"
import { type LogInUse, LogUnavailable } from "../../src/domain/Errors.ts"
import { within } from "../../src/domain/Limit.ts"
import { notice } from "../../src/domain/ScreenLine.ts"
import { newline } from "../../src/protocol/LineSplitter.ts"
import { attemptAt, readAll, replaceFile, syncFolder, writeAll } from "./Files.ts"
import * as FolderLock from "./FolderLock.ts"
import type { Journal } from "./Journal.ts"
import { JournalReader } from "./JournalReader.ts"
import * as WriteBehind from "./WriteBehind.ts"

export interface Settings {
  /** The maximum size of the log. Its journal may be twice as large before it is replaced. */
  readonly entries: number
  readonly bytes: number
  /** Whether the chat is secure, so that posts are signed. A folder holds posts of one kind only. */
  readonly signed: boolean
}

/** The maximum time that closing the file takes. */
const closeLimit = "1 second"

/** The maximum number of invalid lines that the notice lists. */
const mostNumbers = 10

/**
 * Opens the journal in that folder, and creates the folder if there is none. No other process can open it until the
 * scope closes.
 */
export const open = (
  folder: string,
  { signed, ...bounds }: Settings
): Effect.Effect<Journal, LogUnavailable | LogInUse, Console | Scope.Scope> =>
  Effect.gen(function* () {
    const console = yield* Console
    const path = Path.join(folder, "log.ndjson")
    const epochPath = Path.join(folder, "epoch")
    const attempt = <A>(run: () => Promise<A>) => attemptAt(folder, run)

    yield* attempt(() => makeFolder(folder))
    yield* FolderLock.hold(folder)
    // A crash may have left the temporary file of a replacement.
    yield* attempt(() => Promise.all([path, epochPath].map((each) => Fs.rm(`${each}.new`, { force: true }))))
    yield* attempt(() => claimFor(folder, signed))
    const lastEpoch = yield* attempt(() => readEpoch(epochPath))
    // Mutable: changed only by what runs alone, which is `restore` first, and then one write after the other.
    let file = yield* attempt(() => Fs.open(path, Fs.constants.O_RDWR | Fs.constants.O_CREAT, 0o600))
    let bytes = 0
    let lines = 0
    let mostBytes = 2 * bounds.bytes
    let mostLines = 2 * bounds.entries
    /** Whether the file may be longer than `bytes`, because a write has failed. */
    let torn = false
    /** Whether a replacement was handed over that is not done yet. */
    let isReplacing = false
    // A file whose disk is stuck can't be closed.
    yield* Effect.addFinalizer(() => within(closeLimit)(Effect.promise(() => file.close().catch(() => {}))))

    const cutBack = async () => {
      await file.truncate(bytes)
      torn = false
    }

    const write = (blocks: ReadonlyArray<Uint8Array>, durably: boolean) =>
      attempt(async () => {
        if (torn) await cutBack()
        const block = blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks)
        torn = true
        await writeAll(file, block, bytes)
        if (durably) await file.datasync()
        torn = false
        bytes += block.length
        lines += linesIn(block)
      }).pipe(Effect.tapError(() => Effect.ignore(attempt(cutBack))))

    const replace = (blocks: ReadonlyArray<Uint8Array>) =>
      attempt(async () => {
        const before = file
        const made = await replaceFile(path, blocks)
        file = made.file
        bytes = made.bytes
        lines = blocks.reduce((sum, block) => sum + linesIn(block), 0)
        torn = false
        await before.close()
        await syncFolder(folder)
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            isReplacing = false
            mostBytes = Math.max(2 * bounds.bytes, bytes + bounds.bytes)
            mostLines = Math.max(2 * bounds.entries, lines + bounds.entries)
          })
        )
      )

    const queue = yield* WriteBehind.make({ write, replace })

    return {
      keeps: true,
      isInstant: false,
      epochAfter: lastEpoch + 1,
      begin: (millis) =>
        attempt(async () => {
          const { file } = await replaceFile(epochPath, [Buffer.from(`${millis}\n`)])
          await file.close()
          await syncFolder(folder)
        }),
      restore: (each) =>
        Effect.gen(function* () {
          const reader = new JournalReader(each)
          yield* attempt(() => readAll(file, (block) => reader.read(block)))
          if (reader.foreign) return yield* new LogUnavailable({ path, detail: "it is not an outlive log" })
          bytes = reader.end
          lines = reader.lines
          yield* attempt(cutBack)
          if (reader.damaged.length > 0) yield* console.show([notice(`${path}, ${damage(reader.damaged)}`)])
        }),
      ...queue,
      replace: (kept, unshown, settled) => {
        isReplacing = true
        queue.replace(kept, unshown, settled)
      },
      overgrown: () => !isReplacing && (bytes > mostBytes || lines > mostLines)
    }
  })

/**
 * Claims the folder for a plain or a secure chat, for good. Posts of a secure chat must not be sent unencrypted, and
 * unsigned posts must not get into a secure chat. Throws `LogUnavailable` if the folder holds the log of the other
 * kind.
 */
const claimFor = async (folder: string, signed: boolean): Promise<void> => {
  const mark = Path.join(folder, "signed")
  const marked = (await sizeOf(mark)) !== undefined
  if (marked === signed) return
  if (marked) {
    throw new LogUnavailable({
      path: folder,
      detail: "it holds the log of a secure chat, which a plain chat would send unencrypted: name another folder"
    })
  }
  if (((await sizeOf(Path.join(folder, "log.ndjson"))) ?? 0) > 0) {
    throw new LogUnavailable({
      path: folder,
      detail: "it holds the unsigned log of a plain chat, which a secure chat can't use: name another folder"
    })
  }
  const { file } = await replaceFile(mark, [
    Buffer.from("What is said here is signed: see docs/PROTOCOL.md of outlive.\n")
  ])
  await file.close()
  await syncFolder(folder)
}

/** The length of a file, in bytes; undefined if there is none. */
const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    return (await Fs.stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/**
 * Creates a folder and its parents. Node's recursive mkdir never returns if a folder can't be created in an existing
 * one, as in /proc.
 */
const makeFolder = async (folder: string): Promise<void> => {
  const path = Path.resolve(folder)
  const parent = Path.dirname(path)
  if (await isFolder(path)) return
  if (!(await isFolder(parent))) await makeFolder(parent)
  await Fs.mkdir(path, { mode: 0o700 })
  await syncFolder(parent)
}

const linesIn = (block: Uint8Array): number => {
  let count = 0
  for (let at = block.indexOf(newline); at >= 0; at = block.indexOf(newline, at + 1)) count += 1
  return count
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await Fs.stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false
    throw error
  }
}

/** When the last epoch of this folder began, in ms since 1970; 0 if there was none. */
export const readEpoch = async (path: string): Promise<number> => {
  try {
    const text = await Fs.readFile(path, "utf8")
    return /^\d{1,14}\n$/.test(text) ? Number(text) : 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0
    throw error
  }
}

const damage = (numbers: ReadonlyArray<number>): string => {
  const told = numbers.slice(0, mostNumbers).join(", ")
  const more = numbers.length - mostNumbers
  return numbers.length === 1
    ? `line ${told} can't be read and is skipped`
    : `lines ${told}${more > 0 ? ` and ${more} more` : ""} can't be read and are skipped`
}

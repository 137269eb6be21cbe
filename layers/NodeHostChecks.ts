/** HostChecks by Node.js: its view of the machine. */
import * as Crypto from "node:crypto"
import * as Dns from "node:dns/promises"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HostChecks, type KeptLog } from "../services/HostChecks.ts"
import * as FileJournal from "./log/FileJournal.ts"
import { attemptAt } from "./log/Files.ts"
import * as FolderLock from "./log/FolderLock.ts"
import * as Inspection from "./log/Inspection.ts"

/** The nearest existing folder: the path itself, or one above it. */
const nearestFolder = async (path: string): Promise<string> => {
  for (let folder = Path.resolve(path); ; folder = Path.dirname(folder)) {
    try {
      await Fs.stat(folder)
      return folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || folder === Path.dirname(folder)) throw error
    }
  }
}

const canWriteIn = async (folder: string): Promise<void> => {
  const path = Path.join(folder, `.outlive-${Crypto.randomBytes(8).toString("hex")}`)
  await Fs.writeFile(path, "outlive", { flag: "wx" })
  await Fs.rm(path)
}

const logIn = async (folder: string, state: string): Promise<KeptLog | undefined> => {
  const found = await Inspection.readIn(folder)
  if (found === undefined) return undefined
  const { sealed } = found
  if (sealed.length === 0) return { ...found, sealed: 0, unreadable: 0 }
  const [keys, { make }] = await Promise.all([Inspection.keysIn(state), import("./identity/PrivateSeal.ts")])
  const openings = keys.map((key) => make(key).open)
  return {
    ...found,
    sealed: sealed.length,
    unreadable: await Inspection.unreadable(sealed, openings, Effect.runPromise)
  }
}

const folder = Effect.fn("HostChecks.folder")(function* (path: string, state: string) {
  const there = yield* attemptAt(path, () => nearestFolder(path))
  const exists = there === Path.resolve(path)
  yield* attemptAt(path, () => canWriteIn(there))
  if (exists) yield* FolderLock.hold(path)
  const { bavail, bsize } = yield* attemptAt(path, () => Fs.statfs(there))
  const lastRun = exists ? yield* attemptAt(path, () => FileJournal.readEpoch(Path.join(path, "epoch"))) : 0
  const log = exists ? yield* attemptAt(path, () => logIn(path, state)) : undefined
  return { exists, freeBytes: bavail * bsize, lastRun, log }
}, Effect.scoped)

const language = () => process.env["LC_ALL"] || process.env["LC_CTYPE"] || process.env["LANG"] || ""

export const layer: Layer.Layer<HostChecks> = Layer.succeed(
  HostChecks,
  HostChecks.of({
    terminal: Effect.sync(() => ({
      isThere: process.stdin.isTTY && process.stdout.isTTY,
      kind: process.env["TERM"] ?? "",
      columns: process.stdout.columns ?? 0,
      utf8: /utf-?8/i.test(language())
    })),
    addressesOf: Effect.fn("HostChecks.addressesOf")((host: string) =>
      Effect.tryPromise(() => Dns.lookup(host, { all: true })).pipe(
        Effect.map((found) => found.map(({ address }) => address)),
        Effect.orElseSucceed(() => [])
      )
    ),
    folder
  })
)

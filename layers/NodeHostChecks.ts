/** HostChecks by Node.js: its view of the machine. */
import * as Crypto from "node:crypto"
import * as Dns from "node:dns/promises"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HostChecks } from "../services/HostChecks.ts"
import * as FileJournal from "./log/FileJournal.ts"
import { attemptAt } from "./log/Files.ts"
import * as FolderLock from "./log/FolderLock.ts"

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

const folder = Effect.fn("HostChecks.folder")(function* (path: string) {
  const there = yield* attemptAt(path, () => nearestFolder(path))
  const exists = there === Path.resolve(path)
  yield* attemptAt(path, () => canWriteIn(there))
  if (exists) yield* FolderLock.hold(path)
  const { bavail, bsize } = yield* attemptAt(path, () => Fs.statfs(there))
  const lastRun = exists ? yield* attemptAt(path, () => FileJournal.readEpoch(Path.join(path, "epoch"))) : 0
  return { exists, freeBytes: bavail * bsize, lastRun }
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

/**
 * Files that a browser hands over to its node, which offers them then. An upload has a plan, and its bytes come in parts,
 * each a request of its own, in the order of the plan. So each request is short, and nothing is held in memory.
 */
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberMap from "effect/FiberMap"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { sizeInWords } from "../../src/domain/Amounts.ts"
import { distinctPaths, mostPathBytes, nameOfMany } from "../../src/domain/FileNames.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { bodyOf } from "../http/Body.ts"
import type { Visit } from "../http/HttpServer.ts"
import { notAllowed, type Reply, sentence } from "../http/Reply.ts"

export interface Settings {
  /** Where uploads are kept, each in a folder of its own. Made when it is needed first. */
  readonly folder: string
  /** Whether they stay there. Otherwise the folder is removed when the scope closes. */
  readonly stays: boolean
  /** The bytes that one upload may have. */
  readonly most: number
}

/** The longest plan, in bytes, and the most files in it. */
const longestPlan = 1_048_576
const mostFiles = 5_000

/** A part with more bytes is refused: it must come within the limit of a request. */
const mostInPart = 16_777_216

/** How many uploads are under way at most. */
const mostUploads = 8

/** An upload of which nothing has come for so long is given up: its page is gone. */
const patience = Duration.seconds(30)

/** So much of the disk is left free, in bytes. */
const leftFree = 268_435_456

/** An upload that is not whole has this at the end of the name of its folder. */
const unfinished = ".part"

const Plan = Schema.Struct({
  files: Schema.NonEmptyArray(
    Schema.Struct({ path: Schema.String.pipe(Schema.maxLength(mostPathBytes)), size: Schema.NonNegativeInt })
  ).pipe(Schema.maxItems(mostFiles))
})

const decodePlan = Schema.decodeUnknownEither(Schema.parseJson(Plan))

interface File {
  readonly path: string
  readonly size: number
}

/** Mutable: one request at a time changes it. */
interface Upload {
  readonly id: string
  /** Its own folder, with its unfinished name. */
  readonly folder: string
  /** What is offered of it, in that folder. */
  readonly root: string
  readonly files: ReadonlyArray<File>
  readonly size: number
  /** How much has come. */
  received: number
  /** The file that is being written, how much of it is there, and how to write to it. */
  file: number
  inFile: number
  handle: Fs.FileHandle | undefined
  isBusy: boolean
  isOver: boolean
}

export interface Uploads {
  /** Answers a request for `/uploads` or for something in it, of a page that may do that. `rest`: the path behind it. */
  readonly answer: (visit: Visit, rest: string) => Effect.Effect<Reply>
}

const json = (status: number, value: object): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value)
})

const noPlan = sentence(400, `An upload has 1 to ${mostFiles} files with a path and a size.`)
const unknown = sentence(404, "That upload is not under way any more.")
const tooMany = sentence(503, "Too many uploads are under way: try again when one is done.", { "retry-after": "10" })
const tooMuch = sentence(413, "That part has more bytes than it may have.")
const brokenOff = sentence(400, "The part broke off.")
const noRoom = sentence(507, "The disk of the node has no room for it.")
const unwritable = (code: string) => sentence(507, `The node can't write it to its disk (${code}).`)

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code

const replyFor = (error: unknown): Reply => {
  const code = codeOf(error) ?? "unknown"
  return code === "ENOSPC" || code === "EDQUOT" ? noRoom : unwritable(code)
}

/** Where the files go, by safe names, and which of these names is offered: one file, or one folder for all. */
const placed = (
  files: ReadonlyArray<File>
): { readonly root: string; readonly files: ReadonlyArray<File> } | undefined => {
  const paths = distinctPaths(files.map(({ path }) => path))
  const roots = new Set(paths.map((path) => path.split("/")[0] ?? ""))
  const [first = ""] = roots
  const folder = roots.size === 1 ? "" : `${nameOfMany(first, roots.size)}/`
  const all = files.map(({ size }, at) => ({ size, path: `${folder}${paths[at]}` }))
  const isShort = all.every(({ path }) => Buffer.byteLength(path) <= mostPathBytes)
  return isShort ? { root: folder === "" ? first : folder.slice(0, -1), files: all } : undefined
}

/** Lets go of the file that is being written, if there is one. */
const closeFile = async (upload: Upload): Promise<void> => {
  const { handle } = upload
  upload.handle = undefined
  await handle?.close()
}

/** Makes the next files, as far as those before them are whole. */
const openNext = async (upload: Upload): Promise<void> => {
  while (upload.file < upload.files.length) {
    const file = upload.files[upload.file]
    if (file === undefined) return
    if (upload.handle === undefined) {
      const path = Path.join(upload.folder, file.path)
      await Fs.mkdir(Path.dirname(path), { recursive: true, mode: 0o700 })
      upload.handle = await Fs.open(path, "wx", 0o600)
      upload.inFile = 0
    }
    if (upload.inFile < file.size) return
    await closeFile(upload)
    upload.file += 1
  }
}

/** Writes bytes to where they belong. There are no more of them than the upload lacks. */
const take = async (upload: Upload, bytes: Uint8Array): Promise<void> => {
  let at = 0
  while (at < bytes.length) {
    const wanted = (upload.files[upload.file]?.size ?? 0) - upload.inFile
    if (upload.isOver || upload.handle === undefined) throw new Error("no file is open")
    const { bytesWritten } = await upload.handle.write(bytes, at, Math.min(wanted, bytes.length - at))
    at += bytesWritten
    upload.inFile += bytesWritten
    upload.received += bytesWritten
    await openNext(upload)
  }
}

/** Takes a part. The answer says why it was not taken, and is undefined if it was. */
const takePart = async (upload: Upload, { request }: Visit, most: number): Promise<Reply | undefined> => {
  let left = most
  try {
    // The connection stays open for the answer, also if not all of the part is read.
    for await (const bytes of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      left -= bytes.length
      if (left < 0) return tooMuch
      const failure = await take(upload, bytes).then(() => undefined, replyFor)
      if (failure !== undefined) return failure
    }
    return undefined
  } catch {
    return brokenOff
  }
}

export const make = ({ folder, most, stays }: Settings): Effect.Effect<Uploads, never, Scope.Scope> =>
  Effect.gen(function* () {
    const uploads = new Map<string, Upload>()
    /** What was answered when the last ones were whole, for a page that this answer has not reached. */
    const whole = new Recent<string, Reply>(mostUploads)
    const waiting = yield* FiberMap.make<string>()
    let swept: Promise<void> | undefined

    /** Removes what an earlier run of the node has left unfinished. */
    const sweep = async (): Promise<void> => {
      for (const name of await Fs.readdir(folder)) {
        if (name.endsWith(unfinished)) await Fs.rm(Path.join(folder, name), { recursive: true, force: true })
      }
    }
    /** Makes the folder, again if somebody has removed it meanwhile. */
    const prepare = async (): Promise<void> => {
      await Fs.mkdir(folder, { recursive: true, mode: 0o700 })
      swept ??= sweep().catch((error) => {
        swept = undefined
        throw error
      })
      await swept
    }
    /** Gives an upload up, and removes what came of it. */
    const discard = async (upload: Upload): Promise<void> => {
      upload.isOver = true
      uploads.delete(upload.id)
      await closeFile(upload).catch(() => {})
      await Fs.rm(upload.folder, { recursive: true, force: true }).catch(() => {})
    }
    const discarding = (upload: Upload) => Effect.promise(() => discard(upload))
    const giveUpLater = (upload: Upload) =>
      FiberMap.run(waiting, upload.id, Effect.zipRight(Effect.sleep(patience), discarding(upload)))
    const settle = (upload: Upload) => FiberMap.remove(waiting, upload.id)

    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        for (const upload of [...uploads.values()]) await discard(upload)
        if (swept !== undefined && !stays) await Fs.rm(folder, { recursive: true, force: true }).catch(() => {})
      })
    )

    /** How far an upload is, and where it is if it is whole. */
    const progress = async (upload: Upload): Promise<Reply> => {
      if (upload.received < upload.size) return json(200, { id: upload.id, received: upload.received })
      const path = upload.folder.slice(0, -unfinished.length)
      await Fs.rename(upload.folder, path)
      uploads.delete(upload.id)
      const reply = json(200, { id: upload.id, received: upload.received, path: Path.resolve(path, upload.root) })
      whole.set(upload.id, reply)
      return reply
    }
    const told = (upload: Upload): Effect.Effect<Reply> =>
      Effect.tryPromise(() => progress(upload)).pipe(
        Effect.catchAll(({ error }) => Effect.as(discarding(upload), replyFor(error))),
        Effect.tap(() => (uploads.has(upload.id) ? giveUpLater(upload) : settle(upload)))
      )

    const begin = async (files: ReadonlyArray<File>): Promise<Upload | Reply> => {
      const place = placed(files)
      const size = files.reduce((sum, file) => sum + file.size, 0)
      if (place === undefined) return noPlan
      if (size > most) return sentence(413, `${sizeInWords(size)} are too much: this node takes ${sizeInWords(most)}.`)
      if (uploads.size >= mostUploads) return tooMany
      const id = randomBytes(12).toString("base64url")
      const upload: Upload = {
        id,
        folder: Path.join(folder, `${id}${unfinished}`),
        ...place,
        size,
        received: 0,
        file: 0,
        inFile: 0,
        handle: undefined,
        isBusy: false,
        isOver: false
      }
      uploads.set(id, upload)
      try {
        await prepare()
        const { bavail, bsize } = await Fs.statfs(folder)
        const coming = [...uploads.values()].reduce((sum, each) => sum + each.size - each.received, 0)
        if (coming + leftFree > bavail * bsize) {
          await discard(upload)
          return noRoom
        }
        await Fs.mkdir(upload.folder, { mode: 0o700 })
        await openNext(upload)
        return upload
      } catch (error) {
        await discard(upload)
        return replyFor(error)
      }
    }

    const planned = (visit: Visit): Effect.Effect<Reply> =>
      Effect.flatMap(bodyOf(visit.request, longestPlan), (text) => {
        const plan = decodePlan(text ?? "")
        if (Either.isLeft(plan)) return Effect.succeed(noPlan)
        return Effect.flatMap(
          Effect.promise(() => begin(plan.right.files)),
          (upload) => ("status" in upload ? Effect.succeed(upload) : told(upload))
        )
      })

    const takenPart = (upload: Upload, visit: Visit): Effect.Effect<Reply> =>
      Effect.gen(function* () {
        const at = new URLSearchParams((visit.request.url ?? "").split("?")[1]).get("at")
        // A page whose connection broke learns where to go on.
        if (at !== `${upload.received}`) return json(409, { received: upload.received })
        const most = Math.min(mostInPart, upload.size - upload.received)
        if (Number(visit.request.headers["content-length"] ?? 0) > most) return tooMuch
        yield* settle(upload)
        const refused = yield* Effect.promise(() => takePart(upload, visit, most))
        // What it has written since then goes too.
        if (upload.isOver) return yield* Effect.as(discarding(upload), unknown)
        if (refused === undefined) return yield* told(upload)
        yield* refused === brokenOff ? giveUpLater(upload) : discarding(upload)
        return refused
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            upload.isBusy = false
          })
        )
      )

    const partOf = (upload: Upload, visit: Visit): Effect.Effect<Reply> =>
      Effect.suspend(() => {
        if (upload.isBusy) return Effect.succeed(json(409, { received: upload.received }))
        upload.isBusy = true
        return takenPart(upload, visit)
      })

    return {
      answer: (visit, rest) => {
        const { method } = visit.request
        if (rest === "") return method === "POST" ? planned(visit) : Effect.succeed(notAllowed("POST"))
        const id = rest.slice(1)
        const upload = uploads.get(id)
        if (method !== "PUT" && method !== "DELETE") return Effect.succeed(notAllowed("PUT, DELETE"))
        if (upload === undefined) return Effect.succeed((method === "PUT" && whole.get(id)) || unknown)
        return method === "PUT"
          ? partOf(upload, visit)
          : Effect.as(Effect.zipRight(settle(upload), discarding(upload)), { status: 204 })
      }
    }
  })

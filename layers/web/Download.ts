/**
 * A file that is here whole, for a browser to save. It comes from others, so it is never shown: whatever it holds, it is
 * a download without a type, in a sandbox.
 */
import * as Fs from "node:fs/promises"
import { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import type { Files } from "../../services/Files.ts"
import type { Digest } from "../../src/domain/Offer.ts"
import { type Reply, sentence } from "../http/Reply.ts"

const notHere = sentence(404, "That file is not here as a whole.")
const changed = sentence(410, "That file is not what it was any more.")

/** A name in a header: RFC 6266, with RFC 8187 for what is not ASCII. */
const dispositionOf = (name: string): string => {
  const plain = name.replace(/[^\w .()+-]/g, "_")
  const exact = encodeURIComponent(name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}

const headersFor = (name: string) => ({
  "content-type": "application/octet-stream",
  "content-disposition": dispositionOf(name),
  "content-security-policy": "default-src 'none'; sandbox",
  "cache-control": "no-store"
})

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = Fs.constants

/** Opens a file, not through a link, nor a pipe, which would wait, and only if it has as many bytes at least. */
const openWhole = async (path: string, size: number): Promise<Fs.FileHandle | undefined> => {
  const file = await Fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  const found = await file.stat()
  if (found.isFile() && found.size >= size) return file
  await file.close()
  return undefined
}

const noBytes = (file: Fs.FileHandle): Readable => {
  void file.close()
  return Readable.from([])
}

/** Answers with the file of an offer, if it is here whole. */
export const download = ({ transfers }: Pick<Files["Type"], "transfers">, digest: string): Effect.Effect<Reply> => {
  const transfer = transfers().get(digest as Digest)
  const [path] = transfer?.paths ?? []
  if (transfer?.state !== "Done" || path === undefined || transfer.offer.files !== undefined) {
    return Effect.succeed(notHere)
  }
  const { name, size } = transfer.offer
  return Effect.match(
    Effect.tryPromise(() => openWhole(path, size)),
    {
      onFailure: () => changed,
      onSuccess: (file): Reply => {
        if (file === undefined) return changed
        const stream = size > 0 ? file.createReadStream({ end: size - 1 }) : noBytes(file)
        return { status: 200, headers: headersFor(name), body: { stream, bytes: size } }
      }
    }
  )
}

/** Files on their way to the node: in parts, each a request, as large as the connection takes in about a second. */
import type { Event } from "./state/Event.ts"
import type { Attached } from "./state/Transfer.ts"

/** The bytes of a part: the first one, the least, and the most that the node takes. */
const firstPart = 262_144
const leastPart = 65_536
const mostPart = 8_388_608

/** A part that takes less time is followed by one of twice its size, and one that takes more by one of half of it. In ms. */
const quick = 300
const slow = 1_500

/** How often a part is sent again after the connection broke, and how long to wait before, in ms. */
const mostTries = 5
const pause = 1_000

/** A browser does not tell the one from the other. */
const noAnswer = "The node does not answer, or the file can't be read."

interface Going {
  readonly stop: AbortController
  id: string | undefined
}

export interface Uploading {
  readonly begin: (ref: string, files: ReadonlyArray<Attached>) => void
  readonly stop: (ref: string) => void
  /** The page goes: what is under way is of no use. */
  readonly stopAll: () => void
}

interface Answer {
  readonly id?: string
  readonly received?: number
  readonly path?: string
}

export const makeUploading = (happened: (event: Event) => void): Uploading => {
  const going = new Map<string, Going>()

  /** The answer of the node; undefined if none came. Throws the sentence of a node that refuses. */
  const ask = async (path: string, request: RequestInit): Promise<Answer | undefined> => {
    const response = await fetch(path, request).catch(() => undefined)
    if (response?.ok === true || response?.status === 409) return response.json() as Promise<Answer>
    if (response === undefined || response.status === 408) return undefined
    throw new Error((await response.text()).trim())
  }

  /** Sends files, and returns where the node has them. */
  const send = async (ref: string, files: ReadonlyArray<Attached>, own: Going): Promise<string> => {
    const { signal } = own.stop
    const plan = { files: files.map(({ blob, path }) => ({ path, size: blob.size })) }
    const begun = await ask("/uploads", { method: "POST", body: JSON.stringify(plan), signal })
    const whole = new Blob(files.map(({ blob }) => blob))
    own.id = begun?.id
    let { path, received = 0 } = begun ?? {}
    let part = firstPart
    let tries = 0
    while (path === undefined) {
      if (own.id === undefined || tries > mostTries) throw new Error(noAnswer)
      const at = performance.now()
      const body = whole.slice(received, received + part)
      const answer = await ask(`/uploads/${own.id}?at=${received}`, { method: "PUT", body, signal })
      signal.throwIfAborted()
      const took = performance.now() - at
      path = answer?.path
      if (answer?.received === undefined || (answer.received === received && path === undefined)) {
        tries += 1
        part = leastPart
        await new Promise((resume) => setTimeout(resume, pause))
        continue
      }
      received = answer.received
      tries = 0
      part = took < quick ? Math.min(mostPart, part * 2) : took > slow ? Math.max(leastPart, part / 2) : part
      happened({ _tag: "UploadSent", ref, sent: received })
    }
    return path
  }

  const stop = (ref: string): void => {
    const own = going.get(ref)
    going.delete(ref)
    own?.stop.abort()
    if (own?.id !== undefined) void fetch(`/uploads/${own.id}`, { method: "DELETE", keepalive: true }).catch(() => {})
  }

  return {
    begin: async (ref, files) => {
      const own: Going = { stop: new AbortController(), id: undefined }
      going.set(ref, own)
      try {
        happened({ _tag: "Uploaded", ref, path: await send(ref, files, own) })
      } catch (error) {
        if (!own.stop.signal.aborted) happened({ _tag: "UploadFailed", ref, why: (error as Error).message })
      }
      going.delete(ref)
    },
    stop,
    stopAll: () => {
      for (const ref of [...going.keys()]) stop(ref)
    }
  }
}

/** What a folder's journal has in it, for whoever only looks. Nothing is changed. */
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import type { KeptLog } from "../../services/HostChecks.ts"
import { isPrivateStream, sealedRoom } from "../../src/domain/Conversation.ts"
import type { Letters } from "../../src/domain/Letter.ts"
import { type Post, type Room, roomIn, type StreamId } from "../../src/domain/Post.ts"
import { readAll } from "./Files.ts"
import { JournalReader } from "./JournalReader.ts"

/** What is found in a folder. `sealed`: the private messages of a secure chat. */
export interface Found extends Omit<KeptLog, "sealed" | "unreadable"> {
  readonly sealed: ReadonlyArray<Post>
}

/** Reads the journal in that folder; undefined if there is none. */
export const readIn = async (folder: string): Promise<Found | undefined> => {
  const streams = new Set<StreamId>()
  const rooms = { joined: [] as ReadonlyArray<Room>, carried: [] as ReadonlyArray<Room> }
  const sealed: Array<Post> = []
  let posts = 0
  let privatePosts = 0
  const reader = new JournalReader((line) => {
    if (line.type === "rooms") Object.assign(rooms, { joined: line.joined, carried: line.carried })
    if (line.type === "gap") streams.add(line.stream)
    if (line.type !== "post") return
    const { post } = line
    posts += 1
    streams.add(post.stream)
    if (!isPrivateStream(post.stream)) return
    if (roomIn(post.stream) === sealedRoom) sealed.push(post)
    else privatePosts += 1
  })
  const file = await Fs.open(Path.join(folder, "log.ndjson"), "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    await readAll(file, (block) => reader.read(block))
  } finally {
    await file.close()
  }
  return { posts, streams: streams.size, ...rooms, privatePosts, sealed, damaged: reader.damaged.length }
}

/** The private keys in a user's state folder, as PEM: each node has a folder of its own there. */
export const keysIn = async (state: string): Promise<ReadonlyArray<string>> => {
  const nodes = await Fs.readdir(state).catch(() => [])
  const texts = await Promise.all(
    nodes.map((id) => Fs.readFile(Path.join(state, id, "key.pem"), "utf8").catch(() => ""))
  )
  return texts.flatMap((text) => /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(text)?.[0] ?? [])
}

/** How many of these are for the owners of keys that can't open them: they were changed, or made for another place. */
export const unreadable = async (
  sealed: ReadonlyArray<Post>,
  openings: ReadonlyArray<Letters["open"]>,
  perform: (opening: NonNullable<ReturnType<Letters["open"]>>) => Promise<unknown>
): Promise<number> => {
  let count = 0
  for (const post of sealed) {
    for (const open of openings) {
      const opening = open(post, post.text)
      if (opening !== undefined && (await perform(opening)) === undefined) count += 1
    }
  }
  return count
}

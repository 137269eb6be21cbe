/** Short ways to write peers, posts and other values in tests. */
import { ChatId } from "../../src/domain/Chat.ts"
import type { Entry } from "../../src/domain/Entry.ts"
import type { Digest, Offer } from "../../src/domain/Offer.ts"
import { Host, type Peer, PeerId, Port, roleOf } from "../../src/domain/Peer.ts"
import {
  Epoch,
  mainRoom,
  type Post,
  PostNumber,
  type Run,
  runOf,
  type StreamId,
  streamOf
} from "../../src/domain/Post.ts"

export const chatId = (n: number): ChatId => ChatId.make(n.toString(16).padStart(32, "0"))

export const id = (text: string): PeerId => PeerId.make(text)

export const peer = (name: string, port: number, host = "localhost"): Peer => ({
  id: id(name),
  role: roleOf(id(name)),
  address: { host: Host.make(host), port: Port.make(port) }
})

/** The epoch that began at this time, in ms since 1970. */
export const epoch = (millis: number): Epoch => Epoch.make(`${millis}-00000000`)

/** How a peer stands in a list. */
export const listed = ({ address, id }: Peer, of: Epoch = epoch(1)): readonly [PeerId, Port, Run, Host] => [
  id,
  address.port,
  runOf(of),
  address.host
]

export const stream = (author: string, millis = 1): StreamId => streamOf(id(author), mainRoom, epoch(millis))

/** `deps`: the posts that its author had seen, if a test needs them. */
export const post = (
  of: StreamId,
  n: number,
  text = `line ${n}`,
  deps: ReadonlyArray<readonly [StreamId, number]> = []
): Post => ({
  stream: of,
  n: PostNumber.make(n),
  at: 0,
  deps: Object.fromEntries(deps.map(([dep, last]) => [dep, PostNumber.make(last)])),
  text
})

/** An offer of a file of ten bytes, or another one. */
export const offer = (of: Partial<Offer> = {}): Offer => ({
  name: "a.txt",
  size: 10,
  type: "text/plain",
  digest: `${"d".repeat(42)}A` as Digest,
  manifest: 120,
  ...of
})

/** An entry in a word or two. */
export const inShort = (entry: Entry): string => {
  switch (entry._tag) {
    case "Said":
      return entry.post.text
    case "Earlier":
      return `earlier ${entry.post.text}`
    case "Happened":
      return entry.event._tag
    case "Missed":
      return `missed ${entry.count}`
    case "Outlived":
      return `outlived ${entry.count}`
    case "Skipped":
      return `skipped ${entry.count}`
  }
}

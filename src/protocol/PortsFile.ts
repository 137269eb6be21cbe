/** The text of `ports.txt`: a line a client, `ID HOST:PORT`, which a person can read and mend, and one that says which chat it is. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { absurd } from "../domain/Absurd.ts"
import type { ChatId } from "../domain/Chat.ts"
import { ClientId, formatAddress, type Peer, parseAddress } from "../domain/Peer.ts"

/** A line that can't be read, and its number, counted from 1. */
export interface BadLine {
  readonly number: number
  readonly text: string
}

/** What such a file says. */
export interface Records {
  readonly peers: ReadonlyArray<Peer>
  readonly chat: ChatId | undefined
}

/** A line of a text, and what it is about: undefined for one that is for people, or that can't be read. */
type Line =
  | { readonly text: string; readonly of: "peer"; readonly peer: Peer }
  | { readonly text: string; readonly of: "chat"; readonly chat: ChatId }
  | { readonly text: string; readonly of: "people" }
  | { readonly text: string; readonly of: "nobody" }

const parseId = Schema.decodeUnknownOption(ClientId)

/** To whoever knows no such lines it is a comment. */
const chatLine = /^#\s*chat\s+([0-9a-f]{32})\b/

const lineOf = (text: string): Line => {
  const trimmed = text.trim()
  const chat = chatLine.exec(trimmed)?.[1]
  if (chat !== undefined) return { text, of: "chat", chat: chat as ChatId }
  if (trimmed === "" || trimmed.startsWith("#")) return { text, of: "people" }
  const [id, address, ...rest] = trimmed.split(/\s+/)
  const peer = Option.all({ id: parseId(id), address: parseAddress(address ?? "") })
  return Option.isSome(peer) && rest.length === 0
    ? { text, of: "peer", peer: { ...peer.value, role: "client" } }
    : { text, of: "nobody" }
}

/** The lines of a text, each without what ends it. */
const linesOf = (text: string): ReadonlyArray<Line> =>
  (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n").map(lineOf)

/** What a text says, the last word on each client, and the lines that can't be read. Blank lines and `#` are for people. */
export const parse = (text: string): Records & { readonly badLines: ReadonlyArray<BadLine> } => {
  const peers = new Map<string, Peer>()
  const badLines: Array<BadLine> = []
  let chat: ChatId | undefined
  for (const [index, line] of linesOf(text).entries()) {
    switch (line.of) {
      case "peer":
        peers.set(line.peer.id, line.peer)
        break
      case "chat":
        chat = line.chat
        break
      case "people":
        break
      case "nobody":
        badLines.push({ number: index + 1, text: line.text.trim() })
        break
      default:
        absurd(line)
    }
  }
  return { peers: [...peers.values()], chat, badLines }
}

const formatPeer = ({ address, id }: Peer): string => `${id} ${formatAddress(address)}`

const formatChat = (chat: ChatId): string => `# chat ${chat} (which chat this is: only the server changes this line)`

/**
 * The text of those records. Of the text that it takes the place of, `before`, each line stays where it stands that is not
 * of a client, and so does each client's that is on record.
 */
export const format = ({ chat, peers }: Records, before = ""): string => {
  const left = new Map(peers.map((peer) => [peer.id, peer]))
  let untold = chat
  const kept: Array<string> = []
  for (const line of before === "" ? [] : linesOf(before)) {
    if (line.of === "chat") {
      if (untold !== undefined) kept.push(line.chat === untold ? line.text : formatChat(untold))
      untold = undefined
    } else if (line.of === "peer") {
      const peer = left.get(line.peer.id)
      left.delete(line.peer.id)
      if (peer !== undefined) kept.push(isSame(peer, line.peer) ? line.text : formatPeer(peer))
    } else kept.push(line.text)
  }
  const first = untold === undefined ? [] : [formatChat(untold)]
  return [...first, ...kept, ...Array.from(left.values(), formatPeer)].map((line) => `${line}\n`).join("")
}

const isSame = (one: Peer, other: Peer): boolean => formatAddress(one.address) === formatAddress(other.address)

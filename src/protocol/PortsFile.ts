/**
 * The text of `ports.txt`: one line for each client, `ID HOST:PORT`, and one that names the chat. People can read and
 * edit it.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { absurd } from "../domain/Absurd.ts"
import type { ChatId } from "../domain/Chat.ts"
import { ClientId, formatAddress, isSameAddress, type Peer, parseAddress } from "../domain/Peer.ts"

/** A line that can't be read, and its number, counted from 1. */
export interface BadLine {
  readonly number: number
  readonly text: string
}

/** The contents of the file. */
export interface Records {
  readonly peers: ReadonlyArray<Peer>
  readonly chat: ChatId | undefined
}

/** A line of the file and its kind: `people` is a comment or blank, `nobody` can't be read. */
type Line =
  | { readonly text: string; readonly of: "peer"; readonly peer: Peer }
  | { readonly text: string; readonly of: "chat"; readonly chat: ChatId }
  | { readonly text: string; readonly of: "people" }
  | { readonly text: string; readonly of: "nobody" }

const parseId = Schema.decodeUnknownOption(ClientId)

/** The line that names the chat. To other programs it is a comment. */
const chatPattern = /^#\s*chat\s+([0-9a-f]{32})\b/

const lineOf = (text: string): Line => {
  const trimmed = text.trim()
  const chat = chatPattern.exec(trimmed)?.[1]
  if (chat !== undefined) return { text, of: "chat", chat: chat as ChatId }
  if (trimmed === "" || trimmed.startsWith("#")) return { text, of: "people" }
  const [id, address, ...rest] = trimmed.split(/\s+/)
  const peer = Option.all({ id: parseId(id), address: parseAddress(address ?? "") })
  return Option.isSome(peer) && rest.length === 0
    ? { text, of: "peer", peer: { ...peer.value, role: "client" } }
    : { text, of: "nobody" }
}

/** The text that was formatted last, and its lines: when many join, it is the text that the next one replaces. */
let latest: { readonly text: string; readonly lines: ReadonlyArray<Line> } = { text: "", lines: [] }

/** The lines of a text, without their newlines. */
const linesOf = (text: string): ReadonlyArray<Line> =>
  text === latest.text ? latest.lines : (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n").map(lineOf)

/**
 * Parses the file. The last line of each client counts. Blank lines, and other lines that begin with `#`, are comments.
 */
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

const peerLine = (peer: Peer): Line => ({ text: `${peer.id} ${formatAddress(peer.address)}`, of: "peer", peer })

const chatLine = (chat: ChatId): Line => ({
  text: `# chat ${chat} (which chat this is: only the server changes this line)`,
  of: "chat",
  chat
})

/**
 * The records as text. `before`: the text that it replaces. Lines of `before` keep their places, except those of
 * clients that are not on record any more.
 */
export const format = ({ chat, peers }: Records, before = ""): string => {
  const left = new Map(peers.map((peer) => [peer.id, peer]))
  let untold = chat
  const kept: Array<Line> = []
  for (const line of before === "" ? [] : linesOf(before)) {
    if (line.of === "chat") {
      if (untold !== undefined) kept.push(line.chat === untold ? line : chatLine(untold))
      untold = undefined
    } else if (line.of === "peer") {
      const peer = left.get(line.peer.id)
      left.delete(line.peer.id)
      if (peer !== undefined) kept.push(isSame(peer, line.peer) ? line : peerLine(peer))
    } else kept.push(line)
  }
  const first = untold === undefined ? [] : [chatLine(untold)]
  const lines = [...first, ...kept, ...Array.from(left.values(), peerLine)]
  latest = { text: lines.map(({ text }) => `${text}\n`).join(""), lines }
  return latest.text
}

const isSame = (one: Peer, other: Peer): boolean => one === other || isSameAddress(one.address, other.address)

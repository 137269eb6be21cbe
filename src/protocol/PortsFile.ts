/** The text of `ports.txt`: a line a client, `ID HOST:PORT`, which a person can read and mend. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ClientId, formatAddress, type Peer, parseAddress } from "../domain/Peer.ts"

/** A line that can't be read, and its number, counted from 1. */
export interface BadLine {
  readonly number: number
  readonly text: string
}

const parseId = Schema.decodeUnknownOption(ClientId)

/** The clients that a text names, the last word on each, and the lines that name none. Blank lines and `#` are for people. */
export const parse = (
  text: string
): { readonly peers: ReadonlyArray<Peer>; readonly badLines: ReadonlyArray<BadLine> } => {
  const peers = new Map<string, Peer>()
  const badLines: Array<BadLine> = []
  for (const [index, line] of text.split("\n").entries()) {
    const [id, address, ...rest] = line.trim().split(/\s+/)
    if (id === undefined || id === "" || id.startsWith("#")) continue
    const peer = Option.all({ id: parseId(id), address: parseAddress(address ?? "") })
    if (Option.isSome(peer) && rest.length === 0) peers.set(id, peer.value)
    else badLines.push({ number: index + 1, text: line.trim() })
  }
  return { peers: [...peers.values()], badLines }
}

export const format = (peers: Iterable<Peer>): string =>
  Array.from(peers, ({ address, id }) => `${id} ${formatAddress(address)}\n`).join("")

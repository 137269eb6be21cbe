/** Sends messages to an IRC client, and tells when it has taken them. */
import type { Connection } from "../../services/Transport.ts"
import { type Outgoing, write } from "../../src/protocol/irc/Message.ts"

export interface Sender {
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  /** Sends lines that were not asked for, and that others get too: as they are, without a copy. */
  readonly put: (lines: Uint8Array) => void
  /** Calls a function once everything that was sent before is handed to the connection. That may be at once. */
  readonly whenTaken: (taken: () => void) => void
  /** Whether the client has not taken everything that was sent. */
  readonly isBehind: () => boolean
  /** How often the client has taken everything so far. */
  readonly turns: () => number
}

/** How many messages are handed to the connection in one go, so that a client that does not read is noticed. */
const atOnce = 128

/** So many lines that are gone may stand before those that wait. */
const mostGone = 1_024

/**
 * So many bytes of what was put may wait: a client that does not take them is let go. What was put is shared by all who
 * get it. A node that comes back may bring a lot at once.
 */
export const mostPut = 8_388_608

const encoder = new TextEncoder()

/** Messages as the bytes that a connection sends. */
export const bytesOf = (messages: ReadonlyArray<Outgoing>): Uint8Array => encoder.encode(messages.map(write).join(""))

/**
 * Mutable: plain functions, which run as soon as the connection has room. `complete`: adds what every message of its
 * kind has. `overrun`: called when the client does not take what is put.
 */
export const makeSender = (
  connection: Connection,
  complete: (message: Outgoing) => Outgoing,
  overrun: () => void
): Sender => {
  /** What waits, from `next` on. */
  let lines: Array<string | Uint8Array> = []
  let next = 0
  /** How many bytes of them were put. */
  let put = 0
  let waiting: Array<() => void> = []
  let isBehind = false
  let turns = 0
  const trim = (): void => {
    lines = lines.slice(next)
    next = 0
  }
  /** The next of what waits: lines that were put as they are, others in one go. */
  const take = (): Uint8Array => {
    if (next >= mostGone) trim()
    const first = lines[next]
    if (first instanceof Uint8Array) {
      next += 1
      put -= first.length
      return first
    }
    const some: Array<string> = []
    for (; some.length < atOnce; next += 1) {
      const line = lines[next]
      if (typeof line !== "string") break
      some.push(line)
    }
    return encoder.encode(some.join(""))
  }
  connection.drain(() => {
    if (next < lines.length) return take()
    trim()
    isBehind = false
    turns += 1
    const taken = waiting
    waiting = []
    for (const each of taken) each()
    return undefined
  })
  return {
    send: (messages) => {
      if (messages.length === 0) return
      for (const message of messages) lines.push(write(complete(message)))
      isBehind = true
      connection.wake()
    },
    put: (bytes) => {
      if (!isBehind && connection.put(bytes)) return
      if (put + bytes.length > mostPut) return overrun()
      lines.push(bytes)
      put += bytes.length
      isBehind = true
      connection.wake()
    },
    whenTaken: (taken) => {
      if (!isBehind) return taken()
      waiting.push(taken)
    },
    isBehind: () => isBehind,
    turns: () => turns
  }
}

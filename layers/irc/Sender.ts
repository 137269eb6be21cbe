/** Sends messages to an IRC client, and tells when it has taken them. */
import type { Connection } from "../../services/Transport.ts"
import { type Outgoing, write } from "../../src/protocol/irc/Message.ts"

export interface Sender {
  readonly send: (messages: ReadonlyArray<Outgoing>) => void
  /** Calls a function once everything that was sent before is handed to the connection. That may be at once. */
  readonly whenTaken: (taken: () => void) => void
  /** Whether the client has not taken everything that was sent. */
  readonly isBehind: () => boolean
  /** How often the client has taken everything so far. */
  readonly turns: () => number
}

/** How many messages are handed to the connection in one go, so that a client that does not read is noticed. */
const atOnce = 128

const encoder = new TextEncoder()

/** The lines of messages that many clients get: they are written once. */
const written = new WeakMap<Outgoing, string>()
export const shareLines = (messages: ReadonlyArray<Outgoing>): void => {
  for (const message of messages) written.set(message, write(message))
}

/**
 * Mutable: plain functions, which run as soon as the connection has room. `complete`: adds what every message of its
 * kind has.
 */
export const makeSender = (connection: Connection, complete: (message: Outgoing) => Outgoing): Sender => {
  let lines: Array<string> = []
  let waiting: Array<() => void> = []
  let isBehind = false
  let turns = 0
  connection.drain(() => {
    if (lines.length > 0) {
      const bytes = encoder.encode(lines.slice(0, atOnce).join(""))
      lines = lines.slice(atOnce)
      return bytes
    }
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
      for (const message of messages) {
        const whole = complete(message)
        lines.push(written.get(whole) ?? write(whole))
      }
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

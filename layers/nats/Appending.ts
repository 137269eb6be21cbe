/**
 * Messages that are appended to JetStream, until it acknowledges them. NATS' own client makes some promises, a timer and
 * an error for each request; here one inbox and one timer serve all.
 */
import { BusUnavailable } from "../../src/domain/Errors.ts"
import { createInbox, headers, type Msg, type NatsConnection } from "./nats.ts"
import { limit } from "./Stores.ts"
import { unavailable } from "./unavailable.ts"

/** So many appended messages may wait for their acknowledgement, with so many bytes together. */
const mostWaiting = 1_024
const mostBytes = 16 * 1024 * 1024

/** Called once: without a failure if the message is stored. */
export type Then = (failure: BusUnavailable | undefined) => void

interface Waiting {
  readonly size: number
  /** When it counts as failed, in ms of `performance.now`. */
  readonly until: number
  readonly then: Then
}

const decoder = new TextDecoder()

const noAcknowledgement = new BusUnavailable({ detail: "no acknowledgement" })

/** What an acknowledgement says: undefined if the message is stored. */
const failureIn = ({ data, headers: found }: Msg): BusUnavailable | undefined => {
  if (found !== undefined && found.code > 0) return unavailable(found.description)
  try {
    const said: unknown = JSON.parse(decoder.decode(data))
    if (typeof said !== "object" || said === null) return noAcknowledgement
    if ("error" in said) {
      const { description } = Object(said.error)
      return unavailable(typeof description === "string" ? description : "refused")
    }
    return "stream" in said ? undefined : noAcknowledgement
  } catch {
    return noAcknowledgement
  }
}

/** Mutable, for the hot path. The messages of one node, on any number of connections, one after another. */
export class Appending {
  readonly #inbox = `${createInbox()}.`
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0
  #last = 0
  #timer: NodeJS.Timeout | undefined

  /** Hears acknowledgements on that connection. */
  listen(connection: NatsConnection): void {
    connection.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error === null) this.#settle(message.subject.slice(this.#inbox.length), failureIn(message))
      }
    })
  }

  append(connection: NatsConnection, subject: string, id: string, bytes: Uint8Array, then: Then): void {
    if (this.#waiting.size >= mostWaiting || this.#bytes + bytes.length > mostBytes) {
      return then(new BusUnavailable({ detail: "too much waits for it" }))
    }
    const token = `${++this.#last}`
    const named = headers()
    named.set("Nats-Msg-Id", id)
    try {
      connection.publish(subject, bytes, { reply: this.#inbox + token, headers: named })
    } catch (error) {
      return then(unavailable(error))
    }
    this.#bytes += bytes.length
    this.#waiting.set(token, { size: bytes.length, until: performance.now() + limit, then })
    this.#watch()
  }

  /** No acknowledgement will come any more. */
  fail(why: BusUnavailable): void {
    for (const token of [...this.#waiting.keys()]) this.#settle(token, why)
  }

  #settle(token: string, failure: BusUnavailable | undefined): void {
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    this.#waiting.delete(token)
    this.#bytes -= waiting.size
    waiting.then(failure)
  }

  /** All wait equally long, so the first is the oldest. The timer is left alone until it is due: it finds out then. */
  #watch(): void {
    const [oldest] = this.#waiting.values()
    if (this.#timer !== undefined || oldest === undefined) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        const now = performance.now()
        for (const [token, { until }] of [...this.#waiting]) {
          if (until > now) break
          this.#settle(token, new BusUnavailable({ detail: "no answer in time" }))
        }
        this.#watch()
      },
      Math.max(1, oldest.until - performance.now())
    ).unref()
  }
}

/**
 * Reads a stream of JetStream in order with a consumer that nobody else knows. It asks for a batch at a time, so that no
 * more than one waits here. JetStream has ordered consumers for this, but reads ahead with them.
 */
import * as Effect from "effect/Effect"
import { BusUnavailable } from "../../src/domain/Errors.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import { after, type Rest } from "../../src/domain/Rest.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { Position, type Stored } from "../../src/domain/Stored.ts"
import { AckPolicy, createInbox, DeliverPolicy, type Msg, type NatsConnection } from "./nats.ts"
import type { Stores } from "./Stores.ts"
import { unavailable } from "./unavailable.ts"

/** The most messages of a batch, and the most bytes. */
const mostMessages = 256
const mostBytes = 1_048_576

/** The consumer says so often that it is there, in ms; after twice that time without a word it counts as lost. */
const heartbeat = 2_000

/** How long JetStream waits for messages when it is asked for a batch, in ms. */
const patience = 30_000

const nanosAMilli = 1_000_000

/** A consumer that is not used for so long is removed, in ns. */
const idle = 60_000 * nanosAMilli

/** The header of a message that removes an entry of a bucket. */
const operation = "KV-Operation"

/** A message of a stream, and its number there. */
export interface Message extends Stored {
  readonly number: number
  /** Whether it says that an entry of a bucket is gone. */
  readonly isGone: boolean
}

/** What is read: a stream, or what has such subjects in it. `prefix`: the beginning of subjects that is left out. */
export interface Source {
  readonly stream: string
  readonly prefix: string
  readonly filter?: string
}

/**
 * The numbers of a message: its place in the stream, how many messages of the consumer came so far, and when it was
 * stored, in ns.
 */
const numbersOf = ({ reply = "" }: Msg): readonly [stream: number, consumer: number, at: number] => {
  // $JS.ACK.<stream>.<consumer>.<delivered>.<in the stream>.<in the consumer>.<time>.<pending>, with two words more
  // after $JS.ACK and perhaps one at the end in later versions.
  const words = reply.split(".")
  const at = words.length === 9 ? 5 : 7
  return [Number(words[at]), Number(words[at + 1]), Number(words[at + 2])]
}

/** Where to go on in a stream. */
export interface Place {
  /** When the stream was made. */
  readonly made: string
  /** The number of the last message that was taken. */
  readonly last: number
}

export const positionOf = ({ last, made }: Place): Position => Position.make(`${made}/${last}`)

export const placeOf = (position: Position): Place => {
  const at = position.lastIndexOf("/")
  return { made: position.slice(0, at), last: Number(position.slice(at + 1)) }
}

interface Reading {
  /** When the stream was made. */
  readonly made: string
  readonly prefix: string
  /** The consumer has said something. */
  readonly heard: () => void
  /** Asks the consumer for a batch. */
  readonly ask: () => void
  readonly take: (batch: ReadonlyArray<Message>) => Rest
}

/** What a consumer has sent, and what became of it. Mutable, for the hot path: no fiber wakes for a message. */
class Batch {
  readonly signal = makeSignal()
  /** Why the consumer is of no more use. */
  broken: string | undefined
  /** What remains to be done, in a fiber, until the last messages are taken. Nothing else is taken meanwhile. */
  rest: Rest
  #messages: Array<Message> = []
  /** Whether the consumer must be asked again. */
  #isOver = true
  #left = 0
  #came = 0
  #isDue = false
  #isClosed = false
  readonly #reading: Reading

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** Nothing is taken any more. */
  close(): void {
    this.#isClosed = true
  }

  /** Takes what has come, and asks for more when all of it is taken. */
  goOn(): void {
    if (this.#isClosed) return
    while (this.rest === undefined && this.#messages.length > 0) {
      const messages = this.#messages
      this.#messages = []
      this.rest = this.#reading.take(messages)
    }
    if (this.rest !== undefined || this.broken !== undefined) return this.signal.changed()
    if (!this.#isOver) return
    this.#isOver = false
    this.#left = mostMessages
    this.#reading.ask()
  }

  break(why: string): void {
    this.broken ??= why
    this.#goOnSoon()
  }

  hear(message: Msg): void {
    const { heard, made, prefix } = this.#reading
    heard()
    if (message.headers !== undefined && message.headers.code > 0) return this.#status(message.headers.code, message)
    const [last, number, at] = numbersOf(message)
    if (number !== this.#came + 1) return this.break("a message is missing")
    this.#came = number
    this.#messages.push({
      number: last,
      isGone: (message.headers?.get(operation) ?? "") !== "",
      position: positionOf({ made, last }),
      subject: message.subject.slice(prefix.length),
      bytes: message.data,
      at: Math.floor(at / nanosAMilli)
    })
    this.#left -= 1
    if (this.#left === 0) this.#isOver = true
    this.#goOnSoon()
  }

  /** All messages that come at once are taken in one go. */
  #goOnSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    queueMicrotask(() => {
      this.#isDue = false
      this.goOn()
    })
  }

  #status(code: number, { headers }: Msg): void {
    // 100: a heartbeat. 404, 408: nothing came in time. 409: the bytes are used up, or the consumer is gone.
    if (code === 100) return
    if (code === 404 || code === 408 || (code === 409 && /max ?bytes/i.test(headers?.description ?? ""))) {
      this.#isOver = true
      return this.#goOnSoon()
    }
    this.break(headers?.description ?? `status ${code}`)
  }
}

const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: unavailable })

/** Where a follower begins, and never beyond the end: after a failover the newest messages may be gone. */
export const startIn = ({ made }: Stores, lastSequence: number, from: Place | undefined): Place => {
  if (from === undefined) return { made, last: lastSequence }
  return { made, last: from.made === made ? Math.min(from.last, lastSequence) : 0 }
}

/**
 * Reads a stream until the consumer is lost. `start`: the first message, or the last one of each subject. `opened` is
 * told how many messages there are at first.
 */
export const consume = (
  nc: NatsConnection,
  { jsm, made }: Stores,
  { filter, prefix, stream }: Source,
  start: number | "last of each",
  opened: (pending: number) => void,
  take: (batch: ReadonlyArray<Message>) => Rest
): Effect.Effect<never, BusUnavailable> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const { name, num_pending: pending } = yield* Effect.acquireRelease(
      attempt(() =>
        jsm.consumers.add(stream, {
          ack_policy: AckPolicy.None,
          ...(start === "last of each"
            ? { deliver_policy: DeliverPolicy.LastPerSubject }
            : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start }),
          ...(filter === undefined ? {} : { filter_subject: filter }),
          inactive_threshold: idle,
          mem_storage: true,
          num_replicas: 1
        })
      ),
      (consumer) =>
        Effect.sync(() => {
          jsm.consumers.delete(stream, consumer.name).catch(() => {})
        })
    )
    const inbox = createInbox()
    const next = JSON.stringify({
      batch: mostMessages,
      max_bytes: mostBytes,
      expires: patience * nanosAMilli,
      idle_heartbeat: heartbeat * nanosAMilli
    })
    let heardAt = Monotonic.millis(clock)
    const heard = () => {
      heardAt = Monotonic.millis(clock)
    }
    const ask = () => {
      heard()
      if (!nc.isClosed()) nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, next, { reply: inbox })
    }
    const batch = new Batch({ made, prefix, heard, ask, take })
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        nc.subscribe(inbox, {
          callback: (error, message) => (error === null ? batch.hear(message) : batch.break(error.message))
        })
      ),
      (subscription) =>
        Effect.sync(() => {
          batch.close()
          subscription.unsubscribe()
        })
    )
    opened(pending)
    batch.goOn()
    const silence: Effect.Effect<never, BusUnavailable> = Effect.suspend(() => {
      const left = heardAt + 2 * heartbeat - Monotonic.millis(clock)
      return left > 0
        ? Effect.zipRight(Effect.sleep(left), silence)
        : Effect.fail(new BusUnavailable({ detail: "JetStream is silent" }))
    })
    const closed = Effect.promise(() => nc.closed())
    const step = Effect.gen(function* () {
      yield* Effect.raceFirst(
        batch.signal.until(() => batch.rest !== undefined || batch.broken !== undefined),
        silence
      )
      if (batch.rest !== undefined) yield* batch.rest
      else if (batch.broken !== undefined) return yield* new BusUnavailable({ detail: batch.broken })
      heard()
      batch.rest = undefined
      batch.goOn()
    })
    return yield* Effect.raceFirst(
      Effect.forever(step),
      Effect.zipRight(closed, Effect.fail(new BusUnavailable({ detail: "the connection was closed" })))
    )
  }).pipe(Effect.scoped)

/** Follows a stream from a place until the consumer is lost. `reached` is told of each place. */
export const followOnce = (
  nc: NatsConnection,
  stores: Stores,
  source: Source,
  from: Place | undefined,
  reached: (place: Place) => void,
  take: (batch: ReadonlyArray<Stored>) => Rest
): Effect.Effect<never, BusUnavailable> =>
  Effect.flatMap(
    attempt(() => stores.jsm.streams.info(source.stream)),
    ({ state }) => {
      const start = startIn(stores, state.last_seq, from)
      reached(start)
      return consume(
        nc,
        stores,
        source,
        start.last + 1,
        () => {},
        (batch) =>
          after(take(batch), () => {
            const last = batch.at(-1)?.number
            if (last !== undefined) reached({ made: start.made, last })
            return undefined
          })
      )
    }
  )

/** The last message of each subject. */
export const lastOfEach = (
  nc: NatsConnection,
  stores: Stores,
  source: Source
): Effect.Effect<ReadonlyArray<Message>, BusUnavailable> =>
  Effect.suspend(() => {
    const found: Array<Message> = []
    const signal = makeSignal()
    let expected = Number.POSITIVE_INFINITY
    const reading = consume(
      nc,
      stores,
      source,
      "last of each",
      (pending) => {
        expected = pending
        signal.changed()
      },
      (batch) => {
        for (const message of batch) found.push(message)
        signal.changed()
        return undefined
      }
    )
    return Effect.as(
      Effect.raceFirst(
        reading,
        signal.until(() => found.length >= expected)
      ),
      found
    )
  })

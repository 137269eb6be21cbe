/** A connection that speaks frames. */
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ReplicaLog } from "../../services/ReplicaLog.ts"
import type { Connection, Receiver } from "../../services/Transport.ts"
import { PeerLost } from "../../src/domain/Errors.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import { type Control, encode, type Frame } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { makeOutbox, type Outbox } from "../../src/protocol/Outbox.ts"

/** Takes the frames that come over a wire. Plain functions: they run as soon as something has come. */
export interface Listener {
  /** Takes the next frames. */
  readonly heard: (frames: ReadonlyArray<Frame>) => void
  /** The connection has ended, in any way. Called once, after everything that came before. */
  readonly ended: (reason: LossReason) => void
  /** `heard` has failed by a fault of this program. It is called no more, and the wire is to be ended. */
  readonly failed: (defect: unknown) => void
}

/** What can be sent over a wire, and over the link that it becomes. */
export interface Sender {
  readonly connection: Connection
  /**
   * Queues encoded frames before all posts; false if too many wait. A plain function, for frames that all links get.
   */
  give(lines: ReadonlyArray<Uint8Array>): boolean
  /** Sends these frames before any post. A peer that lets too many of them wait is cut off. */
  put(...frames: ReadonlyArray<Control>): void
  /** The same for encoded lines. */
  putLines(lines: ReadonlyArray<Uint8Array>): void
}

/** Speaks frames over a connection. Mutable: whoever has it is its only user. */
export class Wire implements Sender, Receiver {
  readonly connection: Connection
  readonly outbox: Outbox
  readonly #clock: Clock.Clock
  readonly #decode = makeFrameDecoder()
  #begun: bigint
  #listener: Listener | undefined = undefined

  constructor(connection: Connection, log: Pick<ReplicaLog["Type"], "slice">, clock: Clock.Clock) {
    this.connection = connection
    this.outbox = makeOutbox(log.slice)
    this.#clock = clock
    this.#begun = clock.unsafeCurrentTimeNanos()
    connection.drain(this.outbox.next)
  }

  /** Waits for the next frames, at least one. Fails when the connection has ended in any way. */
  get frames(): Effect.Effect<Arr.NonEmptyReadonlyArray<Frame>, PeerLost> {
    return Effect.flatMap(this.connection.incoming, (pieces) => {
      const frames = this.#framesIn(pieces)
      if (frames === undefined) return new PeerLost({ reason: "malformed" })
      return Arr.isNonEmptyReadonlyArray(frames) ? Effect.succeed(frames) : this.frames
    })
  }

  /**
   * Gives what comes to that listener from now on, in place of `frames`, and what is there at once. `first` comes before
   * that.
   */
  listen(listener: Listener, first?: ReadonlyArray<Frame>): void {
    const isNew = this.#listener === undefined
    this.#listener = listener
    if (first !== undefined) {
      this.#begun = this.#clock.unsafeCurrentTimeNanos()
      this.#hear(first)
    }
    if (isNew) this.connection.receive(this)
  }

  /** While it is held, the listener gets nothing. */
  hold(held: boolean): void {
    this.connection.hold(held)
  }

  /** When this node began to handle the last frames, in ns. */
  begun(): bigint {
    return this.#begun
  }

  give(lines: ReadonlyArray<Uint8Array>): boolean {
    const all = lines.every(this.outbox.push)
    this.connection.wake()
    return all
  }

  put(...frames: ReadonlyArray<Control>): void {
    this.putLines(frames.map(encode))
  }

  putLines(lines: ReadonlyArray<Uint8Array>): void {
    if (!this.give(lines)) this.connection.abort("overrun")
  }

  take(pieces: ReadonlyArray<Uint8Array>): void {
    const frames = this.#framesIn(pieces)
    if (frames === undefined) {
      this.hold(true)
      this.#listener?.ended("malformed")
    } else if (frames.length > 0) this.#hear(frames)
  }

  end(reason: LossReason): void {
    this.#listener?.ended(reason)
  }

  /** A fault of this program that a peer has found ends the link to that peer, and nothing else. */
  #hear(frames: ReadonlyArray<Frame>): void {
    try {
      this.#listener?.heard(frames)
    } catch (defect) {
      this.hold(true)
      this.#listener?.failed(defect)
    }
  }

  /** The frames that these pieces complete; undefined if the peer does not speak the protocol. */
  #framesIn(pieces: ReadonlyArray<Uint8Array>): ReadonlyArray<Frame> | undefined {
    this.#begun = this.#clock.unsafeCurrentTimeNanos()
    const decoded = this.#decode(pieces)
    return Either.isLeft(decoded) ? undefined : decoded.right
  }
}

/** Sends the same frames to several wires. They are encoded once. */
export const putTo = (wires: ReadonlyArray<Sender>, frames: ReadonlyArray<Control>): void => {
  const lines = frames.map(encode)
  for (const wire of wires) wire.putLines(lines)
}

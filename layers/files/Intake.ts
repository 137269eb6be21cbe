/** One connection over which this node fetches pieces of an offer, from the `serving` on. */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Connection } from "../../services/Transport.ts"
import { FrameMalformed, PeerLost } from "../../src/domain/Errors.ts"
import * as Monotonic from "../../src/domain/Monotonic.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { decode, type Frame, maxFrameBytes } from "../../src/protocol/Frame.ts"
import { newline } from "../../src/protocol/LineSplitter.ts"
import {
  type Answer,
  AnswerDecoder,
  encodeRequest,
  mostAsked,
  type Request
} from "../../src/protocol/TransferStream.ts"

/** Over how long the speed of a peer is measured, in ms. */
const measured = 30_000

/** A peer that gives less than this in that time is slow, in bytes. */
const leastMeasured = 30 * 1_024

/** What its owner does with what comes. Plain functions. */
interface Uses {
  /** Where so many bytes of a piece are put together. */
  readonly room: (length: number) => Uint8Array
  /** Takes the next answer; false if it was not asked for. */
  readonly answered: (answer: Answer) => boolean
  /** The connection is over. Called once, not from within `answered`. */
  readonly ended: () => void
}

/** Mutable: its owner and its connection are its only users. */
export class Intake {
  readonly peer: PeerId
  readonly #connection: Connection
  readonly #clock: Clock.Clock
  readonly #decoder: AnswerDecoder
  readonly #requests: Array<Uint8Array> = []
  readonly #uses: Uses
  /** When the last byte came, in monotonic ms. */
  #heardAt: number
  /** How much had come when. */
  readonly #marks: Array<{ readonly at: number; readonly received: number }> = []
  #isOver = false
  /** Pieces of it that are being written. Its owner's. */
  writing = 0
  /** Since when it is of no use, in monotonic ms. Its owner's. */
  idleSince: number | undefined = undefined

  constructor(peer: PeerId, connection: Connection, clock: Clock.Clock, uses: Uses) {
    this.#decoder = new AnswerDecoder(uses.room)
    this.peer = peer
    this.#connection = connection
    this.#clock = clock
    this.#uses = uses
    this.#heardAt = Monotonic.millis(clock)
  }

  /** Begins, with the bytes that came right behind the `serving`. `of`: the number of pieces that there are. */
  begin(first: Uint8Array, of: number): void {
    this.#decoder.mostHasBytes = Math.ceil(of / 6) + 64
    this.#connection.drain(() => this.#requests.shift())
    if (first.length > 0) this.#take([first])
    if (this.#isOver) return
    this.#connection.receive({ take: (pieces) => this.#take(pieces), end: () => this.end() })
    this.#connection.hold(false)
  }

  get received(): number {
    return this.#connection.received()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Asks for the manifest from that byte on. */
  askManifest(from: number): void {
    this.#forget()
    this.#ask({ type: "manifest", from })
  }

  /** Asks for these pieces. */
  askPieces(pieces: ReadonlyArray<number>): void {
    if (pieces.length > 0) this.#forget()
    for (let at = 0; at < pieces.length; ) {
      const first = pieces[at] ?? 0
      let count = 1
      while (count < mostAsked && pieces[at + count] === first + count) count += 1
      this.#ask({ type: "pieces", first, count })
      at += count
    }
  }

  /** Ends it. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#connection.close("closed")
    this.#uses.ended()
  }

  /** Tells the peer that nothing more is wanted, and ends it. `whole`: because everything is here. */
  stop(whole = false): void {
    if (this.#isOver) return
    this.#ask({ type: "stop", whole })
    this.end()
  }

  /** For how long nothing has come, in ms. */
  silence(): number {
    return Monotonic.millis(this.#clock) - this.#heardAt
  }

  /** Whether it has been slow for long. Called regularly, as long as something is wanted of it. */
  isSlow(): boolean {
    const now = Monotonic.millis(this.#clock)
    const { received } = this
    this.#marks.push({ at: now, received })
    while ((this.#marks[1]?.at ?? now) <= now - measured) this.#marks.shift()
    const [first] = this.#marks
    return first !== undefined && first.at <= now - measured && received - first.received < leastMeasured
  }

  /** Nothing was wanted of it: its speed says nothing. */
  rest(): void {
    this.#marks.length = 0
  }

  /** The silence before something is asked does not count. */
  #forget(): void {
    this.#heardAt = Monotonic.millis(this.#clock)
  }

  #ask(request: Request): void {
    if (this.#isOver) return
    this.#requests.push(encodeRequest(request))
    this.#connection.wake()
  }

  #take(pieces: ReadonlyArray<Uint8Array>): void {
    this.#heardAt = Monotonic.millis(this.#clock)
    for (const bytes of pieces) {
      const answers = this.#decoder.decode(bytes)
      if (Either.isLeft(answers)) return this.end()
      for (const answer of answers.right) {
        if (this.#isOver) return
        if (!this.#uses.answered(answer)) return this.end()
      }
    }
  }
}

/**
 * Waits for one frame, and returns it with the bytes that have come behind it. Nothing more is read before the connection
 * has another receiver, and is held no more.
 */
export const frameOn = (
  connection: Connection
): Effect.Effect<{ readonly frame: Frame; readonly rest: Uint8Array }, PeerLost | FrameMalformed> =>
  Effect.async((resume) => {
    let all = new Uint8Array(0)
    const take = (pieces: ReadonlyArray<Uint8Array>): void => {
      all = Buffer.concat([all, ...pieces])
      const end = all.indexOf(newline) + 1
      if (end === 0 && all.length <= maxFrameBytes) return
      connection.hold(true)
      resume(
        end === 0
          ? new FrameMalformed({ detail: "a line that is too long" })
          : Effect.map(decode(all.subarray(0, end)), (frame) => ({ frame, rest: all.subarray(end) }))
      )
    }
    connection.receive({ take, end: (reason) => resume(new PeerLost({ reason })) })
    connection.hold(false)
  })

/** One end of a connection through a message system. */
import * as Option from "effect/Option"
import type { Accepted, Secured } from "../../services/Transport.ts"
import type { LossReason } from "../../src/domain/MeshEvent.ts"
import type { Host } from "../../src/domain/Peer.ts"
import { decodeCount, encode, encodeCount, type Kind, type Message, noBody } from "../../src/protocol/TunnelMessage.ts"
import { Halves } from "../transport/Halves.ts"
import { highWaterMark, Inlet } from "../transport/Inlet.ts"
import { type Outlet, Pump } from "../transport/Pump.ts"

/** How many bytes may be under way to the other end before the sender waits. */
const window = highWaterMark

/** The other end is told how far this one has come whenever it has taken in this many bytes more. */
const creditEvery = window / 4

/** A sender may go beyond the window by what it has handed over in one go. One that goes further is no fair sender. */
const mostBeyond = 4_194_304

/** What the ends of a node share. */
export interface Node {
  /** The longest piece that is sent in one message. */
  readonly mostBytes: () => number
  /** Hands over a message for the inbox of a node. False if it can't be sent now. */
  readonly send: (inbox: string, message: Uint8Array) => boolean
  /** An end has messages that could not be sent. */
  readonly unsent: () => void
  /** That end is no more. */
  readonly forget: (end: TunnelEnd) => void
}

/** The other end, once it is known. */
interface Other {
  readonly inbox: string
  readonly number: number
}

/**
 * Messages are numbered. If one is missing, or comes in the wrong place, the connection ends on both sides: whoever uses
 * it begins another one and compares what both have. Mutable, and plain functions throughout. Nothing is sent while
 * nothing is said: whoever uses the connection pings.
 */
export class TunnelEnd extends Halves implements Accepted, Outlet {
  readonly from: Host
  readonly secured: Option.Option<Secured> = Option.none()
  /** How this node calls it. */
  readonly number: number
  readonly #node: Node
  protected readonly inlet: Inlet
  protected readonly pump: Pump
  #other: Other | undefined
  /** The numbers of the last message in each direction. */
  #sentNumber = 0
  #heardNumber = 0
  /** Bytes that were sent, and that the other side has taken in. */
  #sent = 0
  #granted = 0
  /** Bytes that have arrived, and that the other side was told of. */
  #arrived = 0
  #credited = 0
  #isPaused = false
  /** Messages that could not be sent yet. */
  #unsent: Array<Uint8Array> = []
  #isOver = false
  #done: (() => void) | undefined = undefined

  constructor(node: Node, number: number, from: Host, other?: Other) {
    super()
    this.#node = node
    this.number = number
    this.from = from
    this.#other = other
    this.inlet = new Inlet({
      pause: () => {
        this.#isPaused = true
      },
      resume: () => {
        this.#isPaused = false
        this.#credit()
      }
    })
    this.pump = new Pump(this)
  }

  // ---- What its user wants

  introduced(): void {}

  abort(reason: LossReason): void {
    this.inlet.end(reason)
    this.#over()
  }

  release(): void {
    this.inlet.close()
    this.#over()
  }

  // ---- What the node hears

  /** The node at the other end, once it is known. */
  get inbox(): string | undefined {
    return this.#other?.inbox
  }

  /** Whether that is the other end. The first one that is named is. */
  isWith(inbox: string, number: number): boolean {
    this.#other ??= { inbox, number }
    return this.#other.inbox === inbox && this.#other.number === number
  }

  /** Takes a message from the other end. */
  heard({ body, from, kind, number }: Message): void {
    if (this.#isOver || from !== this.#other?.number) return
    if (kind === "gone") return this.#isGone()
    const ahead = (number - this.#heardNumber) >>> 0
    // One that has come before.
    if (ahead === 0 || ahead > 0x7fffffff) return
    if (ahead > 1) return this.abort("closed")
    this.#heardNumber = number
    if (kind === "data") this.#offer(body)
    else if (kind === "credit") this.#grant(decodeCount(body) ?? 0)
    else this.inlet.end("closed")
  }

  /** Whether messages wait because they could not be sent. */
  get isBehind(): boolean {
    return this.#unsent.length > 0
  }

  /** Perhaps messages can be sent again. */
  resume(): void {
    if (!this.isBehind) return
    while (this.#unsent[0] !== undefined && this.#hand(this.#unsent[0])) this.#unsent.shift()
    if (this.#hasRoom()) this.pump.resume()
    this.#finishIfSent()
  }

  // ---- What the pump wants

  write(bytes: Uint8Array): boolean {
    if (this.#isOver) return true
    const most = this.#node.mostBytes()
    for (let at = 0; at < bytes.length; at += most) this.#say("data", bytes.subarray(at, at + most))
    this.#sent += bytes.length
    return this.#hasRoom()
  }

  end(done: () => void): void {
    if (this.#isOver) return done()
    this.#say("end")
    this.#done = done
    this.#finishIfSent()
  }

  // ---- Steps

  #hasRoom(): boolean {
    return this.#unsent.length === 0 && this.#sent - this.#granted < window
  }

  #offer(body: Uint8Array): void {
    this.#arrived += body.length
    if (this.#arrived - this.#credited > window + mostBeyond) return this.abort("excessive")
    this.inlet.offer(body)
    this.#credit()
  }

  /** While nobody takes what has arrived, the other side is told of nothing, and stops in the end. */
  #credit(): void {
    if (this.#isPaused || this.#isOver || this.#arrived - this.#credited < creditEvery) return
    this.#credited = this.#arrived
    this.#say("credit", encodeCount(this.#arrived))
  }

  #grant(count: number): void {
    const isFull = !this.#hasRoom()
    this.#granted = Math.min(Math.max(this.#granted, count), this.#sent)
    if (isFull && this.#hasRoom()) this.pump.resume()
  }

  #say(kind: Kind, body: Uint8Array = noBody): void {
    const { number: to = 0 } = this.#other ?? {}
    this.#sentNumber = (this.#sentNumber + 1) >>> 0
    const message = encode({ kind, to, from: this.number, number: this.#sentNumber, body })
    if (this.#unsent.length === 0 && this.#hand(message)) return
    this.#unsent.push(message)
    this.#node.unsent()
  }

  #hand(message: Uint8Array): boolean {
    return this.#other !== undefined && this.#node.send(this.#other.inbox, message)
  }

  #finishIfSent(): void {
    if (this.#unsent.length > 0) return
    const done = this.#done
    this.#done = undefined
    done?.()
  }

  /** The other end is no more: nothing arrives, and nobody takes what is sent. */
  #isGone(): void {
    this.#isOver = true
    this.#letGo()
    this.inlet.end("closed")
  }

  /** This end is no more. */
  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#hand(encode({ kind: "gone", to: this.#other?.number ?? 0, from: this.number, number: 0, body: noBody }))
    this.#letGo()
  }

  #letGo(): void {
    this.#unsent = []
    this.#node.forget(this)
    this.#finishIfSent()
  }
}

/** One who speaks the protocol over a raw socket, and means no good. It runs in a process of its own. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Keys from "../../layers/identity/Keys.ts"
import { claim, type Link } from "../../src/domain/Invitation.ts"
import type { Pass } from "../../src/domain/Pass.ts"
import { PeerId } from "../../src/domain/Peer.ts"
import { type Control, decode, encode, type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeLineSplitter } from "../../src/protocol/LineSplitter.ts"

/** How the attacked node is reached. */
export interface Target {
  readonly port: number
  /** Where the chat is secure: by which invitation members come that have gone bad. */
  readonly link?: Link
  /** A link to the page of the node, if it has one. */
  readonly page?: string
}

export interface Effort {
  readonly seconds: number
  /** How many, of what there are many of. */
  readonly count: number
}

export type Attack = (target: Target, effort: Effort) => Promise<Readonly<Record<string, number>>>

export const epoch = `${Date.now()}-0badcafe`

export const helloOf = (id: string, { member = true, pass }: { member?: boolean; pass?: Pass } = {}): Uint8Array =>
  Buffer.from(
    `${JSON.stringify({ type: "hello", protocol: protocolVersion, id, epoch, host: "localhost", port: 9, member, pass })}\n`
  )

export const nothingHad: Control = { type: "have", streams: {}, more: false }

export class Attacker<Socket extends Net.Socket = Net.Socket> {
  readonly socket: Socket
  readonly closed: Promise<void>
  isOver = false
  /** Called for each frame that comes. */
  onFrame: (frame: Frame) => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    // Pieces that are sent side by side each wait for their drain.
    this.socket.setMaxListeners(0)
    this.socket.on("error", () => {})
    this.closed = new Promise((resolve) =>
      this.socket.once("close", () => {
        this.isOver = true
        resolve()
      })
    )
    const split = makeLineSplitter()
    this.socket.on("data", (bytes) => {
      const lines = split(bytes)
      for (const line of Either.isRight(lines) ? lines.right : []) {
        const frame = decode(line)
        if (Either.isRight(frame)) this.onFrame(frame.right)
      }
    })
  }

  /** Sends that, and returns when the kernel has taken it, or the connection is over. False if it is. */
  async send(bytes: Uint8Array): Promise<boolean> {
    if (this.isOver || !this.socket.writable) return false
    if (!this.socket.write(bytes)) {
      await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.closed])
    }
    return !this.isOver
  }

  says(...frames: ReadonlyArray<Control>): Promise<boolean> {
    return this.send(Buffer.concat(frames.map(encode)))
  }

  /** Waits for a frame of that type, or the end; undefined then. */
  hears<T extends Frame["type"]>(type: T): Promise<Extract<Frame, { readonly type: T }> | undefined> {
    const before = this.onFrame
    return Promise.race([
      new Promise<Extract<Frame, { readonly type: T }>>((resolve) => {
        this.onFrame = (frame) => {
          before(frame)
          if (frame.type === type) resolve(frame as Extract<Frame, { readonly type: T }>)
        }
      }),
      this.closed.then(() => undefined)
    ])
  }
}

/** One connection, and nothing on it. */
export const connect = ({ port }: Target): Attacker =>
  new Attacker(Net.connect({ host: "127.0.0.1", port, noDelay: true }))

/** A key that nobody knows, and one that comes by the invitation: making one takes longer than what is done with it. */
const [unknown, member] = await Effect.runPromise(Effect.all([Keys.generate, Keys.generate]))

const secured = ({ port }: Target, { credentials }: typeof unknown): Attacker<Tls.TLSSocket> =>
  new Attacker(
    Tls.connect({
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      key: credentials.privateKey,
      cert: credentials.certificate
    })
  )

/** A connection on which frames can be sent, by one whom nobody knows. */
export const meet = (target: Target): Attacker =>
  target.link === undefined ? connect(target) : secured(target, unknown)

/** Introduces itself under that id, as one who may come in; where the chat is secure, it is invited. */
const introduce = async (target: Target, id: string): Promise<Attacker> => {
  if (target.link === undefined) {
    const attacker = connect(target)
    void attacker.send(helloOf(id))
    return attacker
  }
  const attacker = secured(target, member)
  await Promise.race([new Promise((resolve) => attacker.socket.once("secureConnect", resolve)), attacker.closed])
  if (attacker.isOver) return attacker
  const binding = attacker.socket.exportKeyingMaterial(32, "EXPORTER-outlive-invitation", Buffer.alloc(0))
  const words = claim(binding.toString("base64url"), PeerId.make(id), member.key)
  void attacker.send(helloOf(id, { pass: { version: 0, invitation: Keys.prove(target.link.token, words) } }))
  return attacker
}

/** Comes in under that id: the link is up when this returns; undefined if it is not let in. */
export const comeIn = async (target: Target, id: string): Promise<Attacker | undefined> => {
  const attacker = await introduce(target, id)
  if ((await attacker.hears("welcome")) === undefined) return undefined
  await attacker.says(nothingHad)
  return attacker
}

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

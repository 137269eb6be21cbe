/** One who speaks the protocol over a raw socket, and means no good. It runs in a process of its own. */
import * as Net from "node:net"
import * as Either from "effect/Either"
import { type Control, decode, encode, type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeLineSplitter } from "../../src/protocol/LineSplitter.ts"

/** How the attacked node is reached. `secure` is there for when links can be: for now there is nothing but plain. */
export interface Target {
  readonly port: number
  readonly secure: boolean
}

export const epoch = `${Date.now()}-0badcafe`

export const helloOf = (id: string, member = true): Uint8Array =>
  Buffer.from(
    `${JSON.stringify({ type: "hello", protocol: protocolVersion, id, epoch, host: "localhost", port: 9, member })}\n`
  )

export const nothingHad: Control = { type: "have", streams: {}, more: false }

export class Attacker {
  readonly socket: Net.Socket
  readonly closed: Promise<void>
  isOver = false
  /** Called for each frame that comes. */
  onFrame: (frame: Frame) => void = () => {}

  constructor({ port }: Target) {
    this.socket = Net.connect({ host: "127.0.0.1", port, noDelay: true })
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

/** Comes in under that id: the link is up when this returns; undefined if it is not let in. */
export const comeIn = async (target: Target, id: string): Promise<Attacker | undefined> => {
  const attacker = new Attacker(target)
  const welcome = attacker.hears("welcome")
  await attacker.send(helloOf(id))
  if ((await welcome) === undefined) return undefined
  await attacker.says(nothingHad)
  return attacker
}

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

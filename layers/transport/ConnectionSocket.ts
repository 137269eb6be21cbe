/** A connection as a stream of Node's, for TLS to run over. */
import type * as Net from "node:net"
import { Duplex } from "node:stream"
import * as Effect from "effect/Effect"
import type { Connection } from "../../services/Transport.ts"

/** What waits until the other side takes more, and what is called then. */
interface Waiting {
  readonly bytes: Uint8Array
  readonly taken: () => void
}

class ConnectionSocket extends Duplex {
  readonly #end: Connection
  readonly #letGo: () => void
  #waiting: Waiting | undefined = undefined

  constructor(end: Connection, letGo: () => void) {
    super({ allowHalfOpen: false })
    this.#end = end
    this.#letGo = letGo
    end.drain(() => this.#take())
    end.receive({
      take: (pieces) => {
        for (const piece of pieces) if (!this.push(piece)) end.hold(true)
      },
      end: () => this.push(null)
    })
  }

  override _read(): void {
    this.#end.hold(false)
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = { bytes, taken: done }
    this.#end.wake()
  }

  override _writev(all: ReadonlyArray<{ readonly chunk: Buffer }>, done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(all.map(({ chunk }) => chunk)), "utf8", done)
  }

  override _final(done: (error?: Error | null) => void): void {
    Effect.runCallback(this.#end.finish, { onExit: () => done() })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#letGo()
    done(error)
  }

  #take(): Uint8Array | undefined {
    const { bytes, taken } = this.#waiting ?? {}
    this.#waiting = undefined
    // The next write must not come before this one has been handed over.
    if (taken !== undefined) process.nextTick(taken)
    return bytes
  }
}

/** What TLS and its listeners use of a socket, every stream has. `letGo` gives up the connection when the socket is over. */
export const socketOver = (end: Connection, letGo: () => void): Net.Socket =>
  new ConnectionSocket(end, letGo) as Duplex as Net.Socket

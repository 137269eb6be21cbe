/** A raw socket: a stranger that sends any bytes at all, or another program that speaks the protocol. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { serverId } from "../../src/domain/Peer.ts"
import { type Control, decode, encode, type Frame, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeLineSplitter } from "../../src/protocol/LineSplitter.ts"
import type { Missed, Stage } from "./Stage.ts"

/** The run of every such program. */
export const epoch = `${Date.now()}-0badcafe`

export class Stranger {
  /** What came that is in the protocol. */
  readonly frames: Array<Frame> = []
  /** For how many ms it was connected, once it was cut off. */
  lasted: number | undefined
  readonly socket: Net.Socket
  readonly #stage: Stage
  #taken = 0

  constructor(stage: Stage, socket: Net.Socket) {
    this.#stage = stage
    this.socket = socket
    const since = Date.now()
    const split = makeLineSplitter()
    socket.on("error", () => {})
    socket.on("data", (bytes) => {
      const lines = split(bytes)
      for (const line of Either.isRight(lines) ? lines.right : []) {
        const frame = decode(line)
        if (Either.isRight(frame)) this.frames.push(frame.right)
      }
      stage.changed()
    })
    socket.on("close", () => {
      this.lasted = Date.now() - since
      stage.changed()
    })
  }

  sends(...bytes: ReadonlyArray<string | Uint8Array>): Effect.Effect<void> {
    return Effect.sync(() => {
      for (const part of bytes) this.socket.write(part)
    })
  }

  says(...frames: ReadonlyArray<Control>): Effect.Effect<void> {
    return this.sends(...frames.map(encode))
  }

  /** The next frame of that type; those before it are passed over. */
  hears<T extends Frame["type"]>(type: T): Effect.Effect<Extract<Frame, { readonly type: T }>, Missed> {
    return Effect.suspend(() => {
      const next = () => this.frames.findIndex((frame, index) => index >= this.#taken && frame.type === type)
      return Effect.map(
        this.#stage.until(`the stranger to hear ${type}`, () => next() >= 0),
        () => {
          const found = next()
          this.#taken = found + 1
          return this.frames[found] as Extract<Frame, { readonly type: T }>
        }
      )
    })
  }

  /** Waits until the other side has closed; how many ms that took from the start. */
  readonly isCutOff: Effect.Effect<number, Missed> = Effect.suspend(() =>
    Effect.map(
      this.#stage.until("the stranger to be cut off", () => this.lasted !== undefined),
      () => this.lasted as number
    )
  )
}

/** Connects to whoever listens at that port. */
export const dial = (stage: Stage, port: number): Effect.Effect<Stranger, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Stranger>((resume) => {
      const socket = Net.connect({ host: "localhost", port, noDelay: true })
      const stranger = new Stranger(stage, socket)
      socket.once("connect", () => resume(Effect.succeed(stranger)))
    }),
    (stranger) => Effect.sync(() => stranger.socket.destroy())
  )

/** Listens at that port; each run of the effect waits for the next one who calls there. */
export const listen = (
  stage: Stage,
  port: number
): Effect.Effect<Effect.Effect<Stranger, Missed>, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: Net.Server; readonly callers: Array<Stranger> }>((resume) => {
        const callers: Array<Stranger> = []
        const server = Net.createServer((socket) => {
          callers.push(new Stranger(stage, socket))
          stage.changed()
        })
        server.listen({ host: "127.0.0.1", port }, () => resume(Effect.succeed({ server, callers })))
      }),
      ({ callers, server }) =>
        Effect.sync(() => {
          server.close()
          for (const { socket } of callers) socket.destroy()
        })
    ),
    ({ callers }) => {
      let taken = 0
      return Effect.suspend(() => {
        const next = taken
        taken += 1
        return Effect.map(
          stage.until("somebody to call", () => callers.length > next),
          () => callers[next] as Stranger
        )
      })
    }
  )

/** How a program with that id introduces itself, which listens at that port. */
export const helloOf = (id: string, port: number, member: boolean) => ({
  type: "hello",
  protocol: protocolVersion,
  id,
  ...(id === serverId ? { role: "server" } : {}),
  epoch,
  host: "localhost",
  port,
  member
})

/** What such a program says is in a stream of its own. */
export const streamOf = (id: string) => `${id}/main/${epoch}`

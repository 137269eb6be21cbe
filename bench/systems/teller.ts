/** A peer that has said much in rooms, and says a line now and then. What it receives it drops. */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Host, PeerId, Port } from "../../src/domain/Peer.ts"
import { epochOf, noDeps, PostNumber, type Room, streamOf } from "../../src/domain/Post.ts"
import { type Control, encode, encodePosts, protocolVersion } from "../../src/protocol/Frame.ts"
import { BenchFailed } from "../Processes.ts"

const id = PeerId.make("teller")
const epoch = epochOf(1_700_000_000_000, 0x00c0ffee)

/** So many lines it says in each room when it comes. */
export const saidBefore = 300

/** From one line to the next, in ms; the rooms take turns. */
export const pace = 50

/** From one sign of life to the next, in ms. */
const living = 1_000

const text = "x".repeat(64)

const linesIn = (room: Room, first: number, count: number): Uint8Array =>
  encodePosts(
    Array.from({ length: count }, (_, at) => ({
      stream: streamOf(id, room, epoch),
      n: PostNumber.make(first + at),
      at: Date.now(),
      deps: noDeps,
      text
    }))
  )

const say = (socket: Net.Socket, ...frames: ReadonlyArray<Control>) => socket.write(Buffer.concat(frames.map(encode)))

/** Returns when a frame of this type has come. */
const hears = (socket: Net.Socket, type: Control["type"]): Effect.Effect<void, BenchFailed> =>
  Effect.async<void, BenchFailed>((resume) => {
    let heard = ""
    const listen = (bytes: Buffer) => {
      heard += bytes.toString("latin1")
      if (heard.includes(`"type":"${type}"`)) resume(Effect.void)
    }
    socket.on("data", listen)
    return Effect.sync(() => socket.off("data", listen))
  }).pipe(
    Effect.timeoutFail({
      duration: "10 seconds",
      onTimeout: () => new BenchFailed({ detail: `no ${type} has come to the teller` })
    })
  )

const connected = (port: number): Effect.Effect<Net.Socket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => Net.connect({ host: "127.0.0.1", port, noDelay: true }).on("error", () => {})),
    (socket) => Effect.sync(() => socket.destroy())
  )

/**
 * A link to the node at this port of 127.0.0.1, which takes part in these rooms. Returns when the node has all that was
 * said before. What it returns fails when the link ends, and does not end before.
 */
export const teller = (
  port: number,
  rooms: ReadonlyArray<Room>
): Effect.Effect<Effect.Effect<never, BenchFailed>, BenchFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* connected(port)
    const address = { host: Host.make("127.0.0.1"), port: Port.make(9) }
    say(socket, {
      type: "hello",
      protocol: protocolVersion,
      id,
      role: "client",
      epoch,
      ...address,
      member: true,
      rooms
    })
    yield* hears(socket, "welcome")
    say(socket, { type: "have", streams: {}, more: false })
    for (const room of rooms) socket.write(linesIn(room, 1, saidBefore))
    say(socket, { type: "ping" })
    yield* hears(socket, "pong")
    socket.resume()
    yield* every(living, () => say(socket, { type: "pong" }))
    if (rooms.length > 0) yield* every(pace, inTurns(socket, rooms))
    return ended(socket)
  })

/** Says the next line in the next room. */
const inTurns = (socket: Net.Socket, rooms: ReadonlyArray<Room>) => {
  let said = 0
  return () => {
    const room = rooms[said % rooms.length]
    if (room !== undefined) socket.write(linesIn(room, saidBefore + 1 + Math.floor(said / rooms.length), 1))
    said += 1
  }
}

const every = (millis: number, act: () => void): Effect.Effect<unknown, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => setInterval(act, millis)),
    (timer) => Effect.sync(() => clearInterval(timer))
  )

const ended = (socket: Net.Socket): Effect.Effect<never, BenchFailed> =>
  Effect.async((resume) => {
    const over = () => resume(new BenchFailed({ detail: "the teller was cut off" }))
    if (socket.destroyed) over()
    else socket.once("close", over)
  })

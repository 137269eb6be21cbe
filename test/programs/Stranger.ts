/** A stranger in a chat of one process: it sends whatever it likes, and keeps to nothing. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as MemoryTransport from "../../layers/MemoryTransport.ts"
import type { Connection, Source } from "../../services/Transport.ts"
import { ChatId } from "../../src/domain/Chat.ts"
import type { PeerUnreachable, PortTaken } from "../../src/domain/Errors.ts"
import { Host, type Peer, PeerId, Port } from "../../src/domain/Peer.ts"
import { Epoch, mainRoom, type PostNumber, type Room, type StreamId, streamOf } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Control, encode, type Frame, naming, protocolVersion } from "../../src/protocol/Frame.ts"
import { makeFrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { joined } from "../support/bytes.ts"
import { listen } from "../support/serving.ts"
import * as Sources from "../support/sources.ts"
import type { World } from "./World.ts"

/** The run of every stranger. */
export const epoch = Epoch.make("1767225600000-0badcafe")

export interface Stranger {
  /** Everything that came so far. */
  readonly frames: ReadonlyArray<Frame>
  /** Returns as soon as that holds of what came. */
  readonly until: (holds: (frames: ReadonlyArray<Frame>) => boolean) => Effect.Effect<void>
  /** What it says is in this stream. */
  readonly stream: StreamId
  readonly sends: (...bytes: ReadonlyArray<Uint8Array>) => Effect.Effect<void>
  readonly says: (...frames: ReadonlyArray<Control>) => Effect.Effect<void>
  /** Sends what that gives, as fast as it is taken. */
  readonly floods: (source: Source) => Effect.Effect<void>
  /** The first frame of that type that came; waits for it. */
  readonly hears: <T extends Frame["type"]>(type: T) => Effect.Effect<Extract<Frame, { readonly type: T }>>
  /** All frames of that type that have come so far. */
  readonly heard: <T extends Frame["type"]>(type: T) => ReadonlyArray<Extract<Frame, { readonly type: T }>>
  /** Returns when the other side has hung up. */
  readonly isCutOff: Effect.Effect<void>
}

/** Connects to whoever listens at that port, with that key if the connection is to be secure. */
export const dial = (
  { network }: World,
  id: string,
  port: number,
  place: MemoryTransport.Place = {}
): Effect.Effect<Stranger, PeerUnreachable | PortTaken, Scope.Scope> =>
  Effect.flatMap(
    network.transport(`stranger ${id}`, place).dial({ host: Host.make("localhost"), port: Port.make(port) }),
    (connection) => over(connection, id)
  )

/** Listens where that peer would, lets in the first who comes, and has a link to it. `streams`: what it says that it has. */
export const letsIn = (
  { network }: World,
  peer: Peer,
  place: MemoryTransport.Place = {},
  streams: Readonly<Record<StreamId, PostNumber>> = {}
): Effect.Effect<Effect.Effect<Stranger>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const came = yield* Deferred.make<Stranger>()
    yield* listen(network.transport(`stranger ${peer.id}`, place), peer.address, (connection) =>
      Effect.gen(function* () {
        const stranger = yield* over(connection, peer.id)
        const { chat = ChatId.make("0".repeat(32)) } = yield* stranger.hears("hello")
        yield* stranger.says(
          { type: "welcome", protocol: protocolVersion, ...naming(peer), epoch, member: true, chat },
          { type: "have", streams, more: false }
        )
        yield* stranger.hears("have")
        yield* Deferred.succeed(came, stranger)
        return yield* Effect.never
      }).pipe(Effect.scoped)
    )
    return Deferred.await(came)
  }).pipe(Effect.orDie)

/** Somebody at this end of a connection. */
const over = (connection: Connection, id: string): Effect.Effect<Stranger, never, Scope.Scope> =>
  Effect.gen(function* () {
    const frames: Array<Frame> = []
    const heard = makeSignal()
    let isOver = false
    let flood: Source = () => undefined
    const queue = Sources.queue()
    connection.drain(() => queue() ?? flood())
    const decode = makeFrameDecoder()
    yield* Effect.forever(
      Effect.map(connection.incoming, (pieces) => {
        frames.push(...Either.getOrThrow(decode(pieces)))
        heard.changed()
      })
    ).pipe(
      Effect.exit,
      Effect.zipRight(
        Effect.sync(() => {
          isOver = true
          heard.changed()
        })
      ),
      Effect.forkScoped
    )
    const found = (type: Frame["type"]) => frames.find((frame) => frame.type === type)
    const sends: Stranger["sends"] = (...bytes) =>
      Effect.sync(() => {
        queue.put(joined(bytes))
        connection.wake()
      })
    return {
      frames,
      until: (holds) =>
        Effect.orDie(
          Effect.timeout(
            heard.until(() => holds(frames)),
            "3 minutes"
          )
        ),
      stream: streamOf(PeerId.make(id), mainRoom, epoch),
      sends,
      says: (...all) => sends(...all.map(encode)),
      floods: (source) =>
        Effect.sync(() => {
          flood = source
          connection.wake()
        }),
      hears: <T extends Frame["type"]>(type: T) =>
        Effect.map(
          heard.until(() => found(type) !== undefined),
          () => found(type) as Extract<Frame, { readonly type: T }>
        ),
      heard: <T extends Frame["type"]>(type: T) =>
        frames.filter((frame): frame is Extract<Frame, { readonly type: T }> => frame.type === type),
      isCutOff: heard.until(() => isOver)
    }
  })

/** How it introduces itself. `rooms`: those in which it takes part besides `main`. */
export const helloOf = (peer: Peer, member = false, rooms: ReadonlyArray<Room> = []): Control => ({
  type: "hello",
  protocol: protocolVersion,
  ...naming(peer),
  epoch,
  ...peer.address,
  member,
  ...(rooms.length === 0 ? {} : { rooms })
})

/** Connects to a server of a plain chat as one who was in it before that server began, and has so much of what was said. */
export const comesBack = (
  world: World,
  peer: Peer,
  streams: Readonly<Record<StreamId, PostNumber>>,
  rooms: ReadonlyArray<Room> = []
) =>
  Effect.gen(function* () {
    const stranger = yield* dial(world, peer.id, 4_000)
    yield* stranger.says(helloOf(peer, true, rooms))
    yield* stranger.hears("welcome")
    yield* stranger.says({ type: "have", streams, more: false })
    yield* stranger.hears("have")
    return stranger
  })

/** Connects, and has a link; as one who is in the chat already, if it has a key. */
export const joinAs = (
  world: World,
  peer: Peer,
  port = 4000,
  place: MemoryTransport.Place & { readonly rooms?: ReadonlyArray<Room> } = {}
) =>
  Effect.gen(function* () {
    const stranger = yield* dial(world, peer.id, port, place)
    yield* stranger.says(helloOf(peer, place.key !== undefined, place.rooms))
    yield* stranger.hears("welcome")
    yield* stranger.says({ type: "have", streams: {}, more: false })
    yield* stranger.hears("have")
    return stranger
  })

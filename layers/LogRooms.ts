/**
 * The rooms of a node as its log has them. Peers are not told of a room that is joined while the node runs: for as long
 * as the mesh does not do that.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MeshStatus } from "../services/MeshStatus.ts"
import { ReplicaLog } from "../services/ReplicaLog.ts"
import { Rooms } from "../services/Rooms.ts"
import { RoomUndelivered } from "../src/domain/Errors.ts"
import { makeSignal } from "../src/domain/Signal.ts"

const make = Effect.gen(function* () {
  const log = yield* ReplicaLog
  const { deliveryNow } = yield* MeshStatus
  const changes = makeSignal()
  return Rooms.of({
    joined: () => [...log.joined],
    isJoined: (room) => log.joined.has(room),
    join: (room) => Effect.map(log.takePart(room, { joined: true }), changes.changed),
    leave: (room, anyway) =>
      Effect.gen(function* () {
        const stream = log.streamIn(room)
        const count = log.have(stream) - deliveryNow().upTo(stream)
        if (count > 0 && !anyway) return yield* new RoomUndelivered({ count })
        yield* log.leave(room)
        changes.changed()
      }),
    known: () => Array.from(log.rooms, (room) => ({ room, joined: log.joined.has(room), peers: [] })),
    onChange: changes.listen
  })
})

export const layer = Layer.effect(Rooms, make)

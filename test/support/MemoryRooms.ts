/** The rooms of nodes in one process: each node knows at once where the others are. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MeshStatus } from "../../services/MeshStatus.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { ReplicaLog } from "../../services/ReplicaLog.ts"
import { Rooms } from "../../services/Rooms.ts"
import { RoomUndelivered } from "../../src/domain/Errors.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import { mainRoom, type Room } from "../../src/domain/Post.ts"
import { makeSignal } from "../../src/domain/Signal.ts"

export const make = () => {
  const nodes = new Map<PeerId, ReadonlySet<Room>>()
  const changes = makeSignal()
  return Layer.scoped(
    Rooms,
    Effect.gen(function* () {
      const log = yield* ReplicaLog
      const status = yield* MeshStatus
      const { self } = yield* PeerMesh
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          nodes.set(self.id, log.rooms)
          changes.changed()
        }),
        () => Effect.sync(() => nodes.delete(self.id))
      )
      const peersIn = (room: Room) =>
        [...nodes].flatMap(([id, rooms]) => (id !== self.id && rooms.has(room) ? [id] : []))
      return Rooms.of({
        joined: () => [...log.joined],
        isJoined: (room) => log.joined.has(room),
        join: (room) => Effect.map(log.takePart(room, { joined: true }), changes.changed),
        leave: (room, anyway) =>
          Effect.gen(function* () {
            const stream = log.streamIn(room)
            const count = log.have(stream) - status.deliveryNow().upTo(stream)
            if (count > 0 && !anyway) return yield* new RoomUndelivered({ count })
            yield* log.leave(room)
            changes.changed()
          }),
        known: () => {
          const rooms = new Set([...nodes.values()].flatMap((each) => [...each]))
          rooms.delete(mainRoom)
          return [mainRoom, ...[...rooms].sort()].map((room) => ({
            room,
            joined: log.joined.has(room),
            peers: peersIn(room)
          }))
        },
        onChange: changes.listen
      })
    })
  )
}

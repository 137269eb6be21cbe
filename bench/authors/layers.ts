/**
 * The layers of a node without its programs. Lines from stdin go straight to `MessageLog.sayNow`, a chunk at a time, and
 * nothing is shown. `layers PORT [ENTRIES]`: the port where it listens, and how many entries its log keeps.
 */

import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as PipedInput from "../../layers/console/PipedInput.ts"
import * as MemoryMessageLog from "../../layers/MemoryMessageLog.ts"
import * as OpenMembership from "../../layers/OpenMembership.ts"
import * as TcpTransport from "../../layers/TcpTransport.ts"
import * as TransportPeerMesh from "../../layers/TransportPeerMesh.ts"
import { MessageLog } from "../../services/MessageLog.ts"
import { PeerMesh } from "../../services/PeerMesh.ts"
import { Host, PeerId, Port, roleOf } from "../../src/domain/Peer.ts"
import { mainRoom } from "../../src/domain/Post.ts"

const [port, entries] = process.argv.slice(2).map(Number)
const author = PeerId.make("1")

/** No limits, because the benchmarks measure how fast it is and not where it stops. */
const most = 1_000_000_000
const limits = { connections: most, connectionsPerAddress: most, bytesPerSecond: most, framesPerSecond: most }

const program = Effect.gen(function* () {
  const log = yield* MessageLog
  const mesh = yield* PeerMesh
  const typed = yield* PipedInput.make(process.stdin, yield* Deferred.make<void>())
  yield* Effect.forkScoped(Stream.runForEach(mesh.joinRequests, (joinRequest) => joinRequest.admit))
  process.stdout.write(`listening ${mesh.self.address.port}\n`)
  typed.offer((texts) => log.sayNow(mainRoom, texts) !== undefined)
  yield* Stream.runForEachChunk(typed.lines, (lines) =>
    log.say(
      mainRoom,
      Array.from(lines, ({ text }) => text)
    )
  )
})

const node = TransportPeerMesh.layer({
  id: author,
  role: roleOf(author),
  listen: { host: Host.make("127.0.0.1"), port: Port.make(port ?? 0) },
  member: true,
  silence: "3 seconds",
  patience: "1 second",
  limits
}).pipe(
  Layer.provideMerge(MemoryMessageLog.layer({ author, ...(entries === undefined ? {} : { entries }) })),
  Layer.provide(Layer.merge(TcpTransport.layer(limits), OpenMembership.layer))
)

Effect.runFork(program.pipe(Effect.scoped, Effect.provide(node)))

/** Writes the events of the mesh to the structured log of a node. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { PeerMesh } from "../../services/PeerMesh.ts"
import type { MeshEvent } from "../domain/MeshEvent.ts"
import { formatAddress } from "../domain/Peer.ts"

/** An event as plain values. */
const annotationsOf = (event: MeshEvent): Readonly<Record<string, unknown>> => {
  const { _tag, ...rest } = event
  const peer = "peer" in rest ? rest.peer : "by" in rest ? rest.by : undefined
  const others = Object.entries(rest).filter(([name]) => name !== "peer" && name !== "by")
  return {
    ...Object.fromEntries(others),
    ...(peer === undefined ? {} : { peer: peer.id, address: formatAddress(peer.address) })
  }
}

const isTrouble: Record<MeshEvent["_tag"], boolean> = {
  Admitted: false,
  Linked: false,
  Passing: false,
  CatchingUp: false,
  Unkept: true,
  Lost: true,
  Left: false,
  Moved: false,
  GivenUp: true,
  Foreign: false,
  Foreigner: false,
  Claimed: false,
  PortOccupied: true,
  Through: false,
  KeyChanged: false,
  Expelled: false,
  Forged: true,
  Contradicted: true,
  Unremembered: false,
  GuestCame: false,
  GuestLeft: false,
  GuestRenamed: false,
  GuestsGone: false,
  FarCame: false,
  FarLeft: false
}

/** Logs events until the scope closes: trouble as a warning, the rest as information. */
export const logWhatHappens = Effect.gen(function* () {
  const mesh = yield* PeerMesh
  yield* Effect.logInfo("Listening").pipe(
    Effect.annotateLogs({ id: mesh.self.id, address: formatAddress(mesh.self.address) })
  )
  yield* Effect.forkScoped(
    Stream.runForEach(mesh.events, (event) =>
      (isTrouble[event._tag] ? Effect.logWarning : Effect.logInfo)(event._tag).pipe(
        Effect.annotateLogs(annotationsOf(event))
      )
    )
  )
})

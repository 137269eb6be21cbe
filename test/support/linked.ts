/** The peers to which a node has a link. */
import * as Effect from "effect/Effect"
import type { MeshStatus } from "../../services/MeshStatus.ts"
import type { Peer } from "../../src/domain/Peer.ts"

/** Those peers, in the order in which their links came up. */
export const linkedOf = ({ peerStatuses }: MeshStatus["Type"]): Effect.Effect<ReadonlyArray<Peer>> =>
  Effect.map(peerStatuses, (all) => all.filter(({ link }) => link !== undefined).map(({ peer }) => peer))

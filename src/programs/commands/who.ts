/** `/who`: who is in the chat, and how this node reaches each peer. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Fact } from "../../domain/Fact.ts"
import { formatAddress, title } from "../../domain/Peer.ts"
import type { PeerStatus } from "../../domain/PeerStatus.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { dateAndTime } from "../../domain/Time.ts"
import { Run } from "../Run.ts"
import { Answer, make } from "./Command.ts"

/** The line about one peer: `Client 3, localhost:6003, direct, 0.4 ms, since 2026-11-22 21:51:42`. */
const lineOn = ({ givenUp, link, peer, through }: PeerStatus): string =>
  [
    title(peer.id),
    formatAddress(peer.address),
    ...(link === undefined
      ? [
          "no link",
          ...(givenUp ? ["given up"] : []),
          through === undefined ? "being dialled" : `heard through ${title(through)}`
        ]
      : [
          "direct",
          ...(link.roundTrip === undefined ? [] : [`${Duration.toMillis(link.roundTrip).toFixed(1)} ms`]),
          `since ${dateAndTime(link.since)}`
        ])
  ].join(", ")

export const who = make({
  name: "who",
  elsewhere: ["names", "users", "whois", "ping", "lag"],
  help: "Lists who is here, where, how linked, and since when.",
  details: "The time in ms is the round trip.",
  arguments: Schema.Tuple(),
  run: () =>
    Effect.gen(function* () {
      const { self } = yield* PeerMesh
      const status = yield* MeshStatus
      const { since } = yield* Run
      const others = yield* status.peerStatuses
      const own = `${title(self.id)}, ${formatAddress(self.address)}, this node, since ${dateAndTime(since)}`
      return Answer({
        lines: [own, ...others.map(lineOn)].map(notice),
        facts: [Fact.Self({ peer: self, since }), ...others.map((peerStatus) => Fact.Present({ peerStatus }))]
      })
    })
})

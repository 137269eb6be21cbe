/** `/who`: who is in the chat, and how this node reaches each peer. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { MeshStatus } from "../../../services/MeshStatus.ts"
import { PeerMesh } from "../../../services/PeerMesh.ts"
import { Rooms } from "../../../services/Rooms.ts"
import { Fact } from "../../domain/Fact.ts"
import { formatAddress, type PeerId, title } from "../../domain/Peer.ts"
import type { PeerStatus } from "../../domain/PeerStatus.ts"
import { mainRoom, type Room } from "../../domain/Post.ts"
import { notice } from "../../domain/ScreenLine.ts"
import { roomArgument } from "../../domain/SlashCommand.ts"
import { dateAndTime } from "../../domain/Time.ts"
import { Run } from "../Run.ts"
import { Answer, answer, make } from "./Command.ts"

/** The line about one peer: `Client 3, localhost:6003, direct, 0.4 ms, since 2026-11-22 21:51:42`. */
const lineOn = ({ givenUp, guestSince, link, peer, site, through }: PeerStatus): string => {
  if (guestSince !== undefined && through !== undefined) {
    const far = peer.id === through ? "of another site" : `through ${title(through)}`
    const way = site === undefined ? `a guest of ${title(through)}` : far
    return `${title(peer.id)}, ${way}, since ${dateAndTime(guestSince)}`
  }
  return [
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
}

/** Whether somebody is in that room, or in the chat if none is given; undefined if no room has that name. */
const membersOf = (room: Room | undefined) =>
  Effect.gen(function* () {
    const { self } = yield* PeerMesh
    if (room === undefined || room === mainRoom) return () => true
    const known = (yield* Rooms).known().find((each) => each.room === room)
    return known === undefined ? undefined : (id: PeerId) => (id === self.id ? known.joined : known.peers.includes(id))
  })

export const who = make({
  name: "who",
  elsewhere: ["names", "n", "users", "whois", "ping", "lag"],
  help: "Lists who is here, or in ROOM: where, how linked, since when.",
  details: "The time in ms is the round trip.",
  arguments: Schema.Tuple(Schema.optionalElement(roomArgument)),
  run: ([room]) =>
    Effect.gen(function* () {
      const isIn = yield* membersOf(room)
      if (isIn === undefined) return answer(`No room is called ${room}: /rooms lists the rooms.`)
      const { self } = yield* PeerMesh
      const status = yield* MeshStatus
      const { since } = yield* Run
      const others = (yield* status.peerStatuses).filter(({ peer }) => isIn(peer.id))
      const own = `${title(self.id)}, ${formatAddress(self.address)}, this node, since ${dateAndTime(since)}`
      const isHere = isIn(self.id)
      return Answer({
        lines: [...(isHere ? [own] : []), ...others.map(lineOn)].map(notice),
        facts: [
          ...(isHere ? [Fact.Self({ peer: self, since })] : []),
          ...others.map((peerStatus) => Fact.Present({ peerStatus }))
        ]
      })
    })
})

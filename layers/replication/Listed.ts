/** Those whom nodes tell each other of besides peers with a link: guests, and members of other sites. */
import type { PeerId } from "../../src/domain/Peer.ts"
import type { Epoch, Room } from "../../src/domain/Post.ts"

/** Names one run of somebody. */
export const visitOf = (id: PeerId, epoch: Epoch): string => `${id}/${epoch}`

/** What is told of somebody with an id. */
interface Told {
  readonly epoch: Epoch
  readonly rooms: ReadonlyArray<Room>
}

/** Whether there is nothing new to tell. */
export const isSame = (one: Told, other: Told | undefined): boolean =>
  one.epoch === other?.epoch && one.rooms.join(" ") === other.rooms.join(" ")

/**
 * Conversations: what two nodes say to each other in private. To the two it is what a room is to all who take part in
 * it: streams, `deps` and everything else are as in a room. Its name is made of both ids, so it is the same for both.
 */
import type { PeerId } from "./Peer.ts"
import type { Room } from "./Post.ts"

const mark = "@"

/** The conversation of two nodes: `anna@bo`. Neither a room nor an id has an `@`, so no room is called so. */
export const conversationOf = (one: PeerId, other: PeerId): Room =>
  (one < other ? `${one}${mark}${other}` : `${other}${mark}${one}`) as Room

/** Whether a room, or what stands in its place in a stream's name, is private. */
export const isPrivate = (room: Room): boolean => room.includes(mark)

/** The node with which that node talks there; undefined if it is no conversation of that node. */
export const otherIn = (room: Room, self: PeerId): PeerId | undefined => {
  const at = room.indexOf(mark)
  if (at < 1) return undefined
  const [one, other] = [room.slice(0, at), room.slice(at + 1)] as [PeerId, PeerId]
  if (one === other || room !== conversationOf(one, other)) return undefined
  return one === self ? other : other === self ? one : undefined
}

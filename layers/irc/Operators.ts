/** Who is an operator of a channel, or has voice there, among the guests of this node. It goes no further than this node. */
import type { Guest } from "../../services/Guests.ts"
import { mainRoom, type Room } from "../../src/domain/Post.ts"

/** What a guest can have in a channel: `o` makes it an operator, `v` gives it voice. */
export type Rank = "o" | "v"

export interface Operators {
  readonly has: (room: Room, guest: Guest | undefined, rank: Rank) => boolean
  readonly set: (room: Room, guest: Guest, rank: Rank, on: boolean) => void
  /** These guests are here now. Who is the first guest in a channel is its operator. */
  readonly review: (here: Iterable<Guest>) => void
}

/** Mutable: in synchronous steps. Guests are known as the same objects whatever they are called. */
export const makeOperators = (): Operators => {
  let present = new Map<Room, ReadonlySet<Guest>>()
  const ranks: Record<Rank, Map<Room, Set<Guest>>> = { o: new Map(), v: new Map() }

  const holdersOf = (rank: Rank, room: Room): Set<Guest> => {
    const holders = ranks[rank].get(room) ?? new Set()
    ranks[rank].set(room, holders)
    return holders
  }

  return {
    has: (room, guest, rank) => guest !== undefined && ranks[rank].get(room)?.has(guest) === true,
    set: (room, guest, rank, on) => {
      if (on) holdersOf(rank, room).add(guest)
      else holdersOf(rank, room).delete(guest)
    },
    review: (here) => {
      const now = new Map<Room, Set<Guest>>()
      for (const guest of here) {
        for (const room of guest.rooms) now.set(room, (now.get(room) ?? new Set()).add(guest))
      }
      for (const [room, inside] of now) {
        const [first] = inside
        if (room !== mainRoom && !present.has(room) && first !== undefined) holdersOf("o", room).add(first)
      }
      for (const holders of Object.values(ranks)) {
        for (const [room, those] of holders) {
          for (const guest of those) if (now.get(room)?.has(guest) !== true) those.delete(guest)
          if (those.size === 0) holders.delete(room)
        }
      }
      present = now
    }
  }
}

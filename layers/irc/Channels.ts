/** The channels as the guests of this node have them: their modes, and who is what in them. It goes no further than this node. */
import type { Guest } from "../../services/Guests.ts"
import { mainRoom, type Room } from "../../src/domain/Post.ts"
import { initial, type Modes, type Rank } from "../../src/protocol/irc/ChannelModes.ts"

/** A channel in which a guest is. */
export interface Channel {
  readonly modes: Modes
  /** Since when a guest is in it, in ms since 1970. */
  readonly since: number
  /** How many guests are in it, with those who are coming in. */
  readonly guests: number
}

export interface Channels {
  /** Undefined if no guest is there: then nobody has set anything. */
  readonly of: (room: Room) => Channel | undefined
  readonly setModes: (room: Room, modes: Modes) => void
  readonly has: (room: Room, guest: Guest | undefined, rank: Rank) => boolean
  readonly setRank: (room: Room, guest: Guest, rank: Rank, on: boolean) => void
  /** A guest may come in until it has, whatever the modes say. */
  readonly invite: (room: Room, guest: Guest) => void
  readonly isInvited: (room: Room, guest: Guest) => boolean
  /** To which channels a guest is invited. */
  readonly invitations: (guest: Guest) => ReadonlyArray<Room>
  /** A guest is coming in, which takes a moment, until the result is called. */
  readonly enter: (room: Room, guest: Guest) => () => void
  /** These guests are here now. Who is the first guest in a channel is its operator. */
  readonly review: (here: Iterable<Guest>) => void
}

/** What is known of a channel, in sets of guests, which are the same objects whatever they are called. */
interface State {
  modes: Modes
  readonly since: number
  readonly ranks: Readonly<Record<Rank, Set<Guest>>>
  readonly invited: Set<Guest>
  readonly entering: Set<Guest>
  inside: ReadonlySet<Guest>
}

/** Mutable: in synchronous steps. `now`: the time of day, in ms since 1970. */
export const makeChannels = (now: () => number): Channels => {
  const channels = new Map<Room, State>()

  const began = (room: Room, first: Guest): State => ({
    modes: initial,
    since: now(),
    // Everybody is in the main room: nobody was there first.
    ranks: { o: new Set(room === mainRoom ? [] : [first]), v: new Set() },
    invited: new Set(),
    entering: new Set(),
    inside: new Set()
  })

  return {
    of: (room) => {
      const state = channels.get(room)
      if (state === undefined) return undefined
      const { entering, inside, modes, since } = state
      return {
        modes,
        since,
        // Counted when it is read: only whoever comes in needs it.
        get guests() {
          return new Set([...inside, ...entering]).size
        }
      }
    },
    setModes: (room, modes) => {
      const state = channels.get(room)
      if (state !== undefined) state.modes = modes
    },
    has: (room, guest, rank) => guest !== undefined && channels.get(room)?.ranks[rank].has(guest) === true,
    setRank: (room, guest, rank, on) => {
      const holders = channels.get(room)?.ranks[rank]
      if (on) holders?.add(guest)
      else holders?.delete(guest)
    },
    invite: (room, guest) => {
      channels.get(room)?.invited.add(guest)
    },
    isInvited: (room, guest) => channels.get(room)?.invited.has(guest) === true,
    invitations: (guest) => [...channels].filter(([, { invited }]) => invited.has(guest)).map(([room]) => room),
    enter: (room, guest) => {
      const entering = channels.get(room)?.entering
      entering?.add(guest)
      return () => entering?.delete(guest)
    },
    review: (here) => {
      const present = new Set(here)
      const now = new Map<Room, Set<Guest>>()
      for (const guest of present) {
        for (const room of guest.rooms) now.set(room, (now.get(room) ?? new Set()).add(guest))
      }
      for (const room of channels.keys()) if (!now.has(room)) channels.delete(room)
      for (const [room, inside] of now) {
        const [first] = inside
        const state = channels.get(room) ?? (first === undefined ? undefined : began(room, first))
        if (state === undefined) continue
        for (const holders of Object.values(state.ranks)) {
          for (const guest of holders) if (!inside.has(guest)) holders.delete(guest)
        }
        for (const guest of state.invited) if (inside.has(guest) || !present.has(guest)) state.invited.delete(guest)
        for (const guest of state.entering) if (!present.has(guest)) state.entering.delete(guest)
        state.inside = inside
        channels.set(room, state)
      }
    }
  }
}

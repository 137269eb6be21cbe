/**
 * Guests, as nodes tell each other of them: which are at this node, and which are at a server that this node is linked
 * with. A guest's posts are sent over its host's links like the host's own.
 */

import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { authorOf, type Epoch, epochIn, mainRoom, millisOf, type Room, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Guests as GuestsFrame, type ListedGuest, maxGuestsListed, partsOf } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"

/** A node is believed to have at most this many guests. More are ignored. */
const mostGuests = 1_024

/** Of so many guests that are gone it is remembered which visit it was, and which posts their host may still send. */
const mostGone = 4_096

/** A guest of another node. */
interface Elsewhere {
  readonly id: PeerId
  readonly epoch: Epoch
  readonly rooms: ReadonlySet<Room>
  /** The link that has told of it. */
  readonly link: Link
}

const listed = (id: PeerId, epoch: Epoch, rooms: Iterable<Room>, before?: PeerId): ListedGuest => ({
  id,
  epoch,
  rooms: [...rooms].filter((room) => room !== mainRoom),
  ...(before === undefined ? {} : { before })
})

export const make = ({ events, guests, links, log, membership }: Ground) => {
  const elsewhere = new Map<PeerId, Elsewhere>()
  /** The visits that are over, or lost with their host: which node they were at. */
  const gone = new Recent<string, PeerId>(mostGone)
  const changes = makeSignal()
  const self = authorOf(log.streamIn(mainRoom))

  const visitOf = (id: PeerId, epoch: Epoch): string => `${id}/${epoch}`

  // ---- The guests of this node

  /** What was told of them last. */
  let told = new Map<PeerId, ListedGuest>()

  const present = (): Map<PeerId, ListedGuest> => {
    const all = new Map<PeerId, ListedGuest>()
    for (const { before, epoch, id, rooms } of guests.here.values()) all.set(id, listed(id, epoch, rooms, before))
    return all
  }

  const isSame = (one: ListedGuest, other: ListedGuest | undefined): boolean =>
    one.epoch === other?.epoch && one.rooms.join(" ") === other.rooms.join(" ")

  const framesOf = (here: ReadonlyArray<ListedGuest>, left: ReadonlyArray<PeerId>): ReadonlyArray<GuestsFrame> =>
    partsOf(here, maxGuestsListed).map((part, at) => ({ type: "guests", here: part, gone: at === 0 ? left : [] }))

  /** Tells all peers what has changed. */
  const tell = (): void => {
    const now = present()
    const here = [...now.values()].filter((each) => !isSame(each, told.get(each.id)))
    const left = [...told.keys()].filter((id) => !now.has(id))
    told = now
    const listening = [...links.current.values()].filter(
      ({ hearsOfGuests, replica }) => hearsOfGuests && replica.isTold
    )
    if ((here.length > 0 || left.length > 0) && listening.length > 0) links.tell(listening, framesOf(here, left))
  }

  // ---- The guests of others

  const isTaken = (id: PeerId, link: Link): boolean => {
    const known = elsewhere.get(id)
    return (
      id === self ||
      links.current.has(id) ||
      guests.here.has(id) ||
      (known !== undefined && known.link.peer.id !== link.peer.id)
    )
  }

  const came = (link: Link, { before, epoch, id, rooms }: ListedGuest): void => {
    const known = elsewhere.get(id)
    if (isTaken(id, link) || (known === undefined && elsewhere.size >= mostGuests)) return
    elsewhere.set(id, { id, epoch, rooms: new Set(rooms), link })
    if (known?.epoch === epoch) return
    const through = link.peer.id
    if (before !== undefined && elsewhere.get(before)?.link === link) {
      leave(before)
      events.note(MeshEvent.GuestRenamed({ id, before, through }))
    } else {
      if (known !== undefined) events.note(MeshEvent.GuestLeft({ id, through, words: "" }))
      events.note(MeshEvent.GuestCame({ id, through, known: gone.get(visitOf(id, epoch)) === through }))
    }
  }

  const leave = (id: PeerId): boolean => {
    const known = elsewhere.get(id)
    if (known === undefined) return false
    elsewhere.delete(id)
    gone.set(visitOf(id, known.epoch), known.link.peer.id)
    return true
  }

  const heard = (link: Link, { gone: left, here }: GuestsFrame): void => {
    // Only a server of a plain chat has guests.
    if (membership.letters !== undefined || link.peer.role !== "server") return
    links.charge(link, "named", here.length + left.length)
    for (const guest of here) came(link, guest)
    for (const id of left) {
      if (elsewhere.get(id)?.link.peer.id === link.peer.id && leave(id))
        events.note(MeshEvent.GuestLeft({ id, through: link.peer.id, words: "" }))
    }
    changes.changed()
  }

  return {
    /** The peer hears of the guests of this node from now on. */
    introduce: (link: Link): void => {
      if (link.hearsOfGuests && guests.here.size > 0) link.put(...framesOf([...present().values()], []))
    },
    tell,
    heard,
    /** The peer has no link any more, and is its guests' way no more. */
    lost: (link: Link, isLost: boolean): void => {
      const ids = [...elsewhere.values()].filter(({ link: { peer } }) => peer.id === link.peer.id).map(({ id }) => id)
      if (ids.length === 0) return
      for (const id of ids) leave(id)
      events.note(MeshEvent.GuestsGone({ ids, through: link.peer.id, lost: isLost }))
      changes.changed()
    },
    /** Whether a stream is that of a guest of the peer, present or gone: it sends the posts by itself. */
    isOf: (link: Link, stream: StreamId): boolean => {
      const author = authorOf(stream)
      const epoch = epochIn(stream)
      const known = elsewhere.get(author)
      return known?.epoch === epoch
        ? known.link.peer.id === link.peer.id
        : gone.get(visitOf(author, epoch)) === link.peer.id
    },
    /** The guests of other nodes in a room. All of them are in `main`, as everybody is. */
    inRoom: (room: Room): ReadonlyArray<PeerId> =>
      [...elsewhere.values()].filter(({ rooms }) => room === mainRoom || rooms.has(room)).map(({ id }) => id),
    /** The guests of that peer. */
    of: (peer: PeerId): ReadonlyArray<PeerId> =>
      [...elsewhere.values()].filter(({ link }) => link.peer.id === peer).map(({ id }) => id),
    /** All of them. */
    elsewhere: (): ReadonlyMap<PeerId, { readonly epoch: Epoch }> => elsewhere,
    statuses: (): ReadonlyArray<PeerStatus> =>
      Array.from(elsewhere.values(), ({ epoch, id, link }) => ({
        peer: { id, role: "client", address: link.peer.address },
        link: undefined,
        through: link.peer.id,
        givenUp: false,
        guestSince: millisOf(epoch)
      })),
    onChange: changes.listen
  }
}

export type GuestList = ReturnType<typeof make>

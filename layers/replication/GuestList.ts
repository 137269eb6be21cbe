/**
 * Guests, as nodes tell each other of them: which are at this node, and which are at a server that this node is linked
 * with. A guest's posts are sent over its host's links like the host's own.
 */

import * as Effect from "effect/Effect"
import { type Visitor, visitorOf } from "../../src/domain/Conversation.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import type { PeerId } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { authorOf, type Epoch, epochIn, mainRoom, millisOf, type Room, type StreamId } from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { type Guests as GuestsFrame, type ListedGuest, maxGuestsListed, partsOf } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import { isSame, visitOf } from "./Listed.ts"

/** A node is believed to have at most this many guests. More are ignored. */
const mostGuests = 1_024

/** So many guests of nodes that are lost may come back with them. */
const mostAdrift = 1_024

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

/** A visitor that is gone. `isOver`: for good. Otherwise it was not heard of for long. */
interface Ended {
  readonly visitor: Visitor
  readonly isOver: boolean
}

/** A guest whose node is lost. It is still there if the node is. */
interface Adrift {
  readonly epoch: Epoch
  /** Its node, in which run. */
  readonly host: PeerId
  readonly run: Epoch
}

const listed = (id: PeerId, epoch: Epoch, rooms: Iterable<Room>, before?: PeerId): ListedGuest => ({
  id,
  epoch,
  rooms: [...rooms].filter((room) => room !== mainRoom),
  ...(before === undefined ? {} : { before })
})

export const make = ({ events, guests, links, log, membership }: Ground) => {
  const elsewhere = new Map<PeerId, Elsewhere>()
  const adrift = new Map<PeerId, Adrift>()
  /** The visits that are over, or lost with their host: which node they were at. */
  const gone = new Recent<string, PeerId>(mostGone)
  const changes = makeSignal()
  /** The visitors that are gone, as long as nobody has taken them. */
  let ended: Array<Ended> = []
  const endings = makeSignal()
  const self = authorOf(log.streamIn(mainRoom))

  // ---- The guests of this node

  /** What was told of them last. */
  let told = new Map<PeerId, ListedGuest>()
  let hasHadGuests = false

  const present = (): Map<PeerId, ListedGuest> => {
    const all = new Map<PeerId, ListedGuest>()
    for (const { before, epoch, id, rooms } of guests.here.values()) all.set(id, listed(id, epoch, rooms, before))
    return all
  }

  const framesOf = (here: ReadonlyArray<ListedGuest>, left: ReadonlyArray<PeerId>): ReadonlyArray<GuestsFrame> =>
    partsOf(here, maxGuestsListed).map((part, at) => ({ type: "guests", here: part, gone: at === 0 ? left : [] }))

  /** Tells all peers what has changed. */
  const tell = (): void => {
    const now = present()
    const here = [...now.values()].filter((each) => !isSame(each, told.get(each.id)))
    const left = [...told.keys()].filter((id) => !now.has(id))
    told = now
    hasHadGuests ||= now.size > 0
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
      links.missing.isSought(id) ||
      guests.here.has(id) ||
      (known !== undefined && known.link.peer.id !== link.peer.id)
    )
  }

  const came = (link: Link, { before, epoch, id, rooms }: ListedGuest): void => {
    const known = elsewhere.get(id)
    if (isTaken(id, link) || (known === undefined && elsewhere.size >= mostGuests)) return
    elsewhere.set(id, { id, epoch, rooms: new Set(rooms), link })
    if (known?.epoch === epoch) return
    if (known !== undefined) end(id, known.epoch)
    if (adrift.get(id)?.epoch === epoch) adrift.delete(id)
    else endAdrift(id)
    guests.isBack(id)
    const through = link.peer.id
    if (before !== undefined && elsewhere.get(before)?.link === link) {
      leave(before)
      events.note(MeshEvent.GuestRenamed({ id, before, through }))
    } else {
      if (known !== undefined) events.note(MeshEvent.GuestLeft({ id, through, words: "" }))
      events.note(MeshEvent.GuestCame({ id, through, known: gone.get(visitOf(id, epoch)) === through }))
    }
  }

  const remove = (id: PeerId): Elsewhere | undefined => {
    const known = elsewhere.get(id)
    if (known === undefined) return undefined
    elsewhere.delete(id)
    gone.set(visitOf(id, known.epoch), known.link.peer.id)
    return known
  }
  /** The guest is gone for good. */
  const leave = (id: PeerId): boolean => {
    const known = remove(id)
    if (known !== undefined) end(id, known.epoch)
    return known !== undefined
  }
  const end = (id: PeerId, epoch: Epoch, isOver = true): void => {
    guests.hasGone(id)
    ended.push({ visitor: visitorOf(id, epoch), isOver })
    endings.changed()
  }
  const endAdrift = (id: PeerId, isOver = true): void => {
    const known = adrift.get(id)
    if (known === undefined) return
    adrift.delete(id)
    end(id, known.epoch, isOver)
  }

  /** Who was lost with this peer before, or was named over an earlier link, and is not among those that it has, is gone. */
  const listIsWhole = (link: Link): void => {
    const through = link.peer.id
    for (const [id, { host }] of adrift) if (host === through) endAdrift(id)
    for (const { id, link: last } of [...elsewhere.values()]) {
      if (last !== link && last.peer.id === through && leave(id)) {
        events.note(MeshEvent.GuestLeft({ id, through, words: "" }))
      }
    }
  }

  const heard = (link: Link, { all, gone: left, here }: GuestsFrame): void => {
    // Only a server of a plain chat has guests.
    if (membership.letters !== undefined || link.peer.role !== "server") return
    links.charge(link, "named", here.length + left.length)
    for (const guest of here) came(link, guest)
    for (const id of left) {
      if (elsewhere.get(id)?.link.peer.id === link.peer.id && leave(id))
        events.note(MeshEvent.GuestLeft({ id, through: link.peer.id, words: "" }))
    }
    if (all === true) listIsWhole(link)
    changes.changed()
  }

  return {
    /** The peer hears of the guests of this node from now on. */
    introduce: (link: Link): void => {
      if (!link.hearsOfGuests || !hasHadGuests) return
      const frames = framesOf([...present().values()], [])
      link.put(...frames.slice(0, -1), ...frames.slice(-1).map((last) => ({ ...last, all: true as const })))
    },
    tell,
    heard,
    /** The peer has no link any more, and is its guests' way no more. */
    lost: (link: Link, isLost: boolean): void => {
      // Who was lost with this peer before, and did not come back with it, is gone.
      for (const [id, { host }] of adrift) if (host === link.peer.id) endAdrift(id, false)
      const ids = [...elsewhere.values()].filter(({ link: { peer } }) => peer.id === link.peer.id).map(({ id }) => id)
      if (ids.length === 0) return
      for (const id of ids) {
        const known = remove(id)
        if (known === undefined) continue
        adrift.set(id, { epoch: known.epoch, host: link.peer.id, run: link.epoch })
      }
      for (const oldest of adrift.keys()) {
        if (adrift.size <= mostAdrift) break
        endAdrift(oldest, false)
      }
      events.note(MeshEvent.GuestsGone({ ids, through: link.peer.id, lost: isLost }))
      changes.changed()
    },
    /** A node has this id from now on: of two who have an id, the one stays that needs no host. */
    giveWay: (id: PeerId): void => {
      const known = elsewhere.get(id)
      endAdrift(id)
      if (known !== undefined && leave(id)) {
        events.note(MeshEvent.GuestLeft({ id, through: known.link.peer.id, words: "" }))
        changes.changed()
      }
      guests.isBack(id)
    },
    /** That peer is back. If it is in another run than when it was lost, its guests are gone. */
    back: ({ epoch, peer }: Link): void => {
      for (const [id, { host, run }] of adrift) if (host === peer.id && run !== epoch) endAdrift(id)
    },
    /** Waits for visitors that are gone, and takes them. */
    ended: Effect.map(
      endings.until(() => ended.length > 0),
      () => {
        const taken = ended
        ended = []
        return taken
      }
    ),
    epochOf: (id: PeerId): Epoch | undefined => elsewhere.get(id)?.epoch ?? adrift.get(id)?.epoch,
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
    of: (peer: PeerId): ReadonlyArray<{ readonly id: PeerId; readonly epoch: Epoch }> =>
      [...elsewhere.values()].filter(({ link }) => link.peer.id === peer),
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

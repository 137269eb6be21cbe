/**
 * Sites, as nodes tell each other who takes part at them. The server of a site tells the servers of others of its own
 * members, and its members of those of others. Posts of members of other sites come through it.
 */

import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { isServerId, type PeerId, roleOf } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import {
  authorOf,
  type Epoch,
  epochIn,
  mainRoom,
  millisOf,
  type Room,
  type StreamId,
  streamOf
} from "../../src/domain/Post.ts"
import { Recent } from "../../src/domain/Recent.ts"
import { makeSignal } from "../../src/domain/Signal.ts"
import { farAddress, type Site, serverOf, siteOf } from "../../src/domain/Site.ts"
import { namingRooms, partsOf, type SiteFrame, type SiteMember, siteParts } from "../../src/protocol/Frame.ts"
import type { Ground, Link } from "./Ground.ts"
import { isSame, visitOf } from "./Listed.ts"

/** Other sites are believed to have at most this many members together. More are ignored. */
const mostFar = 2_000

/** Of so many members that are gone it is remembered which run it was, and which peer may still send its posts. */
const mostGone = 4_096

/** A member of another site. */
interface Far {
  readonly id: PeerId
  readonly epoch: Epoch
  readonly site: Site
  rooms: ReadonlyArray<Room>
  /** The peers that have told of it. */
  readonly tellers: Set<PeerId>
}

/** What has changed at one site. */
type News = Pick<SiteFrame, "here" | "gone" | "lost">

export const make = ({ events, guests, links, log, oldRuns }: Ground) => {
  const self = authorOf(log.streamIn(mainRoom))
  const ownSite = siteOf(self)
  const changes = makeSignal()

  const listening = (areFar: boolean): ReadonlyArray<Link> =>
    [...links.current.values()].filter(
      ({ hearsOfGuests, isFar, replica }) => isFar === areFar && (isFar || hearsOfGuests) && replica.isTold
    )

  const framesOf = (site: Site, { gone, here, lost }: News): ReadonlyArray<SiteFrame> => {
    const parts = [siteParts(here), partsOf(gone), partsOf(lost)] as const
    return Array.from({ length: Math.max(...parts.map(({ length }) => length)) }, (_, at) => ({
      type: "site",
      site,
      here: parts[0][at] ?? [],
      gone: parts[1][at] ?? [],
      lost: parts[2][at] ?? []
    }))
  }

  const isNews = ({ gone, here, lost }: News): boolean => here.length + gone.length + lost.length > 0

  const tell = (areFar: boolean, site: Site, news: News): void => {
    const to = isNews(news) ? listening(areFar) : []
    if (to.length > 0) links.tell(to, framesOf(site, news))
  }

  // ---- The members of this node's own site, which the servers of others hear of

  /** What was told of them last. */
  const told = new Map<PeerId, SiteMember>()

  /** Somebody who takes part near this server, if it is. */
  const near = (id: PeerId): SiteMember | undefined => {
    if (id === self) return { id, epoch: log.epoch, rooms: [] }
    const link = links.current.get(id)
    if (link !== undefined && !link.isFar && !link.passing && link.peer.role === "client") {
      return { id, epoch: link.epoch, rooms: namingRooms(link.rooms) }
    }
    const guest = guests.here.get(id)
    return guest && { id, epoch: guest.epoch, rooms: namingRooms(guest.rooms) }
  }

  /** Tells the servers of other sites what has changed of these. `isLost`: who is no longer there may come back. */
  const review = (ids: Iterable<PeerId>, isLost: boolean): void => {
    if (ownSite === undefined) return
    const here: Array<SiteMember> = []
    const left: Array<PeerId> = []
    for (const id of ids) {
      const now = near(id)
      const before = told.get(id)
      if (now === undefined) {
        if (told.delete(id)) left.push(id)
      } else if (!isSame(now, before)) {
        told.set(id, now)
        here.push(now)
      }
    }
    tell(true, ownSite, { here, gone: isLost ? [] : left, lost: isLost ? left : [] })
  }

  // ---- The members of other sites

  const all = new Map<PeerId, Far>()
  /** The runs that are gone: from which peer their posts may still come. */
  const gone = new Recent<string, PeerId>(mostGone)

  /** Whether people see it as a member of another site: not who has a link to this node too. */
  const isShown = (id: PeerId): boolean => !links.current.has(id) && !guests.here.has(id) && id !== self

  const shown = (): ReadonlyArray<Far> => [...all.values()].filter(({ id }) => isShown(id))

  /** Whether a site may have a member of that name. */
  const fits = (site: Site, id: PeerId): boolean => !isServerId(id) || id === serverOf(site)

  const note = (site: Site, ids: ReadonlyArray<PeerId>, known: boolean): void => {
    if (ids.length > 0) events.note(MeshEvent.FarCame({ site, ids, known }))
  }

  /** The streams in which it may speak: none of them is folded away while it is there, however long it is silent. */
  const streamsOf = ({ epoch, id, rooms }: SiteMember): ReadonlyArray<StreamId> =>
    [mainRoom, ...rooms].map((room) => streamOf(id, room, epoch))

  /** Takes in who has come. Returns what is new of it. */
  const came = (link: Link, site: Site, here: ReadonlyArray<SiteMember>): ReadonlyArray<SiteMember> => {
    const [fresh, back]: [Array<PeerId>, Array<PeerId>] = [[], []]
    const news = here.filter((member) => {
      const { epoch, id, rooms } = member
      const before = all.get(id)
      if (!fits(site, id) || (before === undefined && all.size >= mostFar)) return false
      for (const stream of streamsOf(member)) oldRuns.spare(stream)
      if (before?.epoch === epoch && before.site === site) {
        before.tellers.add(link.peer.id)
        const isOther = !isSame(member, before)
        before.rooms = rooms
        return isOther
      }
      all.set(id, { id, epoch, site, rooms, tellers: new Set([link.peer.id]) })
      // Who goes from one site to another stays in the chat.
      if (isShown(id) && before?.epoch !== epoch) {
        const isKnown = links.hasMet(id, epoch) || gone.get(visitOf(id, epoch)) !== undefined
        ;(isKnown ? back : fresh).push(id)
      }
      return true
    })
    note(site, fresh, false)
    note(site, back, true)
    // A client may be told by one server who is near another one to which it has a link too.
    if (link.isFar) for (const { id } of news) if (isShown(id)) links.missing.hasMoved(id)
    return news
  }

  /** That peer says no more that these are at that site. Returns those of whom nobody says so. */
  const left = (link: Link, site: Site, ids: ReadonlyArray<PeerId>, isLost: boolean): ReadonlyArray<PeerId> => {
    const named = ids.includes(serverOf(site))
      ? Array.from(all.values()).filter((far) => far.site === site)
      : ids.flatMap((id) => all.get(id) ?? [])
    const went = named.filter((far) => {
      if (far.site !== site || !far.tellers.delete(link.peer.id)) return false
      gone.set(visitOf(far.id, far.epoch), link.peer.id)
      if (far.tellers.size > 0) return false
      if (!links.current.has(far.id)) for (const stream of streamsOf(far)) oldRuns.spareNoMore(stream)
      return all.delete(far.id)
    })
    const seen = went.filter(({ id }) => isShown(id)).map(({ id }) => id)
    if (seen.length > 0) events.note(MeshEvent.FarLeft({ site, ids: seen, lost: isLost }))
    return went.map(({ id }) => id)
  }

  /** Takes in what a peer tells of a site. Returns what is news. */
  const take = (link: Link, { gone: ended, here, lost, site }: SiteFrame): News => ({
    here: came(link, site, here),
    gone: left(link, site, ended, false),
    lost: left(link, site, lost, true)
  })

  /** Whether that peer may tell of that site: its server, to those of others; or the server of other sites, to its members. */
  const isBelieved = ({ isFar, peer }: Link, site: Site): boolean =>
    peer.role === "server" && site !== ownSite && (isFar ? siteOf(peer.id) === site : ownSite === undefined)

  const heard = (link: Link, frame: SiteFrame): void => {
    if (!isBelieved(link, frame.site)) return
    links.charge(link, "named", frame.here.length + frame.gone.length + frame.lost.length)
    const news = take(link, frame)
    if (link.isFar) tell(false, frame.site, news)
    if (isNews(news)) changes.changed()
  }

  const has = (id: PeerId, epoch: Epoch): boolean => all.get(id)?.epoch === epoch

  return {
    /** The peer hears of sites from now on: of this one, if it is the server of another, or else of the others. */
    introduce: (link: Link): void => {
      review([self, link.peer.id], false)
      if (ownSite === undefined) return
      if (link.isFar) return link.put(...framesOf(ownSite, { here: [...told.values()], gone: [], lost: [] }))
      if (!link.hearsOfGuests) return
      const sites = new Map<Site, Array<SiteMember>>()
      for (const { epoch, id, rooms, site } of all.values()) {
        const members = sites.get(site) ?? []
        sites.set(site, members)
        members.push({ id, epoch, rooms })
      }
      for (const [site, here] of sites) link.put(...framesOf(site, { here, gone: [], lost: [] }))
    },
    /** A peer near this server is in other rooms than before. */
    moved: ({ peer }: Link): void => review([peer.id], false),
    /** The guests of this node have changed. */
    guestsChanged: (): void => review(new Set([...guests.here.keys(), ...told.keys()]), false),
    heard,
    /** The peer has no link any more: nothing is heard through it. */
    lost: (link: Link, isLost: boolean): void => {
      review([link.peer.id], isLost)
      const sites = new Set(Array.from(all.values(), ({ site }) => site))
      for (const site of sites) {
        const went = left(link, site, [serverOf(site)], isLost)
        if (went.length === 0) continue
        const ended = [serverOf(site)]
        if (link.isFar) tell(false, site, { here: [], gone: isLost ? [] : ended, lost: isLost ? ended : [] })
        changes.changed()
      }
    },
    /**
     * Whether a stream is that of a member of another site of which the peer has told: it sends the posts by itself. Who
     * has a link to this node is heard over that.
     */
    isOf: (link: Link, stream: StreamId): boolean => {
      const author = authorOf(stream)
      const epoch = epochIn(stream)
      const far = all.get(author)
      if (!isShown(author)) return false
      return far?.epoch === epoch ? far.tellers.has(link.peer.id) : gone.get(visitOf(author, epoch)) === link.peer.id
    },
    /** Whether this node hands that stream on to its members: the author takes part at another site alone. */
    isHandedOn: (stream: StreamId): boolean => {
      const far = ownSite === undefined ? undefined : all.get(authorOf(stream))
      return far !== undefined && far.epoch === epochIn(stream) && isShown(far.id)
    },
    has,
    /** Whether that server says that this node itself takes part at another site. */
    hasSentHome: ({ peer }: Link): boolean => has(self, log.epoch) && all.get(self)?.tellers.has(peer.id) === true,
    wasFar: (id: PeerId, epoch: Epoch): boolean => has(id, epoch) || gone.get(visitOf(id, epoch)) !== undefined,
    /** The members of other sites in a room. All of them are in `main`, as everybody is. */
    inRoom: (room: Room): ReadonlyArray<PeerId> =>
      shown()
        .filter(({ rooms }) => room === mainRoom || rooms.includes(room))
        .map(({ id }) => id),
    /** The other site at which somebody takes part. */
    of: (id: PeerId): Site | undefined => (isShown(id) ? all.get(id)?.site : undefined),
    ids: (): Iterable<PeerId> => all.keys(),
    statuses: (): ReadonlyArray<PeerStatus> =>
      shown().map(({ epoch, id, site }) => ({
        peer: { id, role: roleOf(id), address: farAddress(site) },
        link: undefined,
        through: serverOf(site),
        givenUp: false,
        guestSince: millisOf(epoch),
        site
      })),
    onChange: changes.listen
  }
}

export type SiteList = ReturnType<typeof make>

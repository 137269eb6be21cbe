/** Who is in the chat, as one IRC client has been told, and by which nicks. */
import { absurd } from "../../src/domain/Absurd.ts"
import { isPresenceEvent, type MeshEvent } from "../../src/domain/MeshEvent.ts"
import { type Named, type PeerId, roleOf } from "../../src/domain/Peer.ts"
import type { PeerStatus } from "../../src/domain/PeerStatus.ts"
import { fold, isSame } from "../../src/protocol/irc/CaseMapping.ts"

/** What an event changes for who follows the channels. */
export type Change =
  | { readonly _tag: "Came"; readonly id: PeerId }
  | { readonly _tag: "Went"; readonly id: PeerId; readonly how: "lost" | "left" | "ended"; readonly words?: string }
  | { readonly _tag: "Expelled"; readonly id: PeerId; readonly barred: boolean }
  /** A guest had the id `before`, and the nick `from`. */
  | {
      readonly _tag: "Renamed"
      readonly id: PeerId
      readonly before: PeerId
      readonly from: string
      readonly to: string
    }

const nothing: ReadonlyArray<Change> = []

export interface Members {
  /** Who is there, this node first. */
  readonly all: () => ReadonlyArray<Named>
  readonly has: (id: PeerId) => boolean
  /** Somebody who is there. */
  readonly get: (id: PeerId) => Named | undefined
  /**
   * The nick of an id: the id itself. Where another id with the same letters in other case was here before, a bar and
   * four digits follow, which depend on the id alone.
   */
  readonly nickOf: (id: PeerId) => string
  /** Whose nick that is, if anybody's of whom this client was told. */
  readonly idOf: (nick: string) => PeerId | undefined
  /** What an event changes. It is changed then. */
  readonly see: (event: MeshEvent) => ReadonlyArray<Change>
  /** Somebody is known who is not there. */
  readonly know: (id: PeerId) => void
  /** What the peers that there are now change. */
  readonly settle: (statuses: ReadonlyArray<PeerStatus>) => ReadonlyArray<Change>
}

/** Four digits that depend on the id alone (FNV-1a, folded to 16 bits). */
const digitsOf = (id: string): string => {
  let hash = 0x811c9dc5
  for (const character of id) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0
  return ((hash >>> 16) ^ (hash & 0xffff)).toString(16).padStart(4, "0")
}

/** The nicks of so many are remembered who are not there, or of whom only old lines tell. */
const mostAbsent = 512

/** The guests that are gone after an event. Whoever has the nick of one later is somebody else. */
const guestsGone = (event: MeshEvent): ReadonlyArray<PeerId> =>
  event._tag === "GuestLeft" ? [event.id] : event._tag === "GuestsGone" ? event.ids : []

/**
 * Makes a view. `asked`: what the client has asked to be called, and may call itself until it knows better. `isShared`:
 * it is the view of all guests, so only those who are there, or are known by the node, take a nick away from others.
 */
export const makeMembers = (self: Named, asked: string, isShared = false): Members => {
  // Mutable, in synchronous steps.
  const there = new Map<PeerId, Named>([[self.id, self]])
  const nicks = new Map<PeerId, string>()
  const owners = new Map<string, PeerId>()
  /** Who has a nick and is not there, the last one last. */
  const absent = new Set<PeerId>()
  /** Guests that have gone: their nicks are needed until that was told. */
  let departed: ReadonlyArray<PeerId> = []

  const nickFor = (id: PeerId): string => (owners.has(fold(id)) ? `${id}|${digitsOf(id)}` : id)
  const know = (id: PeerId): string => {
    const known = nicks.get(id)
    if (known !== undefined) return known
    const nick = nickFor(id)
    nicks.set(id, nick)
    owners.set(fold(nick), id)
    if (!there.has(id)) isAway(id)
    return nick
  }
  const nickOf = (id: PeerId): string => nicks.get(id) ?? (isShared ? nickFor(id) : know(id))
  const forget = (id: PeerId): void => {
    if (there.has(id)) return
    owners.delete(fold(nicks.get(id) ?? id))
    nicks.delete(id)
    absent.delete(id)
  }
  const isAway = (id: PeerId): void => {
    absent.delete(id)
    absent.add(id)
    for (const oldest of absent) {
      if (absent.size <= mostAbsent) return
      forget(oldest)
    }
  }
  know(self.id)

  const came = ({ id, role }: Named): ReadonlyArray<Change> => {
    if (there.has(id)) return nothing
    there.set(id, { id, role })
    absent.delete(id)
    know(id)
    return [{ _tag: "Came", id }]
  }
  const went = (id: PeerId, how: "lost" | "left" | "ended", words = ""): ReadonlyArray<Change> => {
    if (id === self.id || !there.delete(id)) return nothing
    isAway(id)
    return [{ _tag: "Went", id, how, words }]
  }
  const renamed = (id: PeerId, before: PeerId): ReadonlyArray<Change> => {
    const from = nickOf(before)
    if (!there.delete(before)) return nothing
    nicks.delete(before)
    owners.delete(fold(from))
    absent.delete(id)
    there.set(id, { id, role: "client" })
    return [{ _tag: "Renamed", id, before, from, to: know(id) }]
  }

  const see = (event: MeshEvent): ReadonlyArray<Change> => {
    if (!isPresenceEvent(event)) return nothing
    for (const id of departed) forget(id)
    departed = guestsGone(event)
    switch (event._tag) {
      case "Admitted":
        return came(event.by)
      case "Linked":
        return came(event.peer)
      case "Lost":
        return went(event.peer.id, "lost")
      case "Left":
        return went(event.peer.id, event.peer.role === "server" ? "ended" : "left")
      case "GivenUp":
        return went(event.peer.id, "lost")
      case "Moved":
        return nothing
      case "Expelled":
        if (!there.delete(event.id)) return nothing
        isAway(event.id)
        return [{ _tag: "Expelled", id: event.id, barred: event.barred }]
      case "GuestCame":
        return came({ id: event.id, role: "client" })
      case "GuestLeft":
        return went(event.id, "left", event.words)
      case "GuestRenamed":
        return renamed(event.id, event.before)
      case "GuestsGone":
      case "FarLeft":
        return event.ids.flatMap((id) => went(id, event.lost ? "lost" : "left"))
      case "FarCame":
        return event.ids.flatMap((id) => came({ id, role: roleOf(id) }))
      default:
        return absurd(event)
    }
  }

  return {
    all: () => [...there.values()],
    has: (id) => there.has(id),
    get: (id) => there.get(id),
    nickOf,
    idOf: (nick) => owners.get(fold(nick)) ?? (asked !== "" && isSame(nick, asked) ? self.id : undefined),
    see,
    know,
    settle: (statuses) =>
      statuses.flatMap(({ guestSince, link, peer }) =>
        link === undefined && guestSince === undefined ? went(peer.id, "lost") : came(peer)
      )
  }
}

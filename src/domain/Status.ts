/**
 * The status of the chat, as one session sees it: how the server is, which peers are there, and what is new in its
 * rooms.
 */
import { absurd } from "./Absurd.ts"
import { isPresenceEvent, type MeshEvent } from "./MeshEvent.ts"
import type { Named, PeerId } from "./Peer.ts"
import type { RoomNews } from "./Place.ts"
import type { Room } from "./Post.ts"

/**
 * The state of the server, as a client sees it. `Sought`: it was never there. `Returning`: it answers, and the link is
 * not up yet.
 */
export type ServerState =
  | { readonly _tag: "Self" }
  | { readonly _tag: "Sought" }
  | { readonly _tag: "Up" }
  | { readonly _tag: "Down"; readonly since: number }
  | { readonly _tag: "Returning"; readonly since: number }

export interface Status {
  readonly self: PeerId
  readonly server: ServerState
  /** The number of peers with a link, and the number of known peers, including those that are being dialled. */
  readonly connected: number
  readonly known: number
  /** The room in which the session speaks. */
  readonly room: Room
  /**
   * The rooms that the node has joined, `main` first, in the order of joining, and then the private conversations that
   * are open; the session's own place among them. Each with what came there since the session was there last.
   */
  readonly rooms: ReadonlyArray<RoomNews>
}

/** Which peers are there, which servers have been there, and since when no server is there, in ms since 1970. */
export interface Presence {
  readonly peers: ReadonlyMap<PeerId, boolean>
  readonly servers: ReadonlySet<PeerId>
  readonly serverLostAt?: number | undefined
}

export const nobody: Presence = { peers: new Map(), servers: new Set() }

const isServerThere = (peers: Presence["peers"], servers: Presence["servers"]): boolean =>
  [...servers].some((id) => peers.get(id) === true)

/** The presence after an event. */
export const afterwards = (before: Presence, event: MeshEvent, now: number): Presence => {
  if (!isPresenceEvent(event)) return before
  switch (event._tag) {
    case "Admitted":
      return withPeer(before, event.by, true, now)
    case "Linked":
      return withPeer(before, event.peer, true, now)
    case "Lost":
      return withPeer(before, event.peer, false, now)
    case "Left":
    case "GivenUp":
      return withPeer(before, event.peer, undefined, now)
    case "Moved":
      // It takes part at another site.
      return withPeer(withPeer(before, event.peer, undefined, now), asClient(event.peer.id), true, now)
    case "Expelled":
      // It is lost, or left, as soon as its link ends.
      return before
    case "GuestCame":
      return withPeer(before, asClient(event.id), true, now)
    case "GuestLeft":
      return withPeer(before, asClient(event.id), undefined, now)
    case "GuestRenamed":
      return withPeer(withPeer(before, asClient(event.before), undefined, now), asClient(event.id), true, now)
    case "FarCame":
      return event.ids.reduce((presence, id) => withPeer(presence, asClient(id), true, now), before)
    case "GuestsGone":
    case "FarLeft":
      return event.ids.reduce((presence, id) => withPeer(presence, asClient(id), undefined, now), before)
    default:
      return absurd(event)
  }
}

/** A guest counts as a client; so does the server of another site, which does not serve this node. */
const asClient = (id: PeerId): Named => ({ id, role: "client" })

/** Sets a peer to present or absent, or removes it (undefined). */
const withPeer = (
  { peers, serverLostAt, servers }: Presence,
  { id, role }: Named,
  there: boolean | undefined,
  now: number
): Presence => {
  const others = new Map(peers)
  if (there === undefined) others.delete(id)
  else others.set(id, there)
  if (role !== "server") return { peers: others, servers, serverLostAt }
  const met = new Set(servers).add(id)
  return {
    peers: others,
    servers: met,
    serverLostAt: isServerThere(others, met) ? undefined : (serverLostAt ?? now)
  }
}

/** The status for a session of a node. `answers`: a server answers, and the link is not up yet. */
export const statusOf = (
  { id, role }: Named,
  { peers, serverLostAt: since, servers }: Presence,
  answers: boolean,
  { room, rooms }: Pick<Status, "room" | "rooms">
): Status => ({
  self: id,
  server:
    role === "server"
      ? { _tag: "Self" }
      : isServerThere(peers, servers)
        ? { _tag: "Up" }
        : since === undefined
          ? { _tag: "Sought" }
          : { _tag: answers ? "Returning" : "Down", since },
  connected: [...peers.values()].filter((there) => there).length,
  known: peers.size,
  room,
  rooms
})

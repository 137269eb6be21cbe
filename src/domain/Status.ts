/** The status of the chat, as one node sees it: how the server is, and which peers are there. */
import { absurd } from "./Absurd.ts"
import { isPresenceEvent, type MeshEvent } from "./MeshEvent.ts"
import type { Named, PeerId } from "./Peer.ts"

/** How the server is, as a client sees it. `Sought`: it was never there. `Returning`: it answers, and the link is not up yet. */
export type ServerState =
  | { readonly _tag: "Self" }
  | { readonly _tag: "Sought" }
  | { readonly _tag: "Up" }
  | { readonly _tag: "Down"; readonly since: number }
  | { readonly _tag: "Returning"; readonly since: number }

export interface Status {
  readonly self: PeerId
  readonly server: ServerState
  /** With how many peers there is a link, and how many there are, those who are sought included. */
  readonly connected: number
  readonly known: number
}

/** Who of all peers is there, which servers have been there, and since when none is, in ms since 1970. */
export interface Presence {
  readonly peers: ReadonlyMap<PeerId, boolean>
  readonly servers: ReadonlySet<PeerId>
  readonly serverLostAt?: number | undefined
}

export const nobody: Presence = { peers: new Map(), servers: new Set() }

const isServerThere = (peers: Presence["peers"], servers: Presence["servers"]): boolean =>
  [...servers].some((id) => peers.get(id) === true)

/** Who is there after that has happened. */
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
    case "Expelled":
      // It is lost, or left, as soon as its link ends.
      return before
    default:
      return absurd(event)
  }
}

/** A peer is there, is not, or is none any more. */
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

/** What that means to a node; `answers`: a server does, and the link is not up yet. */
export const statusOf = (
  { id, role }: Named,
  { peers, serverLostAt: since, servers }: Presence,
  answers: boolean
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
  known: peers.size
})

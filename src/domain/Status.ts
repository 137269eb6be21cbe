/** What one can see at a glance: how the server is, and who of all peers is there. */
import type { MeshEvent } from "./MeshEvent.ts"
import { type PeerId, serverId } from "./Peer.ts"

/** How the server is, as a client sees it. `Met`: it answers, and the link is not up yet. `Sought`: it was never there. */
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

/** Who of all peers is there, and since when the server is not, in ms since 1970. */
export interface Presence {
  readonly peers: ReadonlyMap<PeerId, boolean>
  readonly serverLostAt?: number | undefined
}

export const nobody: Presence = { peers: new Map() }

/** Who is there after that has happened. */
export const afterwards = (before: Presence, event: MeshEvent, now: number): Presence => {
  switch (event._tag) {
    case "Admitted":
      return withPeer(before, event.by.id, true, now)
    case "Linked":
      return withPeer(before, event.peer.id, true, now)
    case "Lost":
      return withPeer(before, event.peer.id, false, now)
    case "Left":
    case "GivenUp":
      return withPeer(before, event.peer.id, undefined, now)
    default:
      return before
  }
}

/** A peer is there, is not, or is none any more. */
const withPeer = ({ peers, serverLostAt }: Presence, id: PeerId, there: boolean | undefined, now: number): Presence => {
  const others = new Map(peers)
  if (there === undefined) others.delete(id)
  else others.set(id, there)
  if (id !== serverId) return { peers: others, serverLostAt }
  return { peers: others, serverLostAt: there === true ? undefined : (serverLostAt ?? now) }
}

/** What that means to a node; `answers`: the server does, and the link is not up yet. */
export const statusOf = (self: PeerId, { peers, serverLostAt: since }: Presence, answers: boolean): Status => ({
  self,
  server:
    self === serverId
      ? { _tag: "Self" }
      : peers.get(serverId) === true
        ? { _tag: "Up" }
        : since === undefined
          ? { _tag: "Sought" }
          : { _tag: answers ? "Returning" : "Down", since },
  connected: [...peers.values()].filter((there) => there).length,
  known: peers.size
})

const serverInWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["server not there yet"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`server down since ${clock(server.since)}`]
    case "Returning":
      return [`server returning, down since ${clock(server.since)}`]
  }
}

const serverInFewWords = (server: ServerState, clock: (at: number) => string): ReadonlyArray<string> => {
  switch (server._tag) {
    case "Self":
      return []
    case "Sought":
      return ["no server"]
    case "Up":
      return ["server up"]
    case "Down":
      return [`down ${clock(server.since)}`]
    case "Returning":
      return ["returning"]
  }
}

/** All of it in a few words, with how many lines nobody is known to have yet; in fewer, for narrow terminals, behind that. */
export const statusForms = (
  { connected, known, self, server }: Status,
  undelivered: number,
  clock: (at: number) => string
): readonly [string, ...ReadonlyArray<string>] => {
  const form = (server: ReadonlyArray<string>, peers: string, waiting: string) =>
    [`── ${self}`, ...server, peers, ...(undelivered === 0 ? [] : [`${undelivered} ${waiting}`])].join(" · ")
  const whole = serverInWords(server, clock)
  const peers = `${connected} of ${known} ${known === 1 ? "peer" : "peers"}`
  return [
    form(whole, peers, `${undelivered === 1 ? "line" : "lines"} not yet delivered`),
    form(whole, peers, "undelivered"),
    form(serverInFewWords(server, clock), `${connected}/${known}`, "undelivered")
  ]
}

/** The first form of it. */
export const statusInWords = (...of: Parameters<typeof statusForms>): string => statusForms(...of)[0]

/** What one can see at a glance: how the server is, and who of all peers is there. */
import type { MeshEvent } from "./MeshEvent.ts"
import type { Named, PeerId } from "./Peer.ts"

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
    default:
      return before
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

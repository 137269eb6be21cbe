/** What a node has seen of its servers, from the events of its mesh. */
import { absurd } from "./Absurd.ts"
import { isPresenceEvent, type MeshEvent } from "./MeshEvent.ts"
import type { Named, PeerId } from "./Peer.ts"

export interface ServersSeen {
  /** The servers to which there is a link. */
  readonly there: ReadonlySet<PeerId>
  /** Since when there is none, in ms since 1970; undefined if there is one, or never was one. */
  readonly lostAt: number | undefined
}

export const noServer: ServersSeen = { there: new Set(), lostAt: undefined }

/** What is seen after an event. Nearly all events concern no server. */
export const serversAfter = (before: ServersSeen, event: MeshEvent, now: number): ServersSeen => {
  if (!isPresenceEvent(event)) return before
  switch (event._tag) {
    case "Admitted":
      return withServer(before, event.by, true, now)
    case "Linked":
      return withServer(before, event.peer, true, now)
    case "Lost":
    case "Left":
    case "Moved":
    case "GivenUp":
      return withServer(before, event.peer, false, now)
    case "Expelled":
    case "GuestCame":
    case "GuestLeft":
    case "GuestRenamed":
    case "GuestsGone":
    // Another site's server is not this node's.
    case "FarCame":
    case "FarLeft":
      return before
    default:
      return absurd(event)
  }
}

const withServer = (before: ServersSeen, { id, role }: Named, isThere: boolean, now: number): ServersSeen => {
  if (role !== "server" || before.there.has(id) === isThere) return before
  const there = new Set(before.there)
  if (isThere) there.add(id)
  else there.delete(id)
  return { there, lostAt: there.size > 0 ? undefined : now }
}

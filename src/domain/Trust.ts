/** Whom a node takes for whom: what it has been told by the owner of the chat, and by the person at its keyboard. */
import * as Schema from "effect/Schema"
import { PublicKey } from "./Key.ts"
import { Address, PeerId, type Role, serverId } from "./Peer.ts"
import * as Roster from "./Roster.ts"
import type { Proof } from "./Seal.ts"

export const Trust = Schema.Struct({
  /** The key of the server that owns the chat: unknown until this node was invited. */
  owner: Schema.optionalWith(PublicKey, { exact: true }),
  /** Where the server is reached. */
  server: Schema.optionalWith(Address, { exact: true }),
  roster: Schema.Array(Roster.Member),
  /** Each id's key as it was first seen, or accepted by hand since. */
  pins: Schema.ReadonlyMap({ key: PeerId, value: PublicKey }),
  /** Keys that are not the ones pinned for their ids, with which somebody came, or which the roster names. */
  refused: Schema.ReadonlyMap({ key: PeerId, value: PublicKey }),
  /** By which key each id was known last before another was accepted by hand. */
  former: Schema.optionalWith(Schema.ReadonlyMap({ key: PeerId, value: PublicKey }), { default: () => new Map() })
})
export type Trust = typeof Trust.Type

/** What a node knows that knows nobody. */
export const nobody: Trust = { roster: [], pins: new Map(), refused: new Map(), former: new Map() }

/** Whether that is the owner of the chat: its first server. */
export const isOwner = (id: PeerId): boolean => id === serverId

/** The role that the owner gives to whoever has that id: all on its roster are clients. */
export const roleOf = (id: PeerId): Role => (isOwner(id) ? "server" : "client")

/** Whether that is one of those who take part. */
export const knows = (trust: Trust, id: PeerId): boolean => {
  const key = keyOf(trust, id)
  return key !== undefined && judge(trust, id, key) === "known"
}

/** The key by which a node knows an id. */
export const keyOf = (trust: Trust, id: PeerId): PublicKey | undefined =>
  isOwner(id) ? trust.owner : trust.pins.get(id)

/** How somebody stands who has proven a key, and says an id. `changed`: the id is known by another key. */
export type Verdict = "known" | "changed" | "stranger"

export const judge = (trust: Trust, id: PeerId, key: PublicKey): Verdict => {
  const pinned = keyOf(trust, id)
  if (pinned === undefined) return "stranger"
  if (pinned !== key) return "changed"
  return isOwner(id) || Roster.find(trust.roster, id)?.status === "member" ? "known" : "stranger"
}

/** Whether anybody who may take part has that key. */
export const isAnyones = (trust: Trust, key: PublicKey): boolean =>
  key === trust.owner || trust.roster.some((member) => member.key === key && judge(trust, member.id, key) === "known")

/** Takes over a roster: who is new in it is pinned; a known id with another key is refused until the person accepts it. */
export const adopt = (trust: Trust, roster: Roster.Roster): Trust => {
  const pins = new Map(trust.pins)
  const refused = new Map(trust.refused)
  for (const { id, key } of Roster.since(roster, Roster.versionOf(trust.roster))) {
    const pinned = pins.get(id)
    if (pinned === undefined) pins.set(id, key)
    else if (pinned !== key) refused.set(id, key)
  }
  return { ...trust, roster, pins, refused }
}

/** Remembers a key that was refused. The first stays: nobody can put another in its place before it is accepted. */
export const refuse = (trust: Trust, id: PeerId, key: PublicKey): Trust =>
  trust.refused.has(id) ? trust : { ...trust, refused: new Map(trust.refused).set(id, key) }

/** Accepts the key that was refused for an id; undefined if none was. */
export const accept = (trust: Trust, id: PeerId): Trust | undefined => {
  const refused = new Map(trust.refused)
  const key = refused.get(id)
  if (key === undefined) return undefined
  refused.delete(id)
  const before = keyOf(trust, id)
  const former = before === undefined ? trust.former : new Map(trust.former).set(id, before)
  return isOwner(id)
    ? // What another owner has said of anybody counts no more; who was known by which key stays known.
      { ...trust, refused, former, owner: key, roster: [] }
    : { ...trust, refused, former, pins: new Map(trust.pins).set(id, key) }
}

/** What to think of what somebody is said to have signed. `isBy`: whether it was signed with that key. */
export const judgeClaim = (trust: Trust, id: PeerId, isBy: (key: PublicKey) => boolean): Proof => {
  const known = keyOf(trust, id)
  const named = isOwner(id) ? trust.owner : Roster.find(trust.roster, id)?.key
  if (known === undefined) return "unsure"
  if (isBy(known)) return named === known ? "proven" : "accepted"
  const others = [named, trust.refused.get(id), trust.former.get(id)]
  return others.some((key) => key !== undefined && key !== known && isBy(key)) ? "unsure" : "forged"
}

/** What a node knows about the identity of others: from the owner of the chat, and from the person at its keyboard. */
import * as Schema from "effect/Schema"
import { PublicKey } from "./Key.ts"
import { Address, isServerId, PeerId, serverId } from "./Peer.ts"
import * as Roster from "./Roster.ts"
import type { Proof } from "./Seal.ts"

export const Trust = Schema.Struct({
  /** The key of the server that owns the chat; unknown until this node was invited. */
  owner: Schema.optionalWith(PublicKey, { exact: true }),
  /** The server's address. */
  server: Schema.optionalWith(Address, { exact: true }),
  roster: Schema.Array(Roster.Member),
  /** The key of each id: the first one seen, or the one accepted by hand since. */
  pins: Schema.ReadonlyMap({ key: PeerId, value: PublicKey }),
  /** Keys that differ from the pinned ones: somebody used them, or the roster names them. */
  refused: Schema.ReadonlyMap({ key: PeerId, value: PublicKey }),
  /** The previous key of each id whose new key was accepted by hand. */
  former: Schema.optionalWith(Schema.ReadonlyMap({ key: PeerId, value: PublicKey }), { default: () => new Map() })
})
export type Trust = typeof Trust.Type

/** The knowledge of a node that knows nobody. */
export const nobody: Trust = { roster: [], pins: new Map(), refused: new Map(), former: new Map() }

/** Whether an id is always the owner's. If the chat has sites, the owner is on the roster too, as the server of its own. */
export const isOwner = (id: PeerId): boolean => id === serverId

/** Whether a key is the owner's, who may be the server of any site: it is known before its roster is. */
const isOwners = ({ owner }: Trust, id: PeerId, key: PublicKey): boolean => isServerId(id) && key === owner

/** Whether an id takes part in the chat. */
export const knows = (trust: Trust, id: PeerId): boolean => {
  const key = keyOf(trust, id)
  return key !== undefined && judge(trust, id, key) === "known"
}

/** The pinned key of an id. */
export const keyOf = (trust: Trust, id: PeerId): PublicKey | undefined =>
  isOwner(id) ? trust.owner : trust.pins.get(id)

/** The result of checking a proven key and the id that is claimed. `changed`: the id is known with another key. */
export type Verdict = "known" | "changed" | "stranger"

export const judge = (trust: Trust, id: PeerId, key: PublicKey): Verdict => {
  if (isOwners(trust, id, key)) return "known"
  const pinned = keyOf(trust, id)
  if (pinned === undefined) return "stranger"
  if (pinned !== key) return "changed"
  return Roster.find(trust.roster, id)?.status === "member" ? "known" : "stranger"
}

/** Whether a server has that key: the owner, or a member that is the server of a site. */
export const isServers = (trust: Trust, key: PublicKey): boolean =>
  key === trust.owner ||
  trust.roster.some((member) => isServerId(member.id) && member.key === key && judge(trust, member.id, key) === "known")

/** Whether the chat has several sites, as far as is known. */
export const hasSites = ({ roster }: Trust): boolean => roster.some(({ id }) => isServerId(id))

/** Whether any member has that key. */
export const isAnyones = (trust: Trust, key: PublicKey): boolean =>
  key === trust.owner || trust.roster.some((member) => member.key === key && judge(trust, member.id, key) === "known")

/** Adopts a roster. New members are pinned. A known id with another key is refused until the person accepts it. */
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

/** Remembers a refused key. The first one stays, so that nobody can replace it before it is accepted. */
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
  return isOwner(id) || (before !== undefined && isOwners(trust, id, before))
    ? // What another owner has said of anybody counts no more; who was known by which key stays known.
      { ...trust, refused, former, owner: key, roster: [] }
    : { ...trust, refused, former, pins: new Map(trust.pins).set(id, key) }
}

/** Judges a signed claim. `isBy`: whether the claim is signed with that key. */
export const judgeClaim = (trust: Trust, id: PeerId, isBy: (key: PublicKey) => boolean): Proof => {
  const known = keyOf(trust, id)
  const named = isOwner(id) ? trust.owner : Roster.find(trust.roster, id)?.key
  if (known === undefined) return "unsure"
  if (isBy(known)) return named === known ? "proven" : "accepted"
  const others = [named, trust.refused.get(id), trust.former.get(id)]
  return others.some((key) => key !== undefined && key !== known && isBy(key)) ? "unsure" : "forged"
}

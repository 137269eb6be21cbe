/**
 * The roster: the members of a chat. The owner (the server's key) signs each entry, and any node can pass it on. Each
 * change has a number, the roster's version. The newest entry vouches for all others. So nothing can be left out, and
 * no node goes back to an older version.
 */
import * as Schema from "effect/Schema"
import { PublicKey, Signature } from "./Key.ts"
import { Host, MemberId, type PeerId, Port } from "./Peer.ts"

/** `kicked`: needs another invitation. `banned`: can't join with one either. */
export const Status = Schema.Literal("member", "kicked", "banned")
export type Status = typeof Status.Type

/** A SHA-256 digest, as base64url. */
const Digest = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{43}$/))

/** The owner's latest entry for a member. */
export const Member = Schema.Struct({
  id: MemberId,
  key: PublicKey,
  /** Where it listened last. */
  host: Host,
  port: Port,
  status: Status,
  /** The version of the roster in which this entry was new. */
  version: Schema.Int.pipe(Schema.positive()),
  /** The digest of all other entries at that version. */
  others: Digest,
  /** The owner's signature on all of this. */
  signature: Signature
})
export type Member = typeof Member.Type

/** The latest entry for each member, in the order of their versions. */
export type Roster = ReadonlyArray<Member>

/** The functions that check signatures. */
export interface Seals {
  /** The SHA-256 digest of a text in UTF-8, as base64url. */
  readonly digest: (text: string) => string
  /** Whether a signature on a text is valid under that key. */
  readonly verify: (key: PublicKey, text: string, signature: Signature) => boolean
}

export const versionOf = (roster: Roster): number => roster.at(-1)?.version ?? 0

export const find = (roster: Roster, id: PeerId): Member | undefined => roster.find((member) => member.id === id)

/** The text of an entry that the owner signs. */
const wordOn = ({ host, id, key, others, port, status, version }: Omit<Member, "signature">): string =>
  ["outlive roster", version, id, key, host, port, status, others, ""].join("\n")

const digestOf = (seals: Seals, roster: Roster): string =>
  seals.digest(roster.map((member) => `${wordOn(member)}${member.signature}\n`).join(""))

/** The roster with one more entry. */
export const say = (
  roster: Roster,
  word: Pick<Member, "id" | "key" | "host" | "port" | "status">,
  sign: (text: string) => Signature,
  seals: Seals
): Roster => {
  const rest = roster.filter(({ id }) => id !== word.id)
  const unsigned = { ...word, version: versionOf(roster) + 1, others: digestOf(seals, rest) }
  return [...rest, { ...unsigned, signature: sign(wordOn(unsigned)) }]
}

/** The entries that a node with that version lacks. */
export const since = (roster: Roster, version: number): Roster => roster.filter((member) => member.version > version)

/** Whether that owner has signed the entry, even if a later one exists. */
export const isGenuine = (owner: PublicKey, member: Member, seals: Seals): boolean =>
  seals.verify(owner, wordOn(member), member.signature)

/**
 * Merges the entries of a peer that has a newer version. Returns the same roster if nothing is newer, and undefined if
 * the result is not what the owner has signed, completely.
 */
export const merge = (owner: PublicKey, roster: Roster, news: Roster, seals: Seals): Roster | undefined => {
  const newest = Math.max(0, ...news.map(({ version }) => version))
  if (newest <= versionOf(roster)) return roster
  const latest = new Map<PeerId, Member>()
  for (const member of [...roster, ...news]) {
    if (member.version > (latest.get(member.id)?.version ?? 0)) latest.set(member.id, member)
  }
  const merged = [...latest.values()].sort((one, other) => one.version - other.version)
  const last = merged.at(-1)
  if (last === undefined || last.others !== digestOf(seals, merged.slice(0, -1))) return undefined
  return isGenuine(owner, last, seals) ? merged : undefined
}

/**
 * Who belongs to a chat: a list that the owner, the server's key, has signed, and that anybody can hand on. Each change has
 * a number, the roster's version. The newest change vouches for all others, so that nothing of it can be left out, and
 * nobody goes back behind a version that it has seen.
 */
import * as Schema from "effect/Schema"
import { PublicKey, Signature } from "./Key.ts"
import { ClientId, Host, type Peer, type PeerId, Port } from "./Peer.ts"

/** `kicked`: needs another invitation. `banned`: does not get in with one either. */
export const Status = Schema.Literal("member", "kicked", "banned")
export type Status = typeof Status.Type

/** A SHA-256 digest, as base64url. */
const Digest = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{43}$/))

/** The owner's last word on somebody. */
export const Member = Schema.Struct({
  id: ClientId,
  key: PublicKey,
  /** Where it was reached last. */
  host: Host,
  port: Port,
  status: Status,
  /** The version of the roster that said so first. */
  version: Schema.Int.pipe(Schema.positive()),
  /** The digest of what the owner's last words on all others were then. */
  others: Digest,
  /** The owner's, on all of this. */
  signature: Signature
})
export type Member = typeof Member.Type

/** The owner's last word on each, in the order in which they were said. */
export type Roster = ReadonlyArray<Member>

/** What it takes to check signatures. Plain functions. */
export interface Seals {
  /** The SHA-256 digest of a text in UTF-8, as base64url. */
  readonly digest: (text: string) => string
  /** Whether the owner of that key has signed that text. */
  readonly verify: (key: PublicKey, text: string, signature: Signature) => boolean
}

export const versionOf = (roster: Roster): number => roster.at(-1)?.version ?? 0

export const find = (roster: Roster, id: PeerId): Member | undefined => roster.find((member) => member.id === id)

/** What the owner signs of a member. */
const wordOn = ({ host, id, key, others, port, status, version }: Omit<Member, "signature">): string =>
  ["outlive roster", version, id, key, host, port, status, others, ""].join("\n")

const digestOf = (seals: Seals, roster: Roster): string =>
  seals.digest(roster.map((member) => `${wordOn(member)}${member.signature}\n`).join(""))

/** The roster with another word of its owner's. */
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

/** What somebody lacks who has that version. */
export const since = (roster: Roster, version: number): Roster => roster.filter((member) => member.version > version)

/** Whether that owner has said so of a member, whatever it may have said since. */
export const isGenuine = (owner: PublicKey, member: Member, seals: Seals): boolean =>
  seals.verify(owner, wordOn(member), member.signature)

/**
 * The roster with what somebody has who says that it knows more. The same roster if it knows nothing newer; undefined if
 * it is not what the owner has said, or not all of it.
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

export const peerOf = ({ host, id, port }: Member): Peer => ({ id, role: "client", address: { host, port } })

/** The entries of the bucket: one for each client of each site, one for each server, and one that names the chat. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ChatId } from "../../src/domain/Chat.ts"
import { type Address, Host, type Peer, type PeerId, Port } from "../../src/domain/Peer.ts"
import { Epoch } from "../../src/domain/Post.ts"
import { Site } from "../../src/domain/Site.ts"

/** The key of the chat's id. */
export const chatKey = "chat"

/** The keys of all clients, and of all servers, begin so. */
export const membersKey = "member."
export const serversKey = "server."

export const keyOf = (id: PeerId): string => membersKey + id
export const keyOfServer = (site: Site): string => serversKey + site

/**
 * A client: the site that it belongs to, where it listens, and its run if that is known. `lost`: its server has had no link
 * to it for some seconds, so another site may take the entry.
 */
const Member = Schema.parseJson(
  Schema.Struct({
    site: Site,
    host: Host,
    port: Port,
    run: Schema.optional(Epoch),
    lost: Schema.optional(Schema.Literal(true))
  })
)
export type Member = typeof Member.Type

/** A server: where clients reach it, and a word that no other run of a server has. */
const Server = Schema.parseJson(Schema.Struct({ host: Host, port: Port, run: Schema.String }))
export type Server = typeof Server.Type

const reading = <A>(schema: Schema.Schema<A, string>) => {
  const decode = Schema.decodeOption(schema)
  return (bytes: Uint8Array): A | undefined => Option.getOrUndefined(decode(new TextDecoder().decode(bytes)))
}

const writing = <A>(schema: Schema.Schema<A, string>) => {
  const encode = Schema.encodeSync(schema)
  return (value: A): Uint8Array => new TextEncoder().encode(encode(value))
}

export const readMember = reading(Member)
export const writeMember = writing(Member)
export const readServer = reading(Server)
export const writeServer = writing(Server)
export const readChat = reading(ChatId)
export const writeChat = writing(ChatId)

export const addressOf = ({ host, port }: Address): Address => ({ host, port })

/** The client of an entry. */
export const clientOf = (key: string, { host, port }: Member): Peer => ({
  id: key.slice(membersKey.length) as PeerId,
  role: "client",
  address: { host, port }
})

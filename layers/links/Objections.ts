/** Objections to a visit: the reasons to refuse a visitor. */
import { type Host, hasRole, looksLike, type PeerId, serverId, serverLike } from "../../src/domain/Peer.ts"
import type { Epoch } from "../../src/domain/Post.ts"
import { farAddress, isFar, siteOf } from "../../src/domain/Site.ts"
import { type Hello, named, protocolVersion } from "../../src/protocol/Frame.ts"
import type { Replication } from "../LinkContract.ts"
import type * as Handshake from "./Handshake.ts"
import type { Node } from "./Node.ts"
import type { RateLimit } from "./RateLimit.ts"

/** The visitor is in another chat. */
export const otherChat: Handshake.Objection = { reason: "other-chat", detail: "it is in another chat" }

/** People can't tell the visitor's id from that one. */
export const alike = (id: PeerId, like: PeerId): Handshake.Objection => ({
  reason: "id-alike",
  detail: `the id ${id} looks like ${like}`,
  like
})

interface Needs {
  readonly rateLimit: RateLimit
  readonly replication: Replication<unknown>
  /** Those who are in the chat, but with whom there may be no link just now. */
  readonly sought: () => ReadonlyArray<PeerId>
}

export const make = (
  { guests, isMember, log, membership, settings, table }: Node,
  { rateLimit, replication, sought }: Needs
) => {
  /** Whether a visitor means this node. `Server` stands for the server that is here. */
  const isMeant = (to: PeerId): boolean => to === settings.id || (to === serverId && settings.role === "server")

  /** Whether a visitor comes as it must: servers of other sites from afar, each from its own, and nobody else so. */
  const comesRightly = ({ host, id, role }: Hello, from: Host): boolean => {
    const [own, site] = [siteOf(settings.id), siteOf(id)]
    if (!isFar({ host: from })) return !isFar({ host }) && !(role === "server" && settings.role === "server")
    return own !== undefined && site !== undefined && own !== site && farAddress(site).host === from && host === from
  }

  /** What is wrong with a visit from that host, whoever it is that comes. */
  const mistakeOf = (hello: Hello, from: Host): Handshake.Objection | undefined => {
    if (hello.protocol !== protocolVersion) {
      return { reason: "protocol", detail: `it speaks version ${protocolVersion} of the protocol` }
    }
    const chat = membership.chat()
    if (chat !== undefined && hello.chat !== undefined && hello.chat !== chat) return otherChat
    if (hello.to !== undefined && !isMeant(hello.to)) {
      return { reason: "mistaken", detail: `${settings.id} answers there, not ${hello.to}` }
    }
    if (hello.epoch === log.epoch) return { reason: "mistaken", detail: "it is this program itself" }
    const visitor = named(hello)
    if (!hasRole(visitor)) {
      return { reason: "mistaken", detail: `a ${visitor.role} can't have the id ${visitor.id}` }
    }
    if (hello.id !== settings.id && !comesRightly(hello, from)) {
      return { reason: "mistaken", detail: "servers of a chat reach each other through NATS, and nobody else does" }
    }
    return undefined
  }

  /** The run of a guest that has the visitor's id. It makes way for a node that is in the chat already. */
  const guestNamed = ({ id, member }: Hello): Epoch | undefined =>
    member ? undefined : (guests.here.get(id)?.epoch ?? replication.guestsElsewhere().get(id)?.epoch)

  /** What speaks against a visitor that has made no mistake. */
  const objectionTo = (hello: Hello, holderProven: boolean): Handshake.Objection | undefined => {
    const holder = hello.id === settings.id ? log.epoch : (guestNamed(hello) ?? table.holder(hello.id, hello.epoch))
    if (holder !== undefined) {
      return holderProven
        ? { reason: "id-taken", detail: `the id ${hello.id} is taken`, holder }
        : { reason: "unavailable", detail: `the present owner of the id ${hello.id} has not answered yet` }
    }
    const like = likenessOf(hello)
    if (like !== undefined) return alike(hello.id, like)
    if (rateLimit.isDropped(hello.id)) return { reason: "unavailable", detail: "this node sent it too much" }
    // Who is in the chat already goes on where it is; a newcomer's first lines would count as had by others.
    if (!hello.member && replication.isOutdated(hello.id, hello.epoch)) {
      return { reason: "unavailable", detail: "it started too long ago, by its clock", after: replication.latest() }
    }
    if (table.isAdmitting(hello.id, hello.epoch)) {
      return { reason: "unavailable", detail: `another node with the id ${hello.id} is just joining` }
    }
    const isInOne = isMember() || (hello.member && (hello.chat ?? membership.chat()) !== undefined)
    return isInOne ? undefined : { reason: "unavailable", detail: "it is not in a chat itself" }
  }

  /** Who is in the chat, or is to be called back, and has an id that people can't tell from that of a newcomer. */
  const likenessOf = ({ id, member }: Hello): PeerId | undefined => {
    const server = serverLike(id)
    if (server !== undefined || member) return server
    const others = [
      settings.id,
      ...sought(),
      ...guests.here.keys(),
      ...replication.guestsElsewhere().keys(),
      ...replication.farMembers()
    ]
    // One that has been here before comes back as ever.
    if (table.isPresent(id) || others.includes(id)) return undefined
    return table.lookalike(id) ?? others.find((each) => looksLike(each, id))
  }

  return { mistakeOf, objectionTo }
}

export type Objections = ReturnType<typeof make>

/** Invitations: they admit people whose keys are not known yet. */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { PublicKey, Signature } from "./Key.ts"
import { Address, formatAddress, isServerId, type PeerId, parseAddress } from "./Peer.ts"
import { type Site, serverOf } from "./Site.ts"

/** 128 random bits, as base64url. Whoever has them is invited. */
export const Token = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{21}[AQgw]$/), Schema.brand("Token"))
export type Token = typeof Token.Type

/**
 * An invitation as the server keeps it. It has only the public key of the token, so that a person who reads it there
 * can't use it.
 */
export interface Invitation {
  readonly key: PublicKey
  /** How many people may use it. */
  readonly uses: number
  /** It is for the server of that site, and for no person. */
  readonly site?: Site | undefined
  /** Until when, in ms since 1970. */
  readonly expires: number
  /** Who has used it. */
  readonly usedBy: ReadonlyArray<PeerId>
}

/** What the maker of an invitation says of it. */
export type Terms = Pick<Invitation, "uses" | "expires" | "site">

/** Whether one more may use it at that time. */
export const isOpen = ({ expires, usedBy, uses }: Invitation, now: number): boolean =>
  now < expires && usedBy.length < uses

/** Whether it is meant for that node: a server's is for the server of that site, every other one is for clients. */
export const isFor = ({ site }: Invitation, id: PeerId): boolean =>
  site === undefined ? !isServerId(id) : id === serverOf(site)

/** What a newcomer shows to use an invitation: the invitation's key, and a signature of that key on `claim`. */
export const Proof = Schema.Struct({ key: PublicKey, signature: Signature })
export type Proof = typeof Proof.Type

/** The text that a proof signs: it is valid for this connection, this id and this key only. */
export const claim = (binding: string, id: PeerId, key: PublicKey): string =>
  ["outlive invitation", binding, id, key, ""].join("\n")

/** Where the server is, the key by which it is known, and the token. */
export interface Link {
  readonly server: Address
  readonly owner: PublicKey
  readonly token: Token
}

/** `outlive://HOST:PORT/#KEY.TOKEN` */
export const formatLink = ({ owner, server, token }: Link): string =>
  `outlive://${formatAddress(server)}/#${owner}.${token}`

export const parseLink = (text: string): Option.Option<Link> => {
  const [, address = "", owner, token] = /^outlive:\/\/([^/]+)\/#([^.]+)\.([^.]+)$/.exec(text.trim()) ?? []
  return Option.all({
    server: parseAddress(address),
    owner: Schema.decodeUnknownOption(PublicKey)(owner),
    token: Schema.decodeUnknownOption(Token)(token)
  })
}

/** A link as people paste it. */
export const LinkFromString = Schema.transformOrFail(
  Schema.String,
  Schema.Struct({ server: Schema.typeSchema(Address), owner: PublicKey, token: Token }),
  {
    strict: true,
    decode: (text, _, ast) =>
      Option.match(parseLink(text), {
        onNone: () => ParseResult.fail(new ParseResult.Type(ast, text)),
        onSome: ParseResult.succeed
      }),
    encode: (link) =>
      ParseResult.succeed(formatLink({ ...link, owner: PublicKey.make(link.owner), token: Token.make(link.token) }))
  }
).annotations({ message: () => "a link is outlive://HOST:PORT/#KEY.TOKEN, as outlive invite prints it" })

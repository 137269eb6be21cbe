/** The program of `outlive invite`: it prints invitations, lists them, and takes them back. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Identity } from "../../services/Identity.ts"
import { Invitations } from "../../services/Invitations.ts"
import { TrustStore } from "../../services/TrustStore.ts"
import { AddressUnknown, InvitationUnknown } from "../domain/Errors.ts"
import { formatLink, type Invitation, isOpen } from "../domain/Invitation.ts"
import { type Address, isUnspecified, title } from "../domain/Peer.ts"
import { type Site, serverOf } from "../domain/Site.ts"

export interface Wish extends Terms {
  /** List the invitations, in place of making one. */
  readonly list: boolean
  /** Take back the invitation whose name begins with this. */
  readonly revoke: Option.Option<string>
}

interface Terms {
  readonly uses: number
  readonly expires: Duration.Duration
  /** The server's address. None: the address where it listened last. */
  readonly server: Option.Option<Address>
  /** It is for the server of that site. None: for people. */
  readonly site: Option.Option<Site>
}

export const invite = (wish: Wish) =>
  Effect.gen(function* () {
    if (Option.isSome(wish.revoke)) return yield* revoke(wish.revoke.value)
    return yield* wish.list ? list : print(wish)
  })

/** Prints a link. */
const print = ({ expires, server, site, uses }: Terms) =>
  Effect.gen(function* () {
    const invitations = yield* Invitations
    const trust = yield* TrustStore
    const { key: owner } = yield* Identity
    const address = Option.getOrElse(server, () => trust.current().server)
    if (address === undefined || isUnspecified(address.host)) return yield* new AddressUnknown()
    const token = yield* invitations.issue({
      uses,
      site: Option.getOrUndefined(site),
      expires: (yield* Clock.currentTimeMillis) + Duration.toMillis(expires)
    })
    yield* Console.log(formatLink({ owner, server: address, token }))
  })

/** The name of an invitation is this many letters of its key. */
const nameLength = 8

/** Prints one line for each invitation: its name, who has joined with it, and until when it is valid. */
const list = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const all = yield* Effect.flatMap(Invitations, ({ all }) => all)
  yield* Effect.forEach(all, (invitation) => Console.log(describe(invitation, now)), { discard: true })
})

const describe = (invitation: Invitation, now: number): string => {
  const { expires, key, site, usedBy, uses } = invitation
  const until = new Date(expires).toISOString().replace(/\.\d+Z$/, "Z")
  const by = usedBy.length === 0 ? "" : ` (${usedBy.join(", ")})`
  return `${key.slice(0, nameLength)}  ${site === undefined ? "" : `for ${title(serverOf(site))}, `}used ${usedBy.length} of ${uses}${by}, ${now < expires ? "until" : "ended"} ${until}${isOpen(invitation, now) ? "" : ", closed"}`
}

/** Takes back the one invitation whose name begins with `name`. */
const revoke = (name: string) =>
  Effect.gen(function* () {
    const invitations = yield* Invitations
    const meant = (yield* invitations.all).filter(({ key }) => name !== "" && key.startsWith(name))
    const [one] = meant
    if (one === undefined || meant.length > 1) return yield* new InvitationUnknown({ name, found: meant.length })
    yield* invitations.revoke(one.key)
    yield* Console.log(
      `${one.key.slice(0, nameLength)} is revoked: nobody can join with it any more. Those who have joined stay.`
    )
  })

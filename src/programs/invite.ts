/** What `outlive invite` does: it prints invitations, lists them, and takes them back. */
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
import { type Address, isUnspecified } from "../domain/Peer.ts"

export interface Wish extends Terms {
  /** To see what invitations there are, in place of making one. */
  readonly list: boolean
  /** To take one back, by the beginning of its name. */
  readonly revoke: Option.Option<string>
}

interface Terms {
  readonly uses: number
  readonly expires: Duration.Duration
  /** The server's address; none: where it listened last. */
  readonly server: Option.Option<Address>
}

export const invite = (wish: Wish) =>
  Effect.gen(function* () {
    if (Option.isSome(wish.revoke)) return yield* revoke(wish.revoke.value)
    return yield* wish.list ? list : print(wish)
  })

/** Prints a link. */
const print = ({ expires, server, uses }: Terms) =>
  Effect.gen(function* () {
    const invitations = yield* Invitations
    const trust = yield* TrustStore
    const { key: owner } = yield* Identity
    const address = Option.getOrElse(server, () => trust.current().server)
    if (address === undefined || isUnspecified(address.host)) return yield* new AddressUnknown()
    const token = yield* invitations.issue({
      uses,
      expires: (yield* Clock.currentTimeMillis) + Duration.toMillis(expires)
    })
    yield* Console.log(formatLink({ owner, server: address, token }))
  })

/** An invitation's name is this many letters of its key. */
const nameLength = 8

/** Prints a line an invitation: its name, who has come by it, until when it holds. */
const list = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  const all = yield* Effect.flatMap(Invitations, ({ all }) => all)
  yield* Effect.forEach(all, (invitation) => Console.log(describe(invitation, now)), { discard: true })
})

const describe = (invitation: Invitation, now: number): string => {
  const { expires, key, usedBy, uses } = invitation
  const until = new Date(expires).toISOString().replace(/\.\d+Z$/, "Z")
  const by = usedBy.length === 0 ? "" : ` (${usedBy.join(", ")})`
  return `${key.slice(0, nameLength)}  used ${usedBy.length} of ${uses}${by}, ${now < expires ? "until" : "ended"} ${until}${isOpen(invitation, now) ? "" : ", closed"}`
}

/** Takes back the one invitation whose name begins like that. */
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

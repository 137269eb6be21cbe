/** A Membership by keys: a member is on the roster that the server signs, or comes with an invitation. */

import * as Crypto from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { Identity } from "../services/Identity.ts"
import { Invitations } from "../services/Invitations.ts"
import type { MemberDecisions } from "../services/MemberDecisions.ts"
import type { Membership } from "../services/Membership.ts"
import type { Connection } from "../services/Transport.ts"
import { TrustStore } from "../services/TrustStore.ts"
import { absurd } from "../src/domain/Absurd.ts"
import { ChatId } from "../src/domain/Chat.ts"
import {
  type ChatsDiffer,
  IdLooksAlike,
  type LogUnavailable,
  NotInvited,
  OtherChat,
  type StateUnavailable
} from "../src/domain/Errors.ts"
import { claim, type Link } from "../src/domain/Invitation.ts"
import type { PublicKey } from "../src/domain/Key.ts"
import { MeshEvent } from "../src/domain/MeshEvent.ts"
import type { Pass } from "../src/domain/Pass.ts"
import { type Address, isServerId, looksLike, type Peer, type PeerId, serverId } from "../src/domain/Peer.ts"
import * as Roster from "../src/domain/Roster.ts"
import { farAddress, siteOf } from "../src/domain/Site.ts"
import * as Trust from "../src/domain/Trust.ts"
import * as KeptChat from "./chat/KeptChat.ts"
import { bothOf } from "./identity/bothOf.ts"
import * as Keys from "./identity/Keys.ts"
import * as PrivateSeal from "./identity/PrivateSeal.ts"

export interface Settings {
  readonly id: PeerId
  /** The invitation with which this node comes. The node accepts only the chat's owner that the invitation names. */
  readonly link?: Link
  /** Other places that keep which chat this is. They must agree with the owner's key. */
  readonly keeps?: ReadonlyArray<KeptChat.Keep>
  /** How private messages are sealed, with the private key of this node: by `PrivateSeal` if left out. */
  readonly seals?: (privateKey: string) => PrivateSeal.PrivateSeal
}

/** How many digits people compare aloud. An attacker needs 2^99 tries to find other keys with the same digits. */
const digits = 30

const keyAt = (connection: Connection): PublicKey | undefined =>
  Option.getOrUndefined(Option.map(connection.secured, ({ key }) => key))

const bindingOf = (connection: Connection): string =>
  Option.match(connection.secured, {
    onNone: () => "",
    onSome: ({ binding }) => Buffer.from(binding("invitation")).toString("base64url")
  })

/** The id of a chat is derived from its owner's key, so nobody needs to choose or keep it. */
const chatOf = (owner: PublicKey): ChatId =>
  ChatId.make(Crypto.createHash("sha256").update(`outlive chat\n${owner}\n`).digest("hex").slice(0, 32))

const make = ({ id: self, keeps = [], link, seals = PrivateSeal.make }: Settings) =>
  Effect.gen(function* () {
    const identity = yield* Identity
    const store = yield* TrustStore
    let made: PrivateSeal.PrivateSeal | undefined
    /** Made for the first private message: most nodes start without any. */
    const sealing = (): PrivateSeal.PrivateSeal => {
      made ??= seals(identity.credentials.privateKey)
      return made
    }
    const invitations = yield* Invitations
    const before = store.current().owner
    // Of several sites, the server that was started first, without an invitation, owns the chat.
    const isFirst = link === undefined && (before === undefined || before === identity.key)
    const owns = Trust.isOwner(self) || (isServerId(self) && isFirst)
    if (owns) yield* store.change((trust) => ({ ...trust, owner: identity.key }))
    if (link !== undefined) {
      yield* store.change((trust) =>
        trust.owner === undefined ? { ...trust, owner: link.owner, server: link.server } : trust
      )
      if (store.current().owner !== link.owner) return yield* new OtherChat({ id: self })
    }
    const { owner } = store.current()
    if (owner === undefined) return yield* new NotInvited({ id: self })
    const chat = yield* KeptChat.make(keeps, { chat: chatOf(owner), place: "this user's keys" })

    const events = yield* Mailbox.make<MeshEvent>()
    const changes = yield* PubSub.sliding<void>(1)
    /** Serializes decisions, because each builds on the roster that the one before has left. */
    const oneAtATime = yield* Effect.makeSemaphore(1)
    /** Ids whose changed key was reported, so that nobody can fill a screen with repeated reports. */
    const told = new Set<string>()

    const sign = (text: string) => identity.sign(Buffer.from(text))
    const changed = Effect.asVoid(PubSub.publish(changes, undefined))

    const tellOfKey = (id: PeerId) =>
      Effect.suspend(() => {
        if (told.has(id)) return Effect.void
        told.add(id)
        return Effect.asVoid(events.offer(MeshEvent.KeyChanged({ id })))
      })

    /** Changes the trust. If it can't be written to disk, the change holds in memory, and people are told. */
    const remember = (next: (trust: Trust.Trust) => Trust.Trust): Effect.Effect<void> =>
      Effect.catchTag(store.change(next), "StateUnavailable", ({ detail }) =>
        Effect.zipRight(store.assume(next), Effect.asVoid(events.offer(MeshEvent.Unremembered({ detail }))))
      )

    const refuse = (id: PeerId, key: PublicKey): Effect.Effect<false> =>
      Effect.as(
        told.has(id)
          ? Effect.void
          : Effect.zipRight(
              remember((trust) => Trust.refuse(trust, id, key)),
              tellOfKey(id)
            ),
        false
      )

    /** Reports the changes of a new roster: changed keys, and members who were removed or banned. */
    const tellOf = (before: Trust.Trust) =>
      Effect.forEach(
        Roster.since(store.current().roster, Roster.versionOf(before.roster)),
        ({ id, key, status }) => {
          const known = Roster.find(before.roster, id)
          if (Trust.keyOf(store.current(), id) !== key) {
            told.delete(id)
            return tellOfKey(id)
          }
          return status === "member" || known === undefined || known.status === status
            ? Effect.void
            : Effect.asVoid(events.offer(MeshEvent.Expelled({ id, barred: status === "banned" })))
        },
        { discard: true }
      )

    /** Signs a new entry of the roster, as its owner. It is on disk when this returns. */
    const decide = (word: Parameters<typeof Roster.say>[1]): Effect.Effect<void, StateUnavailable> =>
      Effect.gen(function* () {
        const before = store.current()
        yield* store.change((trust) => Trust.adopt(trust, Roster.say(trust.roster, word, sign, Keys.seals)))
        yield* tellOf(before)
        yield* changed
      })

    /**
     * Decides, as the owner, whether to admit a visitor: a known member, perhaps with a new address, or one with a
     * valid invitation. Puts it on the roster.
     */
    const enrol = ({ address, id }: Peer, key: PublicKey, pass: Pass | undefined, connection: Connection) =>
      Effect.gen(function* () {
        const trust = store.current()
        const known = Roster.find(trust.roster, id)
        const verdict = Trust.judge(trust, id, key)
        if (verdict === "changed") return yield* refuse(id, key)
        if (verdict === "stranger") {
          const proof = pass?.invitation
          if (proof === undefined || known?.status === "banned" || isBanned(trust, key)) return false
          if (!Keys.verifyText(proof.key, claim(bindingOf(connection), id, key), proof.signature)) return false
          const like = trust.roster.find((member) => member.status === "member" && looksLike(member.id, id))
          if (like !== undefined) return yield* new IdLooksAlike({ id, like: like.id })
          if (!(yield* invitations.redeem(proof.key, id))) return false
        } else if (known?.key === key && known.host === address.host && known.port === address.port) {
          return true
        }
        yield* decide({ id, key, ...address, status: "member" })
        return true
      }).pipe(oneAtATime.withPermits(1))

    /**
     * Decides, as a client, whether to admit a visitor: one that it knows, or one with a newer roster entry that the
     * owner has signed.
     */
    const recognize = (id: PeerId, key: PublicKey, pass: Pass | undefined): Effect.Effect<boolean> =>
      Effect.suspend(() => {
        const trust = store.current()
        const verdict = Trust.judge(trust, id, key)
        if (verdict === "changed") return refuse(id, key)
        const word = pass?.member
        return Effect.succeed(
          verdict === "known" ||
            (word !== undefined &&
              trust.owner !== undefined &&
              word.id === id &&
              word.key === key &&
              word.status === "member" &&
              word.version > Roster.versionOf(trust.roster) &&
              Roster.isGenuine(trust.owner, word, Keys.seals))
        )
      })

    return bothOf({
      ...chat,
      owns,
      meets: (connection, to) =>
        Effect.suspend(() => {
          const key = keyAt(connection)
          const trust = store.current()
          if (key === undefined) return Effect.fail("it shows no key")
          if (to === undefined)
            return Trust.isAnyones(trust, key) ? Effect.void : Effect.fail("its key is not known here")
          // To a client, `Server` stands for any server of its chat.
          if (to === serverId && Trust.isServers(trust, key)) return Effect.void
          // It may be of a site of which this node has not heard yet: no reason to call it an impostor.
          if (to === serverId && Trust.hasSites(trust)) return Effect.fail("its key is not known here")
          const verdict = Trust.judge(trust, to, key)
          switch (verdict) {
            case "known":
              return Effect.void
            case "changed":
              return Effect.zipRight(refuse(to, key), Effect.fail("its key is not the known one"))
            case "stranger":
              return Effect.fail("its key is not known here")
            default:
              return absurd(verdict)
          }
        }),
      isCalled: (connection, id) => {
        const key = keyAt(connection)
        return key !== undefined && Trust.judge(store.current(), id, key) === "known"
      },
      knows: (id) => Trust.knows(store.current(), id),
      pass: (connection) => {
        const { roster } = store.current()
        const member = Roster.find(roster, self)
        const invited = member?.status !== "member" && link !== undefined
        return {
          version: Roster.versionOf(roster),
          ...(member === undefined ? {} : { member }),
          ...(invited ? { invitation: Keys.prove(link.token, claim(bindingOf(connection), self, identity.key)) } : {})
        }
      },
      admits: Effect.fn("Membership.admits")(function* (connection: Connection, visitor: Peer, pass?: Pass) {
        yield* Effect.annotateCurrentSpan({ id: visitor.id })
        const key = keyAt(connection)
        if (key === undefined) return false
        return yield* owns && !Trust.isOwner(visitor.id)
          ? enrol(visitor, key, pass, connection)
          : recognize(visitor.id, key, pass)
      }),
      sign,
      letters: {
        knows: (id) => Trust.knows(store.current(), id),
        seal: (place, letter) =>
          sealing().seal(
            place,
            letter,
            letter.to.flatMap((id) => Trust.keyOf(store.current(), id) ?? [])
          ),
        open: (place, text) => sealing().open(place, text)
      },
      judge: (author, claim, signature) =>
        Trust.judgeClaim(store.current(), author, (key) => Keys.verifyText(key, claim, signature)),
      version: () => Roster.versionOf(store.current().roster),
      since: (version) => Roster.since(store.current().roster, version),
      learn: Effect.fn("Membership.learn")(function* (news: Roster.Roster) {
        const before = store.current()
        if (before.owner === undefined) return false
        const merged = Roster.merge(before.owner, before.roster, news, Keys.seals)
        if (merged === undefined) return false
        if (merged === before.roster) return true
        yield* remember((trust) => Trust.adopt(trust, merged))
        yield* tellOf(before)
        yield* changed
        return true
      }, oneAtATime.withPermits(1)),
      changes: Stream.fromPubSub(changes),
      events: Mailbox.toStream(events),
      compare: (id) => {
        const trust = store.current()
        const known = Trust.keyOf(trust, id)
        const refused = trust.refused.get(id)
        const with_ = (key: PublicKey | undefined) =>
          key === undefined ? undefined : digitsOf([self, identity.key], [id, key])
        return { known: with_(known), refused: with_(refused) }
      },
      trust: Effect.fn("MemberDecisions.trust")(function* (id: PeerId) {
        if (Trust.accept(store.current(), id) === undefined) return false
        yield* store.change((trust) => Trust.accept(trust, id) ?? trust)
        told.delete(id)
        yield* changed
        return true
      }, oneAtATime.withPermits(1)),
      decide: Effect.fn("MemberDecisions.decide")(function* (id: PeerId, status: Roster.Status) {
        const member = Roster.find(store.current().roster, id)
        if (!owns || member === undefined) return false
        yield* decide({ ...member, status })
        return true
      }, oneAtATime.withPermits(1)),
      listensAt: Effect.fn("MemberDecisions.listensAt")(function* (server: Address) {
        yield* store.change((trust) => ({ ...trust, server }))
        const site = siteOf(self)
        if (!owns || site === undefined || Roster.find(store.current().roster, self)?.key === identity.key) return
        yield* decide({ id: self, key: identity.key, ...farAddress(site), status: "member" })
      }, oneAtATime.withPermits(1))
    })
  })

/** Whether a banned member has that key, under any name. */
const isBanned = ({ roster }: Trust.Trust, key: PublicKey): boolean =>
  roster.some((member) => member.status === "banned" && member.key === key)

type Known = readonly [id: PeerId, key: PublicKey]

/** The digits for two ids and keys, in groups of five. They are the same at both nodes. */
const digitsOf = (one: Known, other: Known): string => {
  const lines = [one, other].map((known) => known.join(" ")).sort()
  const hash = Crypto.createHash("sha256")
    .update(`outlive verify\n${lines.join("\n")}\n`)
    .digest("hex")
  const number = (BigInt(`0x${hash}`) % 10n ** BigInt(digits)).toString().padStart(digits, "0")
  return number.replace(/\d{5}(?=\d)/g, "$& ")
}

export const layer = (
  settings: Settings
): Layer.Layer<
  Membership | MemberDecisions,
  NotInvited | OtherChat | StateUnavailable | ChatsDiffer | LogUnavailable,
  Identity | TrustStore | Invitations
> => Layer.effectContext(make(settings))

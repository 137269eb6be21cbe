import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe } from "vitest"
import * as Keys from "../../layers/identity/Keys.ts"
import * as MemoryInvitations from "../../layers/MemoryInvitations.ts"
import * as MemoryTransport from "../../layers/MemoryTransport.ts"
import * as MemoryTrustStore from "../../layers/MemoryTrustStore.ts"
import * as RosterMembership from "../../layers/RosterMembership.ts"
import { Identity } from "../../services/Identity.ts"
import { Invitations } from "../../services/Invitations.ts"
import { MemberDecisions } from "../../services/MemberDecisions.ts"
import { Membership } from "../../services/Membership.ts"
import { TrustStore } from "../../services/TrustStore.ts"
import { StateUnavailable } from "../../src/domain/Errors.ts"
import type { Link } from "../../src/domain/Invitation.ts"
import { MeshEvent } from "../../src/domain/MeshEvent.ts"
import { serverId } from "../../src/domain/Peer.ts"
import { id, peer } from "../support/samples.ts"
import * as TransportContract from "./TransportContract.ts"

const address = peer("Server", 4000).address

interface Node {
  readonly name: string
  readonly identity: Identity["Type"]
  readonly invitations: Layer.Layer<Invitations>
  readonly link?: Link
  readonly disk: Disk
}

/** Where what is remembered is kept, unless it is full. */
interface Disk {
  full: boolean
}

const membershipOf = ({ disk, identity, invitations, link, name }: Node) =>
  Effect.provide(
    Effect.zipWith(Membership, MemberDecisions, (membership, decisions) => ({
      ...decisions,
      ...membership,
      admits: membership.admits ?? assert.fail("a secure chat does not admit everybody")
    })),
    RosterMembership.layer({ id: id(name), ...(link === undefined ? {} : { link }) }).pipe(
      Layer.provide(Layer.mergeAll(Layer.succeed(Identity, identity), storeOn(disk), invitations))
    )
  )

const storeOn = (disk: Disk) =>
  Layer.effect(
    TrustStore,
    Effect.map(TrustStore, (store) =>
      TrustStore.of({
        ...store,
        change: (next) =>
          Effect.suspend(() =>
            disk.full ? new StateUnavailable({ path: "trust.json", detail: "the disk is full" }) : store.change(next)
          )
      })
    )
  ).pipe(Layer.provide(MemoryTrustStore.layer))

/** A server, a client 1 that is invited, a thief that is not, and connections of both to the server. */
const world = Effect.gen(function* () {
  const disk: Disk = { full: false }
  const network = yield* MemoryTransport.makeNetwork
  const [owner, mine, thiefs] = yield* Effect.all([Keys.generate, Keys.generate, Keys.generate])
  const invitations = MemoryInvitations.over(yield* MemoryInvitations.makeMemory)
  const token = yield* Effect.flatMap(Invitations, ({ issue }) =>
    issue({ uses: 5, expires: Number.MAX_SAFE_INTEGER })
  ).pipe(Effect.provide(invitations))
  const link = { owner: owner.key, server: address, token }
  const server = yield* membershipOf({ name: serverId, identity: owner, invitations, disk })
  const client = yield* membershipOf({ name: "1", identity: mine, invitations, link, disk })
  const connect = (identity: Identity["Type"]) =>
    TransportContract.connect({
      here: network.transport("here", { key: identity.key }),
      there: network.transport("there", { key: owner.key })
    })
  return { client, connect, disk, mine, server, thiefs }
})

describe("RosterMembership", () => {
  it.scopedLive(
    "a proof lets in who made it, where it made it, and is of no use elsewhere, to others, or for another id",
    () =>
      Effect.gen(function* () {
        const { client, connect, mine, server, thiefs } = yield* world
        const [one, again, theft] = [yield* connect(mine), yield* connect(mine), yield* connect(thiefs)]
        const pass = client.pass(one.near)
        const visitor = peer("1", 6001)
        assert.isDefined(pass?.invitation)
        assert.isFalse(yield* server.admits(again.far, visitor, pass), "replayed on another connection")
        assert.isFalse(yield* server.admits(theft.far, visitor, pass), "replayed by somebody else")
        assert.isFalse(yield* server.admits(one.far, peer("2", 6001), pass), "for another id")
        assert.isFalse(yield* server.admits(one.far, visitor, undefined), "without any")
        assert.strictEqual(server.version(), 0)
        assert.isTrue(yield* server.admits(one.far, visitor, pass))
        assert.strictEqual(server.version(), 1)
        // From now on it is known: it needs no proof, and nobody has its id but with its key.
        assert.isTrue(yield* server.admits(again.far, visitor, undefined))
        assert.isFalse(yield* server.admits(theft.far, visitor, undefined))
      })
  )

  it.scopedLive(
    "on a full disk the server lets nobody in whom it could not remember; what it has said holds at a client",
    () =>
      Effect.gen(function* () {
        const { client, connect, disk, mine, server } = yield* world
        const { far, near } = yield* connect(mine)
        const visitor = peer("1", 6001)
        disk.full = true
        assert.include((yield* Effect.flip(server.admits(far, visitor, client.pass(near)))).message, "the disk is full")
        assert.isFalse(server.knows(visitor.id))
        disk.full = false
        // The invitation was for five: one of them is used up.
        assert.isTrue(yield* server.admits(far, visitor, client.pass(near)))
        assert.isTrue(yield* client.learn(server.since(0)))
        assert.isTrue(yield* server.decide(visitor.id, "banned"))
        disk.full = true
        assert.isTrue(yield* client.learn(server.since(client.version())))
        assert.isFalse(client.knows(visitor.id), "the ban holds for this run")
        const told = yield* Stream.runCollect(Stream.take(client.events, 2))
        assert.deepStrictEqual(
          [...told],
          [MeshEvent.Unremembered({ detail: "the disk is full" }), MeshEvent.Expelled({ id: visitor.id, barred: true })]
        )
      })
  )

  it.scopedLive("nobody comes in as the server, and nobody talks to another server", () =>
    Effect.gen(function* () {
      const { client, connect, mine, server, thiefs } = yield* world
      const { far, near } = yield* connect(mine)
      assert.isFalse(yield* server.admits(far, { ...peer("1", 6001), id: serverId }, client.pass(near)))
      yield* client.meets(near, serverId)
      // Here the thief listens, and client 1 looks at its key.
      const { far: atThief } = yield* connect(thiefs)
      assert.include(yield* Effect.flip(client.meets(atThief, serverId)), "its key is not the known one")
      assert.include(yield* Effect.flip(client.meets(atThief)), "its key is not known here")
    })
  )
})

import { assert, it } from "@effect/vitest"
import { describe } from "vitest"
import { PublicKey, Signature } from "../../src/domain/Key.ts"
import { serverId } from "../../src/domain/Peer.ts"
import type { Member, Status } from "../../src/domain/Roster.ts"
import {
  accept,
  adopt,
  hasSites,
  isServers,
  judge,
  judgeClaim,
  nobody,
  refuse,
  type Trust
} from "../../src/domain/Trust.ts"
import { id, peer } from "../support/samples.ts"

const key = (letter: string) => PublicKey.make(`${letter.repeat(42)}A`)
const [owner, first, second, third] = ["o", "a", "b", "c"].map(key) as [PublicKey, PublicKey, PublicKey, PublicKey]
const one = id("1")

const member = (version: number, of: PublicKey, status: Status = "member"): Member => ({
  id: one,
  key: of,
  ...peer("1", 6001).address,
  status,
  version,
  others: "A".repeat(43),
  signature: Signature.make("A".repeat(86))
})

const knowing: Trust = adopt({ ...nobody, owner }, [member(1, first)])

/** What is thought of something that this key has signed. */
const judged = (trust: Trust, by: PublicKey, of = one) => judgeClaim(trust, of, (each) => each === by)

describe("what somebody is said to have signed", () => {
  it("is proven by the key that is known for it and that the owner names, the owner's by its own", () => {
    assert.strictEqual(judged(knowing, first), "proven")
    assert.strictEqual(judged(knowing, owner, serverId), "proven")
    assert.strictEqual(judged(knowing, second), "forged")
    assert.strictEqual(judged(knowing, owner), "forged")
    assert.strictEqual(judged(knowing, first, serverId), "forged")
  })

  it("stays proven of who was sent away: what it said before goes on from one to another", () => {
    for (const status of ["kicked", "banned"] as const) {
      assert.strictEqual(judged(adopt(knowing, [member(2, first, status)]), first), "proven")
    }
  })

  it("can't be judged as long as no key is known: the roster may be on its way", () => {
    assert.strictEqual(judged({ ...nobody, owner }, first), "unsure")
    assert.strictEqual(judged(knowing, first, id("2")), "unsure")
  })

  it("by another key that the owner names, or with which it came, is neither taken nor held against who hands it on", () => {
    const named = adopt(knowing, [member(2, second)])
    assert.strictEqual(judged(named, second), "unsure")
    assert.strictEqual(judged(named, first), "accepted")
    assert.strictEqual(judged(named, third), "forged")
    assert.strictEqual(judged(refuse(knowing, one, second), second), "unsure")
  })

  it("by a new key is taken once that is accepted, and what the one before has signed no more, nor held against anybody", () => {
    const named = accept(adopt(knowing, [member(2, second)]), one) ?? knowing
    assert.strictEqual(judged(named, second), "proven")
    assert.strictEqual(judged(named, first), "unsure")
    assert.strictEqual(judged(named, third), "forged")
    const byHand = accept(refuse(knowing, one, second), one) ?? knowing
    assert.strictEqual(judged(byHand, second), "accepted")
    const other = accept(refuse(knowing, serverId, third), serverId) ?? knowing
    assert.strictEqual(judged(other, third, serverId), "proven")
    assert.strictEqual(judged(other, owner, serverId), "unsure")
    assert.strictEqual(judged(other, first), "accepted")
  })
})

describe("the servers of a chat with sites", () => {
  const [east, west] = [id("Server-east"), id("Server-west")]
  const withWest = adopt(knowing, [{ ...member(2, second), id: west }])

  it("are the owner, whichever site it is of, and members that are servers", () => {
    for (const server of [serverId, east, west]) assert.strictEqual(judge(knowing, server, owner), "known", server)
    assert.strictEqual(judge(knowing, one, owner), "changed")
    assert.strictEqual(judge(knowing, west, second), "stranger")
    assert.strictEqual(judge(withWest, west, second), "known")
    assert.strictEqual(judge(withWest, west, third), "changed")
    assert.deepStrictEqual(
      [owner, first, second, third].map((each) => isServers(withWest, each)),
      [true, false, true, false]
    )
    assert.isTrue(hasSites(withWest))
    assert.isFalse(hasSites(knowing))
  })

  it("are so no more when the owner has sent them away", () => {
    const without = adopt(withWest, [{ ...member(3, second, "kicked"), id: west }])
    assert.isFalse(isServers(without, second))
    assert.strictEqual(judge(without, west, second), "stranger")
  })
})
